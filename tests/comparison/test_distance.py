"""Distances between networks and regions, aligned by name, and the regions that they resemble."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro_attn.comparison import NetworkSignature, distances, fits, nearest, signature
from neuro_attn.comparison.distance import DISTANCE_COLUMNS
from neuro_attn.comparison.nearest_region import (
    NEAREST_COLUMNS,
    NO_REGION,
    UNDECIDED,
)
from neuro_attn.comparison.signatures import D_PRIME, MIN_SD
from neuro_attn.errors import InputError
from neuro_attn.figures import signature_distances
from neuro_attn.results import TABLES, read_csv, write_csv

SHARED, OWN = np.full((2, 2, 2), 2.0), np.full((2, 2, 2), 2.0)
OWN[0, 1] = OWN[1, 0] = 0.0
"""A shared code transfers between the tasks; two codes of their own do not."""
NOTHING = np.zeros((2, 2, 2))


class Everywhere(dict):
    """One signature, whatever region it is compared with."""

    def __missing__(self, region):
        return self["any"]


def network(name, trained, population, own):
    """A network that is as it is, not matched to any region."""
    return NetworkSignature(name, trained, population, Everywhere(any=own))


def resembled(brain, networks):
    """The regions that networks resemble, by the tests of their fit."""
    return nearest(brain, networks, tested=fits(brain, networks))


@pytest.fixture(scope="module")
def brain(decoding, coded):
    return [
        coded(signature(decoding(SHARED, "LPFC", seed=1)), 1.0, seed=1),
        coded(signature(decoding(OWN, "V4", seed=2)), 0.0, seed=2),
    ]


@pytest.fixture(scope="module")
def networks(decoding, coded):
    """One network like LPFC, one like V4, both without a code before training."""
    like = {"general": (SHARED, 1.0), "separate": (OWN, 0.0)}
    found = []
    for i, (name, (d_prime, overlap)) in enumerate(like.items()):
        for trained in (True, False):
            decoded = decoding(d_prime if trained else NOTHING, "decoder", seed=10 + i + trained)
            own = coded(signature(decoded), overlap, strength=4.0 * trained, seed=10 + i)
            found.append(network(name, trained, "decoder", own))
    return found


def test_a_region_is_at_distance_zero_from_itself(brain):
    table = distances(brain, [network("twin", True, "copy", brain[0])])
    row = table.set_index("region").loc["LPFC"]
    assert row["distance"] == 0
    assert row["ci_low"] == 0


def test_the_distance_is_in_units_of_the_brains_sd(decoding):
    region = signature(decoding(1.0, noise=0.15))
    shifted = region.assign(value=region["value"] + 2 * region["sd"])
    row = distances([region], [network("shifted", True, "p", shifted)]).iloc[0]
    assert row["distance"] == pytest.approx(2)


def test_an_sd_of_zero_divides_nothing(decoding):
    region, other = (signature(decoding(value, noise=0)) for value in (1.0, 1.25))
    row = distances([region], [network("n", True, "p", other)]).iloc[0]
    assert row["distance"] == pytest.approx(0.25 / MIN_SD)


def test_networks_resemble_the_region_they_were_made_from(brain, networks):
    table = resembled(brain, networks)
    assert list(table.columns) == NEAREST_COLUMNS
    assert dict(zip(table["network"], table["verdict"], strict=True)) == {
        "general": "LPFC",
        "separate": "V4",
    }
    for column in ("possible", "region"):
        assert (table[column] == table["verdict"]).all()
    for column in ("fraction_nearest", "fraction_of_seeds", "fraction_of_draws"):
        assert (table[column] == 1).all()
    assert (table["runner_up"] == "").all()
    assert table[["margin", "runner_up_distance"]].isna().all(axis=None)
    assert not table["untrained_as_near"].any()


def test_a_network_between_two_like_regions_is_not_sure_of_its_nearest(decoding, coded):
    twins = [
        coded(signature(decoding(SHARED, name, seed=i)), 1.0, seed=i)
        for i, name in enumerate(("one", "two"))
    ]
    own = network("n", True, "p", coded(signature(decoding(SHARED, seed=9)), 1.0, seed=9))
    row = resembled(twins, [own]).iloc[0]
    assert 0.1 < row["fraction_nearest"] < 0.9
    assert row["margin_ci_low"] <= 0 <= row["margin_ci_high"]
    assert row["distance"] < row["runner_up_distance"]
    assert (row["verdict"], row["possible"]) == (UNDECIDED, "one, two")


def test_a_network_that_fits_no_region_has_none_nearest(brain, decoding, coded):
    """A reversed code is nearer to V4 than to LPFC, and like neither."""
    reversed_code = SHARED * np.where(np.eye(2, dtype=bool), 1, -1)[..., None]
    found = coded(signature(decoding(reversed_code, seed=9)), -1.0, seed=9)
    own = network("reversed", True, "p", found)
    row = resembled(brain, [own]).iloc[0]
    assert (row["verdict"], row["possible"], row["region"]) == (NO_REGION, "", "")
    assert row.loc["distance":"untrained_as_near"].drop("runner_up").isna().all()


def test_stability_is_counted_over_the_networks_own_seeds(decoding, coded):
    """Two seeds like LPFC and one like V4: the mean is nearer to LPFC, two of three seeds are.

    Seeds that differ so much fit either region.
    """
    regions = [
        coded(signature(decoding(each, name, noise=0.005)), overlap)
        for each, name, overlap in ((SHARED, "LPFC", 1.0), (OWN, "V4", 0.0))
    ]
    source = decoding(SHARED, sessions=("seed0", "seed1", "seed2"), noise=0.005)
    source["window_d_prime"].loc[{"session": "seed1"}] = OWN[..., None]
    own = coded(signature(source), 0.0, between=(1.0, 0.0, 1.0))
    row = resembled(regions, [network("n", True, "p", own)]).iloc[0]
    assert (row["region"], row["verdict"]) == ("LPFC", UNDECIDED)
    assert row["fraction_of_seeds"] == pytest.approx(2 / 3)
    assert row["fraction_of_draws"] == 1


COLOR = "cued_color retro delay"


def with_color(one, value):
    """A signature with a further feature, of that value everywhere and an SD of 0.01."""
    color = one.isel(feature=[0]).assign_coords(feature=[COLOR], within=("feature", [False]))
    color = color.map(lambda variable: variable * 0 + value).assign(sd=color["sd"] * 0 + 0.01)
    return xr.concat([one, color], "feature", combine_attrs="override")


@pytest.mark.parametrize("variable", ["sessions", "replicates"])
def test_regions_are_ranked_by_features_that_all_of_them_have(decoding, coded, variable):
    """At the noise of V4 the seeds lack a colour in which it is 20 SDs off, LPFC 10.

    In all others V4 is 3 SDs off and LPFC 2: with what both have, LPFC is the nearest.
    """
    regions = [
        coded(with_color(signature(decoding(SHARED + off, name, noise=0.005)), far_off), 1.0)
        for name, off, far_off in (("LPFC", 0.1, 0.1), ("V4", 0.15, 0.2))
    ]
    seeds = signature(decoding(SHARED, sessions=("seed0", "seed1"), noise=0.005))
    own = coded(with_color(seeds, 0.0), 1.0, seed=9)
    known = own["feature"] != COLOR
    lacking = own.assign({variable: own[variable].where(known)})
    networks = [NetworkSignature("n", True, "p", {"LPFC": own, "V4": lacking})]
    row = resembled(regions, networks).iloc[0]
    assert (row["region"], row["possible"]) == ("LPFC", "LPFC, V4")
    assert (row["fraction_nearest"], row["fraction_of_seeds"]) == (1, 1)


def test_what_one_region_lacks_counts_for_none(decoding):
    """The colours of V4 are not known; those of LPFC would be 100 SDs off."""
    regions = [signature(decoding(SHARED, name, seed=i)) for i, name in enumerate(("LPFC", "V4"))]
    own = signature(decoding(SHARED, seed=9))
    plain = distances(regions, [network("n", True, "p", own)])
    seen = [with_color(regions[0], 1.0), regions[1]]
    pd.testing.assert_frame_equal(
        distances(seen, [network("n", True, "p", with_color(own, 0.0))]), plain
    )
    both = [with_color(each, 1.0) for each in regions]
    of_both = distances(both, [network("n", True, "p", with_color(own, 0.0))])
    assert list(of_both["n_features"]) == [9, 9]
    # 100 SDs in one of nine features.
    assert (of_both["distance"] > 33).all()


def test_two_regions_at_the_same_distance_are_undecided(decoding, coded):
    one = coded(signature(decoding(SHARED, "one")), 1.0)
    own = network("n", True, "p", coded(signature(decoding(SHARED, seed=9)), 1.0, seed=9))
    row = resembled([one, one.assign_attrs(region="two")], [own]).iloc[0]
    assert (row["region"], row["runner_up"], row["margin"]) == ("one", "two", 0)
    assert row["verdict"] == UNDECIDED


def test_training_that_changes_nothing_is_said(brain, decoding, coded):
    same = [
        network("lazy", trained, "p", coded(signature(decoding(SHARED, seed=20 + trained)), 1.0))
        for trained in (True, False)
    ]
    assert resembled(brain, same)["untrained_as_near"].all()


def test_without_an_untrained_network_the_floor_is_missing(brain, networks):
    only_trained = [one for one in networks if one.trained]
    assert distances(brain, only_trained)["floor"].isna().all()
    assert resembled(brain, only_trained)["untrained_as_near"].isna().all()


@pytest.mark.parametrize("with_untrained", [True, False])
def test_tables_of_the_comparison_come_back_from_their_files(
    brain, networks, with_untrained, tmp_path
):
    compared = [one for one in networks if one.trained or with_untrained]
    made = {
        "distances": distances(brain, compared),
        "fit": fits(brain, compared),
        "nearest": resembled(brain, compared),
    }
    for name, table in made.items():
        path = tmp_path / f"comparison/{name}.csv"
        write_csv(table, path)
        back = read_csv(path)
        pd.testing.assert_frame_equal(back, table, check_dtype=False, rtol=1e-8)
        assert back.dtypes.map(str).to_dict() == {c.name: c.dtype for c in TABLES[name].columns}
    # Without an untrained network, nothing is said of it.
    caption = signature_distances.caption(read_csv(tmp_path / "comparison/nearest.csv"))
    assert "the untrained network is as near" not in caption


def test_the_ceiling_is_nearer_than_other_regions_and_the_untrained_network_further(
    brain, networks
):
    table = distances(brain, networks)
    assert list(table.columns) == DISTANCE_COLUMNS
    trained = table[table["trained"]].set_index(["network", "region"])
    assert trained.loc[("general", "LPFC"), "ceiling"] < trained.loc[("general", "V4"), "distance"]
    assert trained.loc[("general", "LPFC"), "distance"] < trained.loc[("general", "LPFC"), "floor"]
    assert (table["ci_low"] <= table["distance"]).all()
    assert (table["distance"] <= table["ci_high"]).all()


def test_the_floor_is_the_untrained_networks_distance(brain, networks):
    keys = ["network", "population", "region"]
    table = distances(brain, networks).set_index(keys)
    untrained = table.loc[~table["trained"], "distance"]
    for trained in (True, False):
        floor = table.loc[table["trained"] == trained, "floor"]
        pd.testing.assert_series_equal(floor, untrained, check_names=False)


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6))
def test_features_are_matched_by_name_whatever_their_order(seed, brain, networks):
    order = np.random.default_rng(seed).permutation(brain[0].sizes["feature"])
    shuffled = [network(*one[:3], one.signatures["any"].isel(feature=order)) for one in networks]
    pd.testing.assert_frame_equal(distances(brain, shuffled), distances(brain, networks))


def test_the_distance_between_like_noises_is_the_same_both_ways(decoding):
    one, other = (signature(decoding(value, noise=0, seed=3)) for value in (0.6, 0.8))
    there = distances([one], [network("n", True, "p", other)])["distance"].item()
    back = distances([other], [network("n", True, "p", one)])["distance"].item()
    assert there == pytest.approx(back)


def test_features_that_do_not_match_are_named(brain, networks):
    name = f"{D_PRIME}pro->retro cue"
    own = networks[0].signatures["any"]
    kept = own["feature"] != name
    lacking = network(*networks[0][:3], own.isel(feature=kept.values))
    with pytest.raises(InputError, match=f"general.*the network lacks the features {name}"):
        distances(brain, [lacking])
    fewer = [region.isel(feature=kept.values) for region in brain]
    with pytest.raises(InputError, match=f"the region lacks the features {name}"):
        distances(fewer, networks)


def test_one_region_has_no_runner_up(brain, networks):
    table = resembled(brain[:1], networks).set_index("network")
    assert (table["runner_up"] == "").all()
    assert dict(table["verdict"]) == {"general": "LPFC", "separate": NO_REGION}
    assert table["margin"].isna().all()
    assert table["runner_up_distance"].isna().all()
    assert table.loc["general", "fraction_nearest"] == 1

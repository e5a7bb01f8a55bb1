"""Distances between networks and regions: zero for twins, nearest for kin, aligned by name."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro_attn.comparison import NetworkSignature, distances, nearest, signature
from neuro_attn.comparison.distance import DISTANCE_COLUMNS
from neuro_attn.comparison.nearest_region import NEAREST_COLUMNS, UNDECIDED
from neuro_attn.comparison.signatures import MIN_SD
from neuro_attn.errors import InputError
from neuro_attn.figures import signature_distances
from neuro_attn.results import TABLES, read_csv, write_csv

SHARED, OWN = np.full((2, 2, 2), 0.85), np.full((2, 2, 2), 0.85)
OWN[0, 1] = OWN[1, 0] = 0.5
"""A shared code transfers between the tasks; two codes of their own do not."""
CHANCE = np.full((2, 2, 2), 0.5)


class Everywhere(dict):
    """One signature, whatever region it is compared with."""

    def __missing__(self, region):
        return self["any"]


def network(name, trained, population, own):
    """A network that is as it is, not matched to any region."""
    return NetworkSignature(name, trained, population, Everywhere(any=own))


@pytest.fixture(scope="module")
def brain(decoding):
    return [
        signature(decoding(SHARED, "LPFC", seed=1)),
        signature(decoding(OWN, "V4", seed=2)),
    ]


@pytest.fixture(scope="module")
def networks(decoding):
    """One network like LPFC, one like V4, both at chance before training."""
    like = {"general": SHARED, "separate": OWN}
    return [
        network(
            name,
            trained,
            "decoder",
            signature(decoding(accuracy if trained else CHANCE, "decoder", seed=10 + i + trained)),
        )
        for i, (name, accuracy) in enumerate(like.items())
        for trained in (True, False)
    ]


def test_a_region_is_at_distance_zero_from_itself(brain):
    table = distances(brain, [network("twin", True, "copy", brain[0])])
    row = table.set_index("region").loc["LPFC"]
    assert row["distance"] == 0
    assert row["ci_low"] == 0


def test_the_distance_is_in_units_of_the_brains_sd(decoding):
    region = signature(decoding(0.7, noise=0.03))
    shifted = region.assign(value=region["value"] + 2 * region["sd"])
    row = distances([region], [network("shifted", True, "p", shifted)]).iloc[0]
    assert row["distance"] == pytest.approx(2)


def test_an_sd_of_zero_divides_nothing(decoding):
    region, other = (signature(decoding(value, noise=0)) for value in (0.7, 0.75))
    row = distances([region], [network("n", True, "p", other)]).iloc[0]
    assert row["distance"] == pytest.approx(0.05 / MIN_SD)


def test_networks_are_nearest_to_the_region_they_were_made_from(brain, networks):
    table = nearest(brain, networks)
    assert list(table.columns) == NEAREST_COLUMNS
    assert dict(zip(table["network"], table["region"], strict=True)) == {
        "general": "LPFC",
        "separate": "V4",
    }
    assert dict(zip(table["network"], table["runner_up"], strict=True)) == {
        "general": "V4",
        "separate": "LPFC",
    }
    for column in ("fraction_nearest", "fraction_of_seeds", "fraction_of_draws"):
        assert (table[column] == 1).all()
    assert (table["verdict"] == table["region"]).all()
    assert (table["margin_ci_low"] > 0).all()
    assert (table["distance"] < table["runner_up_distance"]).all()
    assert not table["untrained_as_near"].any()


def test_a_network_between_two_like_regions_is_not_sure_of_its_nearest(decoding):
    twins = [signature(decoding(SHARED, name, seed=i)) for i, name in enumerate(("one", "two"))]
    own = network("n", True, "p", signature(decoding(SHARED, seed=9)))
    row = nearest(twins, [own]).iloc[0]
    assert 0.1 < row["fraction_nearest"] < 0.9
    assert row["margin_ci_low"] <= 0 <= row["margin_ci_high"]
    assert row["verdict"] == UNDECIDED


def test_a_network_alike_to_two_regions_is_rarely_decided():
    """At 5 %, more than 9 of 40 by chance in fewer than 1 of 10,000 runs."""
    decided = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        twins = [noisy_signature(np.full(8, 0.8), 0.02, rng, name) for name in ("one", "two")]
        own = network("n", True, "p", noisy_signature(np.full(8, 0.8), 0.02, rng))
        decided += nearest(twins, [own])["verdict"].item() != UNDECIDED
    assert decided <= 9


def noisy_signature(truth, noise, rng, region="network"):
    """A signature whose replicates scatter around its value as its value does around the truth."""
    value = truth + noise * rng.normal(size=len(truth))
    around = value + noise * rng.normal(size=(100, len(truth)))
    # Two tasks, trained and tested, and two windows.
    within = np.eye(2, dtype=bool).repeat(2)
    return xr.Dataset(
        {
            "value": ("feature", value),
            "sd": ("feature", around.std(axis=0, ddof=1)),
            "replicates": (("replicate", "feature"), around),
            "halves": (("half", "draw", "feature"), around[:8].reshape(2, 4, -1)),
            "draws": (("draw", "feature"), around[:4]),
            "sessions": (("session", "feature"), around[:1]),
        },
        coords={
            "feature": [f"accuracy {number}" for number in range(len(truth))],
            "within": ("feature", within),
        },
        attrs={"region": region, "chance": 0.5, "accuracy": value[within].mean()},
    )


def test_stability_is_counted_over_the_networks_own_seeds(decoding):
    """Two seeds like LPFC and one like V4: the mean is nearer to LPFC, two of three seeds are."""
    regions = [
        signature(decoding(each, name, noise=0.001))
        for each, name in ((SHARED, "LPFC"), (OWN, "V4"))
    ]
    source = decoding(SHARED, sessions=("seed0", "seed1", "seed2"), noise=0.001)
    source["window_accuracy"].loc[{"session": "seed1"}] = OWN[..., None]
    row = nearest(regions, [network("n", True, "p", signature(source))]).iloc[0]
    assert row["region"] == "LPFC"
    assert row["fraction_of_seeds"] == pytest.approx(2 / 3)
    assert row["fraction_of_draws"] == 1


@pytest.mark.parametrize("variable", ["sessions", "replicates"])
def test_regions_are_ranked_by_features_that_all_of_them_have(decoding, variable):
    """At the noise of V4 the seeds lack the feature in which it is 20 SDs off, LPFC 10.

    In all others V4 is 3 off and LPFC 2: with what both have, LPFC is the nearest.
    """
    regions = []
    for name, off, far_off in (("LPFC", 0.02, 0.1), ("V4", 0.03, 0.2)):
        accuracy = SHARED + off
        accuracy[0, 1, 0] = 0.85 - far_off
        regions.append(signature(decoding(accuracy, name, noise=0.001)))
    own = signature(decoding(SHARED, sessions=("seed0", "seed1"), noise=0.001))
    known = own["feature"] != "accuracy pro->retro cue"
    lacking = own.assign({variable: own[variable].where(known)})
    row = nearest(regions, [NetworkSignature("n", True, "p", {"LPFC": own, "V4": lacking})]).iloc[0]
    assert row["region"] == "LPFC"
    assert (row["fraction_nearest"], row["fraction_of_seeds"]) == (1, 1)


def test_what_one_region_lacks_counts_for_none(decoding):
    """The colours of V4 are not known; those of LPFC would be 100 SDs off."""
    regions = [signature(decoding(SHARED, name, seed=i)) for i, name in enumerate(("LPFC", "V4"))]
    own = signature(decoding(SHARED, seed=9))

    def with_color(one, value):
        color = one.isel(feature=[0]).assign_coords(
            feature=["cued_color retro delay"], within=("feature", [False])
        )
        color = color.assign(value=color["value"] * 0 + value, sd=color["sd"] * 0 + 0.01)
        return xr.concat([one, color], "feature", combine_attrs="override")

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


def test_two_regions_at_the_same_distance_are_undecided(decoding):
    one = signature(decoding(SHARED, "one"))
    own = network("n", True, "p", signature(decoding(SHARED, seed=9)))
    row = nearest([one, one.assign_attrs(region="two")], [own]).iloc[0]
    assert (row["region"], row["runner_up"], row["margin"]) == ("one", "two", 0)
    assert row["verdict"] == UNDECIDED


def test_training_that_changes_nothing_is_said(brain, decoding):
    same = [
        network("lazy", trained, "p", signature(decoding(SHARED, seed=20 + trained)))
        for trained in (True, False)
    ]
    assert nearest(brain, same)["untrained_as_near"].all()


def test_without_an_untrained_network_the_floor_is_missing(brain, networks):
    only_trained = [one for one in networks if one.trained]
    assert distances(brain, only_trained)["floor"].isna().all()
    assert nearest(brain, only_trained)["untrained_as_near"].isna().all()


@pytest.mark.parametrize("with_untrained", [True, False])
def test_tables_of_the_comparison_come_back_from_their_files(
    brain, networks, with_untrained, tmp_path
):
    compared = [one for one in networks if one.trained or with_untrained]
    made = {"distances": distances(brain, compared), "nearest": nearest(brain, compared)}
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
    name = "accuracy pro->retro cue"
    own = networks[0].signatures["any"]
    kept = own["feature"] != name
    lacking = network(*networks[0][:3], own.isel(feature=kept.values))
    with pytest.raises(InputError, match=f"general.*the network lacks the features {name}"):
        distances(brain, [lacking])
    fewer = [region.isel(feature=kept.values) for region in brain]
    with pytest.raises(InputError, match=f"the region lacks the features {name}"):
        distances(fewer, networks)


def test_one_region_has_no_runner_up(brain, networks):
    table = nearest(brain[:1], networks)
    assert (table["runner_up"] == "").all()
    assert (table["verdict"] == "LPFC").all()
    assert table["margin"].isna().all()
    assert table["runner_up_distance"].isna().all()
    assert (table["fraction_nearest"] == 1).all()

"""Distances between networks and regions: zero for twins, nearest for kin, aligned by name."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro_attn.comparison import NetworkSignature, distances, nearest, signature
from neuro_attn.comparison.similarity import DISTANCE_COLUMNS, MIN_SD, NEAREST_COLUMNS
from neuro_attn.errors import InputError

SHARED, OWN = np.full((2, 2, 2), 0.85), np.full((2, 2, 2), 0.85)
OWN[0, 1] = OWN[1, 0] = 0.5
"""A shared code transfers between the tasks; two codes of their own do not."""
CHANCE = np.full((2, 2, 2), 0.5)


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
        NetworkSignature(
            name,
            trained,
            "decoder",
            signature(decoding(accuracy if trained else CHANCE, "decoder", seed=10 + i + trained)),
        )
        for i, (name, accuracy) in enumerate(like.items())
        for trained in (True, False)
    ]


def test_a_region_is_at_distance_zero_from_itself(brain):
    table = distances(brain, [NetworkSignature("twin", True, "copy", brain[0])])
    row = table.set_index("region").loc["LPFC"]
    assert row["distance"] == 0
    assert row["ci_low"] == 0


def test_the_distance_is_in_units_of_the_brains_sd(decoding):
    region = signature(decoding(0.7, noise=0.03))
    shifted = region.assign(value=region["value"] + 2 * region["sd"])
    row = distances([region], [NetworkSignature("shifted", True, "p", shifted)]).iloc[0]
    assert row["distance"] == pytest.approx(2)


def test_an_sd_of_zero_divides_nothing(decoding):
    region, other = (signature(decoding(value, noise=0)) for value in (0.7, 0.75))
    row = distances([region], [NetworkSignature("n", True, "p", other)]).iloc[0]
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
    assert (table["fraction_nearest"] == 1).all()
    assert (table["distance"] < table["runner_up_distance"]).all()
    assert not table["untrained_as_near"].any()


def test_a_network_between_two_like_regions_is_not_sure_of_its_nearest(decoding):
    twins = [signature(decoding(SHARED, name, seed=i)) for i, name in enumerate(("one", "two"))]
    own = NetworkSignature("n", True, "p", signature(decoding(SHARED, seed=9)))
    assert 0.1 < nearest(twins, [own])["fraction_nearest"].item() < 0.9


def test_training_that_changes_nothing_is_said(brain, decoding):
    same = [
        NetworkSignature("lazy", trained, "p", signature(decoding(SHARED, seed=20 + trained)))
        for trained in (True, False)
    ]
    assert nearest(brain, same)["untrained_as_near"].all()


def test_without_an_untrained_network_the_floor_is_missing(brain, networks):
    only_trained = [network for network in networks if network.trained]
    assert distances(brain, only_trained)["floor"].isna().all()
    assert nearest(brain, only_trained)["untrained_as_near"].isna().all()


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


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_features_are_matched_by_name_whatever_their_order(seed, brain, networks):
    order = np.random.default_rng(seed).permutation(brain[0].sizes["feature"])
    shuffled = [one._replace(signature=one.signature.isel(feature=order)) for one in networks]
    pd.testing.assert_frame_equal(distances(brain, shuffled), distances(brain, networks))


def test_the_distance_between_like_noises_is_the_same_both_ways(decoding):
    one, other = (signature(decoding(value, noise=0, seed=3)) for value in (0.6, 0.8))
    there = distances([one], [NetworkSignature("n", True, "p", other)])["distance"].item()
    back = distances([other], [NetworkSignature("n", True, "p", one)])["distance"].item()
    assert there == pytest.approx(back)


def test_features_that_do_not_match_are_named(brain, networks):
    name = "accuracy pro->retro cue"
    kept = networks[0].signature["feature"] != name
    lacking = networks[0]._replace(signature=networks[0].signature.isel(feature=kept.values))
    with pytest.raises(InputError, match=f"general.*the network has no features {name}"):
        distances(brain, [lacking])
    fewer = [region.isel(feature=kept.values) for region in brain]
    with pytest.raises(InputError, match=f"the region has no features {name}"):
        distances(fewer, networks)


def test_one_region_has_no_runner_up(brain, networks):
    table = nearest(brain[:1], networks)
    assert (table["runner_up"] == "").all()
    assert table["runner_up_distance"].isna().all()
    assert (table["fraction_nearest"] == 1).all()

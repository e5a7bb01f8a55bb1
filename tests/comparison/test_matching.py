"""Matched in units, trials and d' within tasks: noise alone makes no code another one."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro_attn.comparison import (
    Sizes,
    apart,
    by_population,
    distances,
    equal_sizes,
    fits,
    left_out_table,
    of_populations,
    of_regions,
    signature_table,
    together,
)
from neuro_attn.comparison.colors import color_features, colors_of
from neuro_attn.comparison.matching import TOLERANCE, Members, matching_noise
from neuro_attn.configuration import parse
from neuro_attn.errors import InputError
from neuro_attn.recording import build
from neuro_attn.results import read_csv, write_csv
from neuro_attn.study import Study

UNITS, TRIALS = 30, 60
KEYS = {
    "source": "netcdf",
    "files": "*",
    "label": "side",
    "tasks": {task: {"trials": f"order == '{task}'"} for task in ("pro", "retro")},
    "time": {"start": 0.0, "stop": 0.2, "bin": 0.1},
    "windows": {"early": [0.0, 0.1], "late": [0.1, 0.2]},
    "decoding": {"draws": 2, "unit_counts": []},
    "inference": {"permutations": 19, "bootstraps": 30},
}
COLORS = {"colors": {"items": {"upper": "upper_color", "lower": "lower_color"}, "bins": 3}}
SIZES = Sizes(UNITS, TRIALS // 2)
TYPES = {"network": ("network", True)}


def dataset(**keys):
    return parse({"datasets": {"toy": KEYS | keys}}).datasets["toy"]


def record(region, noise, rng, strength=0.5, color=0.0, name="brain"):
    """Axes of two tasks with a cosine of .6, twice as strong in the late window, in noise.

    The cued item's colour lies in a plane that both items share, the other's nowhere.
    """
    code = np.random.default_rng(0).normal(size=(4, UNITS))
    code[1] = 0.6 * code[0] + 0.8 * code[1]
    task, side = np.indices((2, 2)).reshape(2, -1).repeat(TRIALS, axis=1)
    angles = 2 * np.pi * rng.random((2, len(task)))
    cued = angles[1 - side, np.arange(len(task))]
    rates = strength * (2 * side - 1)[:, None] * code[task]
    rates = rates + color * np.stack([np.cos(cued), np.sin(cued)], axis=-1) @ code[2:]
    rates = rates[:, :, None] * [0.5, 1.0] + noise * rng.normal(size=(*rates.shape, 2))
    trials = pd.DataFrame(
        {
            "trial_id": np.arange(len(task)),
            "task": np.array(["pro", "retro"])[task],
            "label": np.array(["lower", "upper"])[side],
            "upper_color": angles[0],
            "lower_color": angles[1],
        }
    )
    units = pd.DataFrame({"unit_id": np.arange(UNITS).astype(str), "region": region})
    return build(rates, trials, units, name, "session", dataset(), {}, "a.u.")


def signed(network, brain, data, **keys):
    """Signatures of a network's layer, matched to the regions of a brain."""
    return of_populations(
        [network],
        Study("network", data, 0),
        populations={"layer": keys.get("windows", list(data.windows))},
        sizes=keys.get("sizes", SIZES),
        brain=brain,
        confidence=0.95,
    )


def test_a_population_is_compared_in_the_windows_in_which_its_network_can_answer():
    """d' in the late window is twice that in both: noise is matched to what is compared."""
    data, rng = dataset(), np.random.default_rng(0)
    study = Study("brain", data, 0)
    brain = of_regions([record("area", 1.2, rng)], study, regions=["area"], sizes=SIZES)
    network = record("layer", 0.4, rng, name="network")
    whole, late = (
        by_population(signed(network, brain, data, windows=windows), TYPES)
        for windows in (["early", "late"], ["late"])
    )
    within = brain[0]["within"].values
    of_late = np.char.endswith(brain[0]["feature"].values.astype(str), " late")
    row, of_both = (distances(brain, each).iloc[0] for each in (late, whole))
    assert (row["n_features"], of_both["n_features"]) == (4, 8)
    expected = float(brain[0]["value"][within & of_late].mean())
    assert row["region_d_prime"] == pytest.approx(expected)
    assert row["region_d_prime"] > of_both["region_d_prime"]
    assert row["d_prime"] == pytest.approx(expected, abs=0.03)
    assert fits(brain, late)["n_overlaps"].tolist() == [1]
    assert fits(brain, whole)["n_overlaps"].tolist() == [2]


def test_the_same_code_in_less_noise_is_no_further_than_noise_once_it_is_matched():
    """Of one code twice, d is 1.0 +- .24 matched, 3.4 +- .52 not: 5 SDs of a mean over four."""
    data, matched, unmatched = dataset(), [], []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        brain = of_regions(
            [record("area", 1.2, rng)], Study("brain", data, 0), regions=["area"], sizes=SIZES
        )
        network = record("layer", 0.4, rng, name="network")
        found = signed(network, brain, data)
        row = distances(brain, by_population(found, TYPES)).iloc[0]
        matched.append(row["distance"])
        assert row["noise"] > 1
        assert row["d_prime"] == pytest.approx(row["region_d_prime"], abs=0.03)
        as_it_is = of_regions([network], Study("network", data, 0), regions=["layer"], sizes=SIZES)[
            0
        ]
        as_it_is.attrs.update(matched_to="area", dataset="network")
        before = distances(brain, by_population([as_it_is], TYPES)).iloc[0]
        assert before["d_prime"] > before["region_d_prime"] + 0.5
        unmatched.append(before["distance"])
    assert np.mean(matched) < 1.7
    assert np.mean(unmatched) > 2.1


def test_a_network_that_is_no_better_than_the_region_gets_no_noise():
    rng = np.random.default_rng(5)
    data = dataset()
    brain = of_regions(
        [record("area", 1.0, rng)], Study("brain", data, 0), regions=["area"], sizes=SIZES
    )
    (found,) = signed(record("layer", 5.0, rng, name="network"), brain, data)
    assert found.attrs["noise"] == 0
    assert found.attrs["d_prime"] < brain[0].attrs["d_prime"]


def test_a_region_without_a_code_is_left_out_and_the_reason_told():
    """Its d' has a mean of 0 and an SD of 0.1; in 15 bootstrap SDs it is not above."""
    rng = np.random.default_rng(6)
    data = dataset()
    brain = [
        *of_regions(
            [record("area", 2.0, rng)], Study("brain", data, 0), regions=["area"], sizes=SIZES
        ),
        *of_regions(
            [record("silent", 2.0, rng, 0.0)],
            Study("brain", data, 0),
            regions=["silent"],
            sizes=SIZES,
        ),
    ]
    found = signed(record("layer", 1.0, rng, name="network"), brain, data)
    assert [each.attrs["matched_to"] for each in found] == ["area"]
    assert list(distances(brain, by_population(found, TYPES))["region"]) == ["area"]
    told = left_out_table(brain, found, 0.95).query("feature == 'all'")
    assert list(told["region"]) == ["silent"]
    assert "d' within tasks" in told["reason"].item()


def test_colours_are_features_where_both_sides_know_them(tmp_path):
    """Planted: the cued colour in one plane in both tasks (alignment 1), the uncued one nowhere.

    Nine values within a fifth of what they are debiased to, at noise of a tenth of that.
    """
    rng = np.random.default_rng(7)
    data, blind = dataset(**COLORS), dataset()
    area = record("area", 0.8, rng, color=1.0)
    brain = of_regions([area], Study("brain", data, 0), regions=["area"], sizes=SIZES)
    value = brain[0]["value"].to_series()
    for task in ("pro", "retro"):
        assert value[f"alignment {task} late"] == pytest.approx(1, abs=0.2)
        assert value[f"plane_cosine {task} late"] == pytest.approx(1, abs=0.2)
        assert value[f"cued_color {task} late"] > 0.1
        assert abs(value[f"uncued_color {task} late"]) < 0.05
    network = record("layer", 0.6, rng, color=1.0, name="network")
    seeing, unseeing = (signed(network, brain, each) for each in (data, blind))
    for found, n_features in ((seeing, 24), (unseeing, 8)):
        (row,) = distances(brain, by_population(found, TYPES)).to_dict("records")
        assert row["n_features"] == n_features
        assert np.isfinite(row["distance"])
    told = left_out_table(brain, unseeing, 0.95)
    assert set(told["reason"]) == {"the data set has no colors"}
    assert len(told) == 16
    signed_all = signature_table([*brain, *unseeing])
    for name, table in {"signatures": signed_all, "signatures_left_out": told}.items():
        write_csv(table, tmp_path / f"{name}.csv")
        back = read_csv(tmp_path / f"{name}.csv")
        pd.testing.assert_frame_equal(back, table, check_dtype=False, rtol=1e-8)


def test_why_colours_are_not_features_is_said_of_each():
    """Planes that are not there have no reliability, rates that do not vary no information."""
    rng = np.random.default_rng(10)
    data = dataset(**COLORS)
    silent = record("area", 1.0, rng)
    silent["rates"][:, :, 0] = 3.0
    members = Members([silent], Study("brain", data, 0), region="area", sizes=SIZES)
    colors = colors_of([silent], Study("brain", data, 0))
    features, left_out = color_features(members.decoders(0.0), colors)
    for task in ("pro", "retro"):
        assert "reliability of the planes" in left_out[f"alignment {task} early"]
        assert left_out[f"cued_color {task} early"] == f"no rate of {UNITS} units varies"
        assert f"cued_color {task} late" in features["feature"]


def test_replicates_of_colours_are_means_over_draws_as_their_values_are():
    """Of 3 of 30 units in a draw, ten draws have about .45 times the SD of one.

    The SD of 200 replicates has an SE of 8 %, the ratio one of 12 %; .8 is 4.8 of these.
    """
    recording = record("area", 0.8, np.random.default_rng(11), color=1.0)
    sd = {}
    for draws in (1, 10):
        data = dataset(
            **COLORS,
            windows={"late": [0.1, 0.2]},
            decoding={"draws": draws, "unit_counts": []},
            inference={"permutations": 19, "bootstraps": 200},
        )
        members = Members(
            [recording], Study("brain", data, 0), region="area", sizes=Sizes(3, TRIALS // 2)
        )
        colors = colors_of([recording], Study("brain", data, 0))
        features, _ = color_features(members.decoders(0.0), colors)
        sd[draws] = features["sd"].sel(feature="cued_color retro late").item()
    assert sd[10] < 0.8 * sd[1]


def test_what_is_written_is_what_is_read(tmp_path):
    rng = np.random.default_rng(8)
    data, blind = dataset(**COLORS), dataset()
    both = [
        of_regions(
            [record(name, 1.0, rng, color=1.0)],
            Study("brain", each, 0),
            regions=[name],
            sizes=SIZES,
        )[0]
        for name, each in (("one", data), ("other", blind))
    ]
    for before, after in zip(both, apart(together(both)), strict=True):
        assert after.attrs == before.attrs
        for name in before.data_vars:
            found = after[name]
            if "feature" in found.dims:
                found = found.sel(feature=before["feature"])
            xr.testing.assert_equal(found, before[name])
    assert apart(together([])) == []


def test_noise_adds_variance_in_units_of_each_units_sd():
    rng = np.random.default_rng(9)
    recording = record("layer", 1.0, rng)
    members = Members([recording], Study("brain", dataset(), 0), region="layer", sizes=SIZES)
    before, after = (members.with_noise(level)[0].parts[0].rates for level in (0.0, 2.0))
    sd = recording["rates"].std(["trial", "time"]).values
    # 480 samples a unit: an SD of 3 %, 15 % is 4.6 of them for each of 30 units.
    assert (after - before).std(axis=(0, 2)) == pytest.approx(2 * sd, rel=0.2)


@settings(max_examples=50)
@given(target=st.floats(0.2, 2.8), scale=st.floats(0.1, 10))
def test_matching_noise_gives_the_sensitivity_that_is_asked_for(target, scale):
    def d_prime(noise):
        return 3 * np.exp(-noise / scale)

    assert d_prime(matching_noise(d_prime, target)) == pytest.approx(target, abs=2 * TOLERANCE)
    assert matching_noise(lambda noise: 0.0, target) == 0


def test_sizes_are_those_of_the_smallest_population_of_all():
    many, few = dataset(), dataset(decoding={"folds": 5, "units": 12})
    tables = {
        "many": pd.DataFrame({"n_units": [40, 20], "n_trials": [31, 60]}),
        "few": pd.DataFrame({"n_units": [30], "n_trials": [22]}),
    }
    assert equal_sizes({"many": many, "few": few}, tables) == Sizes(12, 15)
    assert equal_sizes({"few": few}, {"few": tables["few"]}) == Sizes(12, 17)


def test_a_single_unit_has_no_halves_and_is_told():
    table = pd.DataFrame({"n_units": [40, 1], "n_trials": [30, 30]})
    with pytest.raises(InputError, match=r"data set few.*1 unit; allowed: 2.*regions\.min_units"):
        equal_sizes({"few": dataset()}, {"few": table})


@pytest.mark.parametrize("units", [2, 3])
def test_a_few_units_have_signatures_and_halves(units):
    area = record("area", 0.2, np.random.default_rng(12), strength=2.0, color=1.0)
    sizes = Sizes(units, TRIALS // 2)
    (found,) = of_regions(
        [area], Study("brain", dataset(**COLORS), 0), regions=["area"], sizes=sizes
    )
    assert np.isfinite(found["value"]).all()
    halves = found["halves"][..., found["feature"].str.startswith("d_prime").values]
    assert np.isfinite(halves).all()
    assert (halves[0] != halves[1]).any()

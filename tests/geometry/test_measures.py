"""The geometry table: planted planes and axes, noise, and what it says of itself."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from neuro_attn.configuration.sources.netcdf import NetcdfDataset
from neuro_attn.decoding import build_populations
from neuro_attn.errors import InputError
from neuro_attn.geometry.colors import shown_colors
from neuro_attn.geometry.estimates import (
    Estimate,
    Resampling,
    UndefinedError,
    normal_interval,
    over_sessions,
)
from neuro_attn.geometry.measures import axis_cosine, color_overlap
from neuro_attn.geometry.places import Context, Place
from neuro_attn.geometry.tables import (
    COLUMNS,
    INFORMATION_COLUMNS,
    LEFT_OUT_COLUMNS,
    OVER_TIME_COLUMNS,
    PLANES_COLUMNS,
    measure,
)
from neuro_attn.recording import build
from neuro_attn.results import read_csv, write_csv
from neuro_attn.study import Study

FILES = {"left_out": "geometry_left_out", "over_time": "geometry_over_time"}
"""What tables of `measure` are called as files, where that differs."""
TIME = {"start": 0.0, "stop": 0.4, "bin": 0.1}


def settings(population="pseudopopulation", colors=True, **inference):
    return NetcdfDataset(
        source="netcdf",
        files="*.nc",
        label="selected",
        tasks={"pro": {"trials": "order == 'pro'"}, "retro": {"trials": "order == 'retro'"}},
        time=TIME,
        windows={"early": (0.0, 0.2), "late": (0.2, 0.4)},
        colors={"items": {"upper": "upper_color", "lower": "lower_color"}} if colors else None,
        decoding={"population": population, "draws": 4},
        inference={"bootstraps": 60, "permutations": 40, **inference},
    )


def recordings(
    dataset,
    shared=1.0,
    degrees=0.0,
    sessions=2,
    units=15,
    trials=200,
    signal=4.0,
    color=1.0,
    seed=0,
):
    """Late, selection axes have cosine `shared`, and colour planes are `degrees` apart."""
    rng = np.random.default_rng(seed)
    total = sessions * units
    space = np.linalg.qr(rng.normal(size=(total, 5)))[0].T
    first, own = space[:2]
    axes = {"pro": first, "retro": shared * first + np.sqrt(1 - shared**2) * own}
    angle = np.deg2rad(degrees)
    planes = {
        "upper": space[2:4],
        "lower": np.stack([space[2], np.cos(angle) * space[3] + np.sin(angle) * space[4]]),
    }
    result = []
    for session in range(sessions):
        mine = slice(session * units, (session + 1) * units)
        table = pd.DataFrame(
            {
                "trial_id": np.arange(2 * trials),
                "task": np.repeat(["pro", "retro"], trials),
                "label": rng.permutation(np.resize(["lower", "upper"], 2 * trials)),
                "upper_color": rng.uniform(0, 2 * np.pi, 2 * trials),
                "lower_color": rng.uniform(0, 2 * np.pi, 2 * trials),
            }
        )
        table.loc[rng.random(2 * trials) < 0.1, "lower_color"] = np.nan
        sign = np.where(table["label"] == "upper", 1, -1)
        mean = sign[:, None] * np.stack([axes[task] for task in table["task"]])
        for location, plane in planes.items():
            angles = table[f"{location}_color"].to_numpy()
            circle = np.nan_to_num(np.column_stack([np.cos(angles), np.sin(angles)]))
            mean = mean + color * circle @ plane
        rates = rng.normal(size=(2 * trials, units, 4))
        rates[:, :, 2:] += signal * mean[:, mine, None]
        table_of_units = pd.DataFrame(
            {"unit_id": [f"{session}-{unit}" for unit in range(units)], "region": "LPFC"}
        )
        name = f"session{session}"
        result.append(build(rates, table, table_of_units, "toy", name, dataset, {}, "a.u."))
    return result


def late(table, kind, task="pro vs retro"):
    rows = table.query("measure == @kind and window == 'late' and task == @task")
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.mark.parametrize("shared", [1.0, 0.5, 0.0])
def test_the_planted_cosine_of_selection_axes_is_found(shared):
    dataset = settings(colors=False)
    data = recordings(dataset, shared, signal=2.0, color=0.0)
    row = late(measure(data, Study("toy", dataset, 1), "LPFC").geometry, "axis_cosine")
    assert row["value"] == pytest.approx(shared, abs=0.1)
    assert row["ci_low"] <= shared <= row["ci_high"]
    assert row["ceiling"] == pytest.approx(1, abs=0.1)
    assert 0 < row["floor"] < 0.3


def test_sessions_that_are_replicates_are_averaged():
    dataset = settings("simultaneous")
    data = recordings(dataset)
    keys = ["task", "measure"]
    each = [
        measure([one], Study("toy", dataset, 1), "LPFC")
        .geometry.query("window == 'late'")
        .set_index(keys)[["value", "ceiling", "floor"]]
        for one in data
    ]
    both = measure(data, Study("toy", dataset, 1), "LPFC").geometry.query("window == 'late'")
    both = both.set_index(keys)[["value", "ceiling", "floor"]]
    assert {"axis_cosine", "plane_angle_cos", "ccgp_label"} <= {name for _, name in both.index}
    pd.testing.assert_frame_equal(both, (each[0] + each[1]).loc[both.index] / 2)


def test_the_interval_over_sessions_is_students():
    values = np.random.default_rng(0).normal(size=6)
    estimates = [Estimate(value, np.zeros(1)) for value in values]
    low, high, n = over_sessions(estimates, 0.9, (-5, 5))
    expected = stats.t.interval(0.9, 5, loc=values.mean(), scale=stats.sem(values))
    np.testing.assert_allclose((low, high), expected)
    assert n == 6
    assert over_sessions(estimates, 0.9, (-0.1, 0.1))[:2] == (-0.1, 0.1)


def test_few_sessions_have_no_interval_of_the_region():
    low, high, n = over_sessions([Estimate(0.5, np.zeros(1))] * 3, 0.95, (-1, 1))
    assert np.isnan([low, high]).all()
    assert n == 3


def test_intervals_of_a_region_need_sessions_that_are_decoded_apart():
    for population, numbers in (("simultaneous", {2}), ("pseudopopulation", {1})):
        dataset = settings(population)
        table = measure(recordings(dataset), Study("toy", dataset, 1), "LPFC").geometry
        assert set(table["n_sessions"]) == numbers
        assert table["region_ci_low"].isna().all()


@pytest.mark.parametrize("degrees", [0, 90])
def test_parallel_and_orthogonal_colour_planes_are_told_apart(degrees):
    dataset = settings()
    data = recordings(dataset, degrees=degrees, units=30)
    table = measure(data, Study("toy", dataset, 1), "LPFC").geometry
    row = late(table, "plane_angle_cos", "retro")
    assert row["value"] == pytest.approx(np.cos(np.deg2rad(degrees)), abs=0.15)
    assert row["ci_low"] <= row["value"] <= row["ci_high"]
    assert row["ceiling"] > 0.85
    assert 0.1 < row["floor"] < 0.9


def test_no_table_has_a_row_twice_or_a_number_missing(tmp_path):
    dataset = settings()
    tables = measure(recordings(dataset), Study("toy", dataset, 1), "LPFC")
    assert [list(table.columns) for table in tables] == [
        COLUMNS,
        LEFT_OUT_COLUMNS,
        OVER_TIME_COLUMNS,
        INFORMATION_COLUMNS,
        PLANES_COLUMNS,
    ]
    for name, table in tables._asdict().items():
        assert len(table)
        # A pseudopopulation has no interval over sessions.
        known = [column for column in table if not column.startswith("region_ci")]
        assert not table[known].isna().any(axis=None)
        path = tmp_path / f"mine/{FILES.get(name, name)}.csv"
        write_csv(table, path)
        pd.testing.assert_frame_equal(read_csv(path), table, check_dtype=False, rtol=1e-8)
    keys = ["region", "task", "window", "measure"]
    assert not tables.geometry.duplicated(keys).any()
    assert not tables.over_time.duplicated(["region", "task", "time", "measure"]).any()
    done = set(tables.geometry[keys].itertuples(index=False, name=None))
    left_out = set(tables.left_out[keys].itertuples(index=False, name=None))
    assert not done & left_out
    assert len(done | left_out) == 2 * (1 + 1 + 5 + 3) + 2 * 2 * (1 + 6) + 2 * (2 + 1)


def test_what_a_data_set_lacks_is_told():
    dataset = settings(colors=False, population="simultaneous")
    dataset = dataset.model_copy(update={"tasks": {"pro": dataset.tasks["pro"]}})
    data = [one.isel(trial=one["task"].values == "pro") for one in recordings(dataset, sessions=1)]
    tables = measure(data, Study("toy", dataset, 1), "LPFC")
    reasons = tables.left_out.drop_duplicates("measure").set_index("measure")["reason"]
    assert "one task" in reasons["ccgp_label"]
    assert "no colors" in reasons["plane_cosine"]
    assert set(tables.geometry["measure"]) == {"axis_stability"}
    assert tables.color_planes.empty


def test_noise_is_left_out_with_its_reason():
    dataset = settings(colors=False)
    left_out, values = 0, []
    for seed in range(10):
        noise = recordings(dataset, signal=0.0, seed=seed, trials=40)
        tables = measure(noise, Study("toy", dataset, 1), "LPFC")
        table = tables.geometry.query("measure == 'axis_cosine'")
        missing = tables.left_out.query("measure == 'axis_cosine'")
        assert missing["reason"].str.contains("split-half reliability").all()
        left_out += len(missing)
        values += list(table["value"])
    assert left_out >= 16
    assert len(values) < 2 or abs(np.mean(values)) < 1


@pytest.mark.parametrize("degrees", [0, 60, 90])
def test_the_planted_overlap_of_colour_planes_is_found(degrees):
    """One axis of the planes is shared, the other `degrees` apart.

    The SD over data sets is .16 at most, so .16 is more than 4 SDs of the mean of 20.
    """
    dataset = settings()
    resampling = Resampling(
        Study("toy", dataset, 1), bootstraps=20, splits=4, shuffles=20, confidence=0.95
    )
    found = {"plane_cosine": [], "alignment": []}
    for seed in range(20):
        data = recordings(dataset, degrees=degrees, units=30, signal=2.0, seed=seed)
        population = build_populations(data, Study("toy", dataset, 1), "LPFC")[0]
        colors = {one.attrs["session"]: shown_colors(one, dataset.colors, "toy") for one in data}
        time_bin = len(population.times) + 1
        context = Context(colors, dataset.decoding, resampling)
        estimates = color_overlap.estimate(population, Place((0,), (time_bin,)), context)
        for name, values in found.items():
            values.append(estimates[name].value)
            assert estimates[name].floor < 0.4
            assert estimates[name].ceiling > 0.4
    cosine = np.cos(np.deg2rad(degrees))
    assert np.mean(found["plane_cosine"]) == pytest.approx(cosine, abs=0.16)
    assert np.mean(found["alignment"]) == pytest.approx((1 + cosine**2) / 2, abs=0.16)


def test_intervals_of_the_axis_cosine_cover_the_planted_one():
    """Of 30 intervals at 95 %, more than 7 miss by chance in fewer than 1 of 10,000 runs."""
    dataset = settings(colors=False)
    resampling = Resampling(
        Study("toy", dataset, 1), bootstraps=60, splits=4, shuffles=10, confidence=0.95
    )
    covered = 0
    for seed in range(30):
        data = recordings(
            dataset, 0.5, sessions=1, units=25, trials=60, signal=2.0, color=0.0, seed=seed
        )
        members = build_populations(data, Study("toy", dataset, 1), "LPFC")
        place = Place((0, 1), (len(members[0].times) + 1,))
        context = Context(None, dataset.decoding, resampling)
        found = axis_cosine.estimate(members[0], place, context)["axis_cosine"]
        low, high = normal_interval(found.value, found.replicates, 0.95)
        covered += low <= 0.5 <= high
    assert covered >= 23


def test_a_value_needs_no_ceiling_where_references_are_not_asked_for():
    """Codes this weak have a value but no ceiling in about 1 of 5 data sets; in none of 60: 1e-6.

    Over time no ceilings are reported, so their lack may not take values away.
    """
    dataset = settings(colors=False)
    resampling = Resampling(
        Study("toy", dataset, 1), bootstraps=20, splits=1, shuffles=10, confidence=0.5
    )
    with_references = Context(None, dataset.decoding, resampling)
    without = Context(None, dataset.decoding, resampling._replace(references=False))
    refused = 0
    for seed in range(60):
        data = recordings(dataset, sessions=1, trials=16, signal=0.5, color=0.0, seed=seed)
        population = build_populations(data, Study("toy", dataset, 1), "LPFC")[0]
        where = (population, Place((0, 1), (len(population.times) + 1,)))
        try:
            alone = axis_cosine.estimate(*where, without)["axis_cosine"]
        except UndefinedError:
            continue
        assert alone.ceiling is None
        assert alone.floor is None
        try:
            full = axis_cosine.estimate(*where, with_references)["axis_cosine"]
        except UndefinedError:
            refused += 1
        else:
            assert full.value == alone.value
            np.testing.assert_array_equal(full.replicates, alone.replicates)
    assert refused


def test_the_same_seed_gives_the_same_table_and_another_seed_another():
    dataset = settings()
    data = recordings(dataset)
    one, same, other = (
        measure(data, Study("toy", dataset, seed), "LPFC").geometry.query(
            "measure == 'axis_cosine'"
        )
        for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(one, same)
    assert (one["value"] == other["value"]).all()
    assert (one["ci_low"] != other["ci_low"]).any()


def test_without_colours_there_are_no_planes():
    dataset = settings(colors=False)
    tables = measure(recordings(dataset), Study("toy", dataset, 1), "LPFC")
    assert not set(tables.geometry["measure"]) & {"plane_angle_cos", "plane_cosine", "alignment"}
    assert tables.color_information.empty


def test_items_may_have_any_names():
    """With classes of the same names they say what is cued, too."""
    dataset = settings("simultaneous")
    data = recordings(dataset, sessions=1)
    # In the order of the classes, which is that of the alphabet.
    names = {"upper": "right", "lower": "left"}
    columns = {names[item]: column for item, column in dataset.colors.items.items()}
    colors = dataset.colors.model_copy(update={"items": columns})
    renamed = dataset.model_copy(update={"colors": colors})
    relabelled = [
        one.assign_coords(label=("trial", [names[str(label)] for label in one["label"].values]))
        for one in data
    ]
    found = measure(data, Study("toy", dataset, 1), "LPFC")
    other = measure(relabelled, Study("toy", renamed, 1), "LPFC")
    assert len(found.color_information)
    assert (
        found.color_planes["location"].map(names).tolist()
        == other.color_planes["location"].tolist()
    )
    np.testing.assert_allclose(found.geometry["value"], other.geometry["value"], atol=1e-12)
    information = (each.color_information["omega_squared"] for each in (found, other))
    np.testing.assert_allclose(*information, atol=1e-12)


def test_a_session_without_enough_trials_of_a_colour_gives_no_plane():
    dataset = settings()
    data = recordings(dataset)
    data = [one.assign_coords(upper_color=0 * one["upper_color"]) for one in data]
    tables = measure(data, Study("toy", dataset, 1), "LPFC")
    assert "plane_angle_cos" not in set(tables.geometry["measure"])
    reasons = tables.left_out.drop_duplicates("measure").set_index("measure")["reason"]
    assert "two trials in every colour bin" in reasons["plane_angle_cos"]
    assert "4 trials in every colour bin" in reasons["plane_cosine"]


def test_a_missing_colour_column_is_named():
    dataset = settings()
    data = [one.drop_vars("lower_color") for one in recordings(dataset)]
    match = r"toy\.colors\.items\.lower: no trial column 'lower_color'"
    with pytest.raises(InputError, match=match):
        measure(data, Study("toy", dataset, 1), "LPFC")


def test_colours_that_are_words_are_an_error():
    dataset = settings()
    data = [
        one.assign_coords(upper_color=("trial", np.full(one.sizes["trial"], "red", dtype=object)))
        for one in recordings(dataset)
    ]
    with pytest.raises(InputError, match=r"must contain numbers \(rad\)"):
        measure(data, Study("toy", dataset, 1), "LPFC")

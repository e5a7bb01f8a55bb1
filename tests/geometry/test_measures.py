"""The geometry table: planted planes and axes, noise, and what it says of itself."""

import logging

import numpy as np
import pandas as pd
import pytest

from neuro_attn.configuration import NetcdfDataset
from neuro_attn.errors import InputError
from neuro_attn.geometry import COLUMNS, measure
from neuro_attn.recording import build

TIME = {"start": 0.0, "stop": 0.4, "bin": 0.1}


def settings(population="pseudopopulation", colors=True, **inference):
    return NetcdfDataset(
        source="netcdf",
        files="*.nc",
        label="selected",
        tasks={"pro": {"trials": "order == 'pro'"}, "retro": {"trials": "order == 'retro'"}},
        time=TIME,
        windows={"early": (0.0, 0.2), "late": (0.2, 0.4)},
        colors={"upper": "upper_color", "lower": "lower_color"} if colors else None,
        decoding={"population": population, "draws": 4},
        inference={"bootstraps": 60, "permutations": 40, **inference},
    )


def recordings(
    dataset,
    shared=1.0,
    degrees=0.0,
    sessions=2,
    units=15,
    trials=160,
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
    rows = table.query("measure == @kind and epoch == 'late' and task == @task")
    assert len(rows) == 1
    return rows.iloc[0]


@pytest.mark.parametrize("shared", [1.0, 0.5, 0.0])
def test_the_planted_cosine_of_selection_axes_is_found(shared):
    dataset = settings(colors=False)
    data = recordings(dataset, shared, signal=2.0, color=0.0)
    row = late(measure(data, dataset, "LPFC", 1, "toy"), "axis_cosine")
    assert row["value"] == pytest.approx(shared, abs=0.1)
    assert row["ci_low"] <= shared <= row["ci_high"]
    assert row["ceiling"] == pytest.approx(1, abs=0.1)
    assert 0 < row["floor"] < 0.3


def test_sessions_that_are_replicates_are_averaged():
    dataset = settings("simultaneous")
    data = recordings(dataset)
    each = [measure([one], dataset, "LPFC", 1, "toy").query("epoch == 'late'") for one in data]
    both = measure(data, dataset, "LPFC", 1, "toy").query("epoch == 'late'")
    for column in ("value", "ceiling", "floor"):
        mean = np.mean([one[column].to_numpy() for one in each], axis=0)
        assert both[column].to_numpy() == pytest.approx(mean)
    assert len(both) == 3


@pytest.mark.parametrize("degrees", [0, 90])
def test_parallel_and_orthogonal_colour_planes_are_told_apart(degrees):
    dataset = settings()
    table = measure(recordings(dataset, degrees=degrees, units=30), dataset, "LPFC", 1, "toy")
    row = late(table, "plane_angle_cos", "retro")
    assert row["value"] == pytest.approx(np.cos(np.deg2rad(degrees)), abs=0.15)
    assert row["ci_low"] <= row["value"] <= row["ci_high"]
    assert row["ceiling"] > 0.85
    assert 0.1 < row["floor"] < 0.9


def test_rows_are_complete_and_never_nan():
    dataset = settings()
    table = measure(recordings(dataset), dataset, "LPFC", 1, "toy")
    assert list(table.columns) == COLUMNS
    assert not table.isna().any(axis=None)
    assert not table.duplicated(["region", "task", "epoch", "measure"]).any()
    assert set(table["task"]) == {"pro", "retro", "pro vs retro"}


def test_noise_is_left_out_with_its_reason(caplog):
    dataset = settings(colors=False)
    left_out, values = 0, []
    for seed in range(12):
        noise = recordings(dataset, signal=0.0, seed=seed, trials=40)
        with caplog.at_level(logging.WARNING, logger="neuro_attn.geometry"):
            table = measure(noise, dataset, "LPFC", 1, "toy")
        left_out += 2 - len(table)
        values += list(table["value"])
    assert left_out >= 22
    assert "split-half reliability" in caplog.text
    assert len(values) < 2 or abs(np.mean(values)) < 1


def test_intervals_of_the_axis_cosine_cover_the_planted_one():
    dataset = settings(colors=False)
    covered = 0
    for seed in range(30):
        data = recordings(
            dataset, 0.5, sessions=1, units=25, trials=60, signal=2.0, color=0.0, seed=seed
        )
        row = late(measure(data, dataset, "LPFC", 1, "toy"), "axis_cosine")
        covered += row["ci_low"] <= 0.5 <= row["ci_high"]
    assert covered >= 25


def test_the_same_seed_gives_the_same_table_and_another_seed_another():
    dataset = settings()
    data = recordings(dataset)
    one, same, other = (measure(data, dataset, "LPFC", seed, "toy") for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one, same)
    assert (one["value"] == other["value"]).all()
    assert (one["ci_low"] != other["ci_low"]).any()


def test_without_colours_there_are_no_planes():
    dataset = settings(colors=False)
    table = measure(recordings(dataset), dataset, "LPFC", 1, "toy")
    assert set(table["measure"]) == {"axis_cosine"}


def test_a_session_without_enough_trials_of_a_colour_gives_no_plane(caplog):
    dataset = settings()
    data = recordings(dataset)
    data = [one.assign_coords(upper_color=0 * one["upper_color"]) for one in data]
    with caplog.at_level(logging.WARNING, logger="neuro_attn.geometry"):
        table = measure(data, dataset, "LPFC", 1, "toy")
    assert "plane_angle_cos" not in set(table["measure"])
    assert "two trials in every colour bin" in caplog.text


def test_a_missing_colour_column_is_named():
    dataset = settings()
    data = [one.drop_vars("lower_color") for one in recordings(dataset)]
    with pytest.raises(InputError, match=r"toy\.colors\.lower: no trial column 'lower_color'"):
        measure(data, dataset, "LPFC", 1, "toy")


def test_colours_that_are_words_are_an_error():
    dataset = settings()
    data = [
        one.assign_coords(upper_color=("trial", np.full(one.sizes["trial"], "red", dtype=object)))
        for one in recordings(dataset)
    ]
    with pytest.raises(InputError, match="holds no colours in rad"):
        measure(data, dataset, "LPFC", 1, "toy")

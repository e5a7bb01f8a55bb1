"""Behaviour of tasks and sessions: planted differences are found, and equal tasks do not differ."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from neuro_attn.behaviour.tables import entropy, tables_of
from neuro_attn.errors import InputError
from neuro_attn.figures import report_errors
from neuro_attn.results import columns_of, read_csv, write_csv
from neuro_attn.study import Study

COLUMNS = {"report": "report", "target": "target", "non_targets": ["other"]}
N_SESSIONS = 8


def session(name, planted, *, n=150, grid=None, seed=0):
    """Return the trials of a session; `planted` has (SD, swap, guess, single) of each task."""
    parts = []
    for number, (task, (sd, swap, guess, single)) in enumerate(planted.items()):
        rng = np.random.default_rng([seed, number])
        target, other = rng.uniform(0, 2 * np.pi, (2, n))
        other[:] = np.nan if single else other
        kind = rng.random(n)
        report = np.where(kind < swap, other, target)
        report = (report + rng.vonmises(0, 1 / np.deg2rad(sd) ** 2, n)) % (2 * np.pi)
        report = np.where(kind > 1 - guess, rng.uniform(0, 2 * np.pi, n), report)
        if grid is not None:
            report = np.round(report / grid) * grid
        parts.append(
            pd.DataFrame({"task": task, "report": report, "target": target, "other": other})
        )
    trials = pd.concat(parts, ignore_index=True)
    coords = {column: ("trial", trials[column].to_numpy()) for column in trials}
    return xr.Dataset(coords=coords, attrs={"session": name})


def sessions(planted, **keys):
    return [session(f"s{number}", planted, seed=number, **keys) for number in range(N_SESSIONS)]


@pytest.fixture
def measure(dataset):
    """Return the tables of recordings whose tasks are pro and retro."""

    def made(recordings, **columns):
        study = Study("small", dataset(behaviour={**COLUMNS, **columns}, source="simulation"), 1)
        return tables_of(recordings, study)

    return made


def values(table, measure, task):
    rows = table[(table["measure"] == measure) & (table["task"] == task)]
    return rows[rows["session"] == "all"].iloc[0], rows[rows["session"] != "all"]


def test_planted_differences_between_tasks_are_found_and_tested_over_sessions(measure, tmp_path):
    planted = {"pro": (15, 0.0, 0.05, False), "retro": (25, 0.25, 0.05, False)}
    made = measure(sessions(planted))
    table = made.behaviour_measures
    for task, (sd, swap, guess, _) in planted.items():
        # Intervals of 95 % over 8 sessions; six of them are twice as wide.
        for name, truth in {"sd": sd, "swap": swap, "guess": guess}.items():
            together, alone = values(table, name, task)
            assert together["ci_low"] >= 0
            half = together["ci_high"] - together["ci_low"]
            assert abs(together["value"] - truth) < max(half, 0.02)
            assert together["value"] == pytest.approx(alone["value"].mean())
            assert together["n_sessions"] == len(alone) == N_SESSIONS
            assert together["n_trials"] == alone["n_trials"].sum()
    for name, sign in {"mean_error": -1, "sd": -1, "swap": -1}.items():
        difference, _ = values(table, name, "pro vs retro")
        assert np.sign(difference["value"]) == sign
        # All signs of 8 sessions are equal: the smallest p that they allow.
        assert difference["p_value"] == pytest.approx(2 / 2**N_SESSIONS)
    path = tmp_path / "small" / "behaviour_measures.csv"
    path.parent.mkdir()
    write_csv(table, path)
    assert list(read_csv(path).columns) == columns_of("behaviour_measures")


def test_the_difference_changes_its_sign_and_keeps_its_p_if_tasks_are_exchanged(measure):
    one, other = (20, 0.1, 0.1, False), (20, 0.1, 0.1, False)
    first = measure(sessions({"pro": one, "retro": other})).behaviour_measures
    turned = sessions({"retro": one, "pro": other})
    second = measure(turned).behaviour_measures
    for name in ("mean_error", "sd", "swap", "guess", "clustering"):
        row, exchanged = (values(each, name, "pro vs retro")[0] for each in (first, second))
        assert exchanged["value"] == pytest.approx(-row["value"])
        assert exchanged["p_value"] == pytest.approx(row["p_value"])


def test_single_items_have_no_swaps_and_few_trials_no_mixture(measure):
    planted = {"pro": (15, 0.0, 0.05, True), "retro": (25, 0.2, 0.05, False)}
    table = measure(sessions(planted)).behaviour_measures
    of_pro = set(table.loc[table["task"] == "pro", "measure"])
    assert of_pro == {"mean_error", "sd", "target", "guess", "clustering"}
    assert "swap" in set(table.loc[table["task"] == "retro", "measure"])
    assert "swap" not in set(table.loc[table["task"] == "pro vs retro", "measure"])
    few = measure(sessions(planted, n=19)).behaviour_measures
    assert set(few["measure"]) == {"mean_error", "clustering"}


def test_reports_that_favour_some_angles_cluster(measure):
    planted = {"pro": (15, 0.0, 0.05, False), "retro": (15, 0.0, 0.05, False)}
    clustered, _ = values(
        measure(sessions(planted, grid=np.pi / 4)).behaviour_measures, "clustering", "pro"
    )
    assert clustered["ci_low"] > 0.5  # 8 of 24 bins are used: log2(3) = 1.6 bits
    assert clustered["p_value"] == pytest.approx(2 / 2**N_SESSIONS)
    even, _ = values(measure(sessions(planted)).behaviour_measures, "clustering", "pro")
    assert abs(even["value"]) < 0.1


def test_the_entropy_of_angles_depends_on_no_turns_and_is_largest_if_they_are_even():
    even = np.arange(24) * np.pi / 12 + 0.01
    assert entropy(even) == pytest.approx(np.log2(24))
    assert entropy(even - 6 * np.pi) == pytest.approx(np.log2(24))
    assert entropy(np.array([-1e-20, 2 * np.pi - 1e-9])) == 0


def test_the_fitted_shares_are_those_of_the_errors_and_both_add_up_to_one(measure):
    planted = {"pro": (12, 0.0, 0.1, True), "retro": (20, 0.2, 0.1, False)}
    errors = measure(sessions(planted, n=400)).behaviour_errors
    of_target = errors[errors["relative_to"] == "target"]
    assert set(of_target["task"]) == {"pro", "retro"}
    sums = of_target.groupby("task")[["share", "fitted"]].sum()
    np.testing.assert_allclose(sums, 1, atol=1e-6)
    # 3,200 trials: the binomial error of the largest share, 0.3, is 0.008.
    np.testing.assert_allclose(of_target["fitted"], of_target["share"], atol=0.04)
    others = errors[errors["relative_to"] == "other item"]
    assert set(others["task"]) == {"retro"}
    assert others["fitted"].isna().all()
    assert abs(others.loc[others["share"].idxmax(), "error"]) == 5  # the bins beside 0


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"report": "answer"}, "datasets.small.behaviour.report: no trial column 'answer'"),
        ({"target": "task"}, "datasets.small.behaviour.target: column 'task' must contain numbers"),
        ({"non_targets": ["far"]}, "datasets.small.behaviour.non_targets: no trial column 'far'"),
    ],
)
def test_columns_without_angles_are_errors_that_name_the_key(measure, columns, message):
    recording = session("s0", {"pro": (15, 0.0, 0.0, False)})
    with pytest.raises(InputError, match=message):
        measure([recording], **columns)


def test_the_figure_has_a_panel_for_each_task_and_its_caption_states_the_errors(measure):
    planted = {"pro": (15, 0.0, 0.05, False), "retro": (25, 0.25, 0.05, False)}
    made = measure(sessions(planted))
    figure = report_errors.draw(made.behaviour_measures, made.behaviour_errors)
    assert len(figure.axes) == 2
    assert {axes.get_title(loc="left") for axes in figure.axes} == {"pro", "retro"}
    text = report_errors.caption(made.behaviour_measures)
    assert "pro: mean absolute error" in text
    assert "swap 0." in text
    assert "pro vs retro: difference" in text
    assert len(text.split()) <= 120
    empty = measure([]).behaviour_errors
    assert report_errors.draw(measure([]).behaviour_measures, empty).axes == []

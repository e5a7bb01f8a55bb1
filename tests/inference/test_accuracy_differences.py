"""Differences of accuracy between two tasks on which the same decoders are tested."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from neuro_attn.inference.accuracy_differences import difference_table
from neuro_attn.results import columns_of
from neuro_attn.study import Study

TASK = {"trials": "kind == 1", "align": "cue"}
SESSIONS = [f"s{number}" for number in range(7)]
HALVES = {"accurate": TASK, "inaccurate": TASK}


def study_of(dataset, test_only=HALVES, **inference):
    settings = dataset(source="netcdf", files="*", test_only=test_only, inference=inference)
    return Study("small", settings, 1)


def summary_of(study, accuracy, regions=("V4", "FEF"), sessions=SESSIONS):
    """Return a table of windows; `accuracy` is a function of session, region and test task."""
    rows = [
        (session, region, train, test, "late", accuracy(session, region, test))
        for session, region, train, test in product(
            sessions, regions, study.dataset.tasks, study.dataset.tested_tasks
        )
    ]
    names = ["session", "region", "train_task", "test_task", "window", "accuracy"]
    table = pd.DataFrame(rows, columns=names)
    together = table.groupby(names[1:-1], sort=False)["accuracy"].mean().reset_index()
    return pd.concat([together.assign(session="all"), table], ignore_index=True)


@pytest.fixture(scope="module")
def values():
    """Accuracies by session, region and test task."""
    rng = np.random.default_rng(1)
    return {
        each: rng.uniform(0.5, 0.9)
        for each in product(SESSIONS, ("V4", "FEF"), ("pro", "retro", *HALVES))
    }


def test_a_difference_is_a_mean_over_sessions_with_a_t_interval_and_exact_sign_flips(
    dataset, values
):
    study = study_of(dataset, confidence=0.9)
    table = difference_table(summary_of(study, lambda *each: values[each]), study)
    assert table.columns.tolist() == columns_of("accuracy_differences")
    row = table.query(
        "region == 'FEF' and train_task == 'pro' and first_task == 'accurate'"
    ).squeeze()
    assert row["second_task"] == "inaccurate"
    x = np.array([values[s, "FEF", "accurate"] - values[s, "FEF", "inaccurate"] for s in SESSIONS])
    assert row["difference"] == pytest.approx(x.mean())
    assert row["first_accuracy"] - row["second_accuracy"] == pytest.approx(x.mean())
    expected = stats.t.interval(0.9, len(x) - 1, x.mean(), stats.sem(x))
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(expected)
    flipped = [abs(np.dot(signs, x)) for signs in product((1, -1), repeat=len(x))]
    assert row["p_value"] == np.mean(np.array(flipped) >= abs(x.sum()) - 1e-9)
    assert row["n_sessions"] == len(SESSIONS)
    assert (table["p_corrected"] >= table["p_value"]).all()


def test_pairs_contain_a_task_that_is_only_tested(dataset, values):
    study = study_of(dataset, {"inaccurate": TASK})
    table = difference_table(summary_of(study, lambda *each: values[each]), study)
    pairs = table[["train_task", "first_task", "second_task"]].drop_duplicates().to_numpy()
    tests = [["pro", "inaccurate"], ["retro", "inaccurate"]]
    assert pairs.tolist() == [[train, *pair] for train in ("pro", "retro") for pair in tests]
    without = study_of(dataset, {})
    assert not without.dataset.test_pairs
    assert difference_table(summary_of(without, lambda *each: values[each]), without).empty


def test_a_difference_in_every_session_has_the_smallest_p(dataset):
    study = study_of(dataset)
    rng = np.random.default_rng(2)

    def accuracy(session, region, test):
        return 0.6 + 0.2 * (test == "accurate" and region == "V4") + rng.normal(0, 0.01)

    table = difference_table(summary_of(study, accuracy), study)
    halves = table[table["first_task"] == "accurate"].set_index("region")
    assert (halves.loc["V4", "p_value"] == 2 / 2 ** len(SESSIONS)).all()
    assert (halves.loc["V4", "ci_low"] > 0.15).all()
    assert halves.loc["FEF", "difference"].abs().max() < 0.02


def test_a_region_is_tested_in_its_own_sessions(dataset, values):
    study = study_of(dataset)
    summary = summary_of(study, lambda *each: values[each])
    lacking = (summary["region"] == "FEF") & summary["session"].isin(SESSIONS[:3])
    table = difference_table(summary[~lacking], study).set_index("region")
    assert (table.loc["FEF", "n_sessions"] == 4).all()
    assert (table.loc["FEF", "p_value"] >= 2 / 2**4).all()
    assert (table.loc["V4", "n_sessions"] == 7).all()


def test_a_pseudopopulation_has_no_sample_of_sessions(dataset, values):
    study = study_of(dataset)
    summary = summary_of(study, lambda *each: values[each])
    table = difference_table(summary[summary["session"] == "all"], study)
    assert table["difference"].notna().all()
    assert table[["ci_low", "ci_high", "p_value", "p_corrected"]].isna().all(axis=None)
    assert (table["n_sessions"] == 0).all()


def test_all_pairs_can_be_one_family(dataset, values):
    summaries = {}
    for over in ([], ["task_pairs"]):
        study = study_of(dataset, correct_over=over)
        summary = summary_of(study, lambda *each: values[each])
        summaries[len(over)] = difference_table(summary, study)
    assert (summaries[1]["p_value"] == summaries[0]["p_value"]).all()
    assert (summaries[1]["p_corrected"] >= summaries[0]["p_corrected"]).all()
    assert (summaries[1]["p_corrected"] > summaries[0]["p_corrected"]).any()

"""Trials on which decoders are tested and never trained: `test_only`."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib import pyplot as plt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from neuro_attn import decoding, sources
from neuro_attn.configuration import parse
from neuro_attn.decoding.confounds import decode_confounds
from neuro_attn.decoding.decoders import logistic_regression
from neuro_attn.decoding.evaluation import EVERYTHING, evaluate_fold
from neuro_attn.decoding.population_decoder import ORIGINAL, PopulationDecoder
from neuro_attn.decoding.preparation import surrogates_of
from neuro_attn.errors import InputError
from neuro_attn.figures import (
    cross_temporal,
    decoding_over_time,
    transfer_matrix,
    transfer_over_time,
)
from neuro_attn.geometry.tables import measure
from neuro_attn.inference import tables
from neuro_attn.inference.cross_temporal import cross_temporal as at_pairs_of_times
from neuro_attn.printing import bar
from neuro_attn.shared_code.tables import tables_of
from neuro_attn.study import Study

TASKS = ["pro", "retro"]
THIRD = {"third": {"trials": "trial_id % 3 == 0", "align": "cue_onset"}}
QUICK = {"permutations": 3, "bootstraps": 20}


def study_of(test_only=THIRD, population="simultaneous", **keys):
    """Return a simulated data set; a third of the trials belongs to no task but `test_only`."""
    written = {
        "source": "simulation",
        "simulation": {"sessions": 2, "cycles": 1, "regions": {"A": {"units": 8}}},
        "label": "selected",
        "tasks": {
            task: {"trials": f"trial_type == '{task}' and trial_id % 3 != 0", "align": "cue_onset"}
            for task in TASKS
        },
        "test_only": test_only,
        "time": {"start": -0.2, "stop": 0.8, "bin": 0.5},
        "windows": {"late": [0.3, 0.8]},
        "colors": {"items": {"upper": "upper_color", "lower": "lower_color"}},
        "confounds": ["trial_number"],
        "decoding": {"population": population, "draws": 2},
        "inference": QUICK,
        **keys,
    }
    return Study("simulated", parse({"datasets": {"simulated": written}}).datasets["simulated"], 1)


def recordings_of(study):
    return sources.read(study.name, study.dataset, Path(), 1)


def decoded(recordings, study):
    members = decoding.build_populations(recordings, study, "A")
    return decoding.decode_region(members, study, region="A", n_units=None, progress=False)


@pytest.fixture(scope="module")
def recordings():
    return recordings_of(study_of())


@pytest.fixture(scope="module")
def result(recordings):
    return decoded(recordings, study_of())


@pytest.mark.parametrize("population", ["simultaneous", "pseudopopulation"])
def test_no_other_value_of_decoding_changes(recordings, population):
    alone = study_of({}, population)
    expected = decoded(recordings_of(alone), alone)
    found = decoded(recordings, study_of(population=population))
    assert found["test_task"].values.tolist() == [*TASKS, "third"]
    assert found["train_task"].values.tolist() == TASKS
    kept = found.sel(test_task=TASKS).isel(trial=found["trial_task"] != "third")
    xr.testing.assert_identical(kept, expected)


@pytest.mark.slow
def test_no_other_analysis_changes(recordings):
    alone, study = study_of({}), study_of()
    without = recordings_of(alone)
    table = decoding.regions_table(recordings, study)
    pd.testing.assert_frame_equal(table, decoding.regions_table(without, alone))
    for found, expected in (
        (measure(recordings, study, "A"), measure(without, alone, "A")),
        (tables_of(recordings, study, ["A"]), tables_of(without, alone, ["A"])),
    ):
        for one, other in zip(found, expected, strict=True):
            pd.testing.assert_frame_equal(one, other)
    confounds = zip(
        decode_confounds(recordings, study, table),
        decode_confounds(without, alone, table),
        strict=True,
    )
    for found, expected in confounds:
        assert found.row == expected.row
        xr.testing.assert_identical(found.decodings[0], expected.decodings[0])


def decoder_of(member, study):
    (surrogates,) = surrogates_of([member], study)
    return PopulationDecoder(
        member,
        study,
        region="A",
        n_units=None,
        surrogates=surrogates,
        progress=bar(desc="", disable=True),
    )


def test_accuracies_are_those_of_scikit_learn(recordings, monkeypatch):
    """The decoders of every fold are tested on all these trials."""
    monkeypatch.setattr(logistic_regression, "TOLERANCE", 1e-6)
    study = study_of()
    member = decoding.build_populations(recordings, study, "A")[0]
    rates = recordings[0]["rates"].values.astype(float)
    task, label = (recordings[0][name].values for name in ("task", "label"))
    mine = np.isin(task, TASKS)
    trained, tested = rates[mine][..., 1], rates[~mine][..., 1]
    units = np.arange(member.n_units)
    for fold in decoder_of(member, study).folds(0, ORIGINAL):
        accuracy = evaluate_fold(
            member, [fold], units=units[None], settings=study.dataset.decoding, bins=EVERYTHING
        ).accuracy[0, :, 2, 1, 1]
        for number, own in enumerate(fold.train):
            model = make_pipeline(
                StandardScaler(), LogisticRegression(tol=1e-8, solver="newton-cholesky")
            ).fit(trained[own[0]], label[mine][own[0]])
            expected = balanced_accuracy_score(label[~mine], model.predict(tested))
            assert accuracy[number] == pytest.approx(expected, abs=1e-6)


def test_permutations_are_tested_on_the_true_labels(recordings, result):
    """Exchanged classes of these trials turn every accuracy, also of the null, into 1 minus it."""
    other = {"upper": "lower", "lower": "upper"}
    exchanged = []
    for each in recordings:
        label = each["label"].values
        swapped = np.array([other[name] for name in label], object)
        is_third = each["task"].values == "third"
        exchanged.append(each.assign_coords(label=("trial", np.where(is_third, swapped, label))))
    found = decoded(exchanged, study_of())
    for name in ("accuracy", "window_accuracy", "null", "window_null"):
        one, reversed_ = (each[name].sel(test_task="third") for each in (result, found))
        np.testing.assert_allclose(reversed_, 1 - one, atol=1e-6)
        xr.testing.assert_identical(
            found[name].sel(test_task=TASKS), result[name].sel(test_task=TASKS)
        )


def test_tables_count_each_of_these_trials_once(recordings, result):
    table = tables.summary_table([result], study_of().dataset.inference)
    rows = table[table["test_task"] == "third"].set_index(["session", "train_task"])
    assert sorted(rows.index) == sorted(
        (session, task) for session in ("all", "session01", "session02") for task in TASKS
    )
    for each in recordings:
        n = int((each["task"] == "third").sum())
        assert (rows["n_test"][each.attrs["session"]] == n).all()
    assert rows[["accuracy", "ci_low", "ci_high", "p_value", "p_corrected"]].notna().all(axis=None)
    assert (rows["ci_high"] - rows["ci_low"] > 0.01).all()


def test_a_pseudopopulation_has_as_many_rows_as_the_poorest_session_has_trials(recordings):
    result = decoded(recordings, study_of(population="pseudopopulation"))
    counts = [
        int(((each["task"] == "third") & (each["label"] == label)).sum())
        for label in ("lower", "upper")
        for each in recordings
    ]
    expected = min(counts[:2]) + min(counts[2:])
    assert int(result["n_test"].sel(test_task="third").squeeze()) == expected


def test_every_trial_has_a_confidence(recordings, result):
    assert np.isfinite(result["confidence"]).all()
    n_third = sum(int((each["task"] == "third").sum()) for each in recordings)
    assert int((result["trial_task"] == "third").sum()) == n_third


# --- sessions and settings ---------------------------------------------------------------------


def without_class(recording, label):
    is_left_out = (recording["task"] == "third") & (recording["label"] == label)
    return recording.isel(trial=np.flatnonzero(~is_left_out))


def test_a_session_without_trials_of_a_class_is_left_out_of_everything(recordings):
    study = study_of()
    lacking = [without_class(recordings[0], "upper"), recordings[1]]
    left_out = decoding.left_out_table(lacking, study.dataset, unreadable={}, unlearned={})
    name = recordings[0].attrs["session"]
    assert left_out[["session", "reason"]].to_numpy().tolist() == [
        [name, "0 of task 'third', class 'upper' trials; of each, it needs 1"]
    ]
    members = decoding.build_populations(lacking, study, "A")
    assert [each.session for each in members] == [recordings[1].attrs["session"]]
    kept, trained = decoding.without_test_only(lacking, study)
    assert [each.attrs["session"] for each in kept] == [recordings[1].attrs["session"]]
    assert not trained.dataset.test_only


def test_no_session_with_trials_of_every_class_is_an_error(recordings):
    lacking = [without_class(each, "upper") for each in recordings]
    with pytest.raises(InputError, match=r"test_only\.third: no session that can be decoded"):
        decoding.build_populations(lacking, study_of(), "A")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"test_only": {"pro": THIRD["third"]}}, r"test_only\.pro: .*also under tasks"),
        ({"decoding": {"splits": "blocks"}}, r"test_only: .*decoding\.splits: stratified"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(keys, message):
    with pytest.raises(InputError, match=message):
        study_of(**keys)


def test_messages_name_the_key():
    for keys, where in (
        ({"trials": "trial_id < 0", "align": "cue_onset"}, "trials: task 'third' has no trials"),
        ({"trials": "trial_id % 3 == 0"}, "align: the key is missing"),
        ({"trials": "trial_id % 3 == 1", "align": "cue_onset"}, "belongs to the tasks"),
    ):
        study = study_of({"third": keys})
        with pytest.raises(InputError) as caught:
            recordings_of(study)
        assert where in str(caught.value)


# --- figures -----------------------------------------------------------------------------------


def test_figures_show_these_tests_as_columns(result):
    dataset = study_of().dataset
    summary = tables.summary_table([result], dataset.inference)
    transfer = tables.transfer_table([result], dataset.inference)
    onsets = pd.DataFrame(columns=["region", "train_task", "test_task", "compared_with", "onset_s"])
    drawn = {
        "matrix": transfer_matrix.draw(summary),
        "directions": transfer_over_time.draw(transfer, onsets),
        "times": cross_temporal.draw(at_pairs_of_times([result], dataset.inference)),
    }
    texts = {
        name: [text.get_text() for text in figure.findobj(plt.Text)]
        for name, figure in drawn.items()
    }
    matrix = drawn["matrix"].axes[0]
    assert [label.get_text() for label in matrix.get_xticklabels()] == [*TASKS, "third"]
    assert [label.get_text() for label in matrix.get_yticklabels()] == TASKS
    assert "tested on third" in texts["directions"]
    assert "third" in texts["times"]
    for figure in drawn.values():
        plt.close(figure)
    assert "third are only tested" in transfer_matrix.caption(summary, dataset)
    assert "third are only tested" in transfer_over_time.caption(transfer, onsets, dataset)
    assert "Not shown: third" in decoding_over_time.caption(transfer, dataset)
    rows = decoding_over_time.of_trained_tasks(transfer)
    assert set(rows["test_task"]) == set(TASKS)

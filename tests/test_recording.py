import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuro_attn import recording
from neuro_attn.configuration import Regions
from neuro_attn.errors import InputError
from neuro_attn.recording import SpikeSession


def session(name="s1", n_trials=8, n_units=3, **trials) -> SpikeSession:
    """Return trials 1 s apart, alternating tasks, sides changing every second trial."""
    rng = np.random.default_rng(len(name))
    number = np.arange(n_trials)
    table = {
        "trial_id": number,
        "order": np.where(number % 2, "retro", "pro"),
        "side": np.where(number // 2 % 2, "right", "left"),
        "cue": 1.0 + number,
    }
    return SpikeSession(
        session=name,
        spike_times=[np.sort(rng.uniform(0, n_trials + 2, 200)) for _ in range(n_units)],
        units=pd.DataFrame(
            {"unit_id": np.arange(n_units), "region": ["FEF", "V4", "V4"][:n_units]}
        ),
        trials=pd.DataFrame({**table, **trials}),
        origin=f"{name}.nwb",
    )


@pytest.fixture
def small(dataset):
    return dataset(source="nwb", files="*.nwb")


def problem(function, *arguments) -> str:
    with pytest.raises(InputError) as error:
        function(*arguments)
    return str(error.value)


# --- the contract ------------------------------------------------------------------------------


def test_a_recording_is_labelled_rates_in_hertz_around_the_event(small):
    made = recording.from_spikes(session(), "small", small)
    assert made["rates"].dims == ("trial", "unit", "time")
    assert made["rates"].dtype == np.float32
    assert made["rates"].attrs["units"] == "spikes/s"
    np.testing.assert_allclose(made["time"], [0.05, 0.15, 0.25, 0.35])
    assert made["time"].attrs == {"units": "s", "long_name": "time from event", "bin_width": 0.1}
    assert made["task"].values.tolist() == ["pro", "retro"] * 4
    assert made["label"].values.tolist() == ["left", "left", "right", "right"] * 2
    assert made["region"].values.tolist() == ["FEF", "V4", "V4"]
    assert set(made["session"].values) == {"s1"}
    assert made.attrs["dataset"] == "small"
    assert made.attrs["origin"] == "s1.nwb"
    time = {"start": 0.0, "stop": 0.4, "bin": 0.1, "smoothing": None}
    assert json.loads(made.attrs["settings"])["time"] == time


def test_rates_count_the_spikes_after_each_trials_own_event(small):
    given = session()
    made = recording.from_spikes(given, "small", small)
    spikes = given.spike_times[1]
    expected = ((spikes >= 4.1) & (spikes < 4.2)).sum() / 0.1
    assert made["rates"].values[3, 1, 1] == pytest.approx(expected)


@given(
    st.text()
    | st.sampled_from(["", ".", "..", "/", "reaction time", "a/b", "100%", "a%20b", " a", "a\nb"])
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_trial_column_keeps_its_name_whatever_it_is(small, tmp_path, name):
    """NetCDF allows no slash in a name, and no space in that of a coordinate."""
    planted = session()
    planted = replace(planted, trials=planted.trials.assign(**{name: range(8)}))
    made = recording.from_spikes(planted, "small", small)
    recording.save(made, tmp_path / "s1.nc")
    xr.testing.assert_identical(recording.load(tmp_path / "s1.nc"), made)


def test_what_is_saved_is_loaded_unchanged(small, tmp_path):
    names = ["a", None, "c", "d", "e", "f", "g", "h"]
    given = session(name_of_picture=names, correct=[True, False] * 4, contrast=[0.5, np.nan] * 4)
    made = recording.from_spikes(given, "small", small)
    recording.save(made, tmp_path / "s1.nc")
    loaded = recording.load(tmp_path / "s1.nc")
    xr.testing.assert_identical(loaded, made)
    assert loaded["name_of_picture"].values[1] == ""


def test_the_same_recording_is_the_same_bytes(small, tmp_path):
    for file in ("one.nc", "two.nc"):
        recording.save(recording.from_spikes(session(), "small", small), tmp_path / file)
    assert (tmp_path / "one.nc").read_bytes() == (tmp_path / "two.nc").read_bytes()


def test_a_session_without_a_trial_of_the_tasks_is_an_empty_recording(small, tmp_path):
    made = recording.from_spikes(session(order="rest"), "small", small)
    assert made.sizes == {"trial": 0, "unit": 3, "time": 4}
    recording.save(made, tmp_path / "s1.nc")
    assert recording.load(tmp_path / "s1.nc").sizes == made.sizes


@pytest.mark.parametrize("content", [b"", b"no netcdf", b"\x89HDF\r\n\x1a\n" + b"\0" * 100])
def test_a_file_that_is_no_netcdf_is_named(content, tmp_path):
    path = tmp_path / "broken.nc"
    path.write_bytes(content)
    text = problem(recording.load, path)
    assert text.startswith(f"{path}: is not a readable NetCDF4 file (")


def test_a_missing_netcdf_file_is_named(tmp_path):
    assert problem(recording.load, tmp_path / "no.nc") == f"{tmp_path / 'no.nc'}: no such file."


def test_rates_must_be_finite_and_the_first_that_is_not_is_named(small):
    made = recording.from_spikes(session(), "small", small)
    made["rates"].values[2, 1, 3] = np.nan
    assert problem(recording.check, made, "s1.nc") == (
        "s1.nc, rates: nan at trial 2, unit 1, time 0.35 s. Rates must be finite."
    )


def test_rates_must_be_numbers_and_not_negative(small):
    made = recording.from_spikes(session(), "small", small)
    negative = made.copy(deep=True)
    negative["rates"].values[0, 0, 0] = -1
    assert problem(recording.check, negative, "s1.nc") == (
        "s1.nc, rates: negative firing rates. If these are z-scores or another signal, set "
        "units: a.u. in NetCDF, or values: other in other sources."
    )
    text = made.assign(rates=made["rates"].astype(str))
    assert "s1.nc, rates: <U" in problem(recording.check, text, "s1.nc")


def test_activations_may_be_negative(small):
    made = recording.from_spikes(session(), "small", small)
    made["rates"].values[0, 0, 0] = -1
    made["rates"].attrs["units"] = "a.u."
    recording.check(made, "network")


@pytest.mark.parametrize("name", ["trial_id", "task", "label", "unit_id", "region", "session"])
def test_a_missing_coordinate_is_named(small, name):
    made = recording.from_spikes(session(), "small", small).drop_vars(name)
    assert problem(recording.check, made, "s1.nc").startswith(f"s1.nc: no coordinate {name} on ")


def test_a_file_without_rates_is_told_what_it_has():
    other = xr.Dataset({"lfp": (("trial", "time"), np.zeros((2, 3)))})
    assert problem(recording.check, other, "x.nc") == (
        "x.nc: no variable rates with dimensions trial, unit, time. "
        "Variables: lfp('trial', 'time')."
    )


def test_unit_ids_may_not_repeat(small):
    given = session()
    given.units["unit_id"] = ["a", "b", "a"]
    assert problem(recording.from_spikes, given, "small", small) == (
        "s1.nwb: unit_id 'a' is used more than once."
    )


# --- trials to tasks and classes ---------------------------------------------------------------


ONCE = " Number the trials of a session, or remove trials that occur twice."


def test_trial_ids_may_not_repeat(small):
    text = problem(recording.assign_tasks, session(trial_id=["t"] * 8).trials, small, "s1.nwb")
    assert text == f"s1.nwb: trial_id 't' is used more than once.{ONCE}"
    text = problem(recording.assign_tasks, session(trial_id=7).trials, small, "s1.nwb")
    assert text == f"s1.nwb: trial_id 7 is used more than once.{ONCE}"


def test_a_trial_in_two_tasks_is_an_error(dataset):
    tasks = {
        "early": {"trials": "cue < 5", "align": "cue"},
        "late": {"trials": "cue >= 4", "align": "cue"},
    }
    settings = dataset(source="nwb", files="*.nwb", tasks=tasks)
    trials = session(trial_id=list("abcdefgh")).trials
    assert problem(recording.assign_tasks, trials, settings, "s1.nwb") == (
        "s1.nwb: trial 'd' belongs to the tasks 'early' and 'late'. "
        "A trial in two tasks would inflate transfer; make the tasks exclude each other."
    )


def test_a_trial_of_two_classes_is_an_error_only_if_a_task_uses_it(dataset):
    trials = session(trial_id=list("abcdefgh"), order=["rest", *["pro", "retro"] * 3, "pro"]).trials
    label = {"a": "cue <= 4", "b": "cue > 4 or cue == 1"}
    settings = dataset(source="nwb", files="*.nwb", label=label)
    assert len(recording.assign_tasks(trials, settings, "s1.nwb").trials) == 7
    settings = dataset(source="nwb", files="*.nwb", label={**label, "b": "cue >= 4"})
    assert problem(recording.assign_tasks, trials, settings, "s1.nwb") == (
        "s1.nwb, label: trial 'd' is both 'a' and 'b'."
    )


def test_trials_without_a_class_are_left_out(small, dataset):
    trials = session(side=["left", None, "right", "left"] * 2).trials
    found = recording.assign_tasks(trials, small, "s1").trials
    assert found["trial_id"].tolist() == [0, 2, 3, 4, 6, 7]
    settings = dataset(source="nwb", files="*", label={"a": "cue < 3", "b": "cue > 7"})
    found = recording.assign_tasks(trials, settings, "s1").trials
    assert found["trial_id"].tolist() == [0, 1, 7]


def test_an_event_that_did_not_happen_on_a_trial_of_the_task_is_an_error(small):
    cue = np.arange(8.0)
    cue[3] = np.nan
    text = problem(
        recording.assign_tasks, session(trial_id=list("abcdefgh"), cue=cue).trials, small, "s1.nwb"
    )
    assert text == (
        "s1.nwb, column cue: no time of the event of task 'retro' on trial 'd'. "
        "Leave such trials out with the task's expression."
    )


def test_wrong_columns_are_named_with_key_and_file(dataset):
    trials = session().trials
    tasks = {"pro": {"trials": "order == 'pro'", "align": "go"}}
    text = problem(
        recording.assign_tasks, trials, dataset(source="nwb", files="*", tasks=tasks), "s1.nwb"
    )
    assert text == (
        "s1.nwb, tasks.pro.align: no trial column 'go'. Columns: trial_id, order, side, cue."
    )
    tasks = {"pro": {"trials": "ordr == 'pro'", "align": "cue"}}
    text = problem(
        recording.assign_tasks, trials, dataset(source="nwb", files="*", tasks=tasks), "s1.nwb"
    )
    assert text.startswith("s1.nwb, tasks.pro.trials: \"ordr == 'pro'\": no trial column 'ordr'. ")
    assert "Did you mean 'order'?" in text
    settings = dataset(source="nwb", files="*", label="sides")
    text = problem(recording.assign_tasks, trials, settings, "s1.nwb")
    assert text.startswith("s1.nwb, label: no trial column 'sides'. Did you mean side? Columns: ")


def test_an_event_must_hold_times(small):
    text = problem(recording.assign_tasks, session(cue="soon").trials, small, "s1.nwb")
    assert text == (
        "s1.nwb, tasks.pro.align: column 'cue' contains no times in s but, for example, 'soon'. "
        "Write numbers with a decimal point, in s on the clock of the spikes."
    )


def test_units_without_a_region_and_excluded_ones_are_left_out():
    units = pd.DataFrame({"region": ["V4", "root", None, np.nan, "", "FEF"]})
    kept = recording.selected_units(units, Regions(exclude=["root"]))
    assert kept.tolist() == [True, False, False, False, False, True]


# --- recordings together -----------------------------------------------------------------------


def together(settings, *sessions: SpikeSession) -> str:
    recordings = [recording.from_spikes(each, "small", settings) for each in sessions]
    return problem(recording.check_together, recordings, "small", settings)


def test_good_recordings_pass_and_a_task_may_be_missing_in_one_session(small):
    recordings = [
        recording.from_spikes(each, "small", small)
        for each in (session(), session("s2", order="pro"))
    ]
    recording.check_together(recordings, "small", small)


def test_a_task_without_trials_is_an_error(small):
    assert together(small, session(order="pro")) == (
        "datasets.small.tasks.retro.trials: task 'retro' has no trials: \"order == 'retro'\" is "
        "true on none that has a label. No trial has the value 'retro' in the column 'order': "
        "'pro' (8)."
    )


def test_a_label_that_matches_no_trial_is_named_not_the_tasks(dataset):
    label = {"left": "side == 'Left'", "right": "side == 'Right'"}
    assert together(dataset(source="nwb", files="*.nwb", label=label), session()) == (
        "datasets.small.label: no trial has a class: the label matches none of the 8 trials of "
        "the tasks. No trial has the value 'Left' in the column 'side': 'left' (4), 'right' (4). "
        "Did you mean 'left'? No trial has the value 'Right' in the column 'side': 'left' (4), "
        "'right' (4). Did you mean 'right'?"
    )


def test_a_task_with_trials_of_one_class_is_an_error(small):
    order = ["pro", "pro", "pro", "pro", "retro", "retro", "pro", "pro"]
    assert together(small, session(order=order)) == (
        "datasets.small.label: task 'retro' has trials of one class only, 'left'. "
        "Decoding needs two or more."
    )


def test_tasks_must_have_the_same_classes(small):
    assert together(small, session(side=["a", "a", "b", "b", "c", "a", "a", "b"])) == (
        "datasets.small.label: task 'retro' has no trials of class c. Every task needs trials of "
        "every class: give label an expression for each class that all tasks have, or leave the "
        "task out."
    )


def test_sessions_must_have_different_names(small):
    assert together(small, session(), session()) == "datasets.small: two sessions are named 's1'."


def test_a_named_region_with_too_few_units_is_an_error(dataset):
    settings = dataset(source="nwb", files="*", regions={"include": ["V4", "FEF"], "min_units": 2})
    assert together(settings, session()) == (
        "datasets.small.regions.include: region 'FEF' has 1 units; min_units is 2. "
        "Regions: FEF (1), V4 (2)."
    )


def test_no_region_with_enough_units_is_an_error(dataset):
    settings = dataset(source="nwb", files="*", regions={"min_units": 3})
    assert together(settings, session()) == (
        "datasets.small.regions.min_units: no region has 3 units. "
        "At most 2 gives one region. Regions of s1: FEF (1), V4 (2)."
    )


def test_units_of_all_sessions_count_for_pseudopopulations_only(dataset):
    keys = {"source": "nwb", "files": "*", "regions": {"min_units": 4}}
    sessions = session(), session("s2")
    assert "no region has 4 units" in together(dataset(**keys), *sessions)
    pooled = dataset(**keys, decoding={"population": "pseudopopulation"})
    recordings = [recording.from_spikes(each, "small", pooled) for each in sessions]
    recording.check_together(recordings, "small", pooled)

"""What was not observed does not become a rate of zero."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from neuro_attn import observation_intervals, recording
from neuro_attn.errors import InputError
from neuro_attn.observation_intervals import fully_observed, was_observed

ALWAYS = np.array([[0.0, 100.0]])


def test_a_window_must_lie_in_one_interval_where_those_that_touch_are_one():
    intervals = np.array([[5.0, 8.0], [0.0, 2.0], [2.0, 3.0], [1.0, 1.5]])
    opens = np.array([0.0, 1.8, 2.5, 4.0, 5.0, 7.5, 9.0])
    seen = was_observed(intervals, opens, opens + 1.0)
    assert seen.tolist() == [True, True, False, False, True, False, False]


def test_times_rounded_in_a_file_lie_in_their_interval():
    opens = np.array([0.1 + 0.2, 1.0])
    assert was_observed(np.array([[0.3, 0.4], [1.0 + 1e-9, 1.1]]), opens, opens + 0.1).all()


@given(arrays.arrays(bool, st.tuples(st.integers(1, 8), st.integers(1, 8))))
def test_every_unit_that_stays_was_observed_on_every_trial_that_stays(observed):
    trials, units = fully_observed(observed)
    assert observed[np.ix_(trials, units)].all()
    if observed.all():
        assert trials.all()
        assert units.all()


def test_trials_after_the_recording_go_as_trials_and_a_lost_unit_as_a_unit():
    observed = np.ones((100, 20), dtype=bool)
    observed[95:] = False
    observed[40:, 3] = False
    trials, units = fully_observed(observed)
    assert np.flatnonzero(~trials).tolist() == list(range(95, 100))
    assert np.flatnonzero(~units).tolist() == [3]


def test_bins_are_silent_where_spikes_must_be_missing():
    counts = np.full((5, 8), 5)
    counts[:, :2] = 0

    def silent_bins(counts: np.ndarray) -> np.ndarray:
        return observation_intervals.silent_bins(counts.sum(axis=0), counts.sum(axis=1))

    assert silent_bins(counts).tolist() == [True, True] + 6 * [False]
    # Four units may pause together, and with few spikes bins are empty by chance.
    assert not silent_bins(6 * counts[:4]).any()
    assert not silent_bins(counts - np.minimum(counts, 2)).any()
    counts[0, 0] = 1
    assert silent_bins(counts).tolist() == [False, True] + 6 * [False]
    assert not silent_bins(np.zeros((5, 8), dtype=int)).any()


# --- in a Recording ------------------------------------------------------------------------------


def session(observed: list[np.ndarray] | None, n_units: int = 3) -> recording.SpikeSession:
    """Return a session of 8 trials, a cue every 10 s from 10 s on, units at 100 spikes/s."""
    number = np.arange(8)
    return recording.SpikeSession(
        session="s",
        spike_times=[np.arange(0, 79.9, 0.01)] * n_units,
        units=pd.DataFrame({"unit_id": np.arange(n_units), "region": "V4"}),
        trials=pd.DataFrame(
            {
                "trial_id": number,
                "order": np.where(number % 2, "retro", "pro"),
                "side": np.where(number // 2 % 2, "right", "left"),
                "cue": 10.0 + 10 * number,
            }
        ),
        origin="s.nwb",
        observed=observed,
    )


@pytest.fixture
def small(dataset):
    return dataset(source="nwb", files="*")


def test_unobserved_trials_and_units_are_left_out_and_counted(small):
    until = [np.array([[0.0, end]]) for end in (75.0, 75.0, 35.0)]
    made = recording.from_spikes(session(until), "small", small)
    assert made["trial_id"].values.tolist() == list(range(7))
    assert made["unit_id"].values.tolist() == [0, 1]
    assert made.attrs["remarks"] == (
        "1 trial of 8 and 1 unit of 3 are left out: not observed from 0 to 0.4 s."
    )
    assert (made["rates"] == 100).all()


def test_a_session_observed_throughout_has_no_remarks(small):
    made = recording.from_spikes(session([ALWAYS] * 3), "small", small)
    assert made.sizes == {"trial": 8, "unit": 3, "time": 4}
    assert "remarks" not in made.attrs


def test_where_nothing_says_what_was_observed_missing_spikes_are_remarked_on(small):
    made = recording.from_spikes(session(None), "small", small)
    assert made.sizes["trial"] == 8
    assert made.attrs["remarks"].startswith("1 of 8 trials lies outside the recording, at ")


def test_most_trials_that_no_unit_was_observed_on_are_refused(small):
    """Trials start every 10 s from 10 s on."""
    recording.from_spikes(session([np.array([[0.0, 45.0]])] * 3), "small", small)
    with pytest.raises(InputError) as error:
        recording.from_spikes(session([np.array([[0.0, 35.0]])] * 3), "small", small)
    assert "5 of 8 trials lie outside the recording: no unit was observed" in str(error.value)


def test_a_session_that_was_never_observed_is_refused(small):
    with pytest.raises(InputError) as error:
        recording.from_spikes(session([ALWAYS + 500.0] * 3), "small", small)
    assert str(error.value) == (
        "s.nwb: no unit was observed from 0 to 0.4 s on any trial. Intervals of observation and "
        "trials must be on one clock, in s."
    )

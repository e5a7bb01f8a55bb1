"""Spikes and events that are not on one clock in seconds are refused, whatever the source.

`check`, `inspect` and a run judge alike. Sparse recordings, pauses and long recordings are right.
"""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro_attn import clock, sources
from neuro_attn.configuration import Configuration, parse
from neuro_attn.errors import InputError
from neuro_attn.onboarding import checking, inspection
from tests import formats

N_TRIALS = 80


def scaled(factor: float, whole: bool = False):
    """Let spike times count something else than seconds."""

    def plant(session: formats.Session) -> formats.Session:
        return session.with_spikes(
            lambda times: np.round(times * factor) if whole else times * factor
        )

    return plant


def divided_samples(session: formats.Session) -> formats.Session:
    """Apply the remedy for milliseconds to samples."""
    return session.with_spikes(lambda times: np.round(times * 30_000) / 1000)


def events_times(factor: float):
    def plant(session: formats.Session) -> formats.Session:
        cue = np.round(session.trials["cue"] * factor).astype(np.int64)
        return replace(session, trials=session.trials.assign(cue=cue))

    return plant


def on_another_clock(session: formats.Session) -> formats.Session:
    return session.with_spikes(lambda times: times + 5000.0)


def put_together(session: formats.Session) -> formats.Session:
    """Put a second recording after the first, whose clock starts again."""
    return session.with_spikes(lambda times: np.append(times, times - 3.0))


def both_in_milliseconds(session: formats.Session) -> formats.Session:
    session = session.with_spikes(lambda times: times * 1000)
    return replace(session, trials=session.trials.assign(cue=session.trials["cue"] * 1000.0))


def silent(session: formats.Session) -> formats.Session:
    return session.with_spikes(lambda times: times[:0])


def since_1970(what: str, per_second: float = 1.0):
    """Let events, spikes or both count from 1970."""

    def plant(session: formats.Session) -> formats.Session:
        if what != "events":
            session = session.with_spikes(lambda times: (times + START_OF_DAY) * per_second)
        if what != "spikes":
            cue = (session.trials["cue"] + START_OF_DAY) * per_second
            session = replace(session, trials=session.trials.assign(cue=cue))
        return session

    return plant


START_OF_DAY = 1_700_000_000.0
"""15 November 2023, s since 1970."""
SUBTRACT = "Subtract the start of the recording, counted likewise, from the"
MS = "Divide them by 1,000 in the file"
SAMPLES = "Divide them by the sampling rate, not by 1,000"
WRONG = {
    "ms": (scaled(1000), "times as late as the last trial (163.4 s)", "in milliseconds", MS),
    "whole ms": (
        scaled(1000, whole=True),
        "times as late as the last trial (163.4 s)",
        "in milliseconds",
        MS,
    ),
    "samples": (
        scaled(30_000, whole=True),
        "times as late as the last trial (163.4 s)",
        "about 30 kHz",
        SAMPLES,
    ),
    "samples at 20 kHz": (
        scaled(20_000),
        "times as late as the last trial (163.4 s)",
        "about 20 kHz",
        SAMPLES,
    ),
    "samples / 1000": (
        divided_samples,
        "30.3 times as late as the last trial",
        "spike times seem not to be in seconds",
        "Divide them by this factor, about 30.",
    ),
    "events in ms": (
        events_times(1000),
        "the last trial is at",
        "event times seem to be in milliseconds",
        MS,
    ),
    "events in samples": (
        events_times(30_000),
        "times as late as the last spike",
        "event times seem to be in samples, at a sampling rate of about 30 kHz",
        SAMPLES,
    ),
    "both in ms": (
        both_in_milliseconds,
        "trials are 2e+03 s apart",
        "spikes and events seem to be in milliseconds or samples",
        "Divide milliseconds by 1,000, or sample numbers by the sampling rate",
    ),
    "another clock": (
        on_another_clock,
        "80 of 80 trials lie outside the recording",
        "spikes: 5,005.0",
        "on one clock, in s",
    ),
    "events since 1970": (
        since_1970("events"),
        "event times count seconds since 1970, spike times do not",
        "spikes: 5.0",
        f"{SUBTRACT} event times",
    ),
    "events since 1970 in ms": (
        since_1970("events", 1000.0),
        "event times count milliseconds since 1970, spike times do not",
        "spikes: 5.0",
        "give them in s; spikes and events must be on one clock",
    ),
    "spikes since 1970": (
        since_1970("spikes"),
        "spike times count seconds since 1970, event times do not",
        "spikes: 1,700,000,005",
        f"{SUBTRACT} spike times",
    ),
    "starts again": (
        put_together,
        "10 of 10 units restart once, for example after 16",
        " s (unit ",
        "make each part a session",
    ),
}
CASES = [(kind, source) for kind in WRONG for source in formats.SPIKES]


def configured(source: str, folder, session: formats.Session, **keys) -> Configuration:
    return parse({"datasets": {"mine": {**formats.write(source, folder, session), **keys}}})


def inspected(source: str, configuration: Configuration, folder) -> list[str]:
    """Return the warnings of `inspect` on the files of a data set."""
    dataset = configuration.datasets["mine"]
    files = [dataset.spikes, dataset.trials, dataset.units] if source in ("csv", "parquet") else []
    patterns = files or dataset.files
    patterns = [patterns] if isinstance(patterns, str) else patterns
    paths = sorted(str(path) for pattern in patterns for path in folder.glob(pattern))
    return [text for found in inspection.describe(paths) for text in found["warnings"]]


@pytest.mark.parametrize(("kind", "source"), CASES)
def test_a_clock_that_counts_no_seconds_is_named_with_its_remedy(kind, source, tmp_path):
    plant, problem, named, remedy = WRONG[kind]
    configuration = configured(source, tmp_path, plant(formats.planted(N_TRIALS)))
    with pytest.raises(InputError) as error:
        sources.read("mine", configuration.datasets["mine"], tmp_path, 0)
    assert problem in error.value.problem
    assert named in error.value.problem
    assert remedy in error.value.remedy
    (report,) = checking.examine(configuration, tmp_path)
    assert [str(each) for each in report.problems] == [str(error.value)]
    # `inspect` does not know the windows, so its numbers differ a little.
    warnings = [text for text in inspected(source, configuration, tmp_path) if remedy in text]
    assert len(warnings) == 1
    assert warnings[0].endswith("A run refuses them.")


@pytest.mark.parametrize("source", [each for each in formats.SPIKES if each != "phy"])
def test_spikes_and_events_may_both_count_from_1970(source, tmp_path):
    """Doubles resolve 0.24 microseconds there. Phy counts samples from the first one."""
    session = formats.planted(N_TRIALS)
    configuration = configured(source, tmp_path, since_1970("both")(session))
    (made,) = sources.read("mine", configuration.datasets["mine"], tmp_path, 0)
    assert "remarks" not in made.attrs
    wrong = np.abs(made["rates"].values - formats.rates_of(session)) * formats.BIN
    # A spike within a microsecond of an edge may change bins: 1e-5 of all spikes are so near.
    assert (wrong > 0.5).sum() <= 4


@pytest.mark.parametrize("source", ["nwb", "alf"])
def test_a_session_without_a_spike_is_refused(source, tmp_path):
    """Tables without rows, and clusters without spikes in Phy, are refused before."""
    configuration = configured(source, tmp_path, silent(formats.planted(N_TRIALS)))
    with pytest.raises(InputError, match="no unit has spikes"):
        sources.read("mine", configuration.datasets["mine"], tmp_path, 0)


@pytest.mark.parametrize("source", formats.SPIKES)
def test_some_trials_outside_the_recording_are_counted(source, tmp_path):
    session = formats.planted(N_TRIALS)
    cue = session.trials["cue"] + np.where(np.arange(N_TRIALS) >= N_TRIALS - 20, 1000.0, 0.0)
    # Trials that go on after the recording, as when the probe was taken out before the task ended.
    session = replace(session, trials=session.trials.assign(cue=cue))
    configuration = configured(source, tmp_path, session)
    (made,) = sources.read("mine", configuration.datasets["mine"], tmp_path, 0)
    said = "20 of 80 trials lie outside the recording"
    assert said in made.attrs["remarks"]
    (report,) = checking.examine(configuration, tmp_path)
    assert not report.problems
    assert any(said in str(each) for each in report.cautions)
    assert [
        text
        for text in inspected(source, configuration, tmp_path)
        if "20 of 80 rows lie outside the recording" in text
    ]


@pytest.mark.parametrize("source", formats.SPIKES)
def test_a_few_units_that_start_again_are_sorted_and_reported(source, tmp_path):
    """A unit merged from two clusters may hold one after the other."""
    session = formats.planted(N_TRIALS)
    train = session.spike_times[4]
    session.spike_times[4] = np.concatenate([train[::2], train[1::2]])
    configuration = configured(source, tmp_path, session)
    (made,) = sources.read("mine", configuration.datasets["mine"], tmp_path, 0)
    said = "the spike times of 1 of 10 units restart once"
    assert made.attrs["remarks"].startswith(said)
    assert "They were sorted." in made.attrs["remarks"]
    np.testing.assert_array_equal(
        made["rates"], formats_rates(source, tmp_path / "sorted", formats.planted(N_TRIALS))
    )
    assert any(said in text for text in inspected(source, configuration, tmp_path))


def formats_rates(source: str, folder, session: formats.Session) -> np.ndarray:
    configuration = configured(source, folder, session)
    (made,) = sources.read("mine", configuration.datasets["mine"], folder, 0)
    return made["rates"].values


@pytest.mark.parametrize("source", formats.SPIKES)
@pytest.mark.parametrize("order", ["reversed", "shuffled", "untidy"])
def test_spike_times_in_another_order_are_right(source, order, tmp_path):
    def changed(times: np.ndarray) -> np.ndarray:
        rng = np.random.default_rng(len(times))
        if order == "untidy":  # Spikes of merged units change places with their neighbours.
            return times[np.argsort(times + rng.uniform(0, 0.5, len(times)))]
        return times[::-1] if order == "reversed" else rng.permutation(times)

    session = formats.planted(N_TRIALS)
    configuration = configured(source, tmp_path, session.with_spikes(changed))
    (made,) = sources.read("mine", configuration.datasets["mine"], tmp_path, 0)
    assert "remarks" not in made.attrs
    np.testing.assert_array_equal(
        made["rates"], formats_rates(source, tmp_path / "sorted", session)
    )


# --- files cut around events ---------------------------------------------------------------------


@pytest.mark.parametrize("source", formats.EVERY)
def test_bins_in_which_no_unit_ever_fires_are_reported(source, tmp_path):
    """The file holds spikes up to 0.2 s after each cue; two of four bins are empty."""
    session = formats.planted(N_TRIALS)

    def cut(times: np.ndarray) -> np.ndarray:
        cue = session.trials["cue"].to_numpy()
        since = times - cue[np.searchsorted(cue, times, side="right") - 1]
        return times[since < 0.2]

    configuration = configured(source, tmp_path, session.with_spikes(cut))
    recordings = sources.read("mine", configuration.datasets["mine"], tmp_path, 0)
    (report,) = checking.examine(configuration, tmp_path)
    said = "No unit fires on any trial in 2 of 4 bins (0.2 to 0.4 s from the event)"
    if source in formats.APART:  # One unit may be silent by itself.
        assert not any("remarks" in made.attrs for made in recordings)
    else:
        assert said in recordings[0].attrs["remarks"]
        assert any(said in str(each) for each in report.cautions)
    if source in formats.SPIKES:
        # `inspect` looks from 0.2 s before each event to 0.6 s after it.
        said = (
            "no unit fires on any trial in 12 of 16 bins (-0.2 to 0 s, 0.2 to 0.6 s from the event)"
        )
        assert any(said in text for text in inspected(source, configuration, tmp_path))


@pytest.mark.parametrize("source", formats.EVERY)
def test_a_sound_session_has_no_remarks(source, tmp_path):
    configuration = configured(source, tmp_path, formats.planted(N_TRIALS))
    for made in sources.read("mine", configuration.datasets["mine"], tmp_path, 0):
        assert "remarks" not in made.attrs
    (report,) = checking.examine(configuration, tmp_path)
    assert not report.problems
    assert not report.left_out


# --- sparse, but right ---------------------------------------------------------------------------


def poisson(rng: np.random.Generator, rate: float, length: float) -> np.ndarray:
    return np.sort(rng.uniform(0, length, rng.poisson(rate * length)))


@settings(max_examples=200)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_units=st.integers(1, 50),
    rate=st.sampled_from([0.05, 0.2, 1.0, 5.0, 50.0]),
    n_trials=st.integers(1, 100),
    period=st.floats(0.5, 10),
    longer=st.floats(1, 40),
    before=st.sampled_from([0.0, 100.0]),
    started=st.sampled_from([0.0, 1e4]),
    pauses=st.booleans(),
)
def test_sparse_and_long_recordings_are_right(
    seed, n_units, rate, n_trials, period, longer, before, started, pauses
):
    """Recordings are up to 40 times as long as the task, which may begin late in them.

    By construction 2e-9 of Poisson sessions are said to miss trials on each side. With pauses,
    each unit is silent for a random part of up to a third of the recording; 10 units are so at
    one time in fewer than 1 in 1e6 sessions.
    """
    rng = np.random.default_rng(seed)
    task = period * n_trials
    length = min(before + longer * task, 20_000.0 / rate)
    opens = before + period * np.arange(n_trials)
    opens = opens[opens + 0.4 < length]
    trains = []
    for _ in range(n_units):
        times = poisson(rng, rate * rng.uniform(0.5, 2), length)
        if pauses:
            pause = rng.uniform(0, 1 / 3) * length
            begin = rng.uniform(0.1 * length, 0.9 * length - pause)
            times = times[(times < begin) | (times > begin + pause)]
        trains.append(times + started)
    spikes = clock.together(map(clock.describe, trains))
    found = clock.diagnose(spikes, opens + started, opens + 0.4 + started)
    assert found == clock.Diagnosis()


@settings(max_examples=100)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_units=st.integers(1, 50),
    rate=st.sampled_from([2.0, 10.0, 40.0]),
    n_trials=st.integers(20, 60),
    longer=st.floats(1, 3),
    unit=st.sampled_from([1000.0, 20_000.0, 30_000.0, 40_000.0]),
)
def test_recordings_in_milliseconds_or_samples_are_always_refused(
    seed, n_units, rate, n_trials, longer, unit
):
    """Also where spikes go on from the beginning to long after the task."""
    rng = np.random.default_rng(seed)
    opens = 2.0 * np.arange(n_trials)
    trains = [poisson(rng, rate, longer * 2 * n_trials) * unit for _ in range(n_units)]
    spikes = clock.together(map(clock.describe, trains))
    found = clock.diagnose(spikes, opens, opens + 1)
    assert ("milliseconds" if unit == 1000 else "samples") in found.problem
    assert ("not by 1,000" in found.remedy) == (unit != 1000)


def test_refractory_periods_tell_samples_divided_by_a_thousand():
    """The recording begins with the task and goes on, so that trials lie in it, but no unit fires
    twice within 2 ms: 60 ms on this clock."""
    rng = np.random.default_rng(0)
    trains = [np.cumsum(0.002 + rng.exponential(0.08, 3000)) * 30 for _ in range(10)]
    opens = 2.0 * np.arange(120)
    spikes = clock.together(map(clock.describe, trains))
    found = clock.diagnose(spikes, opens, opens + 1)
    assert "almost never fire twice within 10 ms" in found.problem
    right = clock.together(clock.describe(train / 30) for train in trains)
    assert clock.diagnose(right, opens, opens + 1) == clock.Diagnosis()


def test_windows_outside_the_recording_are_those_where_spikes_must_be_missing():
    rng = np.random.default_rng(0)
    opens = np.array([-3.0, 10.0, 99.9, 200.0])
    dense = clock.together(clock.describe(poisson(rng, 10, 100)) for _ in range(50))
    outside = clock.outside_recording(dense, opens, opens + 1.0)
    assert outside.tolist() == [True, False, True, True]
    sparse = clock.together([clock.describe(np.array([10.0, 50.0, 90.0]))])
    assert not clock.outside_recording(sparse, opens, opens + 1.0).any()
    nothing = clock.together([clock.describe(np.empty(0))])
    assert not clock.outside_recording(nothing, opens, opens + 1.0).any()


def test_a_gap_between_two_recordings_counts_if_there_are_several_units():
    rng = np.random.default_rng(0)
    opens = np.array([50.0, 200.0, 350.0])
    for n_units, found in [(9, False), (10, True)]:
        trains = [poisson(rng, 10, 400) for _ in range(n_units)]
        trains = [times[(times < 100) | (times > 300)] for times in trains]
        spikes = clock.together(map(clock.describe, trains))
        outside = clock.outside_recording(spikes, opens, opens + 1)
        assert outside.tolist() == [False, found, False]


# --- spike times in single precision ------------------------------------------------------------


def in_single_precision(start: float) -> formats.Session:
    session = formats.planted(n_trials=24, n_units=3)
    session = session.with_spikes(lambda times: (times + start).astype(np.float32).astype(float))
    return replace(session, trials=session.trials.assign(cue=session.trials["cue"] + start))


@pytest.mark.parametrize(("start", "step"), [(3 * 86_400, "0.016"), (1_700_000_000, "1.3e+02")])
@pytest.mark.parametrize("source", ["nwb", "csv", "parquet", "alf"])
def test_single_precision_that_moves_spikes_is_refused(source, start, step, tmp_path):
    keys = formats.write(source, tmp_path, in_single_precision(start))
    configuration = parse({"datasets": {"planted": keys}})
    with pytest.raises(
        InputError, match=rf"in steps of {re.escape(step)} s\. Write them in double"
    ):
        sources.read("planted", configuration.datasets["planted"], tmp_path, 0)
    (report,) = checking.examine(configuration, tmp_path)
    assert "single precision" in " ".join(map(str, report.problems))


@pytest.mark.parametrize("source", ["nwb", "csv", "parquet", "alf"])
def test_single_precision_of_a_session_of_hours_is_right(source, tmp_path):
    keys = formats.write(source, tmp_path, in_single_precision(3 * 3600.0))
    dataset = parse({"datasets": {"planted": keys}}).datasets["planted"]
    (made,) = sources.read("planted", dataset, tmp_path, 0)
    assert made.sizes["trial"] == 24

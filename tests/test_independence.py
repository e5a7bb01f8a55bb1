"""Trials that share spikes are refused in every source, and independent ones never are."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro_attn import sources
from neuro_attn.configuration import parse
from neuro_attn.errors import InputError
from neuro_attn.independence import repeated_rates, repeated_spikes, shared_windows
from neuro_attn.onboarding import checking, inspection
from tests import formats


def one_trial_twice(session: formats.Session) -> formats.Session:
    trials = pd.concat([session.trials, session.trials.iloc[[6]]], ignore_index=True)
    return replace(session, trials=trials)


def every_trial_twice(session: formats.Session) -> formats.Session:
    rows = np.repeat(np.arange(len(session.trials)), 2)
    return replace(session, trials=session.trials.iloc[rows].reset_index(drop=True))


def rapid(session: formats.Session) -> formats.Session:
    """Let every second trial begin 0.3 s after the one before it; windows last 0.4 s."""
    cue = session.trials["cue"].to_numpy().copy()
    cue[1::2] = cue[::2] + 0.3
    return replace(session, trials=session.trials.assign(cue=cue))


CLOCKED = (*formats.SPIKES, "netcdf")
KINDS = [
    *((rapid, source, "80 of 80 trials have a window that overlaps") for source in CLOCKED),
    *((one_trial_twice, source, "2 of 81 trials have the same event time") for source in CLOCKED),
    *(
        (every_trial_twice, source, "160 of 160 trials have the same event time")
        for source in CLOCKED
    ),
    *((one_trial_twice, each, "2 of 81 trials have the same spikes") for each in formats.RASTERS),
    (one_trial_twice, "matlab", "2 of 81 trials have the same rates"),
    *((every_trial_twice, each, "trials have the same spikes") for each in formats.RASTERS),
    (every_trial_twice, "matlab", "160 of 160 trials have the same rates"),
]


@pytest.mark.parametrize(("plant", "source", "problem"), KINDS)
def test_35_independence_of_trials_judged_by_their_names(plant, source, problem, tmp_path):
    keys = formats.write(source, tmp_path, plant(formats.planted()))
    configuration = parse({"datasets": {"mine": keys}})
    with pytest.raises(InputError) as error:
        sources.read("mine", configuration.datasets["mine"], tmp_path, 0)
    assert problem in error.value.problem
    assert "for example trials" in error.value.problem
    assert "overlapping_windows: allow" in error.value.remedy
    (report,) = checking.examine(configuration, tmp_path)
    assert str(error.value) in [str(each) for each in report.problems]


@pytest.mark.parametrize("source", formats.EVERY)
def test_trials_that_touch_are_independent(source, tmp_path):
    session = formats.planted(period=0.4)
    # Times that are not exact in binary, and a window that ends where the next one begins.
    keys = formats.write(source, tmp_path, session)
    dataset = parse({"datasets": {"mine": keys}}).datasets["mine"]
    for made in sources.read("mine", dataset, tmp_path, 0):
        assert "remarks" not in made.attrs


# Binned data are left out: one unit in four bins has equal trials by chance.
@pytest.mark.parametrize("source", sorted({*formats.EVERY} - {*formats.BINNED}))
def test_a_data_set_can_state_that_overlap_is_meant(source, tmp_path):
    keys = formats.write(source, tmp_path, every_trial_twice(formats.planted()))
    keys["overlapping_windows"] = "allow"
    configuration = parse({"datasets": {"mine": keys}})
    made = sources.read("mine", configuration.datasets["mine"], tmp_path, 0)[0]
    assert made.attrs["remarks"].endswith("They share spikes (overlapping_windows: allow).")
    (report,) = checking.examine(configuration, tmp_path)
    assert not report.problems
    assert any("They share spikes" in each.problem for each in report.cautions)


def test_trials_of_different_tasks_may_not_overlap_either(tmp_path):
    """Training on one task and testing on the other would share spikes."""
    session = rapid(formats.planted())
    order = np.where(np.arange(len(session.trials)) % 2, "pro", "retro").astype(object)
    side = np.where(np.arange(len(session.trials)) // 2 % 2, "left", "right").astype(object)
    session = replace(session, trials=session.trials.assign(order=order, side=side))
    keys = formats.write("csv", tmp_path, session)
    both = parse({"datasets": {"mine": keys}}).datasets["mine"]
    with pytest.raises(InputError, match="80 of 80 trials have a window that overlaps"):
        sources.read("mine", both, tmp_path, 0)
    # Trials that no task uses do no harm.
    alone = {**keys, "tasks": {"pro": keys["tasks"]["pro"]}}
    sources.read("mine", parse({"datasets": {"mine": alone}}).datasets["mine"], tmp_path, 0)


@pytest.mark.parametrize("source", ["nwb", "csv", "alf", "phy", "netcdf"])
def test_inspect_remarks_on_rows_with_the_same_event_time(source, tmp_path):
    keys = formats.write(source, tmp_path, one_trial_twice(formats.planted()))
    names = ["spikes", "trials", "units"]
    files = [keys[name] for name in names] if source == "csv" else [keys["files"]]
    paths = [str(path) for pattern in files for path in tmp_path.glob(pattern)]
    (found,) = inspection.describe(paths)
    assert [text for text in found["warnings"] if "2 of 81 rows have the same event time" in text]


# --- what is found, and what is not --------------------------------------------------------------


@given(
    events=st.lists(st.integers(0, 400), min_size=1, max_size=12),
    length=st.integers(1, 60),
    clock=st.sampled_from([0, 1000, 10**9]),
)
def test_windows_overlap_exactly_where_integers_say_so(events, length, clock):
    """Times are hundredths of a second; on a clock since 1970 they are off by their rounding."""
    problem = shared_windows(range(len(events)), (np.array(events) / 100) + clock, length / 100)
    apart = [
        min((abs(one - other) for j, other in enumerate(events) if i != j), default=length)
        for i, one in enumerate(events)
    ]
    equal = sum(each == 0 for each in apart)
    n = equal or sum(each < length for each in apart)
    assert bool(problem) == bool(n)
    assert problem.startswith(f"{n} of {len(events)} trials " if n else "")
    assert ("event time" in problem) == bool(equal)


def poisson_trials(seed, n_trials, n_units, rate, sample=0.001, length=0.5):
    """Return spike times and event times of Poisson units, trials following each other."""
    rng = np.random.default_rng(seed)
    opens = 1.5 * np.arange(n_trials)
    trains = []
    for _ in range(n_units):
        n = rng.poisson(rate * length, n_trials)
        spikes = np.repeat(opens, n) + sample * (
            rng.integers(0, round(length / sample), n.sum()) + 0.5
        )
        trains.append(np.sort(spikes))
    return trains, opens, opens + length


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_trials=st.integers(2, 300),
    n_units=st.integers(1, 20),
    rate=st.sampled_from([0.05, 0.5, 5.0, 50.0]),
)
def test_independent_trials_are_told_from_one_that_stands_there_twice(
    seed, n_trials, n_units, rate
):
    """By construction 1 in a million sessions has equal trials by chance: 6e-5 in this test."""
    trains, opens, closes = poisson_trials(seed, n_trials, n_units, rate)
    assert repeated_spikes(range(n_trials), trains, opens, closes) == ""
    width = 0.05
    edges = opens[:, None] + width * np.arange(11)
    rates = np.stack([np.diff(np.searchsorted(each, edges), axis=1) for each in trains], axis=1)
    rates = (rates / width).astype(np.float32)
    assert repeated_rates(range(n_trials), rates) == ""
    scores = (rates - rates.mean()) / (rates.std() or 1)
    assert repeated_rates(range(n_trials), scores) == ""
    # One trial more, a copy of the first, where it has enough spikes to be one of a kind.
    if rate * n_units >= 100 and n_trials >= 20:
        if n_units >= 10 and rate == 50:
            twice = np.concatenate([rates, rates[:1]])
            problem = repeated_rates(range(n_trials + 1), twice)
            assert problem.startswith(f"2 of {n_trials + 1} trials have the same rates")
        trains = [np.append(each, each[each < closes[0]] + 1.5 * n_trials) for each in trains]
        opens, closes = (np.append(each, each[0] + 1.5 * n_trials) for each in (opens, closes))
        problem = repeated_spikes(range(n_trials + 1), trains, opens, closes)
        assert problem.startswith(f"2 of {n_trials + 1} trials have the same spikes")

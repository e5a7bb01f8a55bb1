"""A column that is no event is refused in every source with a clock, and `inspect` agrees."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro_attn import sources
from neuro_attn.configuration import parse
from neuro_attn.errors import InputError
from neuro_attn.events import event_columns, looks_relative
from neuro_attn.onboarding import checking, inspection
from tests import formats


def session() -> formats.Session:
    planted = formats.planted()
    rng = np.random.default_rng(0)
    n = len(planted.trials)
    times = {"rt": rng.uniform(0.2, 0.9, n), "probe_onset": rng.uniform(0.5, 0.8, n)}
    return replace(planted, trials=planted.trials.assign(**times, cue_delay=0.5))


def aligned_to(column: str, source: str, folder) -> tuple[InputError, list[str]]:
    """Return the error of a run, and what `check` reports."""
    keys = formats.write(source, folder, session())
    for task in keys["tasks"].values():
        task["align"] = column
    settings = parse({"datasets": {"mine": keys}})
    with pytest.raises(InputError) as error:
        sources.read("mine", settings.datasets["mine"], folder, 0)
    (report,) = checking.examine(settings, folder)
    return error.value, list(map(str, report.problems))


@pytest.mark.parametrize("source", formats.SPIKES)
@pytest.mark.parametrize("column", ["rt", "probe_onset", "cue_delay"])
def test_durations_and_times_from_the_start_are_named_as_such(source, column, tmp_path):
    error, problems = aligned_to(column, source, tmp_path)
    assert error.where.endswith("tasks.pro.align")
    assert f"column {column!r} contains no times on the clock of the recording" in error.problem
    assert "look like durations, or like times from the start of each trial" in error.problem
    assert "Columns that may be events: " in error.remedy
    assert "cue" in error.remedy
    assert "add the start of each trial to it" in error.remedy
    assert "overlap" not in str(error)
    assert str(error) in problems


@pytest.mark.parametrize("source", formats.SPIKES)
def test_text_gets_the_columns_of_events(source, tmp_path):
    error, problems = aligned_to("side", source, tmp_path)
    assert "column 'side' contains no times in s but, for example, 'right'." in error.problem
    assert "Columns that may be events: " in error.remedy
    assert str(error) in problems


@pytest.mark.parametrize("source", formats.SPIKES)
def test_inspect_marks_them(source, tmp_path):
    keys = formats.write(source, tmp_path, session())
    names = ("spikes", "trials", "units") if source in ("csv", "parquet") else ()
    paths = [str(tmp_path / keys[name]) for name in names] or [str(next(tmp_path.iterdir()))]
    (found,) = inspection.describe(paths)
    use = {each["name"]: each["use"] for each in found["tables"][0]["columns"]}
    assert {use["rt"], use["probe_onset"], use["cue_delay"]} == {"from start?"}
    assert use["cue"] == "event"
    (said,) = (each for each in found["warnings"] if "may be durations" in each)
    assert all(name in said for name in ("rt", "probe_onset", "cue_delay"))


@given(
    st.lists(st.floats(0.1, 20), min_size=2, max_size=60),
    st.floats(0.05, 3),
    st.booleans(),
)
def test_events_of_a_session_never_look_relative(gaps, length, overlap):
    """Neither where windows overlap, nor where separate windows come in another order."""
    gaps = np.array(gaps)
    if overlap:
        assert not looks_relative(np.cumsum(gaps), length)
    else:
        events = np.cumsum(gaps + length)
        np.random.default_rng(len(gaps)).shuffle(events)
        assert not looks_relative(events, length)


def test_numbers_of_trials_are_no_events():
    trials = pd.DataFrame(
        {"trial_id": [1, 2, 3], "cue": [1.5, 3.1, 4.0], "rt": [0.3, 0.5, 0.2], "is_go": True}
    )
    assert event_columns(trials) == ["cue"]

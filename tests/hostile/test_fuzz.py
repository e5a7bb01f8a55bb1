"""Damaged configurations and files of every format end in an answer or one message.

`python -m benchmarks.fuzz` tries thousands, with limits of memory and time; see there.
"""

import pytest

from tests import formats
from tests.fuzzing import trial

N_CONFIGURATIONS, N_FILES, BATCH = 180, 66, 6
SEED = 15


@pytest.fixture(autouse=True)
def nobody_at_the_terminal(monkeypatch):
    monkeypatch.delenv("NEURO_ATTN_DATA", raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)


@pytest.mark.parametrize(
    ("kind", "first"),
    [("configuration", first) for first in range(0, N_CONFIGURATIONS, BATCH)]
    + [("files", first) for first in range(0, N_FILES, BATCH)],
)
def test_whatever_the_input_one_answer_or_message_and_nothing_is_touched(kind, first, tmp_path):
    faults = {}
    for number in range(first, first + BATCH):
        outcome = trial.attempt(kind, SEED, number, trial.emptied(tmp_path / "case"))
        if outcome.faults:
            faults[f"{kind} {SEED} {number} ({outcome.label})"] = outcome.faults
    assert not faults


@pytest.mark.parametrize("number", range(len(formats.EVERY)))
def test_files_that_nobody_damaged_are_answered(number, tmp_path):
    """Otherwise the cases above might all fail for the same reason."""
    outcome = trial.attempt("files", SEED, number, trial.emptied(tmp_path / "case"), spoil=False)
    assert outcome.faults == []
    by_hand = formats.EVERY[number] == "matlab"
    assert outcome.codes["inspect"] == 0, outcome
    assert outcome.codes["init"] == int(by_hand)
    assert outcome.codes["check" if by_hand else "check again"] == 0


def test_a_fault_is_noticed(tmp_path, monkeypatch):
    def main(arguments):
        (tmp_path / "outside").write_text("x")
        (tmp_path / "case/data/spikes.csv").unlink()
        raise KeyError("x")

    monkeypatch.setattr(trial, "main", main)
    number = formats.EVERY.index("csv")
    outcome = trial.attempt("files", SEED, number, trial.emptied(tmp_path / "case"), spoil=False)
    told = "\n".join(outcome.faults)
    for part in ("KeyError: 'x'", f"open {tmp_path}/outside", "changed ['data/spikes.csv']"):
        assert part in told


def test_a_case_is_the_same_each_time(tmp_path):
    made = []
    for name in ("one", "two"):
        trial.attempt("configuration", SEED, 1, trial.emptied(tmp_path / name))
        made.append((tmp_path / name / "mine.yaml").read_bytes())
    assert made[0] == made[1]

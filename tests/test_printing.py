"""What is printed neither steers the terminal nor fails for an encoding that lacks a character."""

import io
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro_attn import printing
from neuro_attn.errors import InputError, report_user_errors
from neuro_attn.escaping import printable

ROOT = Path(__file__).parents[1]
ENCODINGS = ["ascii", "latin-1", "cp1252", "utf-8"]
ANY_TEXT = st.text(st.characters())
"""Text of any characters: control characters, halves of surrogate pairs and all others."""
STEERS = "V4\x1b[2J\x1b]0;title\x07\r\x9b31m\u202e\ud800é"
SHOWN = r"V4\x1b[2J\x1b]0;title\x07\r\x9b31m\u202e\ud800"


def stream(encoding: str, errors: str = "strict") -> io.TextIOWrapper:
    """Return a stream that raises for what its encoding lacks, as Python's standard output does.

    Python's standard error has the errors "backslashreplace".
    """
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors=errors, newline="\n")


def written(below: io.TextIOWrapper) -> str:
    below.flush()
    return below.buffer.getvalue().decode(below.encoding)


@given(text=ANY_TEXT)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_any_text_can_be_printed_and_no_control_character_is(encoding, text):
    below = stream(encoding)
    print(text, file=printing.escaping(below))
    shown = written(below)
    assert shown.endswith("\n")
    assert all(character.isprintable() or character in "\n\t" for character in shown)
    kept = [c for c in text if c.isascii() and (c.isprintable() or c in "\n\t")]
    shown_in_order = iter(shown)
    assert all(character in shown_in_order for character in kept)


@given(text=ANY_TEXT)
def test_printable_text_stays_as_it_is_and_the_rest_is_one_line(text):
    shown = printable(text)
    assert shown.isprintable()
    assert (shown == text) == text.isprintable()


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_standard_output_and_error_are_escaped_and_given_back(monkeypatch, encoding):
    out, err = stream(encoding), stream(encoding, "backslashreplace")
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setattr("sys.stderr", err)
    with printing.escaped():
        print(STEERS)
        sys.stderr.writelines([STEERS, "\n"])
        printing.tell(STEERS)
    assert (sys.stdout, sys.stderr) == (out, err)
    assert written(out).startswith(SHOWN)
    assert [line.startswith(SHOWN) for line in written(err).splitlines()] == [True, True]


def test_without_an_output_nothing_is_printed(monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    monkeypatch.setattr("sys.stderr", None)
    with printing.escaped():
        print("x")
        print("x", file=sys.stderr)


class Terminal(io.TextIOWrapper):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_only_progress_moves_the_cursor_and_its_labels_do_not(monkeypatch, encoding):
    terminal = Terminal(io.BytesIO(), encoding=encoding, errors="backslashreplace", newline="\n")
    monkeypatch.setattr("sys.stderr", terminal)
    with printing.escaped():
        for _ in printing.bar(range(3), desc=STEERS, mininterval=0):
            printing.tell(STEERS)
        printing.drawn(STEERS)
    drawn = written(terminal)
    assert drawn.count(SHOWN) >= 5
    assert not set(drawn) & set("\x07\x9b\u202e\ud800")
    assert set(re.findall(r"\x1b.{0,2}", drawn)) <= {"\x1b[A", "\x1b[K"}


def test_all_bars_are_drawn_by_one_function_but_that_of_the_solver():
    """The solver imports nothing else of the package; its bar shows no name from a file."""
    drawing = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "neuro_attn").rglob("*.py")
        if re.search(r"\btqdm(\.write)?\((?!disable=True)|\\x1b\[|\\r\{", path.read_text("utf-8"))
    }
    assert drawing == {"neuro_attn/printing.py", "neuro_attn/solver/cross_validation.py"}


@pytest.mark.parametrize("raised", [False, True])
def test_the_log_of_a_job_holds_any_text_escaped(tmp_path, raised):
    log = tmp_path / "job.log"

    def job() -> None:
        with report_user_errors(str(log)):
            print(STEERS, file=sys.stderr)
            if raised:
                raise InputError(STEERS, STEERS)

    if raised:
        with pytest.raises(SystemExit):
            job()
    else:
        job()
    lines = log.read_text("utf-8").splitlines()
    assert len(lines) == 1 + raised
    assert all(SHOWN in line for line in lines)


def test_a_message_stays_short_whatever_a_file_has_in_place_of_a_number():
    error = InputError("file.mat", f"sample {'0, ' * 1_000_000}", "\x1b" * 1_000_000)
    assert len(str(error)) < 40_000
    assert "more characters" in error.problem
    assert InputError("file.mat", "x" * 5_000).problem == "x" * 5_000

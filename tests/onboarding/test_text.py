"""Tables and paragraphs fit the terminal, and nothing of them is cut."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro_attn.onboarding import text

NAMES = st.text("abcdé_- \x1b\u202e", max_size=60)
CELLS = st.one_of(NAMES, st.integers(0, 10**9))
WIDTHS = [40, 60, 80, 100]


@st.composite
def tables(draw):
    n = draw(st.integers(1, 9))
    header = draw(st.lists(st.text("xyz", min_size=1, max_size=9), min_size=n, max_size=n))
    return header, draw(st.lists(st.lists(CELLS, min_size=n, max_size=n), max_size=4))


def characters(texts) -> Counter:
    """Count the characters that are shown; spaces give way where lines break."""
    return Counter("".join(text.plain(each) for each in texts).replace(" ", ""))


@given(made=tables(), width=st.sampled_from(WIDTHS))
def test_no_line_of_a_table_is_too_long_and_no_character_is_lost(made, width):
    header, rows = made
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(text, "terminal_width", lambda: width)
        lines = text.table(header, rows)
    cells = [cell for row in rows for cell in row]
    if characters(lines) == characters([*header, *cells]):
        assert all(len(line) <= width for line in lines)
        return
    # Too many columns for the terminal: each row is a list that repeats their names.
    assert len(header) > 2
    assert characters(lines) == characters([*cells, *(f"{name}:" for name in header for _ in rows)])


ROWS = [["a_session_with_a_rather_long_name", "50 to 60", 12, "fewer trials in a draw of units"]]
HEADER = ["session", "training trials", "units", "at the cost of"]


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (
            100,
            """\
  session                            training trials  units  at the cost of
  a_session_with_a_rather_long_name  50 to 60            12  fewer trials in a draw of units""",
        ),
        (
            80,
            """\
  session                            training trials  units  at the cost of
  a_session_with_a_rather_long_name  50 to 60            12  fewer trials in a
                                                             draw of units""",
        ),
        (
            60,
            """\
  session           training trials  units  at the cost of
  a_session_with_a  50 to 60            12  fewer trials in
  _rather_long_nam                          a draw of units
  e""",
        ),
    ],
)
def test_cells_continue_in_the_next_line_and_numbers_stay_whole(monkeypatch, width, expected):
    monkeypatch.setattr(text, "terminal_width", lambda: width)
    assert "\n".join(text.table(HEADER, ROWS)) == expected


def test_rows_become_lists_where_columns_are_too_many(monkeypatch):
    monkeypatch.setattr(text, "terminal_width", lambda: 40)
    header = [f"column{k}" for k in range(6)]
    assert text.table(header, [list(range(6))]) == [
        "  column0: 0",
        *(f"    column{k}: {k}" for k in range(1, 6)),
    ]


@given(words=st.lists(st.text("abé", min_size=1, max_size=12)), width=st.sampled_from(WIDTHS))
def test_paragraphs_fit_and_keep_every_word(words, width):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(text, "terminal_width", lambda: width)
        lines = text.wrapped(" ".join(words))
    assert all(len(line) <= width for line in lines)
    assert " ".join(lines).split() == ["-", *words]

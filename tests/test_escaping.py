"""Names come through as they are, whatever they are written into."""

import re

import pytest
from docutils.core import publish_doctree
from hypothesis import given
from hypothesis import strategies as st

from neuro_attn import escaping

NASTY = (
    "`x <javascript:alert(1)>`_",
    ".. include:: /etc/passwd",
    ".. raw:: html",
    "ends in _",
    "|x|",
    "x_",
    "[1]_",
    "1. one",
    "- item",
    ":field: x",
    "**x**",
    "``x``",
    "+---+",
    ">>> 1",
    "A. B",
    "http://x.org",
    "a@b.org",
    "::",
    "\\",
    "x::",
    '=HYPERLINK("http://attacked.example","x")',
    "+1+1",
    "-2+3",
    "@SUM(1+1)",
    "\t =1+1",
    "x;=1+1;y",
    "'=1+1",
    "a\x00b\x1b[31mc\x7f",
    "two\r\nlines",
    "\u202egnp.exe\u200f",
    "</script><script>document.title='attacked';alert(1)</script>",
    "<img src=x onerror=\"document.title='attacked'\">",
    "javascript:alert(1)",
    "{wildcards} $x$ %s \\n",
    "'quoted' \"twice\"",
    "領域 e\u0301 \U0001f600\U0001f469\u200d\U0001f52c",
    "V4" * 100,
)
"""Names that reStructuredText, HTML, spreadsheets, terminals or templates take for something else.

Tests send them through every table, figure, caption and page.
"""


@given(st.text(st.characters(codec=None)))
@pytest.mark.filterwarnings("ignore")
def test_any_name_is_plain_text(name):
    shown_as_itself(name)


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_name_is_plain_text(name):
    shown_as_itself(name)


def shown_as_itself(name: str) -> None:
    text = f"- {escaping.rst(name)}, x: 1\n- {escaping.rst(name)}\n"
    document = publish_doctree(text, settings_overrides={"report_level": 5})
    expected = escaping.printable(" ".join(name.split()))
    (bullets,) = document.children if expected else (document.children[0],)
    first, second = bullets.children
    assert first.astext() == f"{expected}, x: 1"
    assert second.astext() == expected
    assert {type(node).__name__ for node in document.findall()} <= {
        "document",
        "bullet_list",
        "list_item",
        "paragraph",
        "Text",
    }


# --- CSV ------------------------------------------------------------------------------------------

tricky = st.text(st.sampled_from("'=+-@; \t\r\n\\x41uU0\x00\u202e\ud800\u00a0.,\"1e\uff1d"))


@given(st.text() | tricky | st.sampled_from(NASTY))
def test_a_cell_gives_the_name_back_and_no_spreadsheet_runs_it(name):
    cell = escaping.csv(name)
    assert escaping.from_csv(cell) == name
    assert cell.isprintable()
    for part in (cell, *cell.split(";")):
        assert not re.match(r"\s*[=+\-@]", part) or is_number(cell)


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("name", ["V4", "-0.5", "+3", "1e-3", "-.5", "a-b", "a = b", "it's", "é"])
def test_names_and_numbers_that_nothing_runs_stay_as_they_are(name):
    assert escaping.csv(name) == name


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("=1+1", "'=1+1"),
        (" =1+1", " '=1+1"),
        ("-V4", "'-V4"),
        ("-1+1", "'-1+1"),
        ("'=1", "''=1"),
        ("a;@b", "a;'@b"),
        ("a\tb\x1b", r"a\tb\x1b"),
        ("a\\b", r"a\\b"),
    ],
)
def test_what_a_cell_holds_instead(name, cell):
    assert escaping.csv(name) == cell

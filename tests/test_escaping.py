"""Names come through as they are, whatever they are written into."""

import doctest

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
)


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs"))))
@pytest.mark.filterwarnings("ignore")
def test_any_name_is_plain_text(name):
    shown_as_itself(name)


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_name_is_plain_text(name):
    shown_as_itself(name)


def shown_as_itself(name: str) -> None:
    text = f"- {escaping.rst(name)}, x: 1\n- {escaping.rst(name)}\n"
    document = publish_doctree(text, settings_overrides={"report_level": 5})
    expected = " ".join(name.split())
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


def test_examples_in_docstrings():
    assert doctest.testmod(escaping).failed == 0

r"""Equations, ``$...$`` and ``$$...$$`` in the pages, as MathML, which browsers draw themselves."""

import re
from html import unescape
from typing import Any

from latex2mathml.converter import convert

EQUATION = re.compile(
    r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>',
    re.DOTALL,
)


def on_page_content(html: str, **_: Any) -> str:
    """Turn the equations of a page into MathML."""
    return EQUATION.sub(_as_mathml, html)


def _as_mathml(found: re.Match[str]) -> str:
    tag, bracket, latex = found.groups()
    drawn = convert(unescape(latex).strip(), display="block" if bracket == "[" else "inline")
    return f'<{tag} class="equation">{drawn}</{tag}>'

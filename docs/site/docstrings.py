"""Docstrings as Markdown: what numpydoc means and Markdown, or Python, would read otherwise."""

import re
from typing import Any

import griffe

TYPE = re.compile(r"\w[\w, ]* : ")
"""How a line begins that gives the type of an argument."""


class Numpydoc(griffe.Extension):
    """Keeps ``[time,] [label set]`` from being a link and ``array, shape (n,)`` from being code."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the docstring of an object once it is collected."""
        if obj.docstring:
            obj.docstring.value = "\n".join(map(_plain, obj.docstring.value.splitlines()))


def _plain(line: str) -> str:
    if TYPE.match(line):
        return line.replace(", shape (", " of shape (")
    return re.sub(r"(?<=\] )\[", r"\\[", line)

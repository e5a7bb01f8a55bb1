"""What a column and a table are."""

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

Kind = Literal["text", "number", "count", "truth"]
Subject = Literal["dataset", "network", "list_recall", "comparison"]
_DTYPES = {"text": "str", "number": "float64", "count": "int64", "truth": "bool"}


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    name : str
        As in the header.
    kind : str
        "text" (never missing, but may be empty), "number" (may be missing), "count" (an integer,
        never missing) or "truth".
    meaning : str
        One phrase.
    unit : str
        Empty for text, fractions and counts.
    optional : bool
        Whether a truth value may be missing.
    """

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    optional: bool = False

    @property
    def dtype(self) -> str:
        """The type in pandas."""
        return "boolean" if self.optional else _DTYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """A table of results.

    Parameters
    ----------
    name : str
        Unique.
    meaning : str
        What a row is.
    files : tuple of str
        Paths below the folder of results; ``{dataset}``, ``{network}`` and ``{family}`` stand for
        names, ``{n}`` for a number.
    columns : tuple of Column
        In the order in which they are written.
    title, caption : str
        What the report calls the table, and what it says of it, in reStructuredText. Tables
        without a title are not in the report.
    when : str
        The setting, of a data set, a network or the recall of lists, without which there is no such
        table; empty if there always is.
    """

    name: str
    meaning: str
    files: tuple[str, ...]
    columns: tuple[Column, ...]
    title: str = ""
    caption: str = ""
    when: str = ""

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.columns]

    @property
    def subject(self) -> Subject:
        """What the table is about, one of each or all together."""
        if self.files[0].startswith("{dataset}/"):
            return "dataset"
        if self.files[0].startswith("comparison/"):
            return "comparison"
        return "list_recall" if "{family}" in self.files[-1] else "network"

    def applies(self, settings: object) -> bool:
        """Return whether what has these settings has such a table."""
        return not self.when or bool(getattr(settings, self.when, None))

    def agreement(self, path: PurePath) -> int:
        """Return how many parts of a path, from its last one, agree with one of the files."""
        return max(_agreement(template, path) for template in self.files)


def _agreement(template: str, path: PurePath) -> int:
    parts = zip(reversed(template.split("/")), reversed(path.parts), strict=False)
    agree = 0
    for expected, given in parts:
        pattern = re.escape(expected).replace(r"\{n\}", r"\d+")
        if not re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", pattern), given):
            break
        agree += 1
    return agree

"""Data classes that specify a column and a table."""

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from neuro_attn.results.sections import Section

Kind = Literal["text", "number", "count", "truth"]
Label = Literal["classes", "continuous", "any"]
Subject = Literal["dataset", "network", "skill", "comparison"]
_DTYPES = {"text": "str", "number": "float64", "count": "int64", "truth": "bool"}


@dataclass(frozen=True)
class Column:
    """Specification of a column of a table.

    Parameters
    ----------
    name : str
        Name in the header.
    kind : {"text", "number", "count", "truth"}
        Text (never missing, may be empty), floating-point number (may be missing), integer (never
        missing) or truth value.
    meaning : str
        Description, as one phrase, in Markdown.
    unit : str
        Unit; empty for text, fractions and counts.
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
        """The pandas data type."""
        return "boolean" if self.optional else _DTYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """Specification of a table of results.

    Parameters
    ----------
    name : str
        Unique name.
    meaning : str
        Description of a row, in Markdown.
    files : tuple of str
        Paths relative to the folder of results. ``{dataset}``, ``{network}`` and ``{family}`` stand
        for names, ``{n}`` for a number.
    columns : tuple of Column
        Columns, in the order in which they are written.
    title, caption : str
        Title and caption in the report, in reStructuredText. Tables without a title are not in the
        report.
    section : str
        Section of the report.
    when : str
        Setting of a data set, of a network or of the list recall without which the table does not
        exist; empty if it always exists.
    details : str
        Further explanation of the table for `docs/outputs.md`, in Markdown. If the table does not
        always exist, the text begins with "Only" and states when it does.
    label : {"classes", "continuous", "any"}
        The label of data sets for which the table exists.
    permuted : bool
        Whether permutations determine what the table says, so that few of them limit it.
    """

    name: str
    meaning: str
    files: tuple[str, ...]
    columns: tuple[Column, ...]
    section: Section = "Quality"
    title: str = ""
    caption: str = ""
    when: str = ""
    details: str = ""
    label: Label = "classes"
    permuted: bool = False

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.columns]

    @property
    def subject(self) -> Subject:
        """The kind of object for which one such table exists."""
        if self.files[0].startswith("{dataset}/"):
            return "dataset"
        if self.files[0].startswith("comparison/"):
            return "comparison"
        return "skill" if "{family}" in self.files[-1] else "network"

    @property
    def skill(self) -> str:
        """The key of the skill that the networks of such a table learn; empty for other tables."""
        return self.files[-1].split("/")[1] if self.subject == "skill" else ""

    def applies(self, settings: object) -> bool:
        """Return whether this table exists for a data set or network with these settings."""
        label = "classes" if getattr(settings, "has_classes", True) else "continuous"
        if self.label not in ("any", label):
            return False
        return not self.when or bool(getattr(settings, self.when, None))

    def agreement(self, path: PurePath) -> int:
        """Return the number of trailing path components that match one of `files`."""
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

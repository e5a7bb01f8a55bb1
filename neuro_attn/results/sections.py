"""Sections of a report, in the order in which it is read."""

from typing import Literal, get_args

Section = Literal["Answer", "Decoding", "Time", "Geometry", "Behaviour", "Networks", "Quality"]
SECTIONS: tuple[Section, ...] = get_args(Section)
"""The sections that figures and tables name; a last one states how to repeat the run."""


def category(section: Section) -> str:
    """Return the name of a section in Snakemake's report, which sorts them as text.

    Examples
    --------
    >>> category("Decoding")
    '2 Decoding'
    """
    return f"{SECTIONS.index(section) + 1} {section}"

"""Order of regions in figures and in sentences, which are written without matplotlib."""

from collections.abc import Iterable

HIERARCHY = ("LPFC", "FEF", "parietal", "V4")
"""The regions recorded by Panichello & Buschman (2021), from anterior to posterior."""


def ordered(names: Iterable[str]) -> list[str]:
    """Return the unique `names`: those in `HIERARCHY` first, then in order of occurrence."""
    unique = list(dict.fromkeys(names))
    known = [name for name in HIERARCHY if name in unique]
    return known + [name for name in unique if name not in known]

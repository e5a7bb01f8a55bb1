"""The table on the answer page with published values beside those of the run."""

import math
from pathlib import Path

import pandas as pd

from neuro_attn.results import read_csv

_NONE = "\N{EN DASH}"
_DIGITS = 3
"""Significant digits of numbers, and their largest number of decimals."""


def rows_of(file: Path) -> list[dict[str, str]]:
    """Return the rows of the table, as text; none if the data set has no published values.

    Parameters
    ----------
    file : Path
        The file ``published.csv``, which need not exist.

    Returns
    -------
    list of dict
        ``quantity``, ``location``, ``published``, ``here``, ``interval`` and ``planted``; the last
        is empty without a planted value.
    """
    if not file.exists():
        return []
    return [_row(row) for row in read_csv(file, "published").to_dict("records")]


def _row(row: dict) -> dict[str, str]:
    unit = f" ({row['unit']})" if row["unit"] else ""
    is_text = bool(row["published_text"])
    shown = {
        key: (row[f"{key}_text"] or _NONE) if is_text else _number(row[key])
        for key in ("published", "here", "planted")
    }
    if shown["planted"] == _NONE:
        shown["planted"] = ""
    ends = [_number(row[end]) for end in ("ci_low", "ci_high")]
    return {
        "quantity": f"{row['quantity']}{unit}",
        "location": row["location"],
        **shown,
        "interval": "" if _NONE in ends else f"[{', '.join(ends)}]",
    }


def _number(value: float) -> str:
    """Return a number with three significant digits, and at most three decimals.

    Examples
    --------
    >>> [_number(each) for each in (51.83, -0.0666, 8620.0, 0.175, 0.0)]
    ['51.8', '\N{MINUS SIGN}0.067', '8620', '0.175', '0']
    """
    if pd.isna(value):
        return _NONE
    if value == 0:
        return "0"
    decimals = _DIGITS - 1 - math.floor(math.log10(abs(value)))
    text = f"{value:.{min(max(decimals, 0), _DIGITS)}f}"
    return text.replace("-", "\N{MINUS SIGN}")

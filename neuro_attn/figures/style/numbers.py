"""Numbers as text."""

from collections.abc import Iterable

import numpy as np

from neuro_attn.figures.style.constants import DASH, MINUS


def proportion(value: float) -> str:
    """Return a proportion as text with two decimals."""
    if not np.isfinite(value):
        return DASH
    return f"{round(value, 2) + 0.0:.2f}".replace("-", MINUS)  # no minus before a zero


def count(values: Iterable[float], noun: str) -> str:
    """Return a number or range with a noun, e.g. "1 unit", "40 units" or "40–60 units"."""
    whole = sorted({round(value) for value in values if np.isfinite(value)})
    if not whole:
        return f"? {noun}s"
    number = f"{whole[0]}" if len(whole) == 1 else f"{whole[0]}{DASH}{whole[-1]}"
    return f"{number} {noun}" + ("" if whole == [1] else "s")

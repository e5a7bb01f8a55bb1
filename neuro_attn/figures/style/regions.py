"""Appearance of regions and tasks, and the rows of tables that figures draw."""

from collections.abc import Iterable, Sequence

import pandas as pd

from neuro_attn.errors import InputError
from neuro_attn.figures.style.constants import MARKERS, REGION_PALETTE, TASK_PALETTE


def region_looks(regions: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return a colour and a marker for each region, determined by its position in `regions`."""
    size = len(REGION_PALETTE)
    return {
        region: (REGION_PALETTE[i % size], MARKERS[i // size % len(MARKERS)])
        for i, region in enumerate(regions)
    }


def task_colors(tasks: Iterable[str]) -> dict[str, str]:
    """Return a colour for each task, determined by its position in `tasks`."""
    unique = list(dict.fromkeys(tasks))
    return {task: TASK_PALETTE[i % len(TASK_PALETTE)] for i, task in enumerate(unique)}


def across_sessions(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the rows with session ``all``.

    Parameters
    ----------
    frame : pandas.DataFrame
        A table with the column ``session``.
    name : str
        Name of the table, for messages.

    Raises
    ------
    InputError
        If there are no such rows.
    """
    rows = frame[frame["session"] == "all"]
    if rows.empty:
        found = ", ".join(sorted(map(str, frame["session"].unique()))) or "none"
        raise InputError(name, "no rows with session 'all' to draw.", f"Sessions: {found}.")
    return rows

"""Contents of files with spike times, units and trials, as most sources describe them."""

from typing import Any

import numpy as np
import pandas as pd

from neuro_attn.sources.checks import session_of
from neuro_attn.sources.contents import RegionColumn, SessionContents
from neuro_attn.sources.sorting import name_of
from neuro_attn.sources.trains import summarize

_QUALITY = frozenset({"group", "kslabel"})
"""Columns of text (lower case) that give the quality of a cluster, not its region."""


def contents_of(
    path: str,
    units: pd.DataFrame,
    trains: list[np.ndarray],
    tables: dict[str, pd.DataFrame],
    *,
    place: str = "units column",
    **others: Any,
) -> SessionContents:
    """Return the contents of a session.

    Parameters
    ----------
    path : str
        The file or folder.
    units : pandas.DataFrame
        One row for each unit: ``unit_id`` and other columns. Those of text may name regions.
    trains : list of array
        Spike times of each unit, s.
    tables : dict of pandas.DataFrame
        Interval tables by name.
    place : str
        Where the columns of units are, in the words of the format.
    **others
        Other fields of `SessionContents`.
    """
    summary, sample, spikes = summarize(trains, units["unit_id"])
    columns = units.drop(columns="unit_id")
    return SessionContents(
        session=session_of(path),
        path=path,
        start=float(summary["first"].min()),
        stop=float(summary["last"].max()),
        units=pd.concat([units[["unit_id"]], summary], axis=1),
        unit_columns=columns,
        region_columns=_region_columns(columns, place),
        tables=tables,
        spikes=spikes,
        trains=sample,
        **others,
    )


def _region_columns(units: pd.DataFrame, place: str) -> list[RegionColumn]:
    """Return columns of text, and ids of an atlas."""
    return [
        RegionColumn(
            place,
            str(name),
            ["" if pd.isna(value) else name_of(value) for value in values],
        )
        for name, values in units.items()
        if str(name).lower() not in _QUALITY
        and (not pd.api.types.is_numeric_dtype(values) or str(name).startswith("brainLocation"))
    ]

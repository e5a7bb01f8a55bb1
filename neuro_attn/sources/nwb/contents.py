"""Contents of an NWB file. Spike times are read in blocks, time series not at all."""

from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd

from neuro_attn.clock import Spikes
from neuro_attn.sources.checks import session_of
from neuro_attn.sources.contents import USUAL_NAMES, RegionColumn, SessionContents
from neuro_attn.sources.nwb import v1
from neuro_attn.sources.nwb.files import (
    Tree,
    attribute,
    child,
    children,
    is_group,
    listed,
    opened,
    part,
    scalar,
    type_of,
)
from neuro_attn.sources.nwb.intervals import interval_tables, read_intervals
from neuro_attn.sources.nwb.regions import names_of
from neuro_attn.sources.nwb.units import TOP, Units, observation_intervals, units_tables
from neuro_attn.sources.trains import summarize
from neuro_attn.sources.wide_tables import FIRST_COLUMNS, shown_columns

_NOT_PLACES = frozenset({"quality", "kslabel", "unit_name", "filtering", "reference"})
"""Columns of text (lower case) on the quality or recording of a unit, not on its region."""
AnyUnits = Units | v1.Units


def read(path: str, units_table: str = "") -> SessionContents:
    """Return the contents of an NWB file.

    Parameters
    ----------
    path : str
        The file.
    units_table : str
        The units table to describe; "" for the one that a run would use, or else the first.

    Raises
    ------
    InputError
        If the file is missing or damaged.
    """
    with opened(path) as tree:
        found_tables = interval_tables(tree, FIRST_COLUMNS)
        tables = {name: read_intervals(table) for name, table in found_tables.items()}
        n_more = {name: getattr(table, "n_more", 0) for name, table in found_tables.items()}
        series = _series(tree)
        found = units_tables(tree, FIRST_COLUMNS)
        filled = [name for name, each in found.items() if len(each) and each.has_spikes()]
        chosen = next((name for name in (units_table, TOP, *filled) if name in found), None)
        chosen = chosen or next(iter(found), None)
        others = [name for name in filled if name != chosen]
        units = None if chosen is None else found[chosen]
        summary, spikes, trains = _units(units)
        choices = filled if TOP not in filled and len(filled) > 1 else []
        spans = [span for _, span in series if span is not None]
        if "first" in summary:
            spans.append((summary["first"].min(), summary["last"].max()))
        observed = None if units is None else units.observed()
        remarks = [
            f"{len(choices)} units tables; a run needs the key units_table (init: --units-table), "
            f"one of {listed(choices)}. Shown here: {chosen}."
        ] * bool(choices)
        if observed is not None:
            remarks += observation_intervals(observed, np.arange(len(observed)))[1]
            together = np.concatenate(observed)
            spans.append((together[:, 0].min(), together[:, 1].max()))
        ends = np.array(spans, dtype=float).reshape(-1, 2)
        ends = ends[np.isfinite(ends).all(axis=1)]
        return SessionContents(
            session=session_of(path),
            path=path,
            start=float(ends[:, 0].min()) if len(ends) else np.nan,
            stop=float(ends[:, 1].max()) if len(ends) else np.nan,
            units=summary,
            unit_columns=pd.DataFrame() if units is None else units.frame(),
            region_columns=[] if units is None else _region_columns(units),
            tables={name: each.frame for name, each in tables.items()},
            unusable={name: each.unusable for name, each in tables.items()},
            derived={name: each.derived for name, each in tables.items()},
            n_more=n_more | {"units": getattr(units, "n_more", 0)},
            units_tables=choices,
            spikes=spikes,
            trains=trains,
            also=[
                *(what for what, _ in series),
                *(f"units table {name!r} ({len(found[name])} units)" for name in others),
            ],
            remarks=remarks,
        )


def _units(
    units: AnyUnits | None,
) -> tuple[pd.DataFrame, Spikes | None, list[np.ndarray]]:
    if units is None or len(units) == 0:
        return pd.DataFrame({"unit_id": np.empty(0, dtype=int)}), None, []
    unit_id = pd.DataFrame({"unit_id": units.ids})
    if not units.has_spikes():
        return unit_id, None, []
    summary = summarize(units.trains(), unit_id["unit_id"])
    return pd.concat([unit_id, summary.units], axis=1), summary.spikes, summary.sample


def _region_columns(units: AnyUnits) -> list[RegionColumn]:
    """Return columns of usual names, and other text that sorts units into groups."""
    found: dict[str, RegionColumn] = {}
    for place, names in units.region_columns().items():
        for name in names:
            if name.lower() in _NOT_PLACES or not units.may_be_text(place, name):
                continue
            values = units.regions(place, name)
            # Arrays and references are not names of regions.
            if not values or not isinstance(values[0], (str, bytes, type(None))):
                continue
            regions = names_of(values)
            if name in found and found[name].regions == regions:
                continue
            if name.lower() in USUAL_NAMES or len(set(regions)) <= max(1, len(regions) / 2):
                shown = place if place == "electrode_group" else f"{place} column"
                # A name that occurs in an earlier place too is preceded by its own place.
                column = f"{place}.{name}" if name in found else name
                found[column] = RegionColumn(shown, column, regions)
    return list(found.values())


def _series(tree: Tree) -> list[tuple[str, tuple[float, float] | None]]:
    """Return the description and the time of recording (s) of each acquired time series."""
    found: list[tuple[str, tuple[float, float] | None]] = []
    acquisition = tree.at("acquisition")
    names = [] if acquisition is None or not is_group(acquisition) else list(acquisition)
    shown, n_more = shown_columns(names)
    for name in names if shown is None else shown:
        group = child(acquisition, name)
        arrays = children(group)
        data = arrays.get("data")
        if data is None or is_group(data):
            continue
        shape, span = tuple(data.shape), None
        # A run does not read time series, so faults in them must not stop an inspection.
        with suppress(TypeError, ValueError, IndexError):
            span = _span(arrays, shape)
        size = " x ".join(map(str, shape))
        found.append((f"{type_of(group)} {name!r} ({size} samples, not read)", span))
    return [*found, (f"{n_more:,} more time series", None)] if n_more else found


def _span(arrays: dict[str, Any], shape: tuple[int, ...]) -> tuple[float, float] | None:
    """Return when the samples of a series begin and end, s, if the file states it."""
    start, times = arrays.get("starting_time"), arrays.get("timestamps")
    if start is not None and (rate := attribute(start, "rate")):
        first = float(scalar(start))
        return first, first + shape[0] / float(rate)
    if times is not None and (first := scalar(times)) is not None:
        return float(first), float(np.ravel(part(times, -1))[-1])
    return None

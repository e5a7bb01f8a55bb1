"""What stands in an NWB file. Traces are never read, spike times in blocks."""

import numpy as np
import pandas as pd
from pynwb import NWBFile, TimeSeries
from pynwb.core import DynamicTable

from neuro_attn.onboarding.contents import USUAL_NAMES, RegionColumn, SessionContents
from neuro_attn.onboarding.trains import summarize
from neuro_attn.sources import nwb
from neuro_attn.sources.checks import session_of
from neuro_attn.sources.nwb_intervals import interval_tables, trial_columns, unusable_columns


def read(path: str) -> SessionContents:
    """Read what stands in an NWB file.

    Raises
    ------
    InputError
        If the file is missing or damaged.
    """
    with nwb.opened(path) as file:
        tables, unusable = {}, {}
        for name, table in interval_tables(file).items():
            tables[name] = trial_columns(table)
            unusable[name] = unusable_columns(table, tables[name])
        series = _series(file)
        units, trains = _units(file.units)
        spans = [span for _, span in series if span is not None]
        if "first" in units:
            spans.append((units["first"].min(), units["last"].max()))
        if file.units is not None and "obs_intervals" in file.units.colnames:
            observed = np.asarray(file.units["obs_intervals"].target.data[:], dtype=float)
            if observed.size:
                spans.append((observed[:, 0].min(), observed[:, 1].max()))
        ends = np.array(spans, dtype=float).reshape(-1, 2)
        ends = ends[np.isfinite(ends).all(axis=1)]
        return SessionContents(
            session=session_of(path),
            path=path,
            start=float(ends[:, 0].min()) if len(ends) else np.nan,
            stop=float(ends[:, 1].max()) if len(ends) else np.nan,
            units=units,
            region_columns=[] if file.units is None else _region_columns(file.units),
            tables=tables,
            unusable=unusable,
            trains=trains,
            also=[what for what, _ in series],
        )


def _units(units: DynamicTable | None) -> tuple[pd.DataFrame, list[np.ndarray]]:
    if units is None or len(units) == 0:
        return pd.DataFrame({"unit_id": np.empty(0, dtype=int)}), []
    unit_id = pd.DataFrame({"unit_id": np.asarray(units.id[:])})
    if "spike_times" not in units.colnames:
        return unit_id, []
    summary, trains = summarize(nwb.spike_trains(units))
    return pd.concat([unit_id, summary], axis=1), trains


def _region_columns(units: DynamicTable) -> list[RegionColumn]:
    """Return columns of usual names, and other text that sorts units into groups."""
    found: dict[str, RegionColumn] = {}
    for place, names in nwb.region_columns(units).items():
        for name in names:
            if not _is_text(units, place, name):
                continue
            regions = nwb.regions_in(units, place, name)
            if name in found and found[name].regions == regions:
                continue
            if name.lower() in USUAL_NAMES or len(set(regions)) <= max(1, len(regions) / 2):
                shown = place if place == "electrode_group" else f"{place} column"
                # A name that an earlier place has too needs its place before it.
                column = f"{place}.{name}" if name in found else name
                found[column] = RegionColumn(shown, column, regions)
    return list(found.values())


def _is_text(units: DynamicTable, place: str, name: str) -> bool:
    if place == "electrode_group":
        return True
    column = (units if place == "units" else nwb.electrodes_of(units))[name]
    # An indexed column of text would hold several names a unit, which is no region either.
    data = getattr(column, "data", column)
    return len(data) > 0 and isinstance(data[0], (str, bytes, np.str_, np.bytes_))


def _series(file: NWBFile) -> list[tuple[str, tuple[float, float] | None]]:
    """Return each time series of the acquisition: what it is, and when it was recorded, s."""
    found = []
    for name, series in file.acquisition.items():
        if not isinstance(series, TimeSeries) or not hasattr(series.data, "shape"):
            continue
        shape, span = tuple(series.data.shape), None
        if series.rate:
            start = float(series.starting_time or 0)
            span = (start, start + shape[0] / series.rate)
        elif series.timestamps is not None and len(series.timestamps):
            span = (float(series.timestamps[0]), float(series.timestamps[-1]))
        size = " x ".join(map(str, shape))
        found.append((f"{type(series).__name__} {name!r} ({size} samples, not read)", span))
    return found

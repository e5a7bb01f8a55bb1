"""The time bins of a data set: those of the files, or those that their spikes cover."""

import numpy as np
import pandas as pd

from neuro_attn.errors import InputError
from neuro_attn.rates import bin_rates
from neuro_attn.sources.contents import BIN, START, STOP, Contents
from neuro_attn.sources.options import InitOptions

_SILENT = 0.02
"""Fraction of the spikes of the median bin below which a bin counts as silent."""


def time_of(
    found: Contents,
    table: pd.DataFrame,
    tasks: dict[str, dict[str, str]],
    options: InitOptions,
    notes: dict[str, str],
) -> dict[str, float]:
    """Return the key `time`; add a note if the spikes cover less than the usual time.

    Raises
    ------
    InputError
        If the first bin does not begin before the last one ends.
    """
    if bins := found.source.bins(found, options):
        start, stop, width = (round(float(each), 9) for each in bins)
    else:
        start, stop, width = START, STOP, BIN if options.bin is None else options.bin
        event = next(iter(tasks.values())).get("align", "")
        low, high = _covered(found, table, event, width)
        if (low, high) != (START, STOP):
            notes["time"] = "The files contain spikes in this time only."
        start, stop = low, high
    start = start if options.start is None else options.start
    stop = stop if options.stop is None else options.stop
    if start >= stop:
        raise InputError(
            "--start, --stop",
            f"--start ({start:g} s) must be smaller than --stop ({stop:g} s).",
            "They are the edges of the analysed time, in s from the event, such as --start -0.2 "
            "--stop 0.8.",
        )
    if options.bin is not None:
        width = options.bin
    elif options.start is not None or options.stop is not None:
        # Given limits are kept, and the proposed width is adjusted to them.
        width = _fitting(stop - start, width)
    return {"start": start, "stop": stop, "bin": width}


def _fitting(length: float, width: float) -> float:
    """Return the width closest to `width` that divides `length`."""
    return round(length / max(round(length / width), 1), 9) if length > 0 else width


def _covered(found: Contents, table: pd.DataFrame, event: str, width: float) -> tuple[float, float]:
    """Return the part of the proposed time in which there are spikes around the event."""
    around = [each.around_event for each in found.sessions if each.around_event is not None]
    if around:
        start = max(START, -min(before for before, _ in around))
        stop = min(STOP, min(after for _, after in around))
        return _whole(start, stop, width)
    n_bins = round((STOP - START) / width)
    if event not in table or n_bins < 1:
        return START, STOP
    counts = np.zeros(n_bins)
    for session in found.sessions:
        times = table.loc[table["session"] == session.session, event]
        events = pd.to_numeric(times, errors="coerce").to_numpy(dtype=float)
        events = events[np.isfinite(events)][:200]
        if len(session.trains) and len(events):
            counts += bin_rates(session.trains, events, START, width, n_bins).sum(axis=(0, 1))
    if not counts.any():
        return START, STOP
    held = np.flatnonzero(counts > _SILENT * np.median(counts[counts > 0]))
    edges = START + width * np.array([held[0], held[-1] + 1])
    low, high = (round(float(edge), 9) + 0.0 for edge in edges)
    return low, high


def _whole(start: float, stop: float, width: float) -> tuple[float, float]:
    """Return the largest whole number of bins from `start`."""
    return start, round(start + int((stop - start) / width + 1e-6) * width, 9)

"""Binned data of the Neural Decoding Toolbox and NeuroDecodeR: all sites in one file.

Each site (a neuron) has its own trials, so each is a session unless all were recorded together. A
file contains means over bins, which may overlap: with bins of 150 ms every 50 ms, adjacent bins
share 100 ms of spikes. We decode bins of the file, or unions of contiguous bins, so that no spike
is in two of them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn import recording
from neuro_attn.configuration.sources.binned import BinnedDataset
from neuro_attn.errors import InputError
from neuro_attn.files import sha256
from neuro_attn.independence import repeated_rates
from neuro_attn.sources.binned.files import Site, load, names
from neuro_attn.sources.ndt import fields
from neuro_attn.sources.regions import grouped

_TOLERANCE = 1e-3
"""Largest difference between two edges that are treated as equal, samples."""
_MOST = 2000.0
"""Implausibly high firing rate in a bin, spikes/s."""


class Chain(NamedTuple):
    """Contiguous bins of one width: edges, samples."""

    start: float
    stop: float
    width: float


def from_event(site: Site, event_sample: float | None, path: str | Path) -> np.ndarray:
    """Return the edges of a site's bins, samples from the event, shape (2, bin).

    Parameters
    ----------
    site : Site
        A site from `load`.
    event_sample : float or None
        The key of the configuration, which takes precedence over the file.
    path : str or Path
        The file, named in errors.
    """
    event = site.event if event_sample is None else event_sample
    key = "event_sample" if event_sample is not None else f"binned_site_info.{fields.EVENT}"
    edges = np.array([site.starts, site.stops])
    # The event may be a sample of the raster outside all bins.
    return edges - fields.event_sample(event, f"{path}, {key}", None)


def chain(edges: np.ndarray) -> Chain:
    """Return contiguous bins of one width, with as many bins as possible after the event.

    We prefer bins with an edge at the event, if there are any, and then those with the most bins
    after it.

    Parameters
    ----------
    edges : array, shape (2, bin)
        Returned by `from_event`.
    """
    starts, stops = edges
    widths = Counter(np.round(stops - starts, 3).tolist())
    width = max(widths, key=lambda each: (widths[each], -each))
    there = np.sort(starts[np.abs(stops - starts - width) <= _TOLERANCE])
    chains = []
    for first in there[there < there[0] + width - _TOLERANCE]:
        n = 1
        while _has(there, first + n * width):
            n += 1
        meets_event = abs(first / width - round(first / width)) * width <= _TOLERANCE
        n_after = int((first + width * np.arange(n) >= -_TOLERANCE).sum())
        chains.append((meets_event, n_after, n, -first))
    _, _, n, first = max(chains)
    return Chain(float(-first), float(-first + n * width), float(width))


def _has(there: np.ndarray, wanted: float) -> bool:
    """Return whether sorted edges have one at a place."""
    place = np.searchsorted(there, wanted - _TOLERANCE)
    return bool(place < len(there) and there[place] <= wanted + _TOLERANCE)


def overlap(edges: np.ndarray) -> float:
    """Return the overlap of adjacent bins, samples; 0 if they do not overlap."""
    starts, stops = edges[:, np.argsort(edges[0], kind="stable")]
    return float(max((stops[:-1] - starts[1:]).max(initial=0.0), 0.0))


# --- recordings ----------------------------------------------------------------------------------


def session_names(path: str | Path, dataset: BinnedDataset) -> list[str]:
    """Return the sessions of a file: each site, or one if all were recorded together."""
    stem = Path(path).stem
    return [stem] if dataset.simultaneous else [f"{stem}-site{each}" for each in names(path)]


def recordings(
    path: str | Path, name: str, dataset: BinnedDataset
) -> Iterator[Callable[[], xr.Dataset]]:
    """Yield functions that return the Recording of each session, in the order of `session_names`.

    Parameters
    ----------
    path : str or Path
        The file.
    name : str
        Name of the data set.
    dataset : BinnedDataset
        Its tasks, label, time and regions, and parameters that the file does not give.

    Raises
    ------
    InputError
        If the file cannot be read; the yielded functions raise it for errors of a site.
    """
    sites = load(path)
    provenance = {"origin": str(path), "file": Path(path).name, "sha256": sha256(path)}
    parts = [sites] if dataset.simultaneous else [[site] for site in sites]
    stem = Path(path).stem
    for part in parts:
        session = stem if dataset.simultaneous else f"{stem}-site{part[0].name}"

        def make(part: list[Site] = part, session: str = session) -> xr.Dataset:
            return _recording(part, session, name, dataset, provenance)

        yield make


def _recording(
    sites: list[Site], session: str, name: str, dataset: BinnedDataset, provenance: dict[str, str]
) -> xr.Dataset:
    path = provenance["origin"]
    for site in sites[1:]:
        if not site.trials.equals(sites[0].trials):
            raise InputError(
                f"{path}, site {site.name}",
                f"has different trials from site {sites[0].name}.",
                "Sites recorded together share their trials; simultaneous: false makes each a "
                "session.",
            )
    table = sites[0].trials.assign(_row=np.arange(len(sites[0].trials)))
    trials, counts = recording.assign_tasks(table, dataset, path)
    rows = trials.pop("_row").to_numpy()
    regions = [fields.region(each.site, dataset.regions.column) or dataset.region for each in sites]
    units = pd.DataFrame({"unit_id": [each.name for each in sites], "region": regions})
    units = grouped(units, dataset.regions, path)
    keep = recording.selected_units(units, dataset.regions)
    rates = np.stack([_rates(each, dataset, path) for each in sites], axis=1)[rows][:, keep]
    problem = repeated_rates(trials["trial_id"].to_numpy(), rates)
    remark = recording.judge_independence(problem, dataset, path)
    counts |= recording.region_counts(units)
    return recording.build(
        rates,
        trials.drop(columns="event_time"),
        units[keep],
        name,
        session,
        dataset,
        {**provenance, **counts, **recording.as_attribute([remark])},
        "a.u." if dataset.values == "other" else "spikes/s",
    )


def _rates(site: Site, dataset: BinnedDataset, path: str) -> np.ndarray:
    """Return the values of a site in the bins of ``dataset.time``, shape (trial, time)."""
    edges = from_event(site, dataset.event_sample, path)
    where = f"{path}, site {site.name}"
    widths = edges[1] - edges[0]
    values = site.values
    if dataset.values == "means":
        values = values * dataset.sampling_rate
    elif dataset.values == "counts":
        values = values / widths * dataset.sampling_rate
    _check_values(site, values, widths, dataset, where)
    parts = _bins(edges, dataset, where)
    return np.stack(
        [np.average(values[:, part], axis=1, weights=widths[part]) for part in parts], axis=1
    )


def _check_values(
    site: Site, rates: np.ndarray, widths: np.ndarray, dataset: BinnedDataset, where: str
) -> None:
    """Raise `InputError` if the values contradict the key ``values``."""
    if dataset.values == "other":
        return
    given = f"values: {dataset.values} was given, but"
    if (negative := site.values < 0).any():
        raise InputError(
            where,
            f"{given} {site.values[negative][0]:g} is negative.",
            "If the file contains z-scores or another signal, set values: other.",
        )
    # A mean over several samples is a whole number only if each sample has a spike.
    whole = (site.values == np.round(site.values)).all() and site.values.any()
    counted = dataset.values == "means" and whole and (widths > 1 + _TOLERANCE).all()
    if counted or rates.max() > _MOST:
        raise InputError(
            where,
            f"{given} {site.values.max():g} would be {rates.max():g} spikes/s.",
            "The toolbox stores mean spikes per sample. For spikes per bin, set values: counts; "
            "for spikes/s, rates; for another signal, other. sampling_rate is the number of "
            "samples per second.",
        )


def _bins(edges: np.ndarray, dataset: BinnedDataset, where: str) -> Sequence[np.ndarray]:
    """Return, for each bin of ``dataset.time``, the bins of the file that compose it."""
    time, rate = dataset.time, dataset.sampling_rate
    found = []
    for number in range(time.n_bins):
        start = (time.start + number * time.bin) * rate
        part = _filling(edges, start, start + time.bin * rate)
        if part is None:
            best = chain(edges)
            start, stop, width = (round(each / rate, 6) for each in best)
            shared = overlap(edges) / rate
            leak = f" and adjacent bins share {shared:g} s of spikes" if shared else ""
            raise InputError(
                where,
                f"time has a bin from {time.start + number * time.bin:g} to "
                f"{time.start + (number + 1) * time.bin:g} s, which is neither a bin of the file "
                "nor a union of contiguous ones.",
                f"Its bins are {width:g} s wide{leak}. Without overlap: "
                f"time: {{start: {start:g}, stop: {stop:g}, bin: {width:g}}}, any part of it, or "
                "multiples of the width.",
            )
        found.append(part)
    return found


def _filling(edges: np.ndarray, start: float, stop: float) -> np.ndarray | None:
    """Return contiguous bins from start to stop; None if there are none."""
    filling: list[int] = []
    while start < stop - _TOLERANCE:
        here = np.flatnonzero(
            (np.abs(edges[0] - start) <= _TOLERANCE) & (edges[1] <= stop + _TOLERANCE)
        )
        if not len(here):
            return None
        # The widest first, so that a requested bin that the file contains is used unchanged.
        widest = int(here[np.argmax(edges[1][here])])
        filling.append(widest)
        start = edges[1][widest]
    return np.array(filling)

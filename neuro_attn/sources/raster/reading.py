"""Rasters of the Neural Decoding Toolbox and NeuroDecodeR: one unit a file, trials x samples."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from neuro_attn import budget
from neuro_attn.configuration.sources.raster import RasterDataset
from neuro_attn.errors import InputError
from neuro_attn.files import sha256
from neuro_attn.recording import SpikeSession
from neuro_attn.sources.checks import existing_file
from neuro_attn.sources.mat import variables
from neuro_attn.sources.ndt import R_SUFFIXES, fields, neurodecoder

EVENT = "onset"
"""The trial column with the time of a raster's one event."""
_GAP = 1.0
"""Silence between two trials on the common clock, s."""
_MOST_SPIKES = 10_000
"""Spikes of one sample; no unit has so many, and each takes memory."""
_PARTS = ("raster_data", "raster_labels", "raster_site_info")


def read(path: str | Path, dataset: RasterDataset) -> SpikeSession:
    """Read a unit from a raster file as a session of one unit.

    A raster has no session clock. We place its trials on an artificial one, 1 s apart, and each
    spike in the middle of its sample, so that no spike lies on the edge of a bin. Trials have
    the columns ``trial_id`` (row of the raster, from 1), ``onset`` (s) and every label.

    Parameters
    ----------
    path : str or Path
        The .mat or .csv file; its stem names session and unit.
    dataset : RasterDataset
        Gives region, event sample and sampling rate if the file does not.

    Returns
    -------
    SpikeSession
        One unit.

    Raises
    ------
    InputError
        If the file is missing, unreadable or not a raster, its parts are inconsistent, or
        ``dataset.time`` reaches outside the raster.
    """
    path = Path(path)
    found = load(path)
    n_trials, n_samples = found.counts.shape
    where = f"{path}, {found.place}"
    event = found.event
    if dataset.event_sample is not None:
        event, where = dataset.event_sample, f"{path}, event_sample"
    sample = fields.event_sample(event, where, n_samples)
    rate = dataset.sampling_rate / found.width
    _check_alignment(sample, n_samples, rate, dataset, path)
    clock = np.arange(n_trials) * (n_samples / rate + _GAP)
    n_spikes = int(found.counts.sum(dtype=np.int64))
    budget.need(3 * 8 * n_spikes, str(path), f"a raster of {n_spikes:,} spikes")
    spikes = [
        start + (np.repeat(np.arange(n_samples), counts) + 0.5) / rate
        for start, counts in zip(clock, found.counts, strict=True)
    ]
    onset = clock + (sample - 1) / rate
    region = fields.region(found.site, dataset.regions.column) or dataset.region
    return SpikeSession(
        session=path.stem,
        spike_times=[np.concatenate(spikes)],
        units=pd.DataFrame({"unit_id": [path.stem], "region": [region]}),
        trials=found.trials.assign(trial_id=np.arange(1, n_trials + 1), **{EVENT: onset}),
        origin=str(path),
        provenance={"file": path.name, "sha256": sha256(path)},
        # `_check_alignment` ensures that all windows are inside the raster.
        observed=[np.array([[-np.inf, np.inf]])],
        has_clock=False,
    )


@dataclass(frozen=True)
class Raster:
    """Contents of a raster file.

    Parameters
    ----------
    counts : array of int, shape (trial, sample)
        Spikes.
    trials : pandas.DataFrame
        Labels by name.
    site : dict
        The fields of the site information.
    event : object
        The sample (from 1) of the event from the file; None if missing.
    place : str
        Where the file gives it.
    width : float
        Width of a sample; 1 unless a table has wider bins.
    """

    counts: np.ndarray
    trials: pd.DataFrame
    site: dict[str, Any]
    event: Any
    place: str
    width: float = 1.0

    @property
    def event_sample(self) -> float | None:
        """The sample (from 1) of the event, if the file gives one of its samples."""
        try:
            return fields.event_sample(self.event, self.place, self.counts.shape[1])
        except InputError:
            return None


def load(path: str | Path) -> Raster:
    """Read a raster file: .mat of the Neural Decoding Toolbox, or .csv of NeuroDecodeR.

    Raises
    ------
    InputError
        If the file is missing, unreadable or not a raster, or its parts are inconsistent.
    """
    path = existing_file(path)
    if path.suffix.lower() == ".csv":
        return _of_table(path)
    if path.suffix.lower() in R_SUFFIXES:
        raise neurodecoder.written_by_r(path)
    parts = variables.contents(path, _PARTS)
    if "raster_data" not in parts:
        raise InputError(
            str(path),
            "has no variable raster_data.",
            "For binned data, set source: binned."
            if "binned_data" in variables.names(path)
            else "Rasters of the NDT contain it.",
        )
    counts = _counts(parts["raster_data"], f"{path}, raster_data")
    labels = fields.labels(parts.get("raster_labels"), len(counts), f"{path}, raster_labels")
    site = parts.get("raster_site_info")
    site = site if isinstance(site, dict) else {}
    event = fields.item(site[fields.EVENT]) if fields.EVENT in site else None
    place = f"raster_site_info.{fields.EVENT}"
    return Raster(counts, pd.DataFrame(labels), site, event, place)


def _of_table(path: Path) -> Raster:
    (found,) = neurodecoder.load(path, "raster")
    widths = found.stops - found.starts
    if (widths != widths[0]).any() or (found.starts[1:] != found.stops[:-1]).any():
        raise InputError(
            f"{path}, time",
            "the samples of the raster differ in width, overlap or leave gaps.",
            "Samples of a raster must be contiguous: time.0_1, time.1_2, ...",
        )
    counts = _counts(found.values, f"{path}, time")
    event = 1 - found.starts[0] / widths[0]
    # Tables whose times start at sample 1 are not aligned to an event.
    aligned = 1 <= event <= counts.shape[1]
    return Raster(
        counts, found.trials, found.site, event if aligned else None, "time", float(widths[0])
    )


def _counts(data: Any, where: str) -> np.ndarray:
    """Return spike counts, shape (trial, sample), int."""
    data = np.asarray(data)
    if data.ndim != 2 or data.size == 0 or data.dtype.kind not in "biuf":
        raise InputError(
            where,
            f"shape {data.shape}, type {data.dtype}.",
            "Must be numbers, trials x samples.",
        )
    counts = np.empty(data.shape, np.int16)
    # Trial by trial, so that nothing else is as large as the raster.
    for trial, values in enumerate(data):
        right = (values >= 0) & (values <= _MOST_SPIKES) & (values == np.floor(values))
        if not right.all():
            sample = int(right.argmin())
            raise InputError(
                where,
                f"{values[sample]:g} in trial {trial + 1}, sample {sample + 1}.",
                f"Must be spike counts: 0, 1, 2, ... (at most {_MOST_SPIKES}).",
            )
        counts[trial] = values
    return counts


def _check_alignment(
    event: float, n_samples: int, rate: float, dataset: RasterDataset, path: Path
) -> None:
    for name, task in dataset.tested_tasks.items():
        if task.align != EVENT:
            raise InputError(
                f"{path}, {dataset.key_of(name)}.align",
                f"{task.align!r} is no event of a raster.",
                f"It has one, {EVENT!r}.",
            )
    first = (1 - event) / rate
    last = first + n_samples / rate
    opens, closes = dataset.time.covered
    if opens < first - 1e-9 or closes > last + 1e-9:
        kernel = "" if dataset.time.smoothing is None else " (with the smoothing kernel)"
        raise InputError(
            f"{path}, raster_data",
            f"time {opens:g} to {closes:g} s{kernel} reaches outside the raster.",
            f"It covers {first:g} to {last:g} s from the event.",
        )

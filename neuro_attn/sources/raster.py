"""Rasters of the Neural Decoding Toolbox: one unit a file, trials x samples (www.readout.info)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.io
import scipy.sparse

from neuro_attn.configuration import RasterDataset
from neuro_attn.errors import InputError
from neuro_attn.files import sha256
from neuro_attn.recording import SpikeSession
from neuro_attn.sources.checks import existing_file, first_line

EVENT = "onset"
"""The trial column with the time of a raster's one event."""
_GAP = 1.0
"""Silence between two trials on the common clock, s."""
_MOST_SPIKES = 10_000
"""Spikes of one sample; no unit has so many, and each takes memory."""
_PARTS = ("raster_data", "raster_labels", "raster_site_info")


def read(path: str | Path, dataset: RasterDataset) -> SpikeSession:
    """Read a unit from an NDT raster file; it makes a session of its own.

    A raster has no clock that goes through the session. Here its trials follow each other on one,
    1 s apart, and each spike stands in the middle of its sample, so that no spike ever lies on the
    edge of a bin. Trials have the columns ``trial_id`` (row of the raster, from 1), ``onset`` (s)
    and every field of ``raster_labels``.

    Parameters
    ----------
    path : str or Path
        The .mat file (version 7 or older); its stem names session and unit.
    dataset : RasterDataset
        Says region, event sample and sampling rate where the file does not.

    Returns
    -------
    SpikeSession
        One unit.

    Raises
    ------
    InputError
        If the file is missing, unreadable or no raster, its parts do not fit each other, or
        ``dataset.time`` reaches outside the raster.
    """
    path = Path(path)
    found = load(path)
    counts, labels = found.counts, found.labels
    n_trials, n_samples = counts.shape
    event = _event_sample(found.site, n_samples, dataset, path)
    _check_alignment(event, n_samples, dataset, path)
    clock = np.arange(n_trials) * (n_samples / dataset.sampling_rate + _GAP)
    trial, sample = np.nonzero(counts)
    spikes = clock[trial] + (sample + 0.5) / dataset.sampling_rate
    onset = clock + (event - 1) / dataset.sampling_rate
    return SpikeSession(
        session=path.stem,
        spike_times=[np.repeat(spikes, counts[trial, sample])],
        units=pd.DataFrame({"unit_id": [path.stem], "region": [found.region or dataset.region]}),
        trials=pd.DataFrame({**labels, "trial_id": np.arange(1, n_trials + 1), EVENT: onset}),
        origin=str(path),
        provenance={"file": path.name, "sha256": sha256(path)},
        # `_check_alignment` has seen that all windows lie in the raster.
        observed=[np.array([[-np.inf, np.inf]])],
        has_clock=False,
    )


@dataclass(frozen=True)
class Raster:
    """What a raster file holds.

    Parameters
    ----------
    counts : array of int, shape (trial, sample)
        Spikes.
    labels : dict of array, shape (trial,)
        The fields of ``raster_labels``.
    site : dict
        The fields of ``raster_site_info``.
    """

    counts: np.ndarray
    labels: dict[str, np.ndarray]
    site: dict[str, Any]

    @property
    def region(self) -> str:
        """The region that the file names, if any."""
        texts = (_text(self.site.get(key)) for key in ("region", "brain_area"))
        return next((text for text in texts if text), "")

    @property
    def event_sample(self) -> float | None:
        """The sample (from 1) of the event, if the file says so and has such a sample."""
        said = _item(self.site.get("alignment_event_time"))
        try:
            sample = float(said)
        except (TypeError, ValueError):
            return None
        return sample if 1 <= sample <= self.counts.shape[1] else None


def load(path: str | Path) -> Raster:
    """Read a raster file.

    Raises
    ------
    InputError
        If the file is missing, unreadable or no raster, or its parts do not fit each other.
    """
    path = existing_file(path)
    parts = _load(path)
    counts = _counts(parts["raster_data"], f"{path}, raster_data")
    labels = _labels(parts.get("raster_labels"), len(counts), f"{path}, raster_labels")
    return Raster(counts, labels, _fields(parts.get("raster_site_info")))


def _load(path: Path) -> dict[str, Any]:
    try:
        parts = scipy.io.loadmat(path, appendmat=False, variable_names=_PARTS, spmatrix=False)
    except NotImplementedError:
        raise InputError(
            str(path), "is a MATLAB 7.3 file.", "In MATLAB, save it with save(..., '-v7')."
        ) from None
    except Exception as error:
        # scipy raises errors of any type on damaged files.
        raise InputError(
            str(path), f"is not a readable .mat file ({first_line(error)})."
        ) from error
    if "raster_data" not in parts:
        raise InputError(str(path), "no variable raster_data.", "A raster of the NDT has one.")
    return parts


def _counts(data: Any, where: str) -> np.ndarray:
    """Return spike counts, shape (trial, sample), int."""
    if scipy.sparse.issparse(data):
        data = data.toarray()
    data = np.asarray(data)
    if data.ndim != 2 or data.size == 0 or data.dtype.kind not in "biuf":
        raise InputError(
            where,
            f"shape {data.shape}, type {data.dtype}.",
            "Must be numbers, trials x samples.",
        )
    values = data.astype(float)
    wrong = ~np.isfinite(values) | (values < 0) | (values != np.round(values))
    wrong |= values > _MOST_SPIKES
    if wrong.any():
        trial, sample = (int(axis[0]) for axis in np.nonzero(wrong))
        raise InputError(
            where,
            f"{values[trial, sample]:g} in trial {trial + 1}, sample {sample + 1}.",
            f"Must be spike counts: 0, 1, 2, ... (at most {_MOST_SPIKES}).",
        )
    return values.astype(np.int64)


def _fields(struct: Any) -> dict[str, Any]:
    """Return the fields of a MATLAB struct as loadmat gives it; none if it is no struct."""
    if not isinstance(struct, np.ndarray) or struct.dtype.names is None or struct.size != 1:
        return {}
    return {name: struct.reshape(-1)[0][name] for name in struct.dtype.names}


def _labels(struct: Any, n_trials: int, where: str) -> dict[str, np.ndarray]:
    fields = _fields(struct)
    if not fields:
        raise InputError(where, "no struct with the labels of the trials.")
    labels = {}
    for name, value in fields.items():
        cells = np.ravel(value)
        if len(cells) != n_trials:
            raise InputError(
                f"{where}.{name}", f"{len(cells)} labels for {n_trials} trials of raster_data."
            )
        labels[name] = _column([_item(cell) for cell in cells])
    return labels


def _item(cell: Any) -> Any:
    """Return the one value of a cell; None if it is empty, its text if it holds several."""
    values = np.ravel(cell)
    if len(values) > 1:
        return str(values.tolist())
    return values[0] if len(values) else None


def _column(values: list[Any]) -> np.ndarray:
    """Return labels as text or numbers; MATLAB's whole numbers are floats, so 1.0 becomes 1."""
    if not all(isinstance(value, (np.number, np.bool_, float, int)) for value in values):
        return np.array(["" if v is None else str(v).strip() for v in values], dtype=object)
    numbers = np.array(values, dtype=float)
    is_whole = np.isfinite(numbers).all() and (numbers == np.round(numbers)).all()
    return numbers.astype(np.int64) if is_whole else numbers


def _text(value: Any) -> str:
    item = _item(value)
    return "" if item is None else str(item).strip()


def _event_sample(
    site: dict[str, Any], n_samples: int, dataset: RasterDataset, path: Path
) -> float:
    """Return the sample (from 1) of the event."""
    where = f"{path}, raster_site_info.alignment_event_time"
    event: Any = dataset.event_sample
    if event is None:
        if "alignment_event_time" not in site:
            raise InputError(
                where, "the file does not say when the event was.", "Give the key event_sample."
            )
        event = _item(site["alignment_event_time"])
    else:
        where = f"{path}, event_sample"
    try:
        sample = float(event)
    except (TypeError, ValueError):
        sample = np.nan
    if not 1 <= sample <= n_samples:
        raise InputError(where, f"sample {event}.", f"The raster has samples 1 to {n_samples}.")
    return sample


def _check_alignment(event: float, n_samples: int, dataset: RasterDataset, path: Path) -> None:
    for name, task in dataset.tasks.items():
        if task.align != EVENT:
            raise InputError(
                f"{path}, tasks.{name}.align",
                f"{task.align!r} is no event of a raster.",
                f"It has one, {EVENT!r}.",
            )
    first = (1 - event) / dataset.sampling_rate
    last = first + n_samples / dataset.sampling_rate
    if dataset.time.start < first - 1e-9 or dataset.time.stop > last + 1e-9:
        raise InputError(
            f"{path}, raster_data",
            f"time {dataset.time.start:g} to {dataset.time.stop:g} s reaches outside the raster.",
            f"It covers {first:g} to {last:g} s from the event.",
        )

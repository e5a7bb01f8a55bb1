"""Common parts of rasters and binned files of the Neural Decoding Toolbox (www.readout.info).

Labels are fields of structs with a cell, or a number, for each trial. Samples count from 1.
"""

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from neuro_attn.errors import InputError
from neuro_attn.sources.mat import variables

EVENT = "alignment_event_time"
"""Field of the site information with the sample of the event."""
NARROWEST = 0.01
"""Smallest width of a bin, samples; twice the tolerance of `binned` and more."""
REGIONS = ("region", "brain_area")
"""Fields of the site information that usually name the region."""
MANY = 1000
"""Values of a cell beyond which they are not listed."""


def first_wrong_bin(starts: np.ndarray, stops: np.ndarray) -> int | None:
    """Return the first bin that is not finite or narrower than `NARROWEST`, None if all are right.

    Bins without width would be joined without end.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        widths = stops - starts
    wrong = ~(np.isfinite(widths) & (widths >= NARROWEST))
    return int(wrong.argmax()) if wrong.any() else None


def labels(struct: Any, n_trials: int, where: str) -> dict[str, np.ndarray]:
    """Return the labels of trials, by field.

    Parameters
    ----------
    struct : dict
        A cell array, array of numbers or char array for each kind of label.
    n_trials : int
        Trials of the data.
    where : str
        File and variable, named in errors.

    Returns
    -------
    dict of array, shape (trial,)
        Text without padding, or numbers. An empty cell is an empty text, or NaN among numbers.

    Raises
    ------
    InputError
        If there are no labels, or their number differs from that of the trials.
    """
    if not isinstance(struct, Mapping) or not struct:
        raise InputError(where, "the struct with the labels of the trials is missing.")
    found = {}
    for name, value in struct.items():
        cells = several(value)
        if len(cells) != n_trials:
            raise InputError(f"{where}.{name}", f"{len(cells)} labels for {n_trials} trials.")
        found[name] = _column([item(cell) for cell in cells])
    return found


def several(value: Any) -> list[Any]:
    """Return the elements of cells, of an array of numbers, or the rows of a char array."""
    if isinstance(value, np.ndarray):
        return list(np.ravel(value, order="F"))
    return list(value) if isinstance(value, list) else [value]


def item(cell: Any) -> Any:
    """Return the one value of a cell; None if it is empty, all of them as text if several.

    More than `MANY` values, as a damaged file may have, become a short text that differs where they
    differ.
    """
    if cell is None:
        return None
    while isinstance(cell, list) and len(cell) == 1:
        cell = cell[0]
    if isinstance(cell, str):
        return cell.strip()
    flat = np.ravel(cell) if isinstance(cell, np.ndarray | np.generic | int | float) else cell
    if isinstance(flat, np.ndarray) and len(flat) == 1:
        return flat[0].item()
    if isinstance(flat, Mapping):
        return ", ".join(flat)
    if len(flat) > MANY:
        return f"{len(flat):,} values, checksum {zlib.crc32(np.asarray(flat).tobytes()):08x}"
    return str(list(flat)) if len(flat) else None


def _column(values: list[Any]) -> np.ndarray:
    """Return labels as text or numbers; MATLAB's whole numbers are floats, so 1.0 becomes 1."""
    if any(isinstance(value, str) for value in values) or all(value is None for value in values):
        return np.array([text(value) for value in values], dtype=object)
    numbers = np.array([np.nan if value is None else value for value in values], dtype=float)
    # Beyond 2**53 floats do not represent every whole number, and beyond 2**63 no integer does.
    is_whole = (np.abs(numbers) < 2**53).all() and (numbers == np.round(numbers)).all()
    return numbers.astype(np.int64) if is_whole else numbers


def text(value: Any) -> str:
    """Return a value as text without padding; a missing value is empty, and 3.0 is 3."""
    value = item(value)
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    return str(variables.plain(value)) if isinstance(value, float) else str(value).strip()


def region(site: Mapping[str, Any], column: str) -> str:
    """Return the region from the site information, if any.

    Parameters
    ----------
    site : mapping
        The fields of the site information.
    column : str
        The key ``regions.column``; if missing, fields with other common names are used.
    """
    texts = (text(site[name]) for name in (column, *REGIONS) if name in site)
    return next((each for each in texts if each), "")


def event_sample(event: Any, where: str, last: float | None) -> float:
    """Return the sample of the event.

    Parameters
    ----------
    event : Any
        The event sample from the file or the configuration; None if neither gives it.
    where : str
        File and field, or key, named in errors.
    last : float or None
        The last sample of the data, if the event must be one of them.

    Raises
    ------
    InputError
        If it is missing, or is not a sample of the data.
    """
    if event is None:
        raise InputError(
            where, "the file does not give the sample of the event.", "Set the key event_sample."
        )
    try:
        sample = float(event)
    except (TypeError, ValueError):
        sample = np.nan
    if not np.isfinite(sample) or (last is not None and not 1 <= sample <= last):
        allowed = "Must be a number" if last is None else f"The raster has samples 1 to {last:g}"
        raise InputError(where, f"sample {event}.", f"{allowed}.")
    return sample

"""Files of binned data: .mat of the Neural Decoding Toolbox, .csv of NeuroDecodeR."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from neuro_attn import budget
from neuro_attn.errors import InputError
from neuro_attn.sources.checks import existing_file
from neuro_attn.sources.mat import variables
from neuro_attn.sources.ndt import R_SUFFIXES, fields, neurodecoder

_PARTS = ("binned_data", "binned_labels", "binned_site_info")
_PARAMETERS = "binning_parameters"


@dataclass(frozen=True)
class Site:
    """Data of one site in a file.

    Parameters
    ----------
    name : str
        ``siteID``, or its place in the file (from 1).
    values : array, shape (trial, bin)
    trials : pandas.DataFrame
        Labels by name, and ``trial_id`` (row, from 1).
    site : dict
        The fields of the site information.
    starts, stops : array, shape (bin,)
        Edges of the bins, samples. Those of tables count from the event; those of .mat files from
        1, and ``stops`` is the first sample after the bin.
    event : object
        The sample of the event from the file; None if missing.
    """

    name: str
    values: np.ndarray
    trials: pd.DataFrame
    site: dict[str, Any]
    starts: np.ndarray
    stops: np.ndarray
    event: Any


def load(path: str | Path) -> list[Site]:
    """Read a file of binned data: .mat of the toolbox, or .csv of NeuroDecodeR.

    Raises
    ------
    InputError
        If the file is missing, unreadable or not binned data, or its parts are inconsistent.
    """
    path = existing_file(path)
    if path.suffix.lower() in R_SUFFIXES:
        raise neurodecoder.written_by_r(path)
    return _of_table(path) if path.suffix.lower() == ".csv" else _of_matlab(path)


def names(path: str | Path) -> list[str]:
    """Return the names of a file's sites, as in `load`, without reading their data.

    Raises
    ------
    InputError
        As `load`.
    """
    path = existing_file(path)
    if path.suffix.lower() == ".csv":
        return neurodecoder.sites_of(path)
    if path.suffix.lower() in R_SUFFIXES:
        raise neurodecoder.written_by_r(path)
    return [str(number + 1) for number in range(variables.count(path, "binned_data"))]


def _of_table(path: Path) -> list[Site]:
    return [
        Site(
            each.name,
            each.values,
            _numbered(each.trials),
            each.site,
            each.starts,
            each.stops,
            0.0,
        )
        for each in neurodecoder.load(path, "binned")
    ]


def _numbered(labels: pd.DataFrame) -> pd.DataFrame:
    return labels.assign(trial_id=np.arange(1, len(labels) + 1))


def _of_matlab(path: Path) -> list[Site]:
    parts = variables.contents(path, _PARTS)
    if "binned_data" not in parts:
        raise InputError(
            str(path),
            "has no variable binned_data.",
            "For rasters, set source: raster."
            if "raster_data" in variables.names(path)
            else "In binned data of the NDT, it has one cell per site.",
        )
    data = parts["binned_data"]
    data = data if isinstance(data, list) else [data]
    labels = _by_site(parts.get("binned_labels"), len(data), f"{path}, binned_labels")
    info = parts.get("binned_site_info")
    info = dict(info) if isinstance(info, dict) else {}
    parameters = info.pop(_PARAMETERS, None)
    parameters = parameters if isinstance(parameters, dict) else {}
    sites = _by_site(info, len(data), f"{path}, binned_site_info")
    made = []
    for number, values in enumerate(data):
        where = f"{path}, binned_data, site {number + 1}"
        values = np.asarray(values)
        if values.ndim != 2 or not values.size or values.dtype.kind not in "biuf":
            raise InputError(
                where,
                f"shape {values.shape}, type {values.dtype}.",
                "Must be numbers, trial x bin.",
            )
        budget.need_array(values.shape, 8, where, copies=4)
        starts, stops = _edges(parameters, values.shape[1], path)
        place = f"{path}, binned_labels, site {number + 1}"
        found = pd.DataFrame(fields.labels(labels[number], len(values), place))
        site = sites[number]
        event = site[fields.EVENT] if fields.EVENT in site else parameters.get(fields.EVENT)
        made.append(
            Site(
                str(number + 1),
                values.astype(float),
                _numbered(found),
                site,
                starts,
                stops,
                None if event is None else fields.item(event),
            )
        )
    return made


def _by_site(struct: Any, n_sites: int, where: str) -> list[dict[str, Any]]:
    """Return the fields of each site from a struct whose fields have one element per site."""
    whole = struct if isinstance(struct, dict) else {}
    made: list[dict[str, Any]] = [{} for _ in range(n_sites)]
    for name, value in whole.items():
        if isinstance(value, np.ndarray) and value.ndim == 2 and value.shape[0] == n_sites:
            elements = list(value)
        else:
            elements = fields.several(value)
        if len(elements) != n_sites:
            # The toolbox omits trailing site information if only some sites have it.
            if "site_info" in where:
                continue
            raise InputError(f"{where}.{name}", f"{len(elements)} elements for {n_sites} sites.")
        for site, element in zip(made, elements, strict=True):
            site[name] = element
    return made


def _edges(parameters: dict[str, Any], n_bins: int, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return the edges of the bins, samples from 1, as the toolbox computed them."""
    where = f"{path}, binned_site_info.{_PARAMETERS}"
    numbers = {
        name: np.ravel(value).astype(float)
        for name, value in parameters.items()
        if isinstance(value, np.ndarray) and value.size and value.dtype.kind in "biuf"
    }
    starts = numbers.get("the_bin_start_times")
    step, width = numbers.get("sampling_interval"), numbers.get("the_bin_widths")
    width = numbers.get("bin_width") if width is None else width
    if width is None or (starts is None and step is None):
        raise InputError(
            where,
            "does not give bin_width and sampling_interval.",
            "Add both to the struct, in samples, as the toolbox does.",
        )
    if starts is None and step is not None:
        # The toolbox starts at sample 1 by default.
        first = numbers.get("start_time", np.ones(1))[0]
        starts = step if len(step) > 1 else first + step[0] * np.arange(n_bins)
    assert starts is not None
    if len(starts) != n_bins or len(width) not in (1, n_bins):
        raise InputError(where, f"gives {len(starts)} bins; binned_data has {n_bins}.")
    with np.errstate(over="ignore", invalid="ignore"):
        stops = starts + width
    if (wrong := fields.first_wrong_bin(starts, stops)) is not None:
        raise InputError(
            where,
            f"bin {wrong + 1} starts at {starts[wrong]:g} and is "
            f"{np.broadcast_to(width, n_bins)[wrong]:g} samples wide.",
            f"Both must be finite, and a width at least {fields.NARROWEST:g}.",
        )
    return starts, stops

"""Reader of NetCDF recordings, to which new tasks, labels, regions and times are applied."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn import recording
from neuro_attn.bytestrings import as_text
from neuro_attn.configuration import Time
from neuro_attn.configuration.sources.netcdf import NetcdfDataset
from neuro_attn.errors import InputError
from neuro_attn.events import event_times
from neuro_attn.files import sha256
from neuro_attn.independence import repeated_rates, shared_windows
from neuro_attn.sources.checks import existing_file
from neuro_attn.sources.regions import grouped

_TOLERANCE = 1e-6
"""Largest difference between two times that are treated as equal, s."""


def read(path: str | Path, name: str, dataset: NetcdfDataset) -> xr.Dataset:
    """Read a Recording and apply the data set's tasks, label, regions and time to it.

    Tasks and labels are expressions on the file's trial coordinates, including its own ``task``
    and ``label``. Rates are not changed.

    Parameters
    ----------
    path : str or Path
        The file; its stem names the session.
    name : str
        Name of the data set.
    dataset : NetcdfDataset
        Its tasks, label, regions and time.

    Returns
    -------
    xarray.Dataset
        A Recording.

    Raises
    ------
    InputError
        If the file is missing, unreadable or violates the contract of recordings, or lacks bins of
        the data set.
    """
    path = existing_file(path)
    provenance = {"file": path.name, "sha256": sha256(path)}
    kept = with_text(recording.load(path), str(path))
    return with_settings(
        kept, origin=str(path), session=path.stem, name=name, dataset=dataset, provenance=provenance
    )


def with_settings(
    kept: xr.Dataset,
    *,
    origin: str,
    session: str,
    name: str,
    dataset: NetcdfDataset,
    provenance: Mapping[str, str],
) -> xr.Dataset:
    """Apply a data set's tasks, label, regions and time to a Recording.

    Parameters
    ----------
    kept : xarray.Dataset
        A Recording.
    origin : str
        Where it comes from, named in errors.
    session, name : str
        Names of the session and of the data set.
    dataset : NetcdfDataset
        Tasks, label, regions and time.
    provenance : mapping
        Attributes to add.

    Returns
    -------
    xarray.Dataset
        A Recording.

    Raises
    ------
    InputError
        As `read`.
    """
    recording.check(kept, origin)
    first = _first_bin(kept["time"], dataset.time, f"{origin}, time")
    # The row of each trial of a task gives its rates and event time.
    table = coordinates(kept, "trial").assign(_row=np.arange(kept.sizes["trial"]))
    trials, counts = recording.assign_tasks(table, dataset, origin)
    row = trials.pop("_row").to_numpy()
    trials = trials.drop(columns="event_time")
    if "event_time" in table:
        trials["event_time"] = event_times(table, "event_time", f"{origin}, event_time")[row]
    units = coordinates(kept, "unit").drop(columns="session")
    units = units.rename(columns=lambda column: column.removeprefix("unit_"))
    units = units.rename(columns={"id": "unit_id"})
    units = grouped(units, dataset.regions, origin)
    keep = recording.selected_units(units, dataset.regions)
    rates = kept["rates"].values[row][:, keep, first : first + dataset.time.n_bins]
    problem = _shared(trials, dataset.time) or repeated_rates(trials["trial_id"].to_numpy(), rates)
    return recording.build(
        rates,
        trials,
        units[keep],
        name,
        session,
        dataset,
        {
            "origin": origin,
            **provenance,
            **({"subject": str(kept.attrs["subject"])} if "subject" in kept.attrs else {}),
            **counts,
            **recording.region_counts(units),
            **recording.as_attribute([recording.judge_independence(problem, dataset, origin)]),
        },
        kept["rates"].attrs.get("units", "spikes/s"),
    )


def _shared(trials: pd.DataFrame, time: Time) -> str:
    """Return the problem of overlapping windows, if the file has event times on a clock."""
    if "event_time" not in trials:
        return ""
    events = pd.to_numeric(trials["event_time"], errors="coerce").to_numpy(dtype=float)
    if len(np.unique(events[np.isfinite(events)])) < 2:
        return ""
    return shared_windows(trials["trial_id"].to_numpy(), events, time.stop - time.start)


def with_text(kept: xr.Dataset, origin: str) -> xr.Dataset:
    """Return the content of a file with decoded text and with all coordinates.

    Text may be bytes of fixed or variable length. xarray marks coordinates with the attribute
    ``coordinates``, which other programs omit. We therefore treat every variable along one
    dimension as a coordinate.

    Raises
    ------
    InputError
        If bytes are not text in UTF-8.
    """
    along_one = [name for name, each in kept.data_vars.items() if each.ndim == 1]
    kept = kept.set_coords(along_one)
    texts = {
        name: (each.dims, as_text(each.values, f"{origin}, {name}"), each.attrs)
        for name, each in kept.coords.items()
        if each.dtype.kind in "SOU"
    }
    return kept.assign_coords(texts)


def coordinates(kept: xr.Dataset, dimension: str) -> pd.DataFrame:
    """Return the coordinates of a dimension as a table."""
    return pd.DataFrame(
        {
            str(key): coordinate.values
            for key, coordinate in kept.coords.items()
            if coordinate.dims == (dimension,)
        }
    )


def _first_bin(centers: xr.DataArray, time: Time, where: str) -> int:
    """Return the index of the first bin of the data set, if the file has all of its bins."""
    have = centers.values.astype(float)
    width = centers.attrs.get("bin_width", have[1] - have[0] if len(have) > 1 else np.nan)
    want = time.start + time.bin * (np.arange(time.n_bins) + 0.5)
    first = int(np.searchsorted(have, want[0] - _TOLERANCE))
    found = have[first : first + time.n_bins]
    same_width = abs(width - time.bin) <= _TOLERANCE
    # Comparisons with NaN are false, so we test for nearness, not for distance.
    if not (same_width and len(found) == len(want) and (abs(found - want) <= _TOLERANCE).all()):
        spanned = f"{have[0] - width / 2:g} to {have[-1] + width / 2:g} s" if len(have) else "none"
        raise InputError(
            where,
            f"does not contain the bins of {time.bin:g} s from {time.start:g} to {time.stop:g} s.",
            f"The file has bins of {width:g} s: {spanned}.",
        )
    return first

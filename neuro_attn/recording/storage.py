"""Recordings and other labelled results as NetCDF4 files."""

import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import h5py
import numpy as np
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from neuro_attn import budget
from neuro_attn.errors import InputError
from neuro_attn.files import written_whole
from neuro_attn.guard import guarded
from neuro_attn.hdf5 import opened_hdf5

LEFT_OUT = "left_out"
"""Attribute with the reason why a session is left out; its file has nothing else."""
COPIES = 3
"""Arrays as large as its rates while a Recording is read and checked."""
_CHUNK = 2**18
"""Bytes of the rates of units that are compressed together, so that few others are read along."""
_MOST_VARIABLES, _SHOWN = 5_000, 40
"""Most variables of a file, and how many are named if there are more."""


def save(recording: xr.Dataset, path: str | Path) -> None:
    """Write a Recording, or any labelled result, atomically as NetCDF4.

    Spaces, slashes and control characters in column names are percent-encoded, because NetCDF does
    not allow them in names of coordinates.
    """
    recording = _renamed(recording, _as_variable)
    encoding = {
        name: {"zlib": True, "complevel": 4, **_chunks(variable)}
        for name, variable in recording.data_vars.items()
        if variable.dtype.kind in "fiu" and variable.size > 1
    }
    # The file is made in memory, because HDF5 can crash the process if the disk is full.
    content = recording.to_netcdf(None, engine="h5netcdf", encoding=encoding)
    with written_whole(path) as temporary:
        temporary.write_bytes(content)


def _chunks(variable: xr.DataArray) -> dict[str, tuple[int, ...]]:
    """Return the sizes of chunks that are read by themselves.

    Rates have all trials and times of a few units, nulls all permutations and tested times of a
    session or a training time.
    """
    if variable.dims[-1:] == ("permutation",) and variable.ndim > 2:
        return {"chunksizes": (*(1 for _ in variable.shape[:-2]), *variable.shape[-2:])}
    if variable.dims != ("trial", "unit", "time"):
        return {}
    n_trials, n_units, n_times = variable.shape
    of_unit = n_trials * n_times * variable.dtype.itemsize
    return {"chunksizes": (n_trials, min(max(_CHUNK // of_unit, 1), n_units), n_times)}


def by_region(recording: xr.Dataset) -> xr.Dataset:
    """Return a Recording in which the units of a region are neighbours.

    Regions are in the order of their first units, and units of a region keep their order.
    """
    regions = recording["region"].values.tolist()
    place = {region: number for number, region in enumerate(dict.fromkeys(regions))}
    order = np.argsort([place[region] for region in regions], kind="stable")
    return recording if (np.diff(order) == 1).all() else recording.isel(unit=order)


def _renamed(labelled: xr.Dataset, rename: Callable[[str], str]) -> xr.Dataset:
    """Return a data set with all coordinates renamed."""
    names = {name: rename(str(name)) for name in labelled.coords}
    return labelled.rename({name: new for name, new in names.items() if name != new})


def _as_variable(name: str) -> str:
    """Return a name that NetCDF allows for a coordinate."""
    plain = "".join(c if c.isprintable() and c not in " /%" else quote(c, safe="") for c in name)
    return plain if plain.strip(".") else plain.replace(".", "%2E") or "%"


def _from_variable(name: str) -> str:
    """Return the name that `_as_variable` encoded."""
    return "" if name == "%" else unquote(name)


@contextmanager
def opened(path: str | Path) -> Iterator[xr.Dataset]:
    """Open a file that `save` wrote; arrays are read when they are accessed.

    Raises
    ------
    InputError
        If the file is missing, or if the block fails because it is damaged.
    """
    if not Path(path).is_file():
        raise InputError(str(path), "no such file.")
    with guarded(path, "NetCDF4 file"):
        # If HDF5 cannot read these, h5netcdf would print its own message on standard error.
        with opened_hdf5(path) as file:
            dict(file.attrs)
            _check_indexes(file, path)
            _check_names(list(file), path)
        # xarray interprets a relative path such as "file::x" as an address.
        # Attributes that contradict a variable are ignored, as by the tools of NetCDF.
        with warnings.catch_warnings(category=xr.SerializationWarning, action="ignore"):
            opened = xr.open_dataset(Path(path).absolute(), engine="h5netcdf")
        with opened as found:
            yield _renamed(found, _from_variable)


def _check_indexes(file: Any, path: str | Path) -> None:
    """Raise `InputError` if the indexes that xarray reads on opening exceed the memory budget."""
    for name in islice(file, _MOST_VARIABLES):
        node = file[name]
        if getattr(node, "ndim", 0) == 1 and "REFERENCE_LIST" in node.attrs:
            budget.need_node(node, f"{path}, {name}", copies=4)


def _check_names(names: list[str], path: str | Path) -> None:
    """Raise `InputError` if a file has too many variables for xarray to open it in seconds."""
    if len(names) > _MOST_VARIABLES:
        shown = ", ".join(names[:_SHOWN])
        raise InputError(
            str(path),
            f"has {len(names):,} variables: {shown} and {len(names) - _SHOWN:,} more.",
            f"A recording has at most {_MOST_VARIABLES:,}; leave out trial columns that no "
            "expression uses.",
        )


def load(path: str | Path) -> xr.Dataset:
    """Read a file that `save` wrote into memory; errors are those of `opened`."""
    with opened(path) as found:
        sizes = [
            budget.array_bytes(
                each.shape, budget.item_bytes(each.dtype), each.encoding.get("chunksizes")
            )
            for each in found.variables.values()
        ]
        shape = " x ".join(f"{n:,} ({name})" for name, n in found.sizes.items())
        budget.need(COPIES * sum(sizes), str(path), f"a recording of {shape}")
        return found.load()


class _Stored(BackendArray):
    """An array in a file; a part of it is read without the others.

    Parameters
    ----------
    path : str or Path
        A file that `save` wrote.
    values : xarray.DataArray
        The array, of which only name, shape and type are used.
    """

    def __init__(self, path: str | Path, values: xr.DataArray):
        self.path, self.name, self.shape, self.dtype = path, values.name, values.shape, values.dtype

    def __getitem__(self, key: indexing.ExplicitIndexer) -> np.ndarray:
        return indexing.explicit_indexing_adapter(
            key, self.shape, indexing.IndexingSupport.BASIC, self._read
        )

    def _read(self, key: tuple[int | slice, ...]) -> np.ndarray:
        with guarded(self.path, "NetCDF4 file"), h5py.File(self.path, "r") as file:
            return np.asarray(file[self.name][key])


def on_disk(path: str | Path, large: Collection[str] = ("rates",)) -> xr.Dataset:
    """Return what `save` wrote, with large arrays that are read when they are used, each time.

    A session that is left out has attributes only; errors are those of `opened`.

    Parameters
    ----------
    path : str or Path
        The file.
    large : collection of str
        Names of these arrays; the file need not contain all of them.
    """
    with opened(path) as found:
        stored = {
            name: xr.Variable(
                found[name].dims,
                indexing.LazilyIndexedArray(_Stored(path, found[name])),
                found[name].attrs,
            )
            for name in large
            if name in found
        }
        return found.drop_vars(stored).load().assign(stored)


def outline(path: str | Path) -> xr.Dataset:
    """Return a Recording as `on_disk` does, with rates of zero that take no memory."""
    return without_rates(on_disk(path))


def without_rates(recording: xr.Dataset) -> xr.Dataset:
    """Return a Recording with rates of zero that take no memory."""
    if "rates" not in recording:
        return recording
    zero = np.broadcast_to(np.float32(0), recording["rates"].shape)
    return recording.assign(rates=(recording["rates"].dims, zero, recording["rates"].attrs))

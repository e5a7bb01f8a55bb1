"""Recordings and other labelled results as NetCDF4 files."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import xarray as xr

from neuro_attn import budget
from neuro_attn.errors import InputError
from neuro_attn.files import written_whole
from neuro_attn.guard import guarded
from neuro_attn.hdf5 import opened_hdf5

COPIES = 3
"""Arrays as large as its rates while a Recording is read and checked."""
_MOST_VARIABLES, _SHOWN = 5_000, 40
"""Most variables of a file, and how many are named if there are more."""


def save(recording: xr.Dataset, path: str | Path) -> None:
    """Write a Recording, or any labelled result, atomically as NetCDF4.

    Spaces, slashes and control characters in column names are percent-encoded, because NetCDF does
    not allow them in names of coordinates.
    """
    recording = _renamed(recording, _as_variable)
    encoding = {
        name: {"zlib": True, "complevel": 4}
        for name, variable in recording.data_vars.items()
        if variable.dtype.kind in "fiu" and variable.size > 1
    }
    # The file is made in memory, because HDF5 can crash the process if the disk is full.
    content = recording.to_netcdf(None, engine="h5netcdf", encoding=encoding)
    with written_whole(path) as temporary:
        temporary.write_bytes(content)


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

"""Variables of MATLAB files, of version 7.3 (HDF5) and older ones alike.

Only numbers and text are read. Objects, function handles and tables of MATLAB are not, and nothing
in a file is ever executed.
"""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import scipy.io

from neuro_attn.errors import InputError
from neuro_attn.sources.checks import existing_file, first_line

_MAX_LISTED = 40


def shapes(path: str | Path) -> dict[str, tuple[int, ...]]:
    """Return the shape of each array of numbers in a file, as MATLAB shows it.

    A field of a struct is named ``struct.field`` (version 7.3 only).

    Raises
    ------
    InputError
        If the file is missing or unreadable.
    """
    path = existing_file(path)
    try:
        if not h5py.is_hdf5(path):
            return {
                name: tuple(shape)
                for name, shape, kind in scipy.io.whosmat(path, appendmat=False)
                if kind not in ("cell", "struct", "char", "object", "function", "opaque", "unknown")
            }
        found: dict[str, tuple[int, ...]] = {}

        def visit(name: str, each: Any) -> None:
            if not isinstance(each, h5py.Dataset) or each.dtype.kind not in "biuf":
                return
            if name[0] != "#" and each.attrs.get("MATLAB_class") != b"char":
                found[name.replace("/", ".")] = each.shape[::-1]

        with h5py.File(path, "r") as file:
            file.visititems(visit)
        return found
    except Exception as error:
        raise _unreadable(path, error) from error


def numbers(path: str | Path, name: str, n_axes: int) -> np.ndarray:
    """Return an array of numbers with its axes in MATLAB's order.

    Parameters
    ----------
    path : str or Path
        The file.
    name : str
        The variable; a field of a struct is ``struct.field``.
    n_axes : int
        Axes that it has; MATLAB drops axes of length 1 at the end, and here they come back.

    Returns
    -------
    numpy.ndarray

    Raises
    ------
    InputError
        If the file is missing or unreadable, or the variable is missing, holds no numbers or has
        other axes.
    """
    array = np.asarray(_variable(path, name))
    where = f"{path}, {name}"
    if array.dtype.kind not in "biuf":
        raise InputError(where, f"holds {array.dtype}, not numbers.")
    if array.ndim > n_axes:
        shape = " x ".join(map(str, array.shape))
        raise InputError(where, f"has {array.ndim} axes ({shape}), not {n_axes}.")
    return array.reshape(array.shape + (1,) * (n_axes - array.ndim))


def values(path: str | Path, name: str) -> list[Any]:
    """Return numbers, or texts of a cell or char array (a row each), one after another.

    Raises
    ------
    InputError
        As `numbers`.
    """
    found = _variable(path, name)
    if isinstance(found, list):
        return found
    if found.dtype.kind in "US":
        return [str(text).strip() for text in np.ravel(found)]
    if found.dtype.kind in "biuf":
        return [_plain(value) for value in np.ravel(found, order="F")]
    raise InputError(f"{path}, {name}", "holds neither numbers nor text.", "Use a cell array.")


def _plain(value: Any) -> Any:
    """Return a number as Python's; MATLAB's whole numbers are floats, so 1.0 becomes 1."""
    number = float(value)
    return int(number) if number.is_integer() else number


def _variable(path: str | Path, name: str) -> Any:
    """Return an array, or a list of the content of cells."""
    path = existing_file(path)
    try:
        read = _from_hdf5 if h5py.is_hdf5(path) else _from_older
        return read(path, name)
    except InputError:
        raise
    except Exception as error:
        # scipy and h5py raise errors of any type on damaged files.
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> InputError:
    return InputError(str(path), f"is not a readable .mat file ({first_line(error)}).")


def _missing(path: Path, name: str, there: list[str]) -> InputError:
    listed = ", ".join(there[:_MAX_LISTED]) or "none"
    return InputError(str(path), f"no variable {name!r}.", f"Variables: {listed}.")


# --- version 7.3 ---------------------------------------------------------------------------------


def _from_hdf5(path: Path, name: str) -> Any:
    with h5py.File(path, "r") as file:
        place = name.replace(".", "/")
        if place not in file or not isinstance(file[place], h5py.Dataset):
            raise _missing(path, name, [key for key in file if not key.startswith("#")])
        return _content(file[place], file)


def _content(dataset: h5py.Dataset, file: h5py.File) -> Any:
    if dataset.attrs.get("MATLAB_empty", 0):
        return np.empty(0)
    if h5py.check_dtype(ref=dataset.dtype) is not None:
        return [_cell(file[reference], file) for reference in np.ravel(dataset[()])]
    array = dataset[()].T
    if dataset.attrs.get("MATLAB_class") == b"char":
        return np.array(["".join(map(chr, row)) for row in np.atleast_2d(array)])
    return array


def _cell(dataset: h5py.Dataset, file: h5py.File) -> Any:
    content = np.ravel(_content(dataset, file))
    if len(content) != 1:
        return ""
    return str(content[0]).strip() if content.dtype.kind == "U" else _plain(content[0])


# --- older versions ------------------------------------------------------------------------------


def _from_older(path: Path, name: str) -> Any:
    top, *fields = name.split(".")
    parts = scipy.io.loadmat(path, appendmat=False, variable_names=[top], spmatrix=False)
    if top not in parts:
        raise _missing(path, name, [each[0] for each in scipy.io.whosmat(path, appendmat=False)])
    found = parts[top]
    for field in fields:
        names = getattr(getattr(found, "dtype", None), "names", None) or ()
        if field not in names or found.size != 1:
            raise _missing(path, name, [f"{top}.{each}" for each in names])
        found = found.reshape(-1)[0][field]
    if found.dtype.names is not None:
        raise InputError(
            f"{path}, {name}", "is a struct.", f"Name a field: {', '.join(found.dtype.names)}."
        )
    if found.dtype.kind != "O":
        return found
    return [_older_cell(cell) for cell in np.ravel(found, order="F")]


def _older_cell(cell: Any) -> Any:
    content = np.ravel(cell)
    if len(content) != 1:
        return ""
    return str(content[0]).strip() if content.dtype.kind in "USO" else _plain(content[0])

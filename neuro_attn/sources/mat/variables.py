"""Variables of MATLAB files, both of version 7.3 (HDF5) and of older ones.

Values are addressed as in MATLAB: ``data.rates``, ``data(3).rates``, ``rates{2}``. Only numbers,
text, cells and structs are read, not objects, function handles, tables or strings of MATLAB. No
code in a file is ever executed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from neuro_attn.errors import InputError
from neuro_attn.sources.mat import nodes

_MAX_LISTED = 40
_PART = re.compile(r"\.?([^.(){}]+)|[({](\d+)[)}]")


# --- what callers ask for ------------------------------------------------------------------------


def names(path: str | Path) -> list[str]:
    """Return the variables of a file; none if it cannot be read."""
    try:
        with nodes.opened(path) as root:
            return list(root)
    except InputError:
        # The reader of the format reports the error in the file.
        return []


def content(path: str | Path, name: str) -> Any:
    """Return a variable as plain values.

    Parameters
    ----------
    path : str or Path
        The file.
    name : str
        As in MATLAB: a variable, or a field or element of one.

    Returns
    -------
    numpy.ndarray, str, list or dict
        Numbers with axes in MATLAB's order; a char array of one row as text, of several as a list
        of text; a struct as a dict; cells and an array of structs as a list, column by column.

    Raises
    ------
    InputError
        If the file is missing or unreadable, or has no such variable.
    """
    with nodes.opened(path) as root:
        return nodes.content(_at(root, name, path), f"{path}, {name}")


def contents(path: str | Path, names: Iterable[str]) -> dict[str, Any]:
    """Return those of some variables that a file has; see `content`."""
    with nodes.opened(path) as root:
        there = [name for name in names if name in root]
        return {name: nodes.content(root[name], f"{path}, {name}") for name in there}


def numbers(path: str | Path, name: str, n_axes: int) -> np.ndarray:
    """Return an array of numbers with its axes in MATLAB's order.

    Parameters
    ----------
    path : str or Path
        The file.
    name : str
        The variable, as `content` takes it.
    n_axes : int
        Number of axes; trailing axes of length 1, which MATLAB drops, are restored.

    Returns
    -------
    numpy.ndarray

    Raises
    ------
    InputError
        If the file is missing or unreadable, or the variable is missing, is not numeric or has
        other axes.
    """
    array = content(path, name)
    where = f"{path}, {name}"
    if isinstance(array, dict):
        raise InputError(where, "is a struct.", f"Name a field: {', '.join(array)}.")
    if not isinstance(array, np.ndarray):
        kind = "text" if isinstance(array, str) else "cells"
        raise InputError(where, f"contains {kind}, not numbers.")
    if array.ndim > n_axes:
        shape = " x ".join(map(str, array.shape))
        raise InputError(where, f"has {array.ndim} axes ({shape}), not {n_axes}.")
    return array.reshape(array.shape + (1,) * (n_axes - array.ndim))


def values(path: str | Path, name: str) -> list[Any]:
    """Return numbers, or texts of a cell or char array (one a row), as a flat list.

    Raises
    ------
    InputError
        As `numbers`.
    """
    found = content(path, name)
    if isinstance(found, dict):
        raise InputError(f"{path}, {name}", "is a struct.", f"Name a field: {', '.join(found)}.")
    if isinstance(found, np.ndarray):
        return [plain(value) for value in np.ravel(found, order="F")]
    return [single(each) for each in ([found] if isinstance(found, str) else found)]


def elements(path: str | Path, name: str) -> list[str]:
    """Return the names of all arrays to which a name refers.

    For an array of structs, or cells of arrays, there is one for each element: ``data.rates`` is
    ``data(1).rates``, ``data(2).rates``, ... Any other name is returned unchanged.

    Raises
    ------
    InputError
        As `content`.
    """
    with nodes.opened(path) as root:
        if name in nodes.shapes_of_numbers(root):
            return [name]
        names = list(_elements(root, _parts(name, path), "", path, name))
        if len(names) > 1 or not nodes.is_cell_of_arrays(found := _at(root, names[0], path)):
            return names
        return [f"{names[0]}{{{number}}}" for number in range(1, len(nodes.inside(found)) + 1)]


def count(path: str | Path, name: str) -> int:
    """Return the number of cells of a variable; 1 if it is not a cell array."""
    with nodes.opened(path) as root:
        inside = nodes.inside(_at(root, name, path))
        return len(inside) if isinstance(inside, list) else 1


def shape(path: str | Path, name: str) -> tuple[int, ...]:
    """Return the shape of an array of numbers, without reading its data if possible.

    Raises
    ------
    InputError
        As `content`.
    """
    with nodes.opened(path) as root:
        known = nodes.shapes_of_numbers(root)
        return known[name] if name in known else nodes.shape(_at(root, name, path))


def single(value: Any) -> Any:
    """Return the one value of a cell: text without padding, a number, or "" if it has none."""
    if isinstance(value, str):
        return value.strip()
    while isinstance(value, list) and len(value) == 1:
        return single(value[0])
    flat = np.ravel(value) if isinstance(value, np.ndarray) else np.empty(0)
    return plain(flat[0]) if len(flat) == 1 else ""


def plain(value: Any) -> Any:
    """Return a number as Python's; MATLAB's whole numbers are floats, so 1.0 becomes 1."""
    number = float(value)
    return int(number) if number.is_integer() else number


# --- names ---------------------------------------------------------------------------------------


def _parts(name: str, path: str | Path) -> list[str | int]:
    """Cut ``data(3).rates`` into its parts: data, 3, rates."""
    found = list(_PART.finditer(name))
    if "".join(each.group() for each in found) != name:
        raise InputError(
            f"{path}, {name}",
            "is not the name of a variable.",
            "Write it as data, data.rates or data(3).",
        )
    return [each[1] if each[1] is not None else int(each[2]) for each in found]


def _at(root: Any, name: str, path: str | Path) -> Any:
    """Return the value to which a name refers."""
    node, above = root, ""
    for part in _parts(name, path):
        inside = nodes.inside(node)
        if isinstance(part, int) and not isinstance(inside, list):
            inside = [node]
        if isinstance(part, str) and isinstance(inside, list) and len(inside) == 1:
            inside = nodes.inside(inside[0])
        if isinstance(part, int):
            if not 1 <= part <= len(inside):
                raise InputError(
                    f"{path}, {name}", f"no element {part} of {above!r}.", f"It has {len(inside)}."
                )
            node, above = inside[part - 1], f"{above}({part})"
            continue
        if not isinstance(inside, Mapping) or part not in inside:
            raise _missing(path, name, above, inside)
        node, above = inside[part], f"{above}.{part}".removeprefix(".")
    return node


def _missing(path: str | Path, name: str, above: str, inside: Any) -> InputError:
    prefix = f"{above}." if above else ""
    if isinstance(inside, list):
        remedy = f"{above} has {len(inside)} elements: choose one, such as {above}(1)."
    else:
        fields = [f"{prefix}{each}" for each in inside] if isinstance(inside, Mapping) else []
        remedy = f"Variables: {', '.join(fields[:_MAX_LISTED]) or 'none'}."
    return InputError(str(path), f"no variable {name!r}.", remedy)


def _elements(
    root: Any, parts: list[str | int], above: str, path: str | Path, name: str
) -> Iterator[str]:
    """Yield the name of each element of the arrays of structs on the way."""
    for number, part in enumerate(parts):
        if isinstance(part, int):
            above += f"({part})"
            continue
        inside = nodes.inside(_at(root, above, path)) if above else root
        if isinstance(inside, list) and len(inside) > 1:
            if not all(isinstance(nodes.inside(each), Mapping) for each in inside):
                raise _missing(path, name, above, inside)
            for element in range(1, len(inside) + 1):
                yield from _elements(root, parts[number:], f"{above}({element})", path, name)
            return
        above = f"{above}.{part}".removeprefix(".")
    _at(root, above, path)
    yield above

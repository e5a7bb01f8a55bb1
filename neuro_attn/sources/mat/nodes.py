"""Nodes of MATLAB files: arrays of scipy, or groups and data sets of h5py.

Files of version 7.3 are HDF5; scipy reads older ones. We treat both as the same kind of node: a
struct has fields, cells and arrays of structs have elements, and other nodes are numbers or text.
"""

import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np
import scipy.io
import scipy.sparse
from scipy.io.matlab import MatlabFunction, MatlabOpaque

from neuro_attn import budget
from neuro_attn.bytestrings import as_text
from neuro_attn.errors import InputError
from neuro_attn.guard import guarded
from neuro_attn.hdf5 import opened_hdf5
from neuro_attn.sources.checks import existing_file
from neuro_attn.sources.mat import structure
from neuro_attn.sources.units import whole_numbers

_NUMBERS = frozenset({"double", "single", "logical", "sparse"}) | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}
"""Classes of MATLAB that are numbers."""
_COMPRESSED = 15
"""Type of an element of version 5 with a compressed variable."""
_OBJECT = "is an object of MATLAB: a string array, table, function handle or class."
_PLAIN_ONLY = "Save it as char, cell, struct or numbers, with cellstr, table2struct or double."


@contextmanager
def opened(path: str | Path) -> Iterator[Any]:
    """Open the variables of a file; errors in the block are reported as a damaged file."""
    path = existing_file(path)
    with guarded(path, ".mat file"):
        if h5py.is_hdf5(path):
            with opened_hdf5(path) as file:
                yield _Newer(file)
        else:
            yield _Older(path)


class _Newer(Mapping[str, Any]):
    """The variables of a file of version 7.3, each opened on demand."""

    def __init__(self, file: h5py.File):
        self._file = file
        self._names = dict.fromkeys(name for name in file if not name.startswith("#"))

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        return self._file[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class _Older(Mapping[str, Any]):
    """The variables of an older file, each read on demand."""

    def __init__(self, path: Path):
        self._path = path
        self._bytes: dict[str, float] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}
        structure.check(path)
        unpacked = _unpacked_bytes(path)
        for name, shape, kind in scipy.io.whosmat(path, appendmat=False):
            if kind in _NUMBERS:
                self.shapes[name] = tuple(shape)
            # Each cell or character becomes an object of Python, whatever its size in the file.
            declared = budget.array_bytes(shape, 1 if kind in _NUMBERS else 64)
            self._bytes[name] = max(declared, next(unpacked, 0.0))

    def __getitem__(self, name: str) -> Any:
        if name not in self._bytes:
            raise KeyError(name)
        copies = 2 if name in self.shapes else 4
        budget.need(
            copies * self._bytes[name],
            f"{self._path}, {name}",
            "this variable, unpacked,",
            "If the file should be smaller, it is damaged.",
        )
        structure.check(self._path, name)
        options: dict[str, Any] = {"appendmat": False, "spmatrix": False}
        return scipy.io.loadmat(self._path, variable_names=[name], **options)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._bytes)

    def __len__(self) -> int:
        return len(self._bytes)


def _unpacked_bytes(path: Path) -> Iterator[float]:
    """Yield the bytes of each variable of a file of version 5, as its header declares them."""
    with path.open("rb") as file:
        header = file.read(128)
        orders: dict[bytes, Literal["little", "big"]] = {b"IM": "little", b"MI": "big"}
        order = orders.get(header[126:128])
        while order is not None and len(tag := file.read(8)) == 8:
            kind, n_bytes = (int.from_bytes(part, order) for part in (tag[:4], tag[4:]))
            after = file.tell() + n_bytes
            if kind == _COMPRESSED:
                # The first eight bytes give the length of the rest.
                tag = zlib.decompressobj().decompress(file.read(min(n_bytes, 1024)), 8)
                n_bytes = int.from_bytes(tag[4:8], order)
            yield float(n_bytes)
            file.seek(after)


def shapes_of_numbers(root: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of variables that are known without reading them (older files)."""
    return root.shapes if isinstance(root, _Older) else {}


def inside(node: Any) -> Any:
    """Return a struct as a dict of nodes, cells and arrays of structs as a list; otherwise None."""
    if isinstance(node, h5py.Group):
        return None if _is_sparse(node) else _inside_group(node)
    if isinstance(node, Mapping):
        return node
    if isinstance(node, h5py.Dataset):
        if h5py.check_dtype(ref=node.dtype) is None or "MATLAB_object_decode" in node.attrs:
            return None
        return [node.file[reference] for reference in np.ravel(_whole(node))]
    if isinstance(node, MatlabOpaque | MatlabFunction) or not isinstance(node, np.ndarray):
        return None
    if node.dtype.names is not None:
        structs = [{k: each[k] for k in node.dtype.names} for each in np.ravel(node, order="F")]
        return structs[0] if len(structs) == 1 else structs
    return list(np.ravel(node, order="F")) if node.dtype.kind == "O" else None


def _inside_group(group: h5py.Group) -> Any:
    """Return a struct of version 7.3; in an array of them each field is an array of references."""
    fields = dict(group.items())
    arrays = [
        each
        for each in fields.values()
        if isinstance(each, h5py.Dataset)
        and h5py.check_dtype(ref=each.dtype) is not None
        and _class(each) != "cell"
    ]
    if not fields or len(arrays) < len(fields):
        return fields
    references = {name: np.ravel(_whole(each)) for name, each in fields.items()}
    return [
        {name: group.file[of_field[element]] for name, of_field in references.items()}
        for element in range(min(map(len, references.values())))
    ]


def _class(node: Any) -> str:
    name = node.attrs.get("MATLAB_class", b"")
    return name.decode("ascii", "replace") if isinstance(name, bytes) else str(name)


def _is_sparse(node: Any) -> bool:
    return "MATLAB_sparse" in node.attrs


def content(node: Any, where: str) -> Any:
    """Return a node as plain values; see `variables.content`."""
    with guarded(where, "variable of MATLAB"):
        return _content(node, where)


def _content(node: Any, where: str) -> Any:
    within = inside(node)
    if isinstance(within, Mapping):
        return {name: content(each, f"{where}.{name}") for name, each in within.items()}
    if isinstance(within, list):
        return [content(each, where) for each in within]
    if isinstance(node, h5py.Group):
        return _dense(node, where)
    if isinstance(node, h5py.Dataset):
        return _leaf_of_hdf5(node, where)
    if scipy.sparse.issparse(node):
        budget.need_array(node.shape, node.dtype.itemsize, where)
        return node.toarray()
    if isinstance(node, MatlabOpaque | MatlabFunction):
        raise InputError(where, _OBJECT, _PLAIN_ONLY)
    if node.dtype.kind == "U":
        return _rows([str(row) for row in np.ravel(node)])
    return node


def _leaf_of_hdf5(node: h5py.Dataset, where: str) -> Any:
    if "MATLAB_object_decode" in node.attrs:
        raise InputError(where, _OBJECT, _PLAIN_ONLY)
    is_text = _class(node) == "char"
    if node.attrs.get("MATLAB_empty", 0):
        return "" if is_text else np.empty((0, 0))
    array = _whole(node, _TEXT if is_text else 2).T
    if array.dtype.kind in "SO":
        return _rows(list(map(str, np.ravel(as_text(array, where)))))
    if is_text:
        return _rows(["".join(map(chr, row)) for row in np.atleast_2d(array)])
    return array


_TEXT = 16
"""Copies of a text in two bytes a character while each becomes text of Python."""


def _whole(node: h5py.Dataset, copies: float = 2) -> np.ndarray:
    """Return all values of an array, unless they are more than the budget of memory allows."""
    budget.need_node(node, f"{node.file.filename}, {node.name}", copies)
    return np.asarray(node[()])


def _rows(rows: list[str]) -> str | list[str]:
    return rows[0] if len(rows) == 1 else rows if rows else ""


def _dense(group: h5py.Group, where: str) -> np.ndarray:
    """Return a sparse matrix of version 7.3 as an array."""
    starts = whole_numbers(_whole(group["jc"]), f"{where}, jc")
    n_rows = int(group.attrs["MATLAB_sparse"])
    budget.need_array((n_rows, len(starts) - 1), 8, where)
    if "data" not in group:
        return np.zeros((n_rows, len(starts) - 1))
    parts = (_whole(group["data"]), whole_numbers(_whole(group["ir"]), f"{where}, ir"), starts)
    return scipy.sparse.csc_array(parts, shape=(n_rows, len(starts) - 1)).toarray()


def shape(node: Any) -> tuple[int, ...]:
    """Return the shape of numbers, as MATLAB shows it."""
    if isinstance(node, h5py.Group):
        return (int(node.attrs["MATLAB_sparse"]), len(node["jc"]) - 1) if _is_sparse(node) else ()
    if isinstance(node, h5py.Dataset):
        return tuple(node.shape[::-1])
    return tuple(getattr(node, "shape", ()))


def kind(node: Any) -> Literal["numbers", "text", "object"]:
    """Return the content of a node that has neither fields nor elements."""
    if isinstance(node, MatlabOpaque | MatlabFunction):
        return "object"
    if isinstance(node, h5py.Group):
        return "numbers" if _is_sparse(node) else "object"
    if isinstance(node, h5py.Dataset):
        if "MATLAB_object_decode" in node.attrs:
            return "object"
        return "text" if _class(node) == "char" or node.dtype.kind in "SO" else "numbers"
    return "text" if np.asarray(node).dtype.kind == "U" else "numbers"


def is_cell_of_arrays(node: Any) -> bool:
    """Return whether a node is cells of numbers, the first of which contains several."""
    within = inside(node)
    return (
        isinstance(within, list)
        and bool(within)
        and all(inside(each) is None for each in within)
        and all(kind(each) == "numbers" for each in within)
        and int(np.prod(shape(within[0]))) > 1
    )

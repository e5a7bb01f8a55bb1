"""NWB files as trees of groups and arrays, in HDF5 or Zarr.

We read the tree itself, not through pynwb, which refuses files that violate the schema of its own
version. Many files do: MATLAB writes columns of shape (n, 1), extensions change between versions,
and NWB 1 has a different structure.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from neuro_attn import budget
from neuro_attn.errors import InputError
from neuro_attn.guard import guarded
from neuro_attn.hdf5 import opened_hdf5
from neuro_attn.sources.checks import existing_file, is_zarr

_MAX_LISTED = 40
_PART = "part of an NWB file"


@dataclass(frozen=True)
class Tree:
    """An open NWB file.

    Parameters
    ----------
    root : h5py.Group or zarr.Group
        Its first group.
    path : Path
        The file, named in errors.
    """

    root: Any
    path: Path

    def at(self, place: str) -> Any:
        """Return the group or array at a path, or None."""
        node = self.root
        for name in place.strip("/").split("/"):
            if node is None or not is_group(node):
                return None
            node = child(node, name)
        return node

    def referred(self, reference: Any) -> Any:
        """Return the target of a reference, or None if it has none."""
        if isinstance(reference, h5py.Reference):
            return self.root[reference] if reference else None
        if isinstance(reference, dict):
            # Zarr has no references; hdmf-zarr writes the path.
            return self.at(str(reference.get("value", reference).get("path", "")))
        return None


@contextmanager
def opened(path: str | Path) -> Iterator[Tree]:
    """Open an NWB file, HDF5 or Zarr; its arrays are read on demand.

    Raises
    ------
    InputError
        If the file is missing or not NWB, or if the block fails because it is damaged.
    """
    path = Path(path)
    if not is_zarr(path):
        existing_file(path)
    with guarded(path, "NWB file"), _zarr(path) if is_zarr(path) else opened_hdf5(path) as root:
        tree = Tree(root, path)
        if not version(tree):
            raise InputError(
                str(path),
                "is not a readable NWB file (it has no nwb_version).",
                "NWB files are written by pynwb, MatNWB, neuroconv and others.",
            )
        yield tree


@contextmanager
def _zarr(path: Path) -> Iterator[Any]:
    """Open a Zarr folder with an optional dependency."""
    try:
        with warnings.catch_warnings():
            # Users of files cannot act on warnings about versions of packages.
            warnings.simplefilter("ignore")
            import zarr

            # zarr treats a path with "::" as an address.
            root = zarr.open_group(zarr.DirectoryStore(str(path)), mode="r")
    except ImportError:
        raise InputError(
            str(path),
            "NWB in Zarr needs other packages.",
            "pip install 'zarr<3' 'numcodecs>=0.15.2'",
        ) from None
    yield root


def version(tree: Tree) -> str:
    """Return the version of NWB that a file states, "" if it states none."""
    stated = attribute(tree.root, "nwb_version")
    if stated is None and (old := tree.at("nwb_version")) is not None:
        stated = scalar(old)
    return "" if stated is None else text(stated).removeprefix("NWB-")


def is_group(node: Any) -> bool:
    """Return whether a node is a group, not an array."""
    return not hasattr(node, "dtype")


def child(group: Any, name: str) -> Any:
    """Return the node of this name in a group; None if there is none, or its link is broken."""
    with guarded(f"{where(group)}/{name}".replace("//", "/"), _PART):
        try:
            node = group[name]
        except (KeyError, OSError):
            node = _linked(group, name)
        # HDF5 files may also contain types, which have no values.
        return None if isinstance(node, h5py.Datatype) else node


def _linked(group: Any, name: str) -> Any:
    """Return the target of a link in Zarr; hdmf-zarr stores links in an attribute."""
    links = attribute(group, "zarr_link")
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("name") == name and link.get("source") == ".":
            return group.get(str(link.get("path")))
    return None


def children(group: Any) -> dict[str, Any]:
    """Return all nodes in a group, by name."""
    if group is None or not is_group(group):
        return {}
    found = {str(name): child(group, name) for name in group}
    return {name: node for name, node in found.items() if node is not None}


def attribute(node: Any, name: str) -> Any:
    """Return an attribute, or None."""
    return node.attrs.get(name)


def type_of(node: Any) -> str:
    """Return the NWB type that a group or array states, "" if it states none."""
    return text(attribute(node, "neurodata_type") or "")


def whole(array: Any) -> np.ndarray:
    """Return all values of an array, unless they are more than the budget of memory allows."""
    with guarded(where(array), _PART):
        budget.need_node(array, where(array))
    return part(array, ...)


def part(array: Any, selection: Any) -> np.ndarray:
    """Return some values of an array; every value of a file is read here.

    Raises
    ------
    InputError
        If the array is damaged, or is stored as a pickle, which could run code.
    """
    with guarded(where(array), _PART):
        if is_pickled(array):
            raise InputError(
                where(array),
                "its values are a pickle, which can contain programs and is not read.",
                "Store them with another codec, such as vlen-utf8 for text.",
            )
        return np.asarray(array[selection])


def is_pickled(array: Any) -> bool:
    """Return whether a Zarr array is stored as a pickle."""
    codecs = [*(getattr(array, "filters", None) or []), getattr(array, "compressor", None)]
    return any(getattr(each, "codec_id", "") == "pickle" for each in codecs)


def where(node: Any) -> str:
    """Return the file and place of a group or array, for messages."""
    file = node.file.filename if isinstance(node, h5py.HLObject) else node.store.path
    return f"{file}, {node.name}"


def scalar(array: Any) -> Any:
    """Return the first value of an array, which may have no dimension; None if there is none."""
    if is_group(array) or array.shape is None or 0 in array.shape:
        return None
    return next(iter(np.ravel(part(array, (0,) * len(array.shape)))), None)


def text(value: Any) -> str:
    """Return text, which HDF5 may store as bytes, or as an array of one element."""
    if isinstance(value, np.ndarray):
        value = value.reshape(-1)[0] if value.size else ""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def listed(names: Any) -> str:
    """Return names for a message."""
    return ", ".join(str(name) for name in list(names)[:_MAX_LISTED]) or "none"

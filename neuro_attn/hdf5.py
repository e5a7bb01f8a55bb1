"""HDF5 files that keep all their data in themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from neuro_attn.errors import InputError

_DEEPEST = 100
"""Most groups in groups."""
_OF_SCALES = frozenset({"DIMENSION_LIST", "REFERENCE_LIST"})
"""Attributes that join axes to the data sets of their coordinates."""


@contextmanager
def opened_hdf5(path: str | Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading, unless it would read other files.

    HDF5 can link to an object of another file, or keep the values of a data set in one. A file of
    a stranger could then show the content of any file that its reader may open.

    Parameters
    ----------
    path : str or Path
        The file.

    Yields
    ------
    h5py.File

    Raises
    ------
    InputError
        If the file links to another one or keeps values in one, or is damaged in a way that could
        crash HDF5.
    OSError
        If it is no HDF5 file.
    """
    with h5py.File(path, "r") as file:
        for name, node in _objects(file, path):
            if (other := _elsewhere(node)) is not None:
                raise InputError(
                    f"{path}, {name}",
                    f"its data are in another file ({other}), which is not read.",
                    "Copy them into this file, for example with h5repack or MATLAB's save.",
                )
            if isinstance(node, h5py.Dataset):
                _check_scales(node, f"{path}, {name}")
        yield file


def _objects(file: h5py.File, path: str | Path) -> Iterator[tuple[str, Any]]:
    """Yield each group and data set once, and links to other files, with their names.

    Unlike h5py's own visits, it takes no longer for deep groups, and its depth is bounded: HDF5
    follows paths in time that grows with the square of their depth.
    """
    seen = set()
    groups: list[tuple[str, int, h5py.Group]] = [("", 0, file)]
    while groups:
        above, depth, group = groups.pop()
        if depth > _DEEPEST:
            raise InputError(
                f"{path}, {above[:60]}...",
                f"groups are nested more than {_DEEPEST} deep.",
                "No format that can be read has such files; save it again.",
            )
        for key in group:
            link = group.get(key, getlink=True)
            name = f"{above}/{key!s}".removeprefix("/")
            if isinstance(link, h5py.ExternalLink):
                yield name, link
            if not isinstance(link, h5py.HardLink):
                continue
            node = group[key]
            info = h5py.h5o.get_info(node.id)
            if (info.fileno, info.addr) in seen:
                continue
            seen.add((info.fileno, info.addr))
            yield name, node
            if isinstance(node, h5py.Group):
                groups.append((name, depth + 1, node))


def _elsewhere(node: Any) -> str | None:
    """Return the other file that a link leads to or a data set keeps its values in."""
    if isinstance(node, h5py.ExternalLink):
        return node.filename
    if not isinstance(node, h5py.Dataset):
        return None
    # Each property of h5py asks for the plan of a data set anew; a file may have 200,000 of them.
    plan = node.id.get_create_plist()
    if plan.get_external_count():
        return node.external[0][0]
    is_virtual = plan.get_layout() == h5py.h5d.VIRTUAL
    return node.virtual_sources()[0].file_name if is_virtual else None


def _check_scales(node: h5py.Dataset, where: str) -> None:
    """Raise `InputError` unless the attributes of a data set's axes have the type of the standard.

    HDF5 reads them without looking at their type, and numbers in their place corrupt its memory.
    """
    for name in _OF_SCALES:
        if not h5py.h5a.exists(node.id, name.encode()):
            continue
        attribute = h5py.h5a.open(node.id, name.encode())
        kind, shape = attribute.get_type(), attribute.shape
        if name == "DIMENSION_LIST":
            fits = (
                isinstance(kind, h5py.h5t.TypeVlenID)
                and kind.get_super() == h5py.h5t.STD_REF_OBJ
                and shape == (node.ndim,)
            )
        else:
            fits = (
                isinstance(kind, h5py.h5t.TypeCompoundID)
                and kind.get_nmembers() == 2
                and kind.get_member_type(0) == h5py.h5t.STD_REF_OBJ
                and len(shape) == 1
            )
        if not fits:
            raise InputError(
                where,
                f"the attribute {name}, which links axes and their coordinates, is damaged.",
                "Save the file again with the program that wrote it.",
            )

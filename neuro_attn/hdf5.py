"""HDF5 files that keep all their data in themselves."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py

from neuro_attn.errors import InputError


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
        If the file links to another one, or keeps values in one.
    OSError
        If it is no HDF5 file.
    """
    with h5py.File(path, "r") as file:
        # Both visits end at the first name for which they are given an answer.
        elsewhere = file.visititems_links(_linked) or file.visititems(_stored)
        if elsewhere is not None:
            name, other = elsewhere
            raise InputError(
                f"{path}, {name}",
                f"its data are in another file ({other}), which is not read.",
                "Copy them into this file, for example with h5repack or MATLAB's save.",
            )
        yield file


def _linked(name: bytes | str, link: Any) -> tuple[str, str] | None:
    """Return the name of a link to another file, and the file."""
    if not isinstance(link, h5py.ExternalLink):
        return None
    return name.decode(errors="replace") if isinstance(name, bytes) else name, link.filename


def _stored(name: str, node: Any) -> tuple[str, str] | None:
    """Return the name of a data set that keeps its values in another file, and the file."""
    if not isinstance(node, h5py.Dataset):
        return None
    if node.external:
        return name, node.external[0][0]
    return (name, node.virtual_sources()[0].file_name) if node.is_virtual else None

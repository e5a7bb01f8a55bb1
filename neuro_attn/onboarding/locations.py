"""Locations of files, as a configuration names them."""

import glob
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neuro_attn.sources.contents import Contents

_LISTED = 12
"""Number of files beyond which a pattern is written instead of a list, if one matches."""


@dataclass(frozen=True)
class Location:
    """How a configuration names files.

    Parameters
    ----------
    name : str
        Name of the data set.
    data_folder : str
        Folder to which the files are relative.
    keys : dict
        ``files``, or for tables ``spikes``, ``trials`` and ``units``.
    """

    name: str
    data_folder: str
    keys: dict[str, Any]


def locate(contents: Contents, name: str, data_folder: str | None) -> Location:
    """Return the location of files.

    Parameters
    ----------
    contents : Contents
        The files.
    name : str
        Name of the data set.
    data_folder : str or None
        The folder of the data, if the user gave one; otherwise the common folder of the files.
    """
    folder = data_folder or _common_folder(contents.files)

    def relative(path: str) -> str:
        inside = os.path.relpath(path, folder)
        return os.path.abspath(path) if inside.startswith("..") else Path(inside).as_posix()

    if contents.roles:
        keys: dict[str, Any] = {role: relative(path) for role, path in contents.roles.items()}
    else:
        keys = {"files": _patterns([relative(path) for path in contents.files], folder)}
    return Location(name, Path(folder).as_posix(), keys)


def _common_folder(files: list[str]) -> str:
    folders = [os.path.dirname(os.path.normpath(file)) for file in files]
    if any(map(os.path.isabs, folders)):
        folders = [os.path.abspath(folder) for folder in folders]
    return os.path.commonpath(folders) or "."


def _patterns(files: list[str], folder: str) -> list[str]:
    """Return file names as patterns; one pattern for many files if it matches these only."""
    if len(files) > _LISTED:
        first = Path(files[0])
        pattern = (Path(glob.escape(first.parent.as_posix())) / f"*{first.suffix}").as_posix()
        if set(glob.glob(pattern, root_dir=folder)) == {Path(file).as_posix() for file in files}:
            return [pattern]
    return [glob.escape(file) for file in files]

"""What every source checks of the files that users give."""

import hashlib
import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from neuro_attn.errors import InputError, did_you_mean_file
from neuro_attn.files import sha256
from neuro_attn.guard import guarded

KINDS = {
    "nwb": "NWB file",
    "raster": "raster",
    "binned": "file of binned data",
    "table": "table",
    "netcdf": "NetCDF recording",
    "matlab": "file of MATLAB arrays",
    "alf": "ALF folder",
    "phy": "Phy folder",
}
"""What the file or folder of a session is called in messages, by source."""


def reading(where: object, source: str) -> AbstractContextManager[None]:
    """Return the guard around everything that reads a file or folder of a source.

    Parameters
    ----------
    where : object
        The file or folder.
    source : str
        As in the configuration.
    """
    return guarded(where, KINDS[source])


def existing_file(path: str | Path, where: str = "", *, fixed_name: bool = False) -> Path:
    """Return `path`, or raise `InputError` if it is no file.

    Parameters
    ----------
    path : str or Path
        The file.
    where : str, optional
        The config key that names it; without one, the error names the file alone.
    fixed_name : bool
        Whether the format, not the user, names the file. A similar name is then no suggestion.
    """
    path = Path(path)
    if not path.is_file():
        problem = f"no such file: {path}." if where else "no such file."
        remedy = "" if fixed_name else did_you_mean_file(path)
        raise InputError(where or str(path), problem, remedy)
    return path


GENERIC = re.compile(
    r"alf|phy|output|sorter_output|sorting|spike_?sort(ing|ers?)|(py)?kilosort[\d._]*|"
    r"ks[\d._]*(_?matlab)?|ibl_?sorter[\d._]*|mountainsort[\d._]*|spykingcircus[\d._]*|"
    r"tridesclous[\d._]*",
    re.I,
)
"""Folder names shared by all sessions or probes; the folder above identifies the session."""
_NUMBERED = re.compile(r"([^/]+)/(\d{4}-\d\d-\d\d)/(\d{3})")
"""Subject, date and number: how Open Neurophysiology names sessions."""


def is_zarr(path: str | Path) -> bool:
    """Return whether a path is a folder that holds a Zarr group."""
    return any((Path(path) / name).is_file() for name in (".zgroup", "zarr.json"))


def zarr_files(path: str | Path) -> list[str]:
    """Return the files of an NWB Zarr folder that are read, and those on top; else none.

    A folder's own time does not change with what lies deeper in it.
    """
    if not is_zarr(path):
        return []
    parts = ("units", "intervals", "processing", "general/extracellular_ephys")
    deeper = [each for part in parts for each in (Path(path) / part).rglob("*")]
    return sorted(str(each) for each in [*Path(path).iterdir(), *deeper] if each.is_file())


def session_of(path: str | Path) -> str:
    """Return the session that a file or folder is.

    A file is called by its name without suffix, a folder by its name, unless all sessions have
    such a folder (alf, kilosort4, ...): then by the folder above it. A folder like
    ``mouse/2020-01-31/001`` is ``mouse_2020-01-31_001``.
    """
    if Path(path).is_dir() and not is_zarr(path):
        parts = list(Path(path).absolute().parts)
        while len(parts) > 2 and GENERIC.fullmatch(parts[-1]):
            parts.pop()
        numbered = _NUMBERED.fullmatch("/".join(parts[-3:]))
        return "_".join(numbered.groups()) if numbered else parts[-1]
    name = Path(path).name
    return Path(name.removesuffix(".zarr")).stem if name.endswith(".nwb.zarr") else Path(path).stem


def digest(path: str | Path) -> str:
    """Return the SHA-256 digest of a file, or of all names and files of a folder."""
    path = Path(path)
    if path.is_file():
        return sha256(path)
    return digest_of([each for each in path.rglob("*") if each.is_file()], path)


def digest_of(paths: Iterable[str | Path], folder: Path) -> str:
    """Return the SHA-256 digest of the names, relative to a folder, and contents of files."""
    together = hashlib.sha256()
    for each in sorted(map(Path, paths)):
        together.update(f"{each.relative_to(folder).as_posix()}\0{sha256(each)}\n".encode())
    return together.hexdigest()

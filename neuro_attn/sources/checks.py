"""Files, folders and digests, as all sources use them."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from neuro_attn.errors import InputError, did_you_mean_file
from neuro_attn.files import sha256


def existing_file(path: str | Path, where: str = "", *, fixed_name: bool = False) -> Path:
    """Return `path`, or raise `InputError` if it is no file.

    Parameters
    ----------
    path : str or Path
        The file.
    where : str, optional
        The config key that names it; without one, the error names the file alone.
    fixed_name : bool
        Whether the format, not the user, names the file. Similar names are then not suggested.
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
    """Return whether a path is a folder with a Zarr group."""
    return any((Path(path) / name).is_file() for name in (".zgroup", "zarr.json"))


def zarr_files(path: str | Path) -> list[str]:
    """Return the files of an NWB Zarr folder that are read, and its top files; else none.

    The modification time of a folder does not change with the contents of folders in it.
    """
    if not is_zarr(path):
        return []
    parts = ("units", "intervals", "processing", "general/extracellular_ephys")
    deeper = [each for part in parts for each in (Path(path) / part).rglob("*")]
    return sorted(str(each) for each in [*Path(path).iterdir(), *deeper] if each.is_file())


def session_of(path: str | Path) -> str:
    """Return the name of the session in a file or folder.

    It is the name of the file without suffix, or that of the folder. If all sessions have a folder
    of that name (alf, kilosort4, ...), it is that of the folder above it. A folder such as
    ``mouse/2020-01-31/001`` is the session ``mouse_2020-01-31_001``.
    """
    if Path(path).is_dir() and not is_zarr(path):
        parts = _own_parts(path)
        numbered = _NUMBERED.fullmatch("/".join(parts[-3:]))
        return "_".join(numbered.groups()) if numbered else parts[-1]
    name = Path(path).name
    return Path(name.removesuffix(".zarr")).stem if name.endswith(".nwb.zarr") else Path(path).stem


def subject_of(folder: str | Path) -> str:
    """Return the subject of a folder such as ``mouse/2020-01-31/001``; else an empty string."""
    numbered = _NUMBERED.fullmatch("/".join(_own_parts(folder)[-3:]))
    return numbered[1] if numbered else ""


def _own_parts(folder: str | Path) -> list[str]:
    """Return the parts of a path up to the folder that identifies the session."""
    parts = list(Path(folder).absolute().parts)
    while len(parts) > 2 and GENERIC.fullmatch(parts[-1]):
        parts.pop()
    return parts


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

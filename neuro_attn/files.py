"""Files written whole or not at all, and names that are safe as file names."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

from neuro_attn.errors import InputError, of_the_system

PARTIAL = ".partial-"
"""How the names of files begin that are being written, or were when their writer was killed."""
_LONGEST = 250
"""Longest encoded name: with a suffix it fits into the 255 bytes that file systems allow."""


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that takes its name only if the block succeeds.

    Parameters
    ----------
    path : str or Path
        Where the file shall appear; missing folders are made.

    Yields
    ------
    Path
        A new path in the same folder, with the same suffix, to be written inside the block.

    Raises
    ------
    InputError
        If the system refuses it: the disk is full, the folder may not be written to.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=PARTIAL, suffix=path.suffix)
        os.close(handle)
        temporary = Path(name)
        try:
            yield temporary
            temporary.chmod(0o644)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise of_the_system(error, str(path)) from error


def remove_partial(folder: str | Path) -> None:
    """Remove what writers that were killed left in a folder and the folders in it."""
    for path in Path(folder).rglob(f"{PARTIAL}*"):
        path.unlink(missing_ok=True)


def sha256(path: str | Path) -> str:
    """Return the SHA-256 digest of a file's bytes, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_filename(name: str, where: str = "names") -> str:
    """Return `name` with every character that a path or shell could trip over percent-encoded.

    Parameters
    ----------
    name : str
        Of a region or a session.
    where : str
        What it is the name of, and in which file, named in errors.

    Raises
    ------
    InputError
        If that is too long for the name of a file.
    """
    try:
        encoded = quote(name, safe="+,=@") or "%"
    except UnicodeEncodeError:
        raise InputError(where, f"{name!r} holds bytes that are not UTF-8.") from None
    if encoded[0] == ".":
        encoded = f"%2E{encoded[1:]}"
    if len(encoded) > _LONGEST:
        raise InputError(
            where,
            f"{name[:60] + '...'!r} has {len(name)} characters, which make a file name of "
            f"{len(encoded)}.",
            f"At most {_LONGEST}, where letters that are not ASCII count six or more.",
        )
    return encoded


def from_filename(stem: str) -> str:
    """Return the name that `as_filename` encoded as `stem`."""
    return "" if stem == "%" else unquote(stem)


def write_text(text: str, path: str | Path) -> None:
    """Write text, whole or not at all."""
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")

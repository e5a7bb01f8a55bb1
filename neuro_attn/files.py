"""Atomic writing of files, and names that are safe as file names."""

import hashlib
import os
import platform
import re
import time
import unicodedata
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, unquote

from neuro_attn.errors import InputError, of_the_system

PARTIAL = ".partial-"
"""Prefix of files that are being written, or were when their process was killed."""
_WRITER = re.compile(rf"{re.escape(PARTIAL)}([0-9a-f]{{8}})-(\d+)-[0-9a-f]{{32}}(?:\..*)?")
"""Name of a partial file: the computer and process that write it, and a unique number."""
_LONGEST_WRITING = 86_400
"""Age at which a partial file of another computer is that of a killed process, s."""
_LONGEST = 250
"""Longest encoded name: with a suffix it fits into the 255 bytes that file systems allow."""
_DEVICE = re.compile(r"(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³])(?:\..*)?", re.IGNORECASE)
_REPEATS = 20
_PERIODIC = re.compile(rf"(.+)\1{{{_REPEATS - 1}}}$", re.DOTALL)


def parquet_of(table: str | Path) -> Path:
    """Return the file with the same table as a CSV file, written if the table is large.

    Examples
    --------
    >>> parquet_of("results/ibl/transfer.csv").name
    'transfer.parquet'
    """
    return Path(table).with_suffix(".parquet")


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path that is renamed to `path` only if the block succeeds.

    Parameters
    ----------
    path : str or Path
        The file; missing folders are created.

    Yields
    ------
    Path
        A new path in the same folder, with the same suffix, to be written inside the block. The
        file's mode follows the umask.

    Raises
    ------
    InputError
        If the file cannot be written, for example because the disk is full.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        name = f"{PARTIAL}{_computer()}-{os.getpid()}-{uuid.uuid4().hex}{path.suffix}"
        temporary = path.with_name(name)
        try:
            temporary.touch(exist_ok=False)
            yield temporary
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise of_the_system(error, str(path)) from error


def remove_partial(folder: str | Path) -> None:
    """Remove partial files of killed processes from a folder and its subfolders.

    Files of processes that still run are kept. Processes of other computers, such as jobs on the
    nodes of a cluster, count as running if they wrote to the file within the last day.
    """
    for path in Path(folder).rglob(f"{PARTIAL}*"):
        with suppress(FileNotFoundError):
            if not _being_written(path):
                path.unlink()


def _being_written(path: Path) -> bool:
    writer = _WRITER.fullmatch(path.name)
    if writer is None:
        return False
    computer, process = writer[1], int(writer[2])
    if computer != _computer():
        return time.time() - path.stat().st_mtime < _LONGEST_WRITING
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True


def _computer() -> str:
    """Return a short digest of the name of this computer."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def sha256(path: str | Path) -> str:
    """Return the SHA-256 digest of a file's bytes, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_device(name: str) -> bool:
    """Return whether Windows treats a file name as a device, such as ``NUL`` or ``con.txt``."""
    return _DEVICE.fullmatch(name) is not None


def is_periodic(name: str) -> bool:
    """Return whether a name ends in a text that repeats 20 times, which Snakemake refuses."""
    return _PERIODIC.search(name) is not None


def as_on_disk(name: str) -> str:
    """Return a text that is equal for all names that some file systems treat as the same.

    File systems of macOS and Windows ignore case. That of macOS also ignores the encoding of
    accents.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def meeting(names: Iterable[str]) -> tuple[str, str] | None:
    """Return the first two different names that some file systems treat as the same, if any."""
    first: dict[str, str] = {}
    for name in names:
        if (other := first.setdefault(as_on_disk(name), name)) != name:
            return other, name
    return None


def shown_apart(one: str, other: str) -> str:
    """Return two names for a message, with escapes if they look the same."""
    if unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other):
        return f"{one!a} and {other!a}"
    return f"{one!r} and {other!r}"


def as_filename(name: str, where: str = "names") -> str:
    """Return `name` with all characters that are unsafe in paths or shells percent-encoded.

    The first character of a name that Windows reserves is encoded as well.

    Parameters
    ----------
    name : str
        Name of a region or session.
    where : str
        What has this name, and in which file; used in errors.

    Raises
    ------
    InputError
        If the encoded name is too long for a file name, or ends in a text that repeats 20 times.
    """
    try:
        encoded = quote(name, safe="+,=@") or "%"
    except UnicodeEncodeError:
        raise InputError(where, f"{name!r} contains bytes that are not UTF-8.") from None
    if encoded[0] == "." or is_device(encoded):
        encoded = f"%{ord(encoded[0]):02X}{encoded[1:]}"
    if len(encoded) > _LONGEST:
        raise InputError(
            where,
            f"{name[:60] + '...'!r} has {len(name)} characters, which make a file name of "
            f"{len(encoded)}.",
            f"At most {_LONGEST} are allowed; a letter that is not ASCII counts as six or more.",
        )
    if is_periodic(encoded):
        raise InputError(
            where,
            f"{name[:60]!r} ends in a text that repeats {_REPEATS} times or more, which Snakemake "
            "refuses in file names.",
            "Choose another name; regions can be renamed by regions.map.",
        )
    return encoded


def from_filename(stem: str) -> str:
    """Return the name that `as_filename` encoded as `stem`."""
    return "" if stem == "%" else unquote(stem)


def write_text(text: str, path: str | Path) -> None:
    """Write text atomically."""
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")

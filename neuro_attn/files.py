"""Files written whole or not at all, and names that are safe as file names."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote


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
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.stem[:40]}-", suffix=path.suffix
    )
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def sha256(path: str | Path) -> str:
    """Return the SHA-256 digest of a file's bytes, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_filename(name: str) -> str:
    """Return `name` with every character that a path could trip over percent-encoded."""
    return quote(name, safe=" ()+,;=@").replace(" ", "%20") or "%"


def from_filename(stem: str) -> str:
    """Return the name that `as_filename` encoded as `stem`."""
    return unquote(stem)

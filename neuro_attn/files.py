"""Files written whole or not at all, and names that are safe as file names."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

import pandas as pd

NAMES = (
    "region",
    "session",
    "compared_with",
    "task",
    "train_task",
    "test_task",
    "window",
    "epoch",
    "network",
    "population",
    "runner_up",
)
"""Columns of names, which may look like numbers or like a missing value ("NA" is a region)."""
NUMBERS_AT_TIMES_MISSING = (
    "transfer_ratio",
    "ratio_ci_low",
    "ratio_ci_high",
    "ceiling",
    "floor",
    "runner_up_distance",
    "loss",
    "report_error_pro",
    "report_error_retro",
)
"""Columns of numbers that not every row has."""


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
    return "" if stem == "%" else unquote(stem)


def write_text(text: str, path: str | Path) -> None:
    """Write text, whole or not at all."""
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_csv(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table as CSV, whole or not at all, with the same bytes for the same values."""
    with written_whole(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.9g", lineterminator="\n")


def read_csv(path: str | Path) -> pd.DataFrame:
    """Read a table that `write_csv` wrote: names stay text, only empty numbers are missing."""
    return pd.read_csv(
        path,
        dtype=dict.fromkeys(NAMES, str),
        keep_default_na=False,
        na_values={column: [""] for column in NUMBERS_AT_TIMES_MISSING},
    )

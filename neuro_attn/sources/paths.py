"""Files and folders that the patterns of a configuration match."""

import difflib
import glob
from collections.abc import Sequence
from pathlib import Path

from neuro_attn.errors import InputError, did_you_mean_file, shell_syntax
from neuro_attn.sources.checks import is_zarr, session_of

MOST_LISTED = 40
"""Names that a message lists at most."""


def check_folder(folder: Path, given: Sequence[str]) -> None:
    """Raise `InputError` if paths are relative to a folder that does not exist."""
    if folder.is_dir() or all(Path(each).is_absolute() for each in given):
        return
    problem = "is a file" if folder.is_file() else "does not exist"
    raise InputError(
        "data_folder",
        f"the folder {str(folder)!r} {problem}.",
        f"{did_you_mean_file(folder)} It is the folder that files are relative to; --data replaces "
        "it.".strip(),
    )


def matching(
    patterns: Sequence[str], data_folder: str | Path, key: str, *, folders: bool
) -> list[str]:
    """Return the files, or else folders, that patterns match, sorted.

    Parameters
    ----------
    patterns : sequence of str
        Patterns, relative to the data folder or absolute.
    data_folder : str or Path
        The folder.
    key : str
        The key of the patterns, named in errors.
    folders : bool
        Whether sessions are folders.

    Raises
    ------
    InputError
        If a pattern matches nothing, or two files would be sessions of the same name.
    """
    found = {path for each in patterns for path in matches(each, data_folder, key, folders=folders)}
    paths = sorted(found)
    check_distinct_names(paths, key)
    return paths


def matches(pattern: str, data_folder: str | Path, key: str, *, folders: bool = False) -> list[str]:
    """Return the files, or else folders, that a pattern matches; arguments as in `matching`."""
    found = [Path(data_folder) / match for match in glob.glob(pattern, root_dir=data_folder)]
    if folders:
        sessions = [str(path) for path in found if path.is_dir()]
    else:
        sessions = [str(path) for path in found if path.is_file() or is_zarr(path)]
    if not sessions:
        raise InputError(
            key,
            f"{pattern!r} matches no {'folder' if folders else 'file'} in "
            f"{Path(data_folder).absolute()}.",
            _found_instead(pattern, Path(data_folder)),
        )
    return sessions


def _found_instead(pattern: str, folder: Path) -> str:
    """Return a remedy for a pattern without a match: a similar path, or the existing files."""
    if "\\" in pattern:
        return f"Write / instead of \\: {pattern.replace(chr(92), '/')}."
    if hint := shell_syntax(pattern):
        return hint
    parts = Path(pattern).parts
    for number, part in enumerate(parts):
        if (folder / part).is_dir():
            folder = folder / part
            continue
        there = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
        close = difflib.get_close_matches(part, there, n=1)
        if close and not set(part) & set("*?["):
            return f"Did you mean {Path(*parts[:number], close[0], *parts[number + 1 :])}?"
        more = f" and {len(there) - MOST_LISTED} more" if len(there) > MOST_LISTED else ""
        listed = ", ".join(there[:MOST_LISTED]) + more if there else "nothing"
        return f"{folder} contains: {listed}. Patterns are relative to data_folder, or absolute."
    return "Patterns are relative to data_folder, or absolute."


def check_characters(paths: Sequence[str], key: str) -> None:
    """Raise `InputError` if a path contains a forbidden character."""
    for path in paths:
        if set(path) & set("{}<>"):
            raise InputError(
                key,
                f"{path!r} contains one of {{ }} < >.",
                "Rename the file or folder: Snakemake reads braces as wildcards, and the report "
                "would read < and > as markup.",
            )


def check_distinct_names(paths: Sequence[str], key: str) -> None:
    """Raise `InputError` if two files would be sessions of the same name."""
    check_characters(paths, key)
    first: dict[str, str] = {}
    for path in paths:
        if (other := first.setdefault(session_of(path), path)) != path:
            remedy = "A session is named after its file; rename one."
            if Path(path).is_dir() and not is_zarr(path):
                remedy = (
                    "If these are two sortings of one recording, choose one with a narrower "
                    "pattern; otherwise, rename one of the folders."
                )
            raise InputError(
                key, f"{other} and {path} would both be the session {session_of(path)!r}.", remedy
            )

"""Contents of the files that a user names, for all sources."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from neuro_attn.errors import InputError
from neuro_attn.sources import SOURCES
from neuro_attn.sources.checks import existing_file
from neuro_attn.sources.contents import Contents
from neuro_attn.sources.options import InitOptions
from neuro_attn.sources.specification import Source

# Sources that look into a file are asked before those that read any file of a suffix.
_SOURCES = sorted(SOURCES.values(), key=lambda source: source.is_general)
_SUFFIXES = sorted({suffix for source in _SOURCES for suffix in source.suffixes})
_FOLDERS = sorted(source.folders for source in _SOURCES if source.folders)
_REMEDY = f"Files that can be read: {', '.join(_SUFFIXES)}; folders: {', '.join(_FOLDERS)}."


def read(paths: Iterable[str], options: InitOptions | None = None) -> list[Contents]:
    """Return the contents of files and folders, sorted by source.

    Parameters
    ----------
    paths : iterable of str
        Files and folders of any source, or folders that contain such files.
    options : InitOptions, optional
        The options of `init`.

    Returns
    -------
    list of Contents
        One for each source of which files were given.

    Raises
    ------
    InputError
        If a file is missing, of no source, or cannot be read.
    """
    by_source: dict[Source[Any], list[str]] = {}
    for path in dict.fromkeys(file for given in paths for file in _files(given)):
        by_source.setdefault(_source(path), []).append(path)
    return [source.contents(files, options or InitOptions()) for source, files in by_source.items()]


def _files(path: str) -> list[str]:
    """Return the files to read in a folder of files; other paths are returned unchanged."""
    folder = Path(path)
    if not folder.is_dir() or _recognised(path):
        return [path]
    if found := [str(each) for each in sorted(folder.iterdir()) if _can_be_read(each)]:
        return found
    _refuse(path)
    below = next((each for each in sorted(folder.rglob("*")) if _can_be_read(each)), None)
    if below is None:
        raise InputError(path, "is a folder without files that can be read.", _REMEDY)
    depth = "/".join("*" for _ in below.parent.relative_to(folder).parts)
    name = f"*{below.suffix}" if below.suffix else below.name
    raise InputError(
        path,
        f"is a folder; the first file in a folder below is {below.relative_to(folder)}.",
        f"Name the files, as {folder / depth / name}.",
    )


def _can_be_read(path: Path) -> bool:
    """Return whether a path is a file of a known suffix, or a folder that is read as a file."""
    if path.is_file():
        return path.suffix.lower() in _SUFFIXES
    return any(each.recognises(str(path)) for each in _SOURCES if not each.is_folder)


def _recognised(path: str) -> Source[Any] | None:
    return next((source for source in _SOURCES if source.recognises(path)), None)


def _refuse(path: str) -> None:
    """Raise `InputError` if a source has a remedy for a path that cannot be read."""
    for source in _SOURCES:
        source.refuse(path)


def _source(path: str) -> Source[Any]:
    """Return the source of a file or folder."""
    if not Path(path).is_dir():
        existing_file(path)
    if found := _recognised(path):
        return found
    _refuse(path)
    raise InputError(path, f"suffix {Path(path).suffix.lower()!r}.", _REMEDY)

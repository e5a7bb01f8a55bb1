"""The files of a network's activations: one for each replicate network."""

import re
from pathlib import Path

from neuro_attn.configuration import ActivationFiles
from neuro_attn.errors import InputError
from neuro_attn.sources.paths import check_characters, check_folder, matches

_NUMBER = re.compile(r"(\d+)")


def replicate_files(given: ActivationFiles, data_folder: str | Path) -> list[list[str]]:
    """Return the files of each replicate: its activations, then its table of trials, if any.

    Parameters
    ----------
    given : ActivationFiles
        Files or patterns. Files are in the given order, those of one pattern by their names, in
        which numbers are compared as numbers.
    data_folder : str or Path
        Folder to which they are relative.

    Raises
    ------
    InputError
        If a pattern matches no file, a file is named twice, or the number of tables of trials is
        neither one nor that of the files.
    """
    activations = _found(given.files, f"{given.key}.{given.name}", data_folder)
    if given.trials is None:
        return [[path] for path in activations]
    tables = _found(given.trials, f"{given.key}.trials", data_folder)
    if len(tables) == 1:
        tables *= len(activations)
    if len(tables) != len(activations):
        raise InputError(
            f"{given.key}.trials",
            f"{len(tables)} tables of trials, but {given.name} has {len(activations)} files.",
            "Give one table for all files, or one per file.",
        )
    return [list(pair) for pair in zip(activations, tables, strict=True)]


def _found(given: str | list[str], key: str, data_folder: str | Path) -> list[str]:
    patterns = [given] if isinstance(given, str) else given
    check_folder(Path(data_folder), patterns)
    found = [
        path
        for pattern in patterns
        for path in sorted(matches(pattern, data_folder, key), key=_by_number)
    ]
    check_characters(found, key)
    if repeated := [path for path in found if found.count(path) > 1]:
        raise InputError(
            key, f"{repeated[0]} is named twice.", "A replicate network has a file of its own."
        )
    return found


def _by_number(path: str) -> list[tuple[int, str]]:
    """Return a key by which ``seed10`` follows ``seed9``."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in _NUMBER.split(path)]

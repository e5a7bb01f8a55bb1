"""Which files a data set is read from, and what its sessions are called."""

import difflib
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from neuro_attn.configuration import ActivationFiles, AnyDataset
from neuro_attn.errors import InputError
from neuro_attn.files import as_filename, meeting, shown_apart
from neuro_attn.sources.checks import session_of
from neuro_attn.sources.discovered import SOURCES, source_of
from neuro_attn.sources.paths import MOST_LISTED, check_characters, check_folder
from neuro_attn.sources.replicates import replicate_files
from neuro_attn.sources.specification import Source


class Part(NamedTuple):
    """Sessions of a data set that are read together.

    Parameters
    ----------
    paths : list of str
        The file or folder of the session, or files that are read together; none for simulations.
    files : list of str
        The files that are read, sorted within each path.
    sessions : list of str
        Names of the sessions.
    """

    paths: list[str]
    files: list[str]
    sessions: list[str]


def parts(name: str, dataset: AnyDataset | ActivationFiles, data_folder: str | Path) -> list[Part]:
    """Return the files and sessions of a data set, without reading recordings.

    Parameters
    ----------
    name : str
        Name of the data set in the configuration.
    dataset : settings of a data set
        Its source and files; or the files of an imported network, whose replicates are the
        sessions ``seed0``, ``seed1``, ...
    data_folder : str or Path
        Folder to which its files are relative.

    Returns
    -------
    list of Part
        Sorted by path: one for each file or folder; one for all tables, and one for a simulation.
        Sessions that ``sessions`` excludes are omitted, and so are files with no other sessions.

    Raises
    ------
    InputError
        If a pattern matches no file, a table is missing, two files would be sessions of the same
        name, a path has one of ``{ } < >``, or ``sessions`` names an unknown session or excludes
        all.
    """
    if isinstance(dataset, ActivationFiles):
        replicates = replicate_files(dataset, data_folder)
        return [Part(files, files, [f"seed{n}"]) for n, files in enumerate(replicates)]
    source = source_of(name, dataset)
    found = source.parts(_all_paths(name, dataset, data_folder), dataset)
    names = chosen([each for _, names in found for each in names], name, dataset)
    _check_names(names, name)
    kept = set(names)
    made = [
        Part(
            paths,
            [file for path in paths for file in _files(path, dataset, source)],
            [each for each in names if each in kept],
        )
        for paths, names in found
        if not kept.isdisjoint(names)
    ]
    check_characters([file for part in made for file in part.files], f"datasets.{name}.files")
    return made


def _files(path: str, dataset: AnyDataset, source: Source[Any]) -> list[str]:
    """Return the files of a path; none if it is left out, for the reason that its job reports."""
    try:
        return source.input_files(path, dataset)
    except InputError:
        if dataset.sessions.on_error == "stop":
            raise
        return []


def by_job(parts: Sequence[Part], dataset: AnyDataset) -> list[Part]:
    """Return parts for one job each: those of sessions with few data are read by the same jobs.

    The job of a session depends on its name alone, so that another session changes no other job.
    """
    n_jobs = SOURCES[dataset.source].jobs
    if not n_jobs:
        return list(parts)
    jobs: dict[int, list[Part]] = {}
    for part in parts:
        digest = hashlib.sha256("\0".join(part.sessions).encode()).digest()
        jobs.setdefault(int.from_bytes(digest[:4], "big") % n_jobs, []).append(part)
    return [
        Part(*([each for part in of_job for each in part[field]] for field in range(3)))
        for _, of_job in sorted(jobs.items())
    ]


def session_paths(name: str, dataset: AnyDataset, data_folder: str | Path) -> list[str]:
    """Return the file or folder of each session, sorted, or all files of a data set.

    Files of excluded sessions are omitted.
    """
    paths = _all_paths(name, dataset, data_folder)
    if not paths or source_of(name, dataset).several_sessions:
        return paths
    kept = chosen([session_of(path) for path in paths], name, dataset)
    return [path for path in paths if session_of(path) in kept]


def _all_paths(name: str, dataset: AnyDataset, data_folder: str | Path) -> list[str]:
    source = source_of(name, dataset)
    check_folder(Path(data_folder), source.given(dataset))
    return source.paths(name, dataset, data_folder)


def as_copied(path: str, files: Sequence[str]) -> str:
    """Return the place of a file or folder whose files Snakemake has copied from a storage.

    Parameters
    ----------
    path : str
        The file or folder in the configuration.
    files : sequence of str
        Files that a job was given: the path itself or files in it, or their copies, whose paths end
        in the same way.
    """
    wanted = [part for part in Path(path).parts if part != os.sep]
    for file in files:
        parts = Path(file).parts
        if wanted and not Path(file).is_relative_to(path):
            for end in range(len(parts), len(wanted) - 1, -1):
                if list(parts[end - len(wanted) : end]) == wanted:
                    return str(Path(*parts[:end]))
    return path


def input_files(name: str, dataset: AnyDataset, data_folder: str | Path) -> list[str]:
    """Return the files that a data set is read from; arguments and errors are those of `parts`."""
    return [file for part in parts(name, dataset, data_folder) for file in part.files]


def session_names(name: str, dataset: AnyDataset, data_folder: str | Path) -> list[str]:
    """Return the names of a data set's sessions; arguments and errors are those of `parts`.

    They are the names of the files or folders without suffix; for tables, the values of the trials'
    column ``session``; for MATLAB arrays, one per array, or per unit if units were recorded
    separately; for binned data, one per site.
    """
    return [each for part in parts(name, dataset, data_folder) for each in part.sessions]


def _check_names(names: list[str], name: str) -> None:
    """Raise `InputError` unless each session can have a file of its own."""
    where = f"datasets.{name}, session"
    for each in names:
        as_filename(each, where)
    if found := meeting(names):
        raise InputError(
            where,
            f"the sessions {shown_apart(*found)} would be one file where file names ignore case "
            "and the encoding of accents, as on macOS and Windows.",
            "Rename one in the data, or leave one out with sessions.exclude.",
        )


def chosen(names: list[str], name: str, dataset: AnyDataset) -> list[str]:
    """Return the sessions of a data set that are analysed.

    Parameters
    ----------
    names : list of str
        All sessions in the files.
    name : str
        Name of the data set in the configuration.
    dataset : settings of a data set
        Its sessions.

    Raises
    ------
    InputError
        If ``sessions`` names an unknown session, or excludes all.
    """
    settings = dataset.sessions
    for key in ("include", "exclude"):
        for each in getattr(settings, key) or []:
            if each not in names:
                close = difflib.get_close_matches(each, names, n=1)
                hint = f"Did you mean {close[0]!r}? " if close else ""
                raise InputError(
                    f"datasets.{name}.sessions.{key}",
                    f"session {each!r} does not exist.",
                    f"{hint}Sessions: {', '.join(names[:MOST_LISTED])}.",
                )
    if not (kept := [each for each in names if settings.take(each)]):
        raise InputError(f"datasets.{name}.sessions", "no session is left.")
    return kept

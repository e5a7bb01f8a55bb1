"""Which files a data set is read from, and what its sessions are called."""

import difflib
from pathlib import Path

from neuro_attn.configuration import AnyDataset
from neuro_attn.errors import InputError
from neuro_attn.files import as_filename, meeting, shown_apart
from neuro_attn.sources.checks import session_of
from neuro_attn.sources.discovered import source_of
from neuro_attn.sources.paths import MOST_LISTED, check_characters, check_folder


def input_files(name: str, dataset: AnyDataset, data_folder: str | Path) -> list[str]:
    """Return the files that a data set is read from.

    Parameters
    ----------
    name : str
        Name of the data set in the configuration.
    dataset : settings of a data set
        Its source and files.
    data_folder : str or Path
        Folder to which its files are relative.

    Returns
    -------
    list of str
        Sorted paths: for folders, the files that are read; for tables, those of spikes, trials
        and units; for simulations, none.

    Raises
    ------
    InputError
        If a pattern matches no file, a table is missing, two files would be sessions of the same
        name, or a path has one of ``{ } < >``.
    """
    source = source_of(name, dataset)
    paths = session_paths(name, dataset, data_folder)
    files = [file for path in paths for file in source.input_files(path, dataset)]
    check_characters(files, f"datasets.{name}.files")
    return files


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


def _all_names(name: str, dataset: AnyDataset, data_folder: str | Path) -> list[str]:
    paths = _all_paths(name, dataset, data_folder)
    return source_of(name, dataset).session_names(paths, dataset)


def session_names(name: str, dataset: AnyDataset, data_folder: str | Path) -> list[str]:
    """Return the names of a data set's sessions without reading recordings.

    Parameters
    ----------
    name : str
        Name of the data set in the configuration.
    dataset : settings of a data set
        Its source and files.
    data_folder : str or Path
        Folder to which its files are relative.

    Returns
    -------
    list of str
        Names of the files or folders without suffix; for tables, the values of the trials' column
        ``session``; for MATLAB arrays, one per array, or per unit if units were recorded
        separately; for binned data, one per site. Sessions excluded by ``sessions`` are
        omitted.

    Raises
    ------
    InputError
        As in `input_files`, and if ``sessions`` names an unknown session, or excludes all.
    """
    for each in (names := chosen(_all_names(name, dataset, data_folder), name, dataset)):
        as_filename(each, f"datasets.{name}, session")
    if found := meeting(names):
        raise InputError(
            f"datasets.{name}, session",
            f"the sessions {shown_apart(*found)} would be one file where file names ignore case "
            "and the encoding of accents, as on macOS and Windows.",
            "Rename one in the data, or leave one out with sessions.exclude.",
        )
    return names


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

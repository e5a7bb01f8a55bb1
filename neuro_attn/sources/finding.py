"""Which files a data set is read from, and what its sessions are called."""

import difflib
import glob
from collections.abc import Callable
from pathlib import Path
from typing import Any

from neuro_attn.configuration import (
    AlfDataset,
    AnyDataset,
    BinnedDataset,
    MatlabDataset,
    NetcdfDataset,
    NetworkDataset,
    NwbDataset,
    PhyDataset,
    RasterDataset,
    SimulationDataset,
    TableDataset,
)
from neuro_attn.discovery import modules
from neuro_attn.errors import InputError, did_you_mean_file, shell_syntax
from neuro_attn.files import as_filename, meeting, shown_apart
from neuro_attn.sources.checks import (
    KINDS,
    existing_file,
    is_zarr,
    reading,
    session_of,
    zarr_files,
)

_MODULES = modules(Path(__file__).parent)
READERS = {
    source: [path for name, path in _MODULES.items() if name.removesuffix("_files") == source]
    for source in (*KINDS, "simulation")
}
"""The modules that read each source. They are imported on demand, since a run reads few sources."""
_MAX_LISTED = 40


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
    paths = session_paths(name, dataset, data_folder)
    return _checked(_files(paths, dataset), f"datasets.{name}.files")


def _files(paths: list[str], dataset: AnyDataset) -> list[str]:
    """Return the files of the sessions, including those read from folders."""
    match dataset:
        case AlfDataset():
            from neuro_attn.sources import alf_files

            return _of_each(alf_files.files, paths, dataset)
        case PhyDataset():
            from neuro_attn.sources import phy_files

            found = _of_each(phy_files.files, paths, dataset)
            return [str(existing_file(file, fixed_name=True)) for file in found]
        case NwbDataset():
            return [file for path in paths for file in (zarr_files(path) or [path])]
        case _:
            return paths


def session_paths(name: str, dataset: AnyDataset, data_folder: str | Path) -> list[str]:
    """Return the file or folder of each session, sorted; for tables, those of all sessions.

    Files of excluded sessions are omitted.
    """
    paths = _all_paths(name, dataset, data_folder)
    one_each = not isinstance(dataset, TableDataset | MatlabDataset | BinnedDataset)
    if not paths or not one_each:
        return paths
    kept = chosen([session_of(path) for path in paths], name, dataset)
    return [path for path in paths if session_of(path) in kept]


def _all_paths(name: str, dataset: AnyDataset, data_folder: str | Path) -> list[str]:
    folders = isinstance(dataset, AlfDataset | PhyDataset)
    _check_folder(Path(data_folder), dataset)
    match dataset:
        case (
            NwbDataset()
            | RasterDataset()
            | BinnedDataset()
            | NetcdfDataset()
            | MatlabDataset()
            | AlfDataset()
            | PhyDataset()
        ):
            patterns = [dataset.files] if isinstance(dataset.files, str) else dataset.files
            key = f"datasets.{name}.files"
            found = {path for p in patterns for path in _matches(p, data_folder, key, folders)}
            paths = sorted(found)
            _check_stems(paths, key)
            return paths
        case TableDataset():
            from neuro_attn.sources import table

            tables = table.files(dataset, data_folder)
            for role, path in tables.items():
                _check_stems([str(path)], f"datasets.{name}.{role}")
                existing_file(path, f"datasets.{name}.{role}")
            return list(map(str, tables.values()))
        case _:
            return []


def _check_folder(folder: Path, dataset: AnyDataset) -> None:
    """Raise `InputError` if files are relative to a folder that does not exist."""
    match dataset:
        case SimulationDataset() | NetworkDataset():
            return
        case TableDataset():
            given = [dataset.spikes, dataset.trials, dataset.units]
        case _:
            files = dataset.files
            given = [files] if isinstance(files, str) else list(files)
    if folder.is_dir() or all(Path(each).is_absolute() for each in given):
        return
    problem = "is a file" if folder.is_file() else "does not exist"
    raise InputError(
        "data_folder",
        f"the folder {str(folder)!r} {problem}.",
        f"{did_you_mean_file(folder)} It is the folder that files are relative to; --data replaces "
        "it.".strip(),
    )


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
                    f"{hint}Sessions: {', '.join(names[:_MAX_LISTED])}.",
                )
    if not (kept := [each for each in names if settings.take(each)]):
        raise InputError(f"datasets.{name}.sessions", "no session is left.")
    return kept


def _all_names(name: str, dataset: AnyDataset, data_folder: str | Path) -> list[str]:
    match dataset:
        case SimulationDataset():
            return dataset.simulation.session_names
        case TableDataset():
            from neuro_attn.sources import table

            input_files(name, dataset, data_folder)
            with reading(table.files(dataset, data_folder)["trials"], dataset.source):
                return table.session_names(dataset, data_folder)
        case MatlabDataset():
            from neuro_attn.sources import matlab

            return _of_each(matlab.session_names, _all_paths(name, dataset, data_folder), dataset)
        case BinnedDataset():
            from neuro_attn.sources import binned

            return _of_each(binned.session_names, _all_paths(name, dataset, data_folder), dataset)
        case _:
            return [session_of(path) for path in _all_paths(name, dataset, data_folder)]


def _of_each(
    names: Callable[[str, Any], list[str]], paths: list[str], dataset: AnyDataset
) -> list[str]:
    """Return what a function finds in each file or folder."""
    found = []
    for path in paths:
        with reading(path, dataset.source):
            found += names(path, dataset)
    return found


def _matches(pattern: str, data_folder: str | Path, key: str, folders: bool) -> list[str]:
    """Return the files, or else folders, that match a pattern, which may be absolute."""
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
        more = f" and {len(there) - _MAX_LISTED} more" if len(there) > _MAX_LISTED else ""
        listed = ", ".join(there[:_MAX_LISTED]) + more if there else "nothing"
        return f"{folder} contains: {listed}. Patterns are relative to data_folder, or absolute."
    return "Patterns are relative to data_folder, or absolute."


def _checked(paths: list[str], key: str) -> list[str]:
    """Return paths, or raise `InputError` if one contains a forbidden character."""
    for path in paths:
        if set(path) & set("{}<>"):
            raise InputError(
                key,
                f"{path!r} contains one of {{ }} < >.",
                "Rename the file or folder: Snakemake reads braces as wildcards, and the report "
                "would read < and > as markup.",
            )
    return paths


def _check_stems(paths: list[str], key: str) -> None:
    """Raise `InputError` if two files would be sessions of the same name."""
    first: dict[str, str] = {}
    for path in _checked(paths, key):
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

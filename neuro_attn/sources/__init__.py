"""Where Recordings come from: one module for each kind of file, and the simulation."""

import glob
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from tqdm import tqdm

from neuro_attn.configuration import (
    AnyDataset,
    NetcdfDataset,
    NwbDataset,
    RasterDataset,
    SimulationDataset,
    TableDataset,
)
from neuro_attn.errors import InputError
from neuro_attn.recording import (
    SpikeSession,
    assign_tasks,
    build,
    check_together,
    from_spikes,
    selected_units,
)
from neuro_attn.sources.checks import existing_file

# Each source is imported where it is needed: pynwb alone takes a second to import.


def read(name: str, dataset: AnyDataset, data_folder: str | Path, seed: int) -> list[xr.Dataset]:
    """Read, or simulate, all sessions of a data set and check that they fit together.

    Parameters
    ----------
    name : str
        Name of the data set in the configuration.
    dataset : settings of a data set
        Its source, tasks, label, time and regions.
    data_folder : str or Path
        What its files are relative to.
    seed : int
        Seed of the run; only the simulation uses it.

    Returns
    -------
    list of xarray.Dataset
        Recordings, in the order of `session_names`.

    Raises
    ------
    InputError
        If files or settings cannot be used; the message names file and table, or key.
    """
    _check_alignment(name, dataset)
    paths = input_files(name, dataset, data_folder)
    match dataset:
        case NetcdfDataset():
            from neuro_attn.sources import netcdf

            recordings = [netcdf.read(path, name, dataset) for path in _progress(paths, name)]
        case TableDataset():
            from neuro_attn.sources import table

            recordings = _binned(table.read(dataset, data_folder), name, dataset)
        case SimulationDataset():
            from neuro_attn.sources import simulation

            sessions, _ = simulation.simulate(dataset.simulation, name, seed)
            recordings = _binned(sessions, name, dataset)
        case RasterDataset():
            from neuro_attn.sources import raster

            recordings = _binned(
                (raster.read(path, dataset) for path in _progress(paths, name)), name, dataset
            )
        case NwbDataset():
            from neuro_attn.sources import nwb

            recordings = _binned(
                (nwb.read(path, dataset) for path in _progress(paths, name)), name, dataset
            )
        case _:
            raise TypeError(f"{name} is a {dataset.source} data set, which is not read from files")
    check_together(recordings, name, dataset)
    return recordings


def outlines(
    name: str, dataset: AnyDataset, data_folder: str | Path, seed: int
) -> Iterator[xr.Dataset | InputError]:
    """Yield each session as `read` does, but with rates of zero that take no memory.

    What stands on trials and units is what a run will find, so the code of every later stage that
    counts trials, units and populations can be asked what it would do. Spikes are checked and let
    go; nothing is binned and no digest is made.

    Parameters
    ----------
    name, dataset, data_folder, seed
        As in `read`.

    Yields
    ------
    xarray.Dataset or InputError
        A Recording with its trials and units, or why the session cannot be read.

    Raises
    ------
    InputError
        If no session can be told from another: see `input_files` and `session_names`.
    """
    _check_alignment(name, dataset)
    for outline in _outline_makers(name, dataset, data_folder, seed):
        try:
            yield outline()
        except InputError as error:
            yield error


def _outline_makers(
    name: str, dataset: AnyDataset, data_folder: str | Path, seed: int
) -> Iterator[Callable[[], xr.Dataset]]:
    """Yield what reads one session each, so that one that fails does not stop the others."""
    paths = _progress(input_files(name, dataset, data_folder), name)
    match dataset:
        case NetcdfDataset():
            from neuro_attn.sources import netcdf

            yield from (partial(netcdf.read, path, name, dataset) for path in paths)
        case TableDataset():
            from neuro_attn.sources import table

            for session in table.read(dataset, data_folder):
                yield partial(_without_rates, session, name, dataset)
        case SimulationDataset():
            from neuro_attn.sources import simulation

            for session in simulation.outlines(dataset.simulation, name, seed):
                yield partial(_without_rates, session, name, dataset)
        case RasterDataset():
            from neuro_attn.sources import raster

            for path in paths:
                yield partial(_read_without_rates, raster.read, path, name, dataset)
        case NwbDataset():
            from neuro_attn.sources import nwb

            for path in paths:
                yield partial(_read_without_rates, nwb.read_undigested, path, name, dataset)


def _read_without_rates(
    read_one: Callable[[str, Any], SpikeSession], path: str, name: str, dataset: AnyDataset
) -> xr.Dataset:
    return _without_rates(read_one(path, dataset), name, dataset)


def _without_rates(session: SpikeSession, name: str, dataset: AnyDataset) -> xr.Dataset:
    """Cut a session into trials as `from_spikes` does, with rates of zero that take no memory."""
    trials = assign_tasks(session.trials, dataset, session.origin)
    units = session.units[selected_units(session.units, dataset.regions)]
    rates = np.broadcast_to(np.float32(0), (len(trials), len(units), dataset.time.n_bins))
    return build(rates, trials, units, name, session.session, dataset, {"origin": session.origin})


def input_files(name: str, dataset: AnyDataset, data_folder: str | Path) -> list[str]:
    """Return the files that a data set is read from.

    Parameters
    ----------
    name, dataset, data_folder
        As in `read`.

    Returns
    -------
    list of str
        Paths, sorted; for tables those of spikes, trials and units; for simulations none.

    Raises
    ------
    InputError
        If a pattern matches no file, a table is missing or two files would be sessions of the
        same name.
    """
    match dataset:
        case NwbDataset() | RasterDataset() | NetcdfDataset():
            patterns = [dataset.files] if isinstance(dataset.files, str) else dataset.files
            key = f"datasets.{name}.files"
            paths = sorted({path for p in patterns for path in _matches(p, data_folder, key)})
            _check_stems(paths, key)
            return paths
        case TableDataset():
            from neuro_attn.sources import table

            tables = table.files(dataset, data_folder).items()
            return [str(existing_file(path, f"datasets.{name}.{role}")) for role, path in tables]
        case _:
            return []


def session_names(name: str, dataset: AnyDataset, data_folder: str | Path) -> list[str]:
    """Return the names of a data set's sessions without reading recordings.

    Parameters
    ----------
    name, dataset, data_folder
        As in `read`.

    Returns
    -------
    list of str
        The stems of the files; for tables, what stands in the trials' column ``session``.

    Raises
    ------
    InputError
        As in `input_files`.
    """
    match dataset:
        case SimulationDataset():
            from neuro_attn.sources import simulation

            return simulation.session_names(dataset.simulation)
        case TableDataset():
            from neuro_attn.sources import table

            input_files(name, dataset, data_folder)
            return table.session_names(dataset, data_folder)
        case _:
            return [Path(path).stem for path in input_files(name, dataset, data_folder)]


def _binned(sessions: Iterable[SpikeSession], name: str, dataset: AnyDataset) -> list[xr.Dataset]:
    return [from_spikes(session, name, dataset) for session in sessions]


def _progress(paths: list[str], name: str) -> Iterable[str]:
    """Yield the paths with a progress bar on stderr, if that is a terminal."""
    return tqdm(paths, desc=f"reading {name}", unit="file", disable=None)


def _matches(pattern: str, data_folder: str | Path, key: str) -> list[str]:
    """Return the files that match a pattern, which may be absolute."""
    found = [Path(data_folder) / match for match in glob.glob(pattern, root_dir=data_folder)]
    files = [str(path) for path in found if path.is_file()]
    if not files:
        raise InputError(
            key,
            f"{pattern!r} matches no file in {Path(data_folder).absolute()}.",
            "Patterns are relative to data_folder, or absolute.",
        )
    return files


def _check_stems(paths: list[str], key: str) -> None:
    """Raise `InputError` if two files would be sessions of the same name."""
    first: dict[str, str] = {}
    for path in paths:
        if (other := first.setdefault(Path(path).stem, path)) != path:
            raise InputError(
                key,
                f"{other} and {path} would both be the session {Path(path).stem!r}.",
                "A session is named after its file; rename one.",
            )


def _check_alignment(name: str, dataset: AnyDataset) -> None:
    """Raise `InputError` unless spikes have an event to be aligned to, and kept rates have none."""
    kept = isinstance(dataset, NetcdfDataset)
    for task, settings in dataset.tasks.items():
        key = f"datasets.{name}.tasks.{task}.align"
        if settings.align is None and not kept:
            raise InputError(
                key, "the key is missing.", "It names the trial column with the event's time, s."
            )
        if settings.align is not None and kept:
            raise InputError(
                key,
                f"{settings.align!r} was given, but rates from NetCDF are aligned already.",
                "Leave the key out.",
            )

"""Reading of all sessions of a data set, as Recordings or as outlines of them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from neuro_attn import printing
from neuro_attn.cautions import cautions
from neuro_attn.configuration import (
    AlfDataset,
    AnyDataset,
    BinnedDataset,
    MatlabDataset,
    NetcdfDataset,
    NwbDataset,
    PhyDataset,
    RasterDataset,
    RecordedDataset,
    SimulationDataset,
    TableDataset,
)
from neuro_attn.duplicates import check_distinct, fingerprinted
from neuro_attn.errors import InputError
from neuro_attn.rates import bin_rates, count_spikes, spikes_of
from neuro_attn.recording import (
    SpikeSession,
    as_attribute,
    build,
    check_together,
    cut,
    from_spikes,
    on_silent_bins,
)
from neuro_attn.sources.checks import reading
from neuro_attn.sources.finding import session_paths
from neuro_attn.sources.regions import check_map, grouped

_KEPT = {"netcdf": "NetCDF", "matlab": "MATLAB arrays", "binned": "binned data"}
"""Sources of rates that are already aligned and binned, and are read unchanged."""

# Sources are imported on demand, since a run reads one kind of file.


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
    makers = _makers(name, dataset, data_folder, seed, "reading", outlined=False)
    recordings = [make() for make in makers]
    # A file may contain sessions that are not analysed.
    recordings = [made for made in recordings if dataset.sessions.take(made.attrs["session"])]
    for made in recordings:
        _remark_on_silence(made, _counts(made, kept=dataset.source in _KEPT))
        if "remarks" in made.attrs:
            printing.tell(f"{made.attrs['origin']}: {made.attrs['remarks']}")
    check_map(recordings, name, dataset)
    check_together(recordings, name, dataset)
    for caution in cautions(recordings, name, dataset):
        printing.tell(str(caution))
    check_distinct([fingerprinted(made, _per_trial(made)) for made in recordings], name)
    return recordings


def outlines(
    name: str,
    dataset: AnyDataset,
    data_folder: str | Path,
    seed: int,
    why: str = "checking",
) -> Iterator[xr.Dataset | InputError]:
    """Yield each session as `read` does, but with rates of zero that take no memory.

    The coordinates of trials and units are those of a run, so later stages can count trials, units
    and populations as they would in a run. Spikes are checked, counted and discarded, without a
    digest. The counts are the coordinates ``spikes_per_bin`` (time), over
    units and trials, and ``spikes_per_unit`` (unit), over trials and bins. Of rates that were kept
    (NetCDF, MATLAB, binned data) those that are not zero are counted. An outline of a simulation
    has neither coordinate, because its spikes are not drawn.

    Parameters
    ----------
    name, dataset, data_folder, seed
        As in `read`.
    why : str
        What the files are read for, shown with the progress.

    Yields
    ------
    xarray.Dataset or InputError
        A Recording with its trials and units, or the error of a session that cannot be read.

    Raises
    ------
    InputError
        If sessions cannot be distinguished: see `input_files` and `session_names`.
    """
    _check_alignment(name, dataset)
    for make in _makers(name, dataset, data_folder, seed, why, outlined=True):
        try:
            made = make()
        except InputError as error:
            yield error
            continue
        if dataset.sessions.take(made.attrs["session"]):
            yield made


def _makers(
    name: str, dataset: AnyDataset, data_folder: str | Path, seed: int, why: str, *, outlined: bool
) -> Iterator[Callable[[], xr.Dataset]]:
    """Yield what makes one session each, so that one that fails does not stop the others."""
    paths = _progress(session_paths(name, dataset, data_folder), f"{why} {name}")
    of_kept = _counted if outlined else _unchanged
    match dataset:
        case NetcdfDataset():
            from neuro_attn.sources import netcdf

            for path in paths:
                read_kept = partial(netcdf.read, path, name, dataset)
                yield partial(_guarded, partial(of_kept, read_kept), path, dataset)
        case MatlabDataset():
            from neuro_attn.sources import matlab

            for path in paths:
                read_file = partial(matlab.read, path, name, dataset)
                yield from _all_of(read_file, of_kept, path, dataset)
        case BinnedDataset():
            from neuro_attn.sources import binned

            for path in paths:
                read_sites = partial(binned.recordings, path, name, dataset)
                yield from _all_of(read_sites, of_kept, path, dataset)
        case TableDataset():
            from neuro_attn.sources import table

            trials = table.files(dataset, data_folder)["trials"]
            with reading(trials, dataset.source):
                sessions = table.read(dataset, data_folder)
            for session in sessions:
                make = partial(_of_spikes, session, name, dataset, outlined)
                yield partial(_guarded, make, trials, dataset)
        case SimulationDataset():
            from neuro_attn.sources import simulation

            drawn = (
                simulation.outlines(dataset.simulation, name, seed)
                if outlined
                else simulation.simulate(dataset.simulation, name, seed)[0]
            )
            for session in drawn:
                if dataset.sessions.take(session.session):
                    yield partial(_of_spikes, session, name, dataset, outlined)
        case NwbDataset() | RasterDataset() | AlfDataset() | PhyDataset():
            read_one = _reader(dataset, digested=not outlined)
            for path in paths:
                make = partial(_read_spikes, read_one, path, name, dataset, outlined)
                yield partial(_guarded, make, path, dataset)
        case _:
            raise TypeError(f"{name} is a {dataset.source} data set, which is not read from files")


def _guarded(
    make: Callable[[], xr.Dataset], where: str | Path, dataset: RecordedDataset
) -> xr.Dataset:
    with reading(where, dataset.source):
        return make()


def _all_of(
    read_file: Callable[[], Iterable[xr.Dataset | Callable[[], xr.Dataset]]],
    of_kept: Callable[[Callable[[], xr.Dataset]], xr.Dataset],
    path: str,
    dataset: RecordedDataset,
) -> Iterator[Callable[[], xr.Dataset]]:
    """Yield functions that return the sessions of a file with several, or its error."""
    try:
        with reading(path, dataset.source):
            found = list(read_file())
    except InputError as error:
        yield partial(_fail, error)
        return
    for each in found:
        made = partial(xr.Dataset.copy, each) if isinstance(each, xr.Dataset) else each
        yield partial(_guarded, partial(of_kept, made), path, dataset)


def _fail(error: InputError) -> xr.Dataset:
    raise error


def _reader(dataset: AnyDataset, digested: bool = True) -> Callable[[str, Any], SpikeSession]:
    """Return what reads a session of spikes from its file or folder."""
    match dataset:
        case AlfDataset():
            from neuro_attn.sources import alf

            return alf.read
        case PhyDataset():
            from neuro_attn.sources import phy

            return phy.read
        case RasterDataset():
            from neuro_attn.sources import raster

            return raster.read
        case _:
            from neuro_attn.sources import nwb

            return nwb.read if digested else nwb.read_undigested


def _read_spikes(
    read_one: Callable[[str, Any], SpikeSession],
    path: str,
    name: str,
    dataset: RecordedDataset,
    outlined: bool,
) -> xr.Dataset:
    return _of_spikes(read_one(path, dataset), name, dataset, outlined)


def _of_spikes(
    session: SpikeSession, name: str, dataset: RecordedDataset, outlined: bool
) -> xr.Dataset:
    """Cut a session into trials, with its rates or as an outline."""
    session = replace(session, units=grouped(session.units, dataset.regions, session.origin))
    make = _without_rates if outlined else from_spikes
    return make(session, name, dataset)


def _without_rates(session: SpikeSession, name: str, dataset: RecordedDataset) -> xr.Dataset:
    """Cut a session into trials as `from_spikes` does, with rates of zero that take no memory."""
    part = cut(session, dataset)
    trials, units = part.trials, session.units[part.keep]
    time = dataset.time
    rates = np.broadcast_to(np.float32(0), (len(trials), len(units), time.n_bins))
    provenance = {"origin": session.origin, **part.attributes}
    outline = build(rates, trials, units, name, session.session, dataset, provenance)
    if not session.has_spikes:
        return outline
    events = trials["event_time"].to_numpy()
    counts = count_spikes(part.spike_times, events, time.start, time.bin, time.n_bins)
    whole = bin_rates(part.spike_times, events, time.start, time.stop - time.start, 1)
    return fingerprinted(_with_counts(outline, counts), whole[..., 0])


def _unchanged(read_one: Callable[[], xr.Dataset]) -> xr.Dataset:
    return read_one()


def _counted(read_one: Callable[[], xr.Dataset]) -> xr.Dataset:
    """Return kept rates with their counts."""
    kept = read_one()
    return fingerprinted(_with_counts(kept, _counts(kept, kept=True)), _per_trial(kept))


def _per_trial(made: xr.Dataset) -> np.ndarray:
    """Return the activity of each unit on each trial, shape (trial, unit)."""
    return made["rates"].values.mean(axis=2, dtype=float).astype(np.float32)


def _counts(made: xr.Dataset, kept: bool) -> np.ndarray:
    """Count the spikes behind rates, or kept rates that are not zero, over trials: (unit, time)."""
    rates = made["rates"].values
    return np.count_nonzero(rates, axis=0) if kept else spikes_of(rates, _width(made))


def _width(made: xr.Dataset) -> float:
    return float(made["time"].attrs["bin_width"])


def _with_counts(outline: xr.Dataset, counts: np.ndarray) -> xr.Dataset:
    """Return an outline with the coordinates that count spikes, from counts (unit, time)."""
    _remark_on_silence(outline, counts)
    return outline.assign_coords(
        spikes_per_bin=("time", counts.sum(axis=0)), spikes_per_unit=("unit", counts.sum(axis=1))
    )


def _remark_on_silence(made: xr.Dataset, counts: np.ndarray) -> None:
    """Add a remark to a Recording if no unit fires in some bins."""
    said = on_silent_bins(counts, made["time"].values, _width(made))
    remarks = [made.attrs.get("remarks", ""), said]
    made.attrs.update(as_attribute(remarks))


def _progress(paths: list[str], what: str) -> Iterable[str]:
    """Yield the paths with a progress bar on stderr, if that is a terminal."""
    return printing.bar(paths, desc=what, unit="file", leave=False)


def _check_alignment(name: str, dataset: AnyDataset) -> None:
    """Raise `InputError` unless spikes have an event to be aligned to, and kept rates have none."""
    kept = dataset.source in _KEPT
    for task, settings in dataset.tasks.items():
        key = f"datasets.{name}.tasks.{task}.align"
        if settings.align is None and not kept:
            raise InputError(
                key, "the key is missing.", "It names the trial column with the event's time, s."
            )
        if settings.align is not None and kept:
            raise InputError(
                key,
                f"{settings.align!r} was given, but rates from {_KEPT[dataset.source]} are aligned "
                "already.",
                "Leave the key out.",
            )

"""One planted session, written in every format that the sources read.

A fault that one format can have is mostly a fault of them all. Tests of such a *kind* plant it in
a `Session` and write it once for each source: `write` returns the keys of the configuration that
read the files.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.io
import xarray as xr
from pynwb import NWBHDF5IO, NWBFile

SAMPLING_RATE = 30_000.0
"""Samples/s of the Phy folder's clock."""
START, STOP, BIN = 0.0, 0.4, 0.1
"""Bins of formats that hold rates instead of spikes, s from the event."""


@dataclass(frozen=True)
class Session:
    """Trials and spikes on one clock.

    Parameters
    ----------
    trials : pandas.DataFrame
        ``cue`` (event, s), ``side`` (left or right), ``order`` (pro or retro), and any other.
    spike_times : list of array, one per unit
        As the file shall hold them, in any order.
    regions : list of str, one per unit
    levels : dict of list
        Values of ``side`` and ``order`` that an array of conditions has, where not all have trials.
    """

    trials: pd.DataFrame
    spike_times: list[np.ndarray]
    regions: list[str] = field(default_factory=list)
    levels: dict[str, list[str]] = field(default_factory=dict)

    def with_spikes(self, change: Callable[[np.ndarray], np.ndarray]) -> "Session":
        """Return the session with each unit's spike times changed."""
        return replace(self, spike_times=[change(times) for times in self.spike_times])


def planted(n_trials: int = 80, n_units: int = 10, period: float = 2.0, seed: int = 0) -> Session:
    """Return a session in which half of the units prefer each side: 18 and 6 spikes/s.

    Trials follow each other every `period` s, the cue at their beginning.
    """
    rng = np.random.default_rng(seed)
    number = np.arange(n_trials)
    trials = pd.DataFrame(
        {
            "cue": 5 + period * number,
            "side": np.where(number % 2, "left", "right").astype(object),
            "order": np.where(number // 2 % 2, "pro", "retro").astype(object),
        }
    )
    right = (trials["side"] == "right").to_numpy()
    spike_times = []
    for unit in range(n_units):
        rate = np.where(right == (unit % 2 == 0), 18.0, 6.0)
        counts = rng.poisson(rate * period)
        onsets = np.repeat(trials["cue"].to_numpy(), counts)
        spike_times.append(np.sort(onsets + period * rng.random(len(onsets))))
    return Session(trials, spike_times, ["V4"] * n_units)


def write(source: str, folder: Path, session: Session) -> dict[str, Any]:
    """Write a session and return the keys of a data set that reads it.

    Parameters
    ----------
    source : str
        One of `SPIKES` or `RATES`.
    folder : Path
        An empty or missing folder; the data folder of the configuration.
    session : Session
        What to write.

    Returns
    -------
    dict
        source, files, label, tasks, time, windows and what else the source needs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    aligned = source in RATES
    tasks = {
        name: {"trials": f"order == '{name}'", **({} if aligned else {"align": "cue"})}
        for name in ("pro", "retro")
    }
    return {
        "label": "side",
        "tasks": tasks,
        "time": {"start": START, "stop": STOP, "bin": BIN},
        "windows": {"late": [0.2, STOP]},
        **_WRITERS[source](folder, session),
    }


def write_several(source: str, folder: Path, sessions: Mapping[str, Session]) -> dict[str, Any]:
    """Write sessions by name and return the keys of a data set that reads them all.

    A session of rasters has a file for each unit, ``NAME-unit0.mat``, each a session by itself;
    see `session_names`.
    """
    keys: dict[str, Any] = {}
    for name, session in sessions.items():
        keys = write(source, folder / f".{name}", session)
    for name in sessions:
        made = folder / f".{name}"
        if source in RASTERS:
            for path in made.iterdir():
                path.rename(folder / f"{name}-{path.name}")
        elif source in ("csv", "parquet"):
            continue
        else:
            (path,) = made.iterdir()
            path.rename(folder / f"{name}{path.suffix}")
    if source in ("csv", "parquet"):
        read, write_ = (
            (pd.read_csv, "to_csv") if source == "csv" else (pd.read_parquet, "to_parquet")
        )
        for role in ("spikes", "trials", "units"):
            tables = [
                read(folder / f".{name}" / keys[role]).assign(session=name) for name in sessions
            ]
            getattr(pd.concat(tables), write_)(folder / keys[role], index=False)
    if source in ("alf", "phy"):
        keys["files"] = list(sessions)
    return keys


def session_names(source: str, name: str, session: Session) -> list[str]:
    """Return the sessions that `write_several` makes of one: its units, in some formats."""
    if source not in APART:
        return [name]
    units = range(len(session.spike_times))
    return [f"{name}-unit{u}" if source in RASTERS else f"{name}-site{u + 1}" for u in units]


def _nwb(folder: Path, session: Session) -> dict[str, Any]:
    file = NWBFile("planted", "planted", datetime(2020, 1, 1, tzinfo=UTC))
    for column in session.trials:
        file.add_trial_column(column, column)
    for row in session.trials.to_dict("records"):
        file.add_trial(start_time=row["cue"] - 0.1, stop_time=row["cue"] + 1.5, **row)
    file.add_unit_column("location", "brain area")
    for times, region in zip(session.spike_times, session.regions, strict=True):
        file.add_unit(spike_times=times, location=region)
    with NWBHDF5IO(folder / "planted.nwb", "w") as io:
        io.write(file)
    return {"source": "nwb", "files": "*.nwb"}


def _tables(folder: Path, session: Session, suffix: str) -> dict[str, Any]:
    units = range(len(session.spike_times))
    tables = {
        "spikes": pd.concat(
            pd.DataFrame({"unit_id": unit, "time": times})
            for unit, times in zip(units, session.spike_times, strict=True)
        ),
        "trials": session.trials.assign(trial_id=np.arange(len(session.trials))),
        "units": pd.DataFrame({"unit_id": units, "location": session.regions}),
    }
    for role, table in tables.items():
        table = table.assign(session="planted")
        path = folder / f"{role}.{suffix}"
        table.to_csv(path, index=False) if suffix == "csv" else table.to_parquet(path, index=False)
    return {"source": "table", **{role: f"{role}.{suffix}" for role in tables}}


def _together(session: Session) -> tuple[np.ndarray, np.ndarray]:
    """Return all spike times, and the unit of each, unit by unit in the order of the files."""
    times = np.concatenate(session.spike_times)
    units = np.repeat(np.arange(len(session.spike_times)), list(map(len, session.spike_times)))
    return times, units


def _alf(folder: Path, session: Session) -> dict[str, Any]:
    place = folder / "planted" / "alf" / "probe00"
    place.mkdir(parents=True)
    times, units = _together(session)
    np.save(place / "spikes.times.npy", times)
    np.save(place / "spikes.clusters.npy", units.astype(np.uint32))
    clusters = pd.DataFrame({"cluster_id": range(len(session.regions))})
    clusters.assign(acronym=session.regions).to_parquet(place / "clusters.metrics.pqt")
    session.trials.to_parquet(place.parent / "_ibl_trials.table.pqt")
    return {"source": "alf", "files": "planted", "regions": {"column": "acronym"}}


def _phy(folder: Path, session: Session) -> dict[str, Any]:
    place = folder / "planted"
    place.mkdir()
    times, units = _together(session)
    np.save(place / "spike_times.npy", np.round(times * SAMPLING_RATE).astype(np.int64))
    np.save(place / "spike_clusters.npy", units.astype(np.int32))
    (place / "params.py").write_text(f"sample_rate = {SAMPLING_RATE}\n")
    clusters = pd.DataFrame({"cluster_id": range(len(session.regions)), "group": "good"})
    clusters = clusters.assign(location=session.regions)
    clusters.to_csv(place / "cluster_info.tsv", sep="\t", index=False)
    session.trials.to_csv(place / "trials.csv", index=False)
    return {"source": "phy", "files": "planted"}


def rates_of(session: Session) -> np.ndarray:
    """Return spikes/s in the bins of the formats of rates, shape (trial, unit, time)."""
    edges = START + BIN * np.arange(round((STOP - START) / BIN) + 1)
    edges = session.trials["cue"].to_numpy()[:, None] + edges
    counts = [np.diff(np.searchsorted(np.sort(t), edges), axis=1) for t in session.spike_times]
    return np.stack(counts, axis=1) / BIN


def _netcdf(folder: Path, session: Session) -> dict[str, Any]:
    rates = rates_of(session).astype(np.float32)
    n_trials, n_units, n_bins = rates.shape
    trial = {name: ("trial", session.trials[name].to_numpy()) for name in session.trials}
    recording = xr.Dataset(
        {"rates": (("trial", "unit", "time"), rates, {"units": "spikes/s"})},
        coords={
            "time": ("time", START + BIN * (np.arange(n_bins) + 0.5), {"bin_width": BIN}),
            "trial_id": ("trial", np.arange(n_trials)),
            "event_time": ("trial", session.trials["cue"].to_numpy()),
            "task": ("trial", session.trials["order"].to_numpy()),
            "label": ("trial", session.trials["side"].to_numpy()),
            "unit_id": ("unit", np.arange(n_units)),
            "region": ("unit", np.array(session.regions, dtype=object)),
            "session": ("unit", np.array(["planted"] * n_units, dtype=object)),
            **trial,
        },
        attrs={"dataset": "planted", "session": "planted"},
    )
    recording.to_netcdf(folder / "planted.nc", engine="h5netcdf")
    return {"source": "netcdf", "files": "*.nc"}


def cells(values: Iterable[Any]) -> np.ndarray:
    """Return a cell array of MATLAB, 1 x n."""
    content = list(values)
    made = np.empty((1, len(content)), dtype=object)
    for number, each in enumerate(content):
        made[0, number] = each
    return made


def _raster(folder: Path, session: Session) -> dict[str, Any]:
    """Write a raster for each unit, from 0.1 s before the event to 0.5 s after it."""
    for unit, times in enumerate(session.spike_times):
        cue = session.trials["cue"].to_numpy()[:, None]
        edges = cue - 0.1 + 0.001 * np.arange(601)
        labels = {name: cells(session.trials[name]) for name in ("side", "order")}
        scipy.io.savemat(
            folder / f"unit{unit}.mat",
            {
                "raster_data": np.diff(np.searchsorted(np.sort(times), edges), axis=1),
                "raster_labels": labels,
                "raster_site_info": {
                    "alignment_event_time": 101.0,
                    "region": session.regions[unit],
                },
            },
        )
    return {**_raster_keys(session), "files": "*.mat"}


def _raster_keys(session: Session) -> dict[str, Any]:
    tasks = {n: {"trials": f"order == '{n}'", "align": "onset"} for n in ("pro", "retro")}
    return {"source": "raster", "tasks": tasks, "decoding": {"population": "pseudopopulation"}}


def _raster_csv(folder: Path, session: Session) -> dict[str, Any]:
    """Write a table of NeuroDecodeR for each unit, in the time of `_raster`."""
    for unit, times in enumerate(session.spike_times):
        edges = session.trials["cue"].to_numpy()[:, None] - 0.1 + 0.001 * np.arange(601)
        counts = np.diff(np.searchsorted(np.sort(times), edges), axis=1)
        table = pd.DataFrame(
            counts, columns=[f"time.{time}_{time + 1}" for time in range(-100, 500)]
        )
        for name in ("order", "side"):
            table.insert(0, f"labels.{name}", session.trials[name])
        table.insert(0, "site_info.region", session.regions[unit])
        table.to_csv(folder / f"unit{unit}.csv", index=False)
    return {**_raster_keys(session), "files": "*.csv"}


def means_of(session: Session, width: float = 0.1, every: float = 0.05) -> np.ndarray:
    """Return spikes a sample in bins from 0.1 s before the event to 0.5 s after it, which overlap.

    As the toolboxes keep them: shape (unit, trial, bin), for samples of 1 ms.
    """
    starts = np.arange(-0.1, 0.5 - width + 1e-9, every)
    edges = session.trials["cue"].to_numpy()[:, None, None] + starts[:, None] + [0.0, width]
    counts = [np.diff(np.searchsorted(np.sort(t), edges), axis=2) for t in session.spike_times]
    return np.stack(counts)[..., 0] / (1000 * width)


def _binned(folder: Path, session: Session) -> dict[str, Any]:
    """Write bins of 100 ms every 50 ms: one cell for each unit, and labels in cells in cells."""
    means, n_units = means_of(session), len(session.spike_times)
    scipy.io.savemat(
        folder / "planted_100ms_bins_50ms_sampled.mat",
        {
            "binned_data": cells(means),
            "binned_labels": {
                name: cells([cells(session.trials[name])] * n_units) for name in ("side", "order")
            },
            "binned_site_info": {
                "alignment_event_time": np.full((n_units, 1), 101.0),
                "region": cells(session.regions),
                "binning_parameters": {
                    "bin_width": 100.0,
                    "sampling_interval": 50.0,
                    "start_time": 1.0,
                    "end_time": 600.0,
                    "the_bin_start_times": 1.0 + 50 * np.arange(means.shape[2]),
                    "the_bin_widths": np.full(means.shape[2], 100.0),
                    "alignment_event_time": 101.0,
                },
            },
        },
    )
    return {**_binned_keys(), "files": "*.mat"}


def _binned_csv(folder: Path, session: Session) -> dict[str, Any]:
    tables = []
    for unit, means in enumerate(means_of(session)):
        starts = -100 + 50 * np.arange(means.shape[1])
        table = pd.DataFrame(means, columns=[f"time.{each}_{each + 100}" for each in starts])
        for name in ("order", "side"):
            table.insert(0, f"labels.{name}", session.trials[name])
        table.insert(0, "site_info.region", session.regions[unit])
        table.insert(0, "siteID", unit + 1)
        tables.append(table)
    pd.concat(tables).to_csv(folder / "planted_100bins_50sampled.csv", index=False)
    return {**_binned_keys(), "files": "*.csv"}


def _binned_keys() -> dict[str, Any]:
    return {"source": "binned", "decoding": {"population": "pseudopopulation"}}


def _matlab(folder: Path, session: Session) -> dict[str, Any]:
    """Write unit x side x order x time x trial, padded with NaN where there is no trial."""
    rates = rates_of(session)
    levels = session.levels or {
        name: sorted(session.trials[name].unique()) for name in ("side", "order")
    }
    members = session.trials.groupby(["side", "order"]).indices
    most = max(map(len, members.values()))
    shape = (rates.shape[1], *map(len, levels.values()), rates.shape[2], most)
    array = np.full(shape, np.nan)
    for (side, order), rows in members.items():
        place = levels["side"].index(side), levels["order"].index(order)
        array[:, place[0], place[1], :, : len(rows)] = np.moveaxis(rates[rows], 0, -1)
    scipy.io.savemat(folder / "planted.mat", {"rates": array, "location": cells(session.regions)})
    return {
        "source": "matlab",
        "files": "*.mat",
        "variable": "rates",
        "axes": ["unit", "side", "order", "time", "trial"],
        "levels": levels,
        "start": START,
        "sample": BIN,
    }


_WRITERS: dict[str, Callable[[Path, Session], dict[str, Any]]] = {
    "nwb": _nwb,
    "csv": lambda folder, session: _tables(folder, session, "csv"),
    "parquet": lambda folder, session: _tables(folder, session, "parquet"),
    "alf": _alf,
    "phy": _phy,
    "netcdf": _netcdf,
    "raster": _raster,
    "raster csv": _raster_csv,
    "binned": _binned,
    "binned csv": _binned_csv,
    "matlab": _matlab,
}
SPIKES = ("nwb", "csv", "parquet", "alf", "phy")
"""Formats with spikes and events on a clock."""
RASTERS = ("raster", "raster csv")
"""Formats with spikes around an event, each unit a session of its own."""
BINNED = ("binned", "binned csv")
"""Formats with rates in bins that overlap, each unit a session of its own."""
RATES = ("netcdf", "matlab", *BINNED)
"""Formats with rates that are aligned already; rasters have spikes, but no clock."""
APART = (*RASTERS, *BINNED)
"""Formats in which each unit is a session of its own."""
EVERY = (*SPIKES, *RASTERS, *RATES)

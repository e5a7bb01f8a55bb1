"""Reader of plain tables of spikes, trials and units."""

from pathlib import Path

import numpy as np
import pandas as pd

from neuro_attn.configuration.sources.table import TableDataset
from neuro_attn.errors import InputError
from neuro_attn.files import sha256
from neuro_attn.recording import SpikeSession
from neuro_attn.sources.regions import no_region_column
from neuro_attn.sources.table import ROLES
from neuro_attn.sources.table_files import NAMES, load, numbers
from neuro_attn.sources.units import finite_spike_times, kept_units

_LISTED = 5


def read(dataset: TableDataset, data_folder: str | Path) -> list[SpikeSession]:
    """Read all sessions of a set of three tables.

    Parameters
    ----------
    dataset : TableDataset
        Names the tables: spikes (session, unit_id, time in s), trials (session, trial_id, events
        in s and any other column) and units (session, unit_id and the region's column).
    data_folder : str or Path
        What their paths are relative to.

    Returns
    -------
    list of SpikeSession
        In the order of the sessions' names.

    Raises
    ------
    InputError
        If a table is missing or unreadable, lacks a column or has no rows, ids repeat in a
        session, spikes belong to no unit, times are no numbers, or a session lacks one of the
        three.
    """
    paths = {role: Path(data_folder) / getattr(dataset, role) for role in ROLES}
    column = dataset.regions.column if dataset.region is None else None
    spikes = load(paths["spikes"], (*NAMES, "time"))
    trials = load(paths["trials"], ("session", "trial_id"))
    units = load(paths["units"], NAMES)
    if column is not None and column not in units:
        raise no_region_column(column, list(map(str, units)), str(paths["units"]))
    spikes, trials, units = (
        table[table["session"].isin(list(filter(dataset.sessions.take, table["session"].unique())))]
        for table in (spikes, trials, units)
    )
    _check_unique(trials, "trial_id", paths["trials"])
    _check_unique(units, "unit_id", paths["units"])
    spikes = spikes.assign(time=numbers(spikes["time"], paths["spikes"]))
    _check_sessions(spikes, trials, units, paths)
    where = f"{paths['units']}, units_where"
    kept = kept_units(units, dataset.units_where, where=where, what="unit")
    region = dataset.region
    if column is not None:
        region = units[column].astype(object).where(units[column].notna(), "")
    added = {"region": region, "_kept": np.isin(np.arange(len(units)), kept)}
    # pandas warns about columns that are inserted into a table of hundreds.
    units = pd.concat(
        [units.drop(columns="region", errors="ignore"), pd.DataFrame(added, index=units.index)],
        axis=1,
    )
    provenance = {f"{role}_sha256": sha256(path) for role, path in paths.items()}
    of_spikes, of_trials, of_units = (
        dict(iter(table.groupby("session"))) for table in (spikes, trials, units)
    )
    return [
        _session(name, of_spikes[name], of_trials[name], of_units[name], paths, provenance)
        for name in sorted(of_trials)
    ]


def session_names(trials: str | Path) -> list[str]:
    """Return the names of the sessions in a table of trials, in order.

    Raises
    ------
    InputError
        If the table is missing or unreadable, or has no column session.
    """
    return sorted(load(Path(trials), ("session",), take=())["session"].unique())


def _session(
    name: str,
    spikes: pd.DataFrame,
    trials: pd.DataFrame,
    units: pd.DataFrame,
    paths: dict[str, Path],
    provenance: dict[str, str],
) -> SpikeSession:
    times = {unit: table.to_numpy() for unit, table in spikes.groupby("unit_id")["time"]}
    if stray := stray_units(spikes, units):
        raise InputError(
            f"{paths['spikes']}, unit_id",
            f"spikes of {_counted(len(stray))} in session {name!r} without a row in "
            f"{paths['units']}: {', '.join(map(repr, stray[:_LISTED]))}"
            f"{', ...' if len(stray) > _LISTED else ''}.",
            "Add a row with the region of each to the table of units, or remove their spikes. To "
            "leave units out, use units_where.",
        )
    kept = units[units["_kept"]]
    where = f"{paths['spikes']}, session {name!r}, unit"
    return SpikeSession(
        session=name,
        spike_times=[
            finite_spike_times(times.get(unit, np.empty(0)), f"{where} {unit!r}")
            for unit in kept["unit_id"]
        ],
        units=kept[["unit_id", "region"]].reset_index(drop=True),
        trials=trials.drop(columns="session").reset_index(drop=True),
        origin=str(paths["trials"]),
        provenance=provenance,
        where_spikes=f"{paths['spikes']}, session {name!r}",
    )


def _counted(n: int) -> str:
    return "1 unit" if n == 1 else f"{n} units"


def stray_units(spikes: pd.DataFrame, units: pd.DataFrame) -> list[str]:
    """Return the units of a session that have spikes and no row in the table of units."""
    return sorted(set(spikes["unit_id"].unique()) - set(units["unit_id"]))


def _check_unique(table: pd.DataFrame, column: str, path: Path) -> None:
    if (again := table.duplicated(["session", column])).any():
        session, value = (table[key][again].tolist()[0] for key in ("session", column))
        raise InputError(
            f"{path}, {column}",
            f"{value!r} is used more than once in session {session!r}.",
            "Number the rows of a session, or remove rows that occur twice.",
        )


def _check_sessions(
    spikes: pd.DataFrame, trials: pd.DataFrame, units: pd.DataFrame, paths: dict[str, Path]
) -> None:
    tables = {"spikes": spikes, "trials": trials, "units": units}
    sessions = {role: set(table["session"].unique()) for role, table in tables.items()}
    for role, present in sessions.items():
        if missing := sorted(set().union(*sessions.values()) - present):
            raise InputError(f"{paths[role]}, session", f"session {missing[0]!r} has no {role}.")

"""Files of activations: NetCDF, NumPy's .npz without pickles, and text tables.

Each file contains one replicate network. Its contents are

- the activations of each population, (trial, step, unit), under the name of the population;
- ``time`` (step), the centre of each step in s on the clock of the trials;
- one array (trial) for each column of the trials, unless a table of trials has them.

In NetCDF, populations are variables with three dimensions, the first of which all share with the
columns of the trials, and the second with ``time``. A text table has one row per trial and step
with the columns ``trial_id`` and ``time``, and one column per unit, named POPULATION-UNIT.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn import recording
from neuro_attn.bytestrings import as_text
from neuro_attn.errors import InputError, listing_problems
from neuro_attn.files import as_filename, written_whole
from neuro_attn.guard import guarded
from neuro_attn.networks.populations import Activations
from neuro_attn.sources.checks import existing_file
from neuro_attn.sources.text_tables import read_text_table

_UNEVEN = 1e-3
"""Largest deviation from evenly spaced times, as a fraction of a step."""
_UNIT = re.compile(r"(.+)-[^-]+")
"""Name of a unit in a text table; its population comes first."""
_LAYOUT = (
    "A file contains an array (trial, step, unit) for each population, the array time (step) in s, "
    "and an array (trial) for each column of the trials."
)


class _Contents(NamedTuple):
    """Arrays of a file by name, and what is wrong with it so far."""

    arrays: dict[str, np.ndarray]
    problems: list[str]


def write(activations: Activations, path: str | Path) -> None:
    """Write activations and their trials to a file; see `Activations.save`."""
    path = Path(path)
    if shared := set(activations.populations) & {"time", *map(str, activations.trials.columns)}:
        raise InputError(
            str(path),
            f"{min(shared)} is the name of a population and of a column of the trials.",
            "Rename one.",
        )
    columns = {str(name): _storable(column) for name, column in activations.trials.items()}
    time = activations.start + activations.step * (np.arange(activations.steps.n_steps) + 0.5)
    with written_whole(path) as partial:
        if path.suffix == ".npz":
            arrays = {"time": time, **columns, **activations.populations}
            np.savez_compressed(partial, allow_pickle=False, **arrays)
        elif path.suffix == ".nc":
            kept: dict[str, Any] = {
                name: (("trial", "time", f"unit_{name}"), states)
                for name, states in activations.populations.items()
            }
            kept |= {name: ("trial", values) for name, values in columns.items()}
            xr.Dataset(kept, coords={"time": time}).to_netcdf(partial, engine="h5netcdf")
        else:
            raise InputError(str(path), "is neither a .nc nor a .npz file.", "Rename it.")


def _storable(column: pd.Series) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy()
    return column.fillna("").astype(str).to_numpy(dtype=str)


def read(path: str | Path, table: str | Path | None = None) -> Activations:
    """Read the activations of a replicate network.

    Parameters
    ----------
    path : str or Path
        File in NetCDF (.nc), NumPy's format (.npz) or a text table (.csv).
    table : str or Path, optional
        Text table of the trials, in the order of the activations; or, if both have a column
        ``trial_id``, in any order.

    Raises
    ------
    InputError
        If a file is unreadable or malformed; one message lists all problems.
    """
    path = existing_file(path)
    if (reader := _READERS.get(path.suffix.lower())) is None:
        raise InputError(
            str(path), "has no known suffix.", f"Save activations as {', '.join(_READERS)}."
        )
    with guarded(path, "file of activations"):
        arrays, problems = reader(path)
    populations = {name: arrays[name] for name in sorted(arrays) if arrays[name].ndim == 3}
    problems += _problems_of_populations(populations)
    shape = next((each.shape for each in populations.values()), (0, 0, 0))
    step, start = 1.0, 0.0
    if problem := _problem_of_time(arrays.get("time"), shape[1] if populations else None):
        problems.append(problem)
    else:
        step, start = _clock(arrays["time"])
    columns = {name: each for name, each in arrays.items() if each.ndim < 3 and name != "time"}
    problems += _problems_of_columns(columns, shape[0] if populations else None)
    trials = pd.DataFrame() if problems else pd.DataFrame(columns, index=range(shape[0]))
    if table is not None:
        trials, found = _joined(trials, existing_file(table), shape[0])
        problems += found
    elif not columns:
        problems.append("no column of the trials; give arrays (trial), or the key trials.")
    if problems:
        raise listing_problems(str(path), problems, _LAYOUT)
    if "trial_id" not in trials:
        trials.insert(0, "trial_id", np.arange(shape[0]))
    single = {name: np.asarray(states, np.float32) for name, states in populations.items()}
    return Activations(populations=single, trials=trials, step=step, start=start)


# --- readers -------------------------------------------------------------------------------------


def _read_npz(path: Path) -> _Contents:
    arrays, problems = {}, []
    with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
        for name in file.files:
            try:
                arrays[name] = _decoded(file[name], f"{path}, {name}")
            except ValueError as error:
                if "allow_pickle" not in str(error):
                    raise
                problems.append(
                    f"{name} contains Python objects, which only pickles can store; save numbers "
                    "as float and text as str (numpy.array(values, dtype=str))."
                )
    return _Contents(arrays, problems)


def _read_netcdf(path: Path) -> _Contents:
    with recording.opened(path) as kept:
        populations = [each for each in kept.data_vars.values() if each.ndim == 3]
        # Coordinates of units and single values are neither populations nor columns of the trials.
        others = {dimension for each in populations for dimension in each.dims[2:]}
        arrays = {
            str(name): _decoded(each.values, f"{path}, {name}")
            for name, each in kept.variables.items()
            if each.ndim and not (each.ndim == 1 and each.dims[0] in others)
        }
    return _Contents(arrays, [])


def _read_table(path: Path) -> _Contents:
    table = read_text_table(path, names=["trial_id"])
    if missing := [name for name in ("trial_id", "time") if name not in table]:
        return _Contents({}, [f"no column {' and no column '.join(missing)}."])
    problems = []
    names = [str(name) for name in table.columns if name not in ("trial_id", "time")]
    if wrong := [name for name in names if not _UNIT.fullmatch(name)]:
        problems.append(f"columns {', '.join(wrong)} are not named POPULATION-UNIT.")
    if text := [name for name in names if table[name].dtype.kind not in "iufb"]:
        problems.append(f"columns {', '.join(text)} contain text instead of numbers.")
    ids = list(dict.fromkeys(table["trial_id"]))
    n_steps = len(table) // max(len(ids), 1)
    whole = table.groupby("trial_id", sort=False)["time"].apply(tuple)
    if len(set(whole)) > 1:
        problems.append("trials differ in their times; each needs one row for every step.")
    if problems or not ids:
        return _Contents({}, problems or ["no rows."])
    table = table.sort_values("trial_id", key=lambda column: column.map(ids.index), kind="stable")
    arrays: dict[str, np.ndarray] = {}
    of_population: dict[str, list[str]] = {}
    for name in names:
        of_population.setdefault(name.rpartition("-")[0], []).append(name)
    for population, units in of_population.items():
        states = table[units].to_numpy(dtype=float)
        arrays[population] = states.reshape(len(ids), n_steps, len(units))
    arrays["time"] = table["time"].to_numpy()[:n_steps]
    arrays["trial_id"] = np.array(ids)
    return _Contents(arrays, [])


_READERS: Mapping[str, Callable[[Path], _Contents]] = {
    ".nc": _read_netcdf,
    ".npz": _read_npz,
    ".csv": _read_table,
}


def _decoded(values: np.ndarray, where: str) -> np.ndarray:
    return np.asarray(as_text(values, where)) if values.dtype.kind in "SO" else values


# --- checks --------------------------------------------------------------------------------------


def _problems_of_populations(populations: Mapping[str, np.ndarray]) -> Iterator[str]:
    if not populations:
        yield "no population; none of its arrays has three dimensions."
    for name, states in populations.items():
        try:
            as_filename(name)
        except InputError as error:
            yield f"population {name!r}: {error.problem}"
        if states.dtype.kind not in "iufb":
            yield f"population {name} contains {states.dtype}, not real numbers."
        elif not states.size:
            yield f"population {name} is empty, {_shape(states)}."
        elif (n_bad := int((~np.isfinite(states)).sum())) > 0:
            trial, step, unit = (int(each[0]) for each in np.nonzero(~np.isfinite(states)))
            yield (
                f"population {name} contains {n_bad} values that are not finite; the first is "
                f"{states[trial, step, unit]} at trial {trial}, step {step}, unit {unit}."
            )
    if len({states.shape[:2] for states in populations.values()}) > 1:
        shapes = ", ".join(f"{name} {_shape(states)}" for name, states in populations.items())
        yield f"populations differ in their numbers of trials or steps: {shapes}."


def _shape(states: np.ndarray) -> str:
    return f"({', '.join(map(str, states.shape))})"


def _problem_of_time(time: np.ndarray | None, n_steps: int | None) -> str:
    """Return what is wrong with the centres of the steps; empty if nothing is."""
    if time is None:
        return "no array time; it contains the centre of each step, s."
    if time.ndim != 1 or time.dtype.kind not in "iuf":
        return f"time has the shape {_shape(time)} and the type {time.dtype}, not numbers (step)."
    if n_steps is not None and len(time) != n_steps:
        return f"time has {len(time)} values; the populations have {n_steps} steps."
    if len(time) < 2 or not np.isfinite(time).all():
        return "time has fewer than two values, or values that are not finite."
    apart = np.diff(time.astype(float))
    if apart.min() <= 0 or np.ptp(apart) > _UNEVEN * apart.mean():
        return "time does not increase in equal steps."
    return ""


def _clock(time: np.ndarray) -> tuple[float, float]:
    """Return the duration of a step and the start of the first, s."""
    # Ten decimals remove the rounding error of differences, by which bins would not be whole.
    step = round(float((time[-1] - time[0]) / (len(time) - 1)), 10)
    return step, round(float(time[0]) - step / 2, 10)


def _problems_of_columns(columns: Mapping[str, np.ndarray], n_trials: int | None) -> Iterator[str]:
    for name, values in columns.items():
        if values.ndim != 1:
            yield f"{name} has {values.ndim} dimensions; a population has 3, a column has 1."
        elif n_trials is not None and len(values) != n_trials:
            yield f"column {name} has {len(values)} values; the populations have {n_trials} trials."


def _joined(trials: pd.DataFrame, path: Path, n_trials: int) -> tuple[pd.DataFrame, list[str]]:
    """Return trials with the columns of a table, and what is wrong with it."""
    with guarded(path, "table of trials"):
        table = read_text_table(path)
    own = [str(name) for name in trials.columns if name != "trial_id"]
    problems = [f"column {name} is also in {path}." for name in own if name in table]
    if "trial_id" in trials and "trial_id" in table:
        # Text and numbers of the same identity are equal as text.
        key, ids = table["trial_id"].astype(str), trials["trial_id"].astype(str)
        if sorted(key) != sorted(ids):
            missing = [each for each in ids if each not in set(key)]
            shown = f"; {missing[0]} is missing" if missing else ""
            problems.append(f"its trial_id are not those of {path}{shown}.")
        elif key.duplicated().any():
            problems.append(f"trial_id {key[key.duplicated()].iloc[0]} is used more than once.")
        else:
            table = table.iloc[[key.tolist().index(each) for each in ids]].reset_index(drop=True)
            trials = trials.drop(columns="trial_id")
    elif n_trials and len(table) != n_trials:
        problems.append(f"{path} has {len(table)} rows; the populations have {n_trials} trials.")
    if problems:
        return trials, problems
    return pd.concat([trials, table], axis="columns"), []

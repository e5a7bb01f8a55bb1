"""Activations of a network's populations, and the Recording that they become."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import ArrayLike

from neuro_attn import recording
from neuro_attn.configuration import NetworkDataset, NetworkTrials, Time
from neuro_attn.errors import InputError
from neuro_attn.networks import trials as task
from neuro_attn.randomness import stream

ROW = "_row"
"""Column of the row of each trial in activations, while trials are assigned to tasks."""


@dataclass(frozen=True, kw_only=True)
class Trials:
    """Trials of any task, with their inputs to a network.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per trial. Tasks, labels and events of an analysis are among its columns; times are
        in s from the start of the trial.
    inputs : array, shape (trial, step, channel)
        Inputs of the network.
    targets : array, shape (trial, report_step, output), optional
        Outputs that a network is trained to give.
    step : float
        Duration of a step, s.
    """

    table: pd.DataFrame
    inputs: np.ndarray
    targets: np.ndarray | None = None
    step: float = task.STEP


class Steps(NamedTuple):
    """The steps of a trial."""

    n_steps: int
    """Number of steps."""
    step: float = task.STEP
    """Duration of a step, s."""
    start: float = 0.0
    """Start of the first step, s on the clock of the trials."""


@dataclass(frozen=True, kw_only=True)
class Activations:
    """Activations of a network on trials.

    Parameters
    ----------
    populations : dict of str to array, shape (trial, step, unit)
        The activations of each population.
    trials : pandas.DataFrame
        One row per trial; see `Trials`.
    step : float
        Duration of a step, s.
    start : float
        Start of the first step, s on the clock of the trials.
    """

    populations: dict[str, np.ndarray]
    trials: pd.DataFrame
    step: float = task.STEP
    start: float = 0.0

    def save(self, path: str | Path) -> None:
        """Write a file that a network with ``source: activations`` reads.

        Parameters
        ----------
        path : str or Path
            File in NetCDF (.nc) or NumPy's format (.npz, without pickles).
        """
        from neuro_attn.networks.activation_files import write

        write(self, path)

    @property
    def steps(self) -> Steps:
        """The steps of a trial."""
        n_steps = next(iter(self.populations.values())).shape[1]
        return Steps(n_steps, self.step, self.start)


class InTasks(NamedTuple):
    """The trials of all tasks, and the steps of their bins."""

    trials: pd.DataFrame
    """Trials from `recording.assign_tasks`."""
    rows: np.ndarray
    """Row of each of them in the activations."""
    steps: np.ndarray
    """Steps in each bin, shape (trial, bin, step in bin)."""


def draw_trials(n_trials: int, seed: int, settings: NetworkTrials | None = None) -> Trials:
    """Draw trials with their inputs and targets, by default of the pro and the retro task.

    Parameters
    ----------
    n_trials : int
        Number of trials, in random order; trial types differ by at most one trial.
    seed : int
        Seed of the random numbers. Use another one for each batch of training trials.
    settings : NetworkTrials, optional
        Task, timing and colours; by default those of every network. A task of your own is
        ``NetworkTrials(task="my_task.yaml")``.

    Returns
    -------
    Trials
        Inputs have the channels of `design.design_of`, with noise of SD 0.1. Targets are cosine
        and sine of the colour to report.

    Examples
    --------
    >>> trials = draw_trials(6, seed=1)
    >>> trials.table["trial_type"].value_counts().to_dict()
    {'retro': 3, 'pro': 3}
    >>> trials.inputs.shape[0], trials.inputs.shape[2], trials.targets.shape[2]
    (6, 9, 2)
    """
    settings = settings or NetworkTrials()
    return _drawn(n_trials, settings, 0.1, stream(seed, "network", "trials of a user"))


def held_out_trials(settings: Any, network: str, session: str, seed: int) -> Trials:
    """Draw the held-out trials on which a network of a configuration is recorded.

    Parameters
    ----------
    settings : Network
        Its settings.
    network, session : str
        Names of the network and of the session, such as "seed0".
    seed : int
        The seed of the configuration.
    """
    return trials_of(settings, stream(seed, "network", network, session, "held-out trials"))


def trials_of(settings: Any, rng: np.random.Generator) -> Trials:
    """Draw as many trials of each task as the settings of a network test, with its input noise."""
    n_trials = len(settings.trial_types) * settings.test_trials
    return _drawn(n_trials, settings, settings.input_noise, rng)


def _drawn(
    n_trials: int, settings: NetworkTrials, noise: float, rng: np.random.Generator
) -> Trials:
    table = task.draw(n_trials, settings, rng)
    inputs = task.inputs(table, settings, noise, rng)
    return Trials(table=table, inputs=inputs, targets=task.targets(table, settings.report_steps))


def record(network: Callable[[np.ndarray], Any], trials: Trials) -> Activations:
    """Record a network of any library on trials.

    Parameters
    ----------
    network : callable
        Takes ``trials.inputs`` and returns the activations of its populations, a dict of arrays
        (trial, step, unit); or a pair of them and of its reports, shape (trial, report_step, 2),
        cosine and sine of a colour. Arrays can be those of PyTorch, JAX or NumPy. Activations at a
        step must depend on inputs up to that step only.
    trials : Trials
        The trials, from `draw_trials` or your own.

    Returns
    -------
    Activations
        In single precision. With reports, trials have the columns ``report`` (rad) and
        ``report_error`` (degrees, if the trials have a ``target_color``).

    Raises
    ------
    InputError
        If the network returns anything else.

    Examples
    --------
    >>> import numpy as np
    >>> from neuro_attn import networks
    >>> weights = np.random.default_rng(0).standard_normal((9, 20))
    >>> trials = networks.draw_trials(4, seed=1)
    >>> recorded = networks.record(lambda inputs: {"hidden": np.tanh(inputs @ weights)}, trials)
    >>> recorded.populations["hidden"].shape == (4, trials.inputs.shape[1], 20)
    True
    """
    returned = network(trials.inputs)
    found, reports = returned if isinstance(returned, tuple) else (returned, None)
    if not isinstance(found, Mapping) or not found:
        raise InputError(
            "network",
            f"returned {type(found).__name__} instead of activations.",
            "Return a dict of arrays (trial, step, unit), one for each population.",
        )
    # Units are in the order of the names of their populations, as in files.
    populations = {name: _as_array(found[name]) for name in sorted(found)}
    shape = trials.inputs.shape[:2]
    for name, states in populations.items():
        if states.ndim != 3 or states.shape[:2] != shape:
            raise InputError(
                f"network, population {name}",
                f"has the shape {states.shape}.",
                f"Return an array (trial, step, unit) with {shape[0]} trials and {shape[1]} steps.",
            )
    table = trials.table
    if reports is not None:
        table = with_reports(table, _as_array(reports))
    return Activations(populations=populations, trials=table, step=trials.step)


def with_reports(trials: pd.DataFrame, reports: ArrayLike) -> pd.DataFrame:
    """Return trials with the columns ``report`` and, with a ``target_color``, ``report_error``."""
    trials = trials.assign(report=task.reported_color(reports))
    if "target_color" in trials:
        trials["report_error"] = task.report_error(reports, trials)
    return trials


def _as_array(values: Any) -> np.ndarray:
    # A tensor of PyTorch that has a gradient, or is on another device, is no array yet.
    if hasattr(values, "detach"):
        values = values.detach().cpu()
    return np.asarray(values, np.float32)


def as_recording(
    activations: Activations,
    noise: float,
    *,
    name: str,
    session: str,
    dataset: NetworkDataset,
    seed: int,
    provenance: Mapping[str, str],
) -> xr.Dataset:
    """Return the Recording of activations in the time bins around each task's event.

    Parameters
    ----------
    activations : Activations
        Activations of all populations.
    noise : float
        SD of the Gaussian noise that is added to each unit, in SDs of the unit over trials and
        times. The responses of most networks have no trial-to-trial variability of their own.
    name, session : str
        Names of the data set and of the session.
    dataset : NetworkDataset
        Definitions of tasks and label, and the time bins.
    seed : int
        The seed of the configuration.
    provenance : mapping of str to str
        Origin of the activations.

    Raises
    ------
    InputError
        If a column of the trials is missing, or the time bins do not align with the steps or
        extend beyond the trials.
    """
    used = in_tasks(activations.trials, activations.steps, dataset, provenance["origin"])
    rng = stream(seed, "network", name, session, "activation noise")
    rates, units = [], []
    for population, states in activations.populations.items():
        noisy = _with_noise(states, noise, rng)
        binned = noisy[used.rows[:, None, None], used.steps].mean(axis=2)
        rates.append(binned.swapaxes(1, 2))
        units.append(units_of(population, noisy.shape[2]))
    made = recording.build(
        np.concatenate(rates, axis=1),
        used.trials,
        pd.concat(units, ignore_index=True),
        name,
        session,
        dataset,
        dict(provenance),
        units_of_rates="a.u.",
    )
    made["rates"].attrs["long_name"] = "activation"
    return made


def in_tasks(trials: pd.DataFrame, steps: Steps, dataset: NetworkDataset, origin: str) -> InTasks:
    """Return the trials that belong to a task, with the steps of their bins.

    Raises
    ------
    InputError
        As in `as_recording`.
    """
    numbered = trials.assign(**{ROW: np.arange(len(trials))})
    used = recording.assign_tasks(numbered, dataset, origin).trials
    rows = used.pop(ROW).to_numpy()
    return InTasks(used, rows, _steps_of_bins(used["event_time"].to_numpy(), dataset.time, steps))


def units_of(population: str, n_units: int) -> pd.DataFrame:
    """Return the table of the units of a population."""
    names = [f"{population}-{unit:03d}" for unit in range(n_units)]
    return pd.DataFrame({"unit_id": names, "region": population})


def _with_noise(states: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    """Add Gaussian noise with an SD of `noise` times the SD of each unit over trials and times."""
    sd = states.std(axis=(0, 1), dtype=float) * noise
    return states + rng.standard_normal(states.shape, dtype=np.float32) * sd.astype(np.float32)


def _steps_of_bins(event_time: np.ndarray, time: Time, of: Steps) -> np.ndarray:
    """Return the time steps in each bin, shape (trial, bin, step in bin).

    Parameters
    ----------
    event_time : array, shape (trial,)
        Time of the event on the clock of the trial, s.
    time : Time
        The bins, relative to the event.
    of : Steps
        Number, duration and start of the steps.

    Raises
    ------
    InputError
        If a task has no event, if bins do not coincide with whole steps, or if they extend beyond
        the steps.
    """
    key = "network_analysis.time"
    if not np.isfinite(event_time).all():
        raise InputError(
            "network_analysis.tasks", "a task has no event.", "Set `align` for every task."
        )
    width = time.bin / of.step
    first = (event_time + time.start - of.start) / of.step
    if not (_is_whole(width).all() and _is_whole(first).all()):
        raise InputError(
            key,
            f"bins of {time.bin:g} s from {time.start:g} s do not align with the networks' steps.",
            f"Set `bin` and `start` to multiples of {of.step:g} s.",
        )
    within = np.arange(round(width))
    steps = np.rint(first).astype(int)[:, None, None] + (
        np.arange(time.n_bins)[:, None] * len(within) + within
    )
    if steps.size and (steps.min() < 0 or steps.max() >= of.n_steps):
        earliest = of.start - event_time.min()
        latest = of.start + of.n_steps * of.step - event_time.max()
        raise InputError(
            key,
            f"[{time.start:g}, {time.stop:g}] s around the events extends beyond the networks' "
            "trials, which are recorded from their start to the report.",
            f"Allowed: [{earliest:g}, {latest:g}] s.",
        )
    return steps


def _is_whole(values: float | np.ndarray) -> np.ndarray:
    return np.isclose(values, np.rint(values), rtol=0, atol=1e-5)

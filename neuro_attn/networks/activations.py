"""Record the populations of a network as a Recording, as if they were brain regions."""

import json

import equinox as eqx
import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn import recording
from neuro_attn.configuration import ATTENDED, Network, NetworkDataset, Time
from neuro_attn.errors import InputError
from neuro_attn.networks import trials as task
from neuro_attn.networks.model import Model, online, report
from neuro_attn.networks.training import untrained
from neuro_attn.randomness import stream


def record(
    model: Model, settings: Network, dataset: NetworkDataset, name: str, session: str, seed: int
) -> tuple[xr.Dataset, xr.Dataset | None, pd.DataFrame]:
    """Run a network on held-out trials and record its activations, attention and reports.

    Trained and untrained networks of one session receive the same trials.

    Parameters
    ----------
    model : Model
        The network.
    settings : Network
        Its settings: number of trials, input noise and activation noise.
    dataset : NetworkDataset
        Definitions of tasks and label, and the time bins.
    name, session : str
        Names of the data set and of the session.
    seed : int
        The seed of the configuration.

    Returns
    -------
    activations : xarray.Dataset
        A Recording of all populations, in the time bins around each task's event. The region of a
        unit is its population. We add Gaussian noise to each unit, with an SD of
        ``settings.activation_noise`` times the unit's SD over trials and times, because the
        responses of a network have no trial-to-trial variability of their own.
    attention : xarray.Dataset or None
        A Recording of the attention weights, without noise, aligned to the start of the trial.
        Each attention (a head or a layer) is a region, and each source that it can attend to is a
        unit. ``unit_source`` is the index of the source, and the attribute ``attended`` is its
        kind. If sources are steps, ``unit_time_s`` is the centre of the step in s; otherwise it
        is NaN. None for a network without attention.
    report_error : pandas.DataFrame
        One row per trial: ``trial_id``, ``trial_type``, ``target_color`` and ``report`` (both rad
        in [0, 2 pi)), and ``report_error`` (degrees in [-180, 180)).

    Raises
    ------
    InputError
        If the time bins do not align with the network's time steps or extend beyond its trials.
    """
    trials, inputs = _held_out(settings, dataset, session, seed)
    reports = np.asarray(report(model, inputs, settings.report_steps))
    trials = trials.assign(
        report=task.reported_color(reports), report_error=task.report_error(reports, trials)
    )
    used, steps = _used(trials, settings, dataset, session)
    rows = used["trial_id"].to_numpy()
    provenance = {
        "origin": _origin(dataset, session),
        "network_settings": json.dumps(settings.model_dump(mode="json"), sort_keys=True),
    }

    populations, attention = online(model, inputs)
    noise_rng = stream(seed, "network", name, session, "activation noise")
    rates, units = [], []
    for population, states in populations.items():
        noisy = _with_noise(np.asarray(states), settings.activation_noise, noise_rng)
        binned = noisy[rows[:, None, None], steps].mean(axis=2)
        rates.append(binned.swapaxes(1, 2))
        units.append(_units(population, noisy.shape[2]))
    activations = recording.build(
        np.concatenate(rates, axis=1),
        used,
        pd.concat(units, ignore_index=True),
        name,
        session,
        dataset,
        provenance,
        units_of_rates="a.u.",
    )
    activations["rates"].attrs["long_name"] = "activation"
    columns = ["trial_id", "trial_type", "target_color", "report", "report_error"]
    weights = (
        _attention_recording(attention, settings, used, name, session, dataset, provenance)
        if attention
        else None
    )
    return activations, weights, trials[columns]


def outline(
    settings: Network, dataset: NetworkDataset, name: str, session: str, seed: int
) -> xr.Dataset:
    """Return a Recording with the units and trials of `record`, without running a network.

    Activations are zeros that occupy no memory, and reports equal the cued colour.

    Parameters
    ----------
    settings, dataset, name, session, seed
        As in `record`.

    Returns
    -------
    xarray.Dataset
        A Recording of the shape of the one that `record` returns.

    Raises
    ------
    InputError
        As in `record`.
    """
    trials, inputs = _held_out(settings, dataset, session, seed)
    trials = trials.assign(report=trials["target_color"], report_error=0.0)
    used, _ = _used(trials, settings, dataset, session)
    model = untrained(settings, seed, dataset.network, 0)
    populations, _ = eqx.filter_eval_shape(model.online, inputs[0])
    units = pd.concat(
        [_units(population, states.shape[1]) for population, states in populations.items()],
        ignore_index=True,
    )
    rates = np.broadcast_to(np.float32(0), (len(used), len(units), dataset.time.n_bins))
    provenance = {"origin": _origin(dataset, session)}
    return recording.build(rates, used, units, name, session, dataset, provenance, "a.u.")


def _held_out(
    settings: Network, dataset: NetworkDataset, session: str, seed: int
) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw the held-out trials and their inputs, shape (trial, step, channel)."""
    rng = stream(seed, "network", dataset.network, session, "held-out trials")
    trials = task.draw(len(settings.tasks) * settings.test_trials, settings, rng)
    return trials, task.inputs(trials, settings, settings.input_noise, rng)


def _used(
    trials: pd.DataFrame, settings: Network, dataset: NetworkDataset, session: str
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the trials assigned to a task and the steps of their bins; see `_steps_of_bins`."""
    used = recording.assign_tasks(trials, dataset, _origin(dataset, session)).trials
    steps = _steps_of_bins(used["event_time"].to_numpy(), dataset.time, settings.encoded_steps)
    return used, steps


def _units(population: str, n_units: int) -> pd.DataFrame:
    names = [f"{population}-{unit:03d}" for unit in range(n_units)]
    return pd.DataFrame({"unit_id": names, "region": population})


def _origin(dataset: NetworkDataset, session: str) -> str:
    return f"network {dataset.network}, {session}"


def _with_noise(states: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    """Add Gaussian noise with an SD of `noise` times the SD of each unit.

    Parameters
    ----------
    states : array, shape (trial, time, unit)
        Activations.
    noise : float
        SD of the noise in units of each unit's SD over trials and times.
    rng : numpy.random.Generator
        Source of the noise.
    """
    sd = states.std(axis=(0, 1), dtype=float) * noise
    return states + rng.standard_normal(states.shape, dtype=np.float32) * sd.astype(np.float32)


def _steps_of_bins(event_time: np.ndarray, time: Time, n_steps: int) -> np.ndarray:
    """Return the time steps in each bin, shape (trial, bin, step in bin).

    Parameters
    ----------
    event_time : array, shape (trial,)
        Time of the event from the start of the trial, s.
    time : Time
        The bins, relative to the event.
    n_steps : int
        Number of steps of a trial up to the report.

    Raises
    ------
    InputError
        If a task has no event, if bins do not coincide with whole steps, or if they extend beyond
        the encoded steps.
    """
    key = "network_analysis.time"
    if not np.isfinite(event_time).all():
        raise InputError(
            "network_analysis.tasks", "a task has no event.", "Set `align` for every task."
        )
    width = time.bin / task.STEP
    first = (event_time + time.start) / task.STEP
    if not (_is_whole(width).all() and _is_whole(first).all()):
        raise InputError(
            key,
            f"bins of {time.bin:g} s from {time.start:g} s do not align with the networks' steps.",
            f"Set `bin` and `start` to multiples of {task.STEP:g} s.",
        )
    within = np.arange(round(width))
    steps = np.rint(first).astype(int)[:, None, None] + (
        np.arange(time.n_bins)[:, None] * len(within) + within
    )
    if steps.min() < 0 or steps.max() >= n_steps:
        earliest, latest = -event_time.min(), n_steps * task.STEP - event_time.max()
        raise InputError(
            key,
            f"[{time.start:g}, {time.stop:g}] s around the events extends beyond the networks' "
            "trials, which are recorded from their start to the report.",
            f"Allowed: [{earliest:g}, {latest:g}] s.",
        )
    return steps


def _is_whole(values: float | np.ndarray) -> np.ndarray:
    return np.isclose(values, np.rint(values), rtol=0, atol=1e-6)


def _attention_recording(
    attention: dict,
    settings: Network,
    used: pd.DataFrame,
    name: str,
    session: str,
    dataset: NetworkDataset,
    provenance: dict,
) -> xr.Dataset:
    """Return the attention weights as a Recording; see `record`."""
    whole_trial = Time(start=0.0, stop=settings.encoded_steps * task.STEP, bin=task.STEP)
    rows = used["trial_id"].to_numpy()
    attended = ATTENDED[settings.family]
    units = []
    for region, weights in attention.items():
        source = np.arange(weights.shape[2])
        middle = (source + 0.5) * task.STEP if attended == "step" else np.nan
        identity = {"unit_id": [f"{region}-{attended}-{s:02d}" for s in source], "region": region}
        units.append(pd.DataFrame({**identity, "source": source, "time_s": middle}))
    built = recording.build(
        np.concatenate(list(attention.values()), axis=2)[rows].swapaxes(1, 2),
        used,
        pd.concat(units, ignore_index=True),
        name,
        session,
        dataset.model_copy(update={"time": whole_trial}),
        {**provenance, "attended": attended},
        units_of_rates="a.u.",
    )
    built["time"].attrs["long_name"] = "time from start of trial"
    built["rates"].attrs["long_name"] = "attention weight"
    return built

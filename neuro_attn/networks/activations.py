"""Record the populations of a network as a Recording, as if they were brain regions."""

import json
from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn import recording
from neuro_attn.configuration import Network, NetworkDataset, Time
from neuro_attn.networks import trials as task
from neuro_attn.networks.model import Model, online, report
from neuro_attn.networks.noise import Noise, check_has_states, drawn_for_trials
from neuro_attn.networks.populations import (
    Activations,
    InTasks,
    Steps,
    as_recording,
    held_out_trials,
    in_tasks,
    units_of,
    with_reports,
)
from neuro_attn.networks.training import untrained
from neuro_attn.randomness import stream


def record_replicate(
    model: Model,
    settings: Network,
    dataset: NetworkDataset,
    name: str,
    session: str,
    seed: int,
    state_noise: float | None = None,
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
    state_noise : float, optional
        SD of the noise in the states; by default that of the settings.

    Returns
    -------
    activations : xarray.Dataset
        A Recording of all populations, in the time bins around each task's event. The region of a
        unit is its population. Activity and reports are those of the network with noise in its
        states. We add Gaussian noise to each unit, with an SD of ``settings.activation_noise``
        times the unit's SD over trials and times, because the responses of a network without
        noise in its states have no trial-to-trial variability of their own.
    attention : xarray.Dataset or None
        A Recording of the attention weights, without noise, aligned to the start of the trial.
        Each attention (a head or a layer) is a region, and each source that it can attend to is a
        unit. ``unit_source`` is the index of the source, and the attribute ``attended`` is its
        kind. If sources are steps, ``unit_time_s`` is the centre of the step in s; otherwise it
        is NaN. None for a network without attention.
    report_error : pandas.DataFrame
        One row per trial, without noise in the states: ``trial_id``, ``trial_type``,
        ``target_color`` and ``report`` (both rad in [0, 2 pi)), and ``report_error`` (degrees in
        [-180, 180)).

    Raises
    ------
    InputError
        If the time bins do not align with the network's time steps or extend beyond its trials.
    """
    trials = held_out_trials(settings, dataset.network, session, seed)
    quiet = with_reports(trials.table, report(model, trials.inputs, settings.report_steps))
    table, noise = quiet, None
    state_noise = settings.state_noise if state_noise is None else state_noise
    if state_noise:
        rng = stream(seed, "network", dataset.network, session, "state noise")
        noise = noise_of_trials(model, settings, len(quiet), state_noise, rng)
        noisy = report(model, trials.inputs, settings.report_steps, noise)
        table = with_reports(trials.table, noisy)
    populations, attention = online(model, trials.inputs, noise)
    activations = Activations(
        populations={key: np.asarray(states) for key, states in populations.items()},
        trials=table,
    )
    provenance = {
        "origin": _origin(dataset, session),
        "network_settings": json.dumps(settings.model_dump(mode="json"), sort_keys=True),
    }
    made = as_recording(
        activations,
        settings.activation_noise,
        name=name,
        session=session,
        dataset=dataset,
        seed=seed,
        provenance=provenance,
    )
    columns = ["trial_id", "trial_type", "target_color", "report", "report_error"]
    weights = None
    if attention:
        used = in_tasks(activations.trials, activations.steps, dataset, provenance["origin"])
        weights = _attention_recording(
            attention, settings, used, name, session, dataset, provenance
        )
    return made, weights, quiet[columns]


def noise_of_trials(
    model: Model, settings: Network, n_trials: int, sd: float, rng: np.random.Generator
) -> Noise:
    """Draw the noise in the states of a network on held-out trials.

    Parameters
    ----------
    model : Model
        The network.
    settings : Network
        Its settings: the lengths of trials and report.
    n_trials : int
        Number of trials.
    sd : float
        SD of the noise.
    rng : numpy.random.Generator
        Source of randomness.
    """
    check_has_states(model, settings.family)
    n_steps = settings.encoded_steps + settings.report_steps
    drawn = drawn_for_trials(model, n_trials, n_steps, rng)
    return tuple(jnp.asarray(np.float32(sd) * xi) for xi in drawn)


def callable_of(model: Model, settings: Network) -> Callable[[np.ndarray], tuple]:
    """Return a network as the callable that `populations.record` takes."""
    return lambda inputs: (
        online(model, inputs)[0],
        report(model, inputs, settings.report_steps),
    )


def outline(
    settings: Network, dataset: NetworkDataset, name: str, session: str, seed: int
) -> xr.Dataset:
    """Return the Recording of `record_replicate` with its units and trials, without activations.

    Activations are zeros that occupy no memory, and reports equal the cued colour.

    Parameters
    ----------
    settings, dataset, name, session, seed
        As in `record_replicate`.

    Returns
    -------
    xarray.Dataset
        A Recording of the shape of the one that `record_replicate` returns.

    Raises
    ------
    InputError
        As in `record_replicate`.
    """
    trials = held_out_trials(settings, dataset.network, session, seed)
    table = trials.table.assign(report=trials.table["target_color"], report_error=0.0)
    steps = Steps(trials.inputs.shape[1])
    used = in_tasks(table, steps, dataset, _origin(dataset, session)).trials
    model = untrained(settings, seed, dataset.network, 0)
    populations, _ = eqx.filter_eval_shape(model.online, trials.inputs[0])
    units = pd.concat(
        [units_of(population, states.shape[1]) for population, states in populations.items()],
        ignore_index=True,
    )
    rates = np.broadcast_to(np.float32(0), (len(used), len(units), dataset.time.n_bins))
    provenance = {"origin": _origin(dataset, session)}
    return recording.build(rates, used, units, name, session, dataset, provenance, "a.u.")


def _origin(dataset: NetworkDataset, session: str) -> str:
    return f"network {dataset.network}, {session}"


def _attention_recording(
    attention: dict,
    settings: Network,
    used: InTasks,
    name: str,
    session: str,
    dataset: NetworkDataset,
    provenance: dict,
) -> xr.Dataset:
    """Return the attention weights as a Recording; see `record_replicate`."""
    whole_trial = Time(start=0.0, stop=settings.encoded_steps * task.STEP, bin=task.STEP)
    attended = str(settings.attended)
    units = []
    for region, weights in attention.items():
        source = np.arange(weights.shape[2])
        middle = (source + 0.5) * task.STEP if attended == "step" else np.nan
        identity = {"unit_id": [f"{region}-{attended}-{s:02d}" for s in source], "region": region}
        units.append(pd.DataFrame({**identity, "source": source, "time_s": middle}))
    built = recording.build(
        np.concatenate(list(attention.values()), axis=2)[used.rows].swapaxes(1, 2),
        used.trials,
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

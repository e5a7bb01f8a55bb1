r"""Simulated recordings with planted truth.

A unit i of region r fires Poisson spikes with the rate

.. math:: \lambda_i(t) = [b_i + S(t)\, y\, a_i^{task} + V(t)\, v_i^{look} + C(t)
    \left((1 - S(t)) (u_i \cdot e(\theta_u) + l_i \cdot e(\theta_l))
    + S(t)\, c_i \cdot e(\theta_{target})\right)]_+ \, g_i\, d_i

with selection y = +1 (upper) or -1 (lower), e(theta) = (cos, sin), and S(t) = 1 - exp(-(t - o_r)/
tau) from the region's onset o_r after the cue. The selection axes of the two tasks have the
planted cosine, in units of each unit's Poisson SD; the colour planes u, l and c are orthogonal, so
colours lie in one subspace per location until selection turns the selected one into a common
subspace. The visual response V depends on the appearance of the cue: pro cues and retro cue set 1
have the same appearance, set 2 a different one. The gain g_i of a trial has the planted variance
and correlation between units. The drift d_i is constant throughout a trial; its logarithm is a
random walk over trials, independent of the task.

On request, the axis of retro trials is orthogonal to that of pro trials until the region's
`generalisation_onset`, S is 0 on trials with large errors of the report
(`selection_fails_beyond`), and colour planes have other angles (`color_plane_angles`): each pair of
planes has two equal principal angles. A selected lower item is then coded in a plane of its own.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn import experiment
from neuro_attn.configuration import Simulation
from neuro_attn.randomness import stream
from neuro_attn.recording import SpikeSession
from neuro_attn.sources.simulation.drive import STEP, drive_of, time_bins, weights_of
from neuro_attn.sources.simulation.planting import plant

__all__ = ["STEP", "outlines", "plant", "simulate"]


def simulate(settings: Simulation, name: str, seed: int) -> tuple[list[SpikeSession], xr.Dataset]:
    """Simulate the sessions of a data set and return their planted truth.

    Parameters
    ----------
    settings : Simulation
        The generative model.
    name : str
        Name of the data set; part of the random streams.
    seed : int
        The configuration's seed.

    Returns
    -------
    sessions : list of SpikeSession
        One a session, with all regions.
    truth : xarray.Dataset
        ``baseline`` (unit), ``selection_axis`` (unit, task), ``visual`` (unit, look),
        ``color_plane`` (unit, plane, component), in spikes/s, with ``region``, ``session`` and
        ``unit_id`` on unit; ``selection_onset`` (s) and ``shared`` (cosine) on each region. If a
        region generalises late, ``early_selection_axis`` (unit) is its axis in retro trials before
        ``generalisation_onset`` (s). If planes of selected items differ, ``color_plane`` has one
        for the lower item, too.
    """
    truth = plant(settings, name, seed)
    sessions = [
        _simulate_session(
            settings, truth.sel(unit=truth["session"] == session), session, name, seed
        )
        for session in settings.session_names
    ]
    return sessions, truth


def outlines(settings: Simulation, name: str, seed: int) -> Iterator[SpikeSession]:
    """Yield the sessions that `simulate` returns, with the same trials and units but no spikes."""
    truth = plant(settings, name, seed)
    for session in settings.session_names:
        units = _units(truth.sel(unit=truth["session"] == session))
        trials = _draw_trials(settings, stream(seed, "simulation", name, session, "trials"))
        silent = [np.empty(0)] * len(units)
        reported = _reported(settings, trials, session, name, seed)
        origin = f"simulation of {session}"
        yield SpikeSession(
            session,
            silent,
            units,
            reported,
            origin,
            provenance={"subject": settings.subject_of(session)},
            has_spikes=False,
        )


def _simulate_session(
    settings: Simulation, truth: xr.Dataset, session: str, name: str, seed: int
) -> SpikeSession:
    rng = stream(seed, "simulation", name, session, "trials")
    trials = _draw_trials(settings, rng)
    starts, within = time_bins(trials)
    spike_times: list[np.ndarray] = []
    shared_gain = rng.normal(size=len(trials))
    for region in truth["planted_region"].values:
        units = truth.sel(unit=truth["region"] == region)
        planted = settings.regions[region]
        drive = drive_of(trials, starts, planted, settings)
        weights = weights_of(units, planted)
        own = stream(seed, "simulation", name, session, "spikes", region)
        walks = stream(seed, "simulation", name, session, "drift", region)
        for baseline, weight in zip(units["baseline"].values, weights, strict=True):
            rate = np.maximum(baseline + drive @ weight.astype(np.float32), 0)
            gain = _gain(settings, shared_gain, own) * _drift(settings.drift, len(trials), walks)
            rate *= gain[:, None] * within
            counts = own.poisson(rate * STEP)
            bins = np.repeat(starts.ravel(), counts.ravel())
            spike_times.append(np.sort(bins + STEP * own.random(len(bins))))
    reported = _reported(settings, trials, session, name, seed)
    return SpikeSession(
        session,
        spike_times,
        _units(truth),
        reported,
        f"simulation of {session}",
        provenance={"subject": settings.subject_of(session)},
    )


def _draw_trials(settings: Simulation, rng: np.random.Generator) -> pd.DataFrame:
    trials = experiment.draw_session(
        settings.block_trials,
        settings.cycles,
        settings.timing,
        rng,
        settings.single_fraction,
        settings.upper_fraction,
        settings.selection_run,
    )
    sd, swap_fraction, guess_fraction = (
        _of_trials(each, trials)
        for each in (settings.report_error, settings.swap_fraction, settings.guess_fraction)
    )
    reports = experiment.draw_report(trials, sd, swap_fraction, rng, guess_fraction)
    return pd.concat([trials, reports], axis=1)


def _of_trials(value: float | dict, trials: pd.DataFrame) -> float | np.ndarray:
    """Return a value for all trials, or that of the type of each."""
    return trials["trial_type"].map(value).to_numpy() if isinstance(value, dict) else value


def _reported(
    settings: Simulation, trials: pd.DataFrame, session: str, name: str, seed: int
) -> pd.DataFrame:
    """Return the trials as the data set reports them: with true or shuffled labels."""
    if not settings.shuffle_selected:
        return trials
    rng = stream(seed, "simulation", name, session, "shuffled labels")
    return trials.assign(
        selected=trials.groupby("block")["selected"].transform(lambda true: rng.permutation(true))
    )


def _units(truth: xr.Dataset) -> pd.DataFrame:
    return pd.DataFrame({"unit_id": truth["unit_id"].values, "region": truth["region"].values})


def _gain(settings: Simulation, shared: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a unit's gain on each trial: mean 1, planted variance and correlation."""
    correlation = settings.noise_correlation
    mixed = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * rng.normal(size=shared.size)
    return np.maximum(1 + np.sqrt(settings.overdispersion) * mixed, 0)


def _drift(strength: float, n_trials: int, rng: np.random.Generator) -> np.ndarray:
    """Return the factor by which a unit's rate has drifted on each trial."""
    return np.exp(strength * rng.normal(size=n_trials).cumsum() / np.sqrt(n_trials))

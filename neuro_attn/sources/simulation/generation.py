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
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import xarray as xr
from scipy.linalg import hadamard

from neuro_attn import experiment
from neuro_attn.configuration import Simulation
from neuro_attn.randomness import stream
from neuro_attn.recording import SpikeSession

STEP = 0.01
"""Width of the bins in which rates are constant, s."""
VISUAL_LATENCY = 0.05
"""Delay of visual responses to cue and items, s."""
CUE_DECAY = 0.15
"""Time constant of the visual response to the cue, s."""
MEMORY_LEVEL = 0.7
"""Strength of colour tuning in memory, relative to that while items are seen."""

LOOKS = ("set1-upper", "set1-lower", "set2-upper", "set2-lower")
PLANES = ("upper", "lower", "common")
_SIGNS = hadamard(4)
_FEATURES = len(experiment.TASKS) + len(LOOKS) + 2 * len(PLANES)


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
        ``unit_id`` on unit; ``selection_onset`` (s) and ``shared`` (cosine) on each region.
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


def plant(settings: Simulation, name: str, seed: int) -> xr.Dataset:
    """Draw the tuning of all units, as `simulate` returns it."""
    regions = []
    for region, planted in settings.regions.items():
        rng = stream(seed, "simulation", name, "tuning", region)
        n = planted.units
        baseline = 2 + (settings.baseline - 2) * rng.gamma(4, 1 / 4, n)
        # Tuning is drawn in units of each unit's Poisson SD, the metric in which decoders see it.
        noise = np.sqrt(baseline / settings.baseline)[:, None]
        pro, other, *of_sets = noise.T * _label_axes(n, rng).T
        cosine = planted.selection_axis_cosine
        retro = cosine * pro + np.sqrt(1 - cosine**2) * other
        tuning = noise * _orthogonal(n, len(of_sets) + 2 * len(PLANES), rng)
        common, planes = np.split(tuning, [len(of_sets)], axis=1)
        # A cue evokes a visual response, and its appearance identifies the cued item.
        looks = [common[:, k] + sign * axis for k, axis in enumerate(of_sets) for sign in (1, -1)]
        session = np.array(settings.session_names, dtype=object)
        regions.append(
            xr.Dataset(
                {
                    "baseline": ("unit", baseline),
                    "selection_axis": (
                        ("unit", "task"),
                        planted.selection_sd * np.stack([pro, retro], axis=1),
                    ),
                    "visual": (
                        ("unit", "look"),
                        planted.cue_sd * np.stack(looks, axis=1) / np.sqrt(2),
                    ),
                    "color_plane": (
                        ("unit", "plane", "component"),
                        planted.color_sd * planes.reshape(n, len(PLANES), 2),
                    ),
                },
                coords={
                    "region": ("unit", np.full(n, region, dtype=object)),
                    "session": ("unit", np.sort(np.resize(session, n))),
                    "unit_id": ("unit", np.array([f"{region}-{i:03d}" for i in range(n)], object)),
                    "task": list(experiment.TASKS),
                    "look": list(LOOKS),
                    "plane": list(PLANES),
                },
            )
        )
    truth = xr.concat(regions, "unit")
    names = list(settings.regions)
    onsets = [settings.regions[region].selection_onset for region in names]
    truth["selection_onset"] = ("planted_region", onsets, {"units": "s"})
    cosines = [settings.regions[region].selection_axis_cosine for region in names]
    truth["shared"] = ("planted_region", cosines)
    return truth.assign_coords(planted_region=names).assign_attrs(
        dataset=name, seed=seed, settings=settings.model_dump_json()
    )


def _label_axes(n: int, rng: np.random.Generator) -> np.ndarray:
    """Return four independent axes along which classes could differ, shape (unit, axis).

    Two are for the selection of the two tasks, two for the looks of the two cue sets. Units come
    in fours with the same strength of tuning and the signs of a Hadamard matrix, so the axes stay
    orthogonal however a decoder weighs units by their tuning, and nothing transfers by chance.
    Units beyond the last four are not tuned.
    """
    strength = np.abs(rng.normal(size=n // 4)).repeat(4)
    signs = np.tile(_SIGNS, (n // 4, 1)) * rng.choice([-1, 1], len(strength))[:, None]
    axes = np.zeros((n, 4))
    axes[rng.permutation(n)[: len(strength)]] = strength[:, None] * signs
    return axes * np.sqrt(n) / np.linalg.norm(axes, axis=0)


def _orthogonal(n: int, k: int, rng: np.random.Generator) -> np.ndarray:
    """Return k directions over n units with root mean square 1, orthogonal if n allows it."""
    directions = rng.normal(size=(n, k))
    if n >= k:
        directions = np.linalg.qr(directions)[0]
    return directions * np.sqrt(n) / np.linalg.norm(directions, axis=0)


def _simulate_session(
    settings: Simulation, truth: xr.Dataset, session: str, name: str, seed: int
) -> SpikeSession:
    rng = stream(seed, "simulation", name, session, "trials")
    trials = _draw_trials(settings, rng)
    starts, within = _time_bins(trials)
    spike_times: list[np.ndarray] = []
    shared_gain = rng.normal(size=len(trials))
    for region in truth["planted_region"].values:
        units = truth.sel(unit=truth["region"] == region)
        onset = float(truth["selection_onset"].sel(planted_region=region))
        drive = _drive(trials, starts, onset, settings.selection_rise)
        weights = np.concatenate(
            [
                units["selection_axis"].values,
                units["visual"].values,
                units["color_plane"].values.reshape(-1, 2 * len(PLANES)),
            ],
            axis=1,
        )
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
    reports = experiment.draw_report(trials, settings.report_error, settings.swap_fraction, rng)
    return pd.concat([trials, reports], axis=1)


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


def _time_bins(trials: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the left edges of all bins (trial, bin), s, and whether each is inside the trial."""
    length = (trials["stop_time"] - trials["start_time"]).to_numpy()
    steps = np.arange(int(np.ceil(length.max() / STEP))) * STEP
    return trials["start_time"].to_numpy()[:, None] + steps, steps < length[:, None]


def _drive(trials: pd.DataFrame, starts: np.ndarray, onset: float, rise: float) -> np.ndarray:
    """Return the inputs of units, shape (trial, bin, feature): selection, looks, colours."""
    centres = starts + STEP / 2
    since_cue = centres - trials["cue_onset"].to_numpy()[:, None]
    since_items = centres - trials["stimuli_onset"].to_numpy()[:, None] - VISUAL_LATENCY
    seen_until = trials["memory_delay_onset"].to_numpy()[:, None] + VISUAL_LATENCY
    selection = np.where(since_cue > onset, 1 - np.exp(-np.maximum(since_cue - onset, 0) / rise), 0)
    visual_time = since_cue - VISUAL_LATENCY
    visual = np.where(visual_time > 0, np.exp(-np.maximum(visual_time, 0) / CUE_DECAY), 0)
    colors = np.where(since_items > 0, np.where(centres < seen_until, 1, MEMORY_LEVEL), 0)

    sign = np.where(trials["selected"] == "upper", 1, -1)[:, None]
    drive = np.zeros((*centres.shape, _FEATURES), dtype=np.float32)
    for column, task in enumerate(experiment.TASKS):
        drive[:, :, column] = selection * sign * (trials["task_order"] == task).to_numpy()[:, None]
    first = len(experiment.TASKS)
    look = "set" + trials["cue_set"].astype(str) + "-" + trials["selected"]
    for column, shown in enumerate(LOOKS, first):
        drive[:, :, column] = visual * (look == shown).to_numpy()[:, None]
    first += len(LOOKS)
    strengths = {
        "upper_color": colors * (1 - selection),
        "lower_color": colors * (1 - selection),
        "target_color": colors * selection,
    }
    for number, (color, strength) in enumerate(strengths.items()):
        # An item that is not shown has no colour and evokes no response.
        angle = trials[color].to_numpy()[:, None]
        for component, wave in enumerate((np.cos, np.sin)):
            drive[:, :, first + 2 * number + component] = np.nan_to_num(strength * wave(angle))
    return drive

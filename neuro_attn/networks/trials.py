"""The trials of the experiment as a network sees them: inputs and the colour to report.

Networks do both tasks, mixed, always with two items. A trial is 40 steps of 0.1 s
(`configuration.NETWORK_TIMING`); it is encoded up to the first step of the report, and the report
is decoded over the steps that are left. Every cue has a channel of its own: with channels shared
between the tasks, a code that generalises while the cue is on would be trivial.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from neuro_attn import experiment
from neuro_attn.configuration import NETWORK_TIMING

STEP = 0.1
"""Length of a time step, s."""
ENCODED_STEPS = 35
"""Steps from the start of the trial to the report: those a network reads."""
REPORT_STEPS = 5
"""Steps of the report: those a network answers in."""
CHANNELS = (
    "fixation",
    "upper_cos",
    "upper_sin",
    "lower_cos",
    "lower_sin",
    "retro_upper",
    "retro_lower",
    "pro_upper",
    "pro_lower",
)
"""Input channels, in order."""


def draw(n_trials: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw two-item trials, half of them of each task, in random order.

    Parameters
    ----------
    n_trials : int
        Trials in all; an odd one is a retro trial.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        ``trial_id``, the columns of `experiment.draw_block` that both tasks have, and
        ``stimuli_offset`` and ``cue_offset``; times are in s from the start of the trial.
    """
    n_pro = n_trials // 2
    blocks = []
    for task, n in (("pro", n_pro), ("retro", n_trials - n_pro)):
        block = experiment.draw_block(task, 1, n, NETWORK_TIMING, rng)
        order = experiment.epochs(task)
        for epoch in ("stimuli", "cue"):
            block[f"{epoch}_offset"] = block[f"{order[order.index(epoch) + 1]}_onset"]
        blocks.append(block)
    # The delays have other names in each task; what both tasks have are items, cue and report.
    trials = pd.concat(blocks, join="inner", ignore_index=True)
    trials = trials.iloc[rng.permutation(n_trials)].reset_index(drop=True)
    trials.insert(0, "trial_id", np.arange(n_trials))
    return trials


def inputs(trials: pd.DataFrame, noise: float, rng: np.random.Generator) -> np.ndarray:
    """Return what the networks see.

    Parameters
    ----------
    trials : pandas.DataFrame
        From `draw`.
    noise : float
        SD of the Gaussian noise, independent over trials, steps and channels.
    rng : numpy.random.Generator
        Source of the noise.

    Returns
    -------
    array, shape (trial, time, channel), float32
        1 while fixation or a cue is on, cosine and sine of a colour while its item is on, 0
        otherwise, plus noise.
    """
    shape = (len(trials), ENCODED_STEPS + REPORT_STEPS, len(CHANNELS))
    seen = rng.standard_normal(shape, dtype=np.float32) * np.float32(noise)
    fixation_off = trials["report_onset"].to_numpy()
    seen[:, :, CHANNELS.index("fixation")] += _is_on(np.zeros(len(trials)), fixation_off)
    items = _is_on(trials["stimuli_onset"].to_numpy(), trials["stimuli_offset"].to_numpy())
    cue = _is_on(trials["cue_onset"].to_numpy(), trials["cue_offset"].to_numpy())
    for location in experiment.LOCATIONS:
        color = trials[f"{location}_color"].to_numpy()[:, None]
        seen[:, :, CHANNELS.index(f"{location}_cos")] += items * np.cos(color)
        seen[:, :, CHANNELS.index(f"{location}_sin")] += items * np.sin(color)
        for task in experiment.TASKS:
            is_cued = (trials["task_order"] == task) & (trials["selected"] == location)
            seen[:, :, CHANNELS.index(f"{task}_{location}")] += cue * is_cued.to_numpy()[:, None]
    return seen


def targets(trials: pd.DataFrame) -> np.ndarray:
    """Return cosine and sine of the colours to report, shape (trial, 2), float32."""
    color = trials["target_color"].to_numpy()
    return np.stack([np.cos(color), np.sin(color)], axis=1).astype(np.float32)


def reported_color(reports: ArrayLike) -> np.ndarray:
    """Return the colour that reports name.

    Parameters
    ----------
    reports : array, shape (trial, report_step, 2)
        A network's outputs.

    Returns
    -------
    array, shape (trial,)
        Angle of their mean over the steps of the report, rad in [0, 2 pi).
    """
    cos, sin = np.moveaxis(np.asarray(reports, dtype=float).mean(axis=1), 1, 0)
    return np.arctan2(sin, cos) % (2 * np.pi)


def report_error(reports: ArrayLike, trials: pd.DataFrame) -> np.ndarray:
    """Return the signed error of reports in degrees, in [-180, 180), shape (trial,)."""
    target = trials["target_color"].to_numpy()
    return np.rad2deg(experiment.circular_difference(reported_color(reports), target))


def _is_on(onset: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Return at which steps something is there that comes and goes at these times.

    Parameters
    ----------
    onset, offset : array, shape (trial,)
        s from the start of the trial.

    Returns
    -------
    array, shape (trial, time), float
    """
    # The onsets are sums of durations; rounding keeps 0.4 + 0.4 + 0.2 s at step 10.
    step = np.arange(ENCODED_STEPS + REPORT_STEPS)
    first, end = (np.rint(time / STEP)[:, None] for time in (onset, offset))
    return ((step >= first) & (step < end)).astype(float)

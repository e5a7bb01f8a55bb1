"""The trials of the experiment as a network sees them: inputs and the colour to report.

Networks do both tasks, mixed, always with two items, unless their settings say otherwise
(`configuration.NetworkTrials`). A trial goes in steps of 0.1 s. It is read up to the first step of
the report, and the report is given over the steps that are left. All trials of a network have the
same number of steps: shorter ones start later, with nothing to be seen before. Every cue has a
channel of its own: with channels shared between the tasks, a code that generalises while the cue is
on would be trivial.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from neuro_attn import experiment
from neuro_attn.configuration import NETWORK_STEP, NetworkTrials

STEP = NETWORK_STEP
"""Length of a time step, s."""
REPORT_STEPS = NetworkTrials().report_steps
"""Steps of the report of the default trials: those a network answers in."""
_DECIMALS = 1
"""Digits of durations, s: whole steps."""
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
"""Input channels, in order; where cues are shared, those of retro cues carry pro cues, too."""


def draw(n_trials: int, settings: NetworkTrials, rng: np.random.Generator) -> pd.DataFrame:
    """Draw two-item trials, as many of each task, in random order.

    Parameters
    ----------
    n_trials : int
        Trials in all; those that are left over are of the last task.
    settings : NetworkTrials
        Tasks, durations and colours. Durations from a range are rounded to whole steps.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        ``trial_id``, the columns of `experiment.draw_block` that both tasks have, and
        ``stimuli_offset`` and ``cue_offset``; times are in s from the start of the trial. The
        report starts at the same time in all trials.
    """
    blocks = []
    done = 0
    for number, task in enumerate(settings.tasks, start=1):
        n = n_trials * number // len(settings.tasks) - done
        done += n
        block = experiment.draw_block(task, 1, n, settings.timing, rng, decimals=_DECIMALS)
        order = experiment.epochs(task)
        for epoch in ("stimuli", "cue"):
            block[f"{epoch}_offset"] = block[f"{order[order.index(epoch) + 1]}_onset"]
        blocks.append(_delayed(block, settings.encoded_steps))
    # The delays have other names in each task; what both tasks have are items, cue and report.
    trials = pd.concat(blocks, join="inner", ignore_index=True)
    trials = trials.iloc[rng.permutation(n_trials)].reset_index(drop=True)
    trials.insert(0, "trial_id", np.arange(n_trials))
    if settings.color_count is not None:
        colors = [column for column in trials.columns if column.endswith("_color")]
        trials[colors] = trials[colors].map(_nearest_color, count=settings.color_count)
    return trials


def _delayed(block: pd.DataFrame, encoded_steps: int) -> pd.DataFrame:
    """Return trials that start so late that all reports start at the same step."""
    late = (encoded_steps * STEP - block["report_onset"]).round(_DECIMALS)
    times = [c for c in block.columns if c.endswith(("_onset", "_offset"))] + ["duration"]
    block[times] = block[times].add(late, axis=0)
    return block


def _nearest_color(color: float, count: int) -> float:
    """Return the next of evenly spaced colours, rad."""
    # None lies on the edge of a colour bin, where rounding would decide.
    return (np.floor(color / (2 * np.pi) * count) + 0.5) * 2 * np.pi / count


def inputs(
    trials: pd.DataFrame, settings: NetworkTrials, noise: float, rng: np.random.Generator
) -> np.ndarray:
    """Return what the networks see, up to the report.

    Parameters
    ----------
    trials : pandas.DataFrame
        From `draw`.
    settings : NetworkTrials
        Length of the trials, and which channels the cues have.
    noise : float
        SD of the Gaussian noise, independent over trials, steps and channels.
    rng : numpy.random.Generator
        Source of the noise.

    Returns
    -------
    array, shape (trial, encoded_step, channel), float32
        1 while fixation or a cue is on, cosine and sine of a colour while its item is on, 0
        otherwise, plus noise.
    """
    n_steps = settings.encoded_steps
    # There is noise in the report, too, which no network reads.
    shape = (len(trials), n_steps + settings.report_steps, len(CHANNELS))
    seen = rng.standard_normal(shape, dtype=np.float32)[:, :n_steps] * np.float32(noise)

    def is_on(onset: str, offset: str) -> np.ndarray:
        return _is_on(trials[onset].to_numpy(), trials[offset].to_numpy(), n_steps)

    if settings.show_fixation:
        seen[:, :, CHANNELS.index("fixation")] += is_on("fixation_onset", "report_onset")
    items = is_on("stimuli_onset", "stimuli_offset")
    cue = is_on("cue_onset", "cue_offset")
    for location in experiment.LOCATIONS:
        color = trials[f"{location}_color"].to_numpy()[:, None]
        seen[:, :, CHANNELS.index(f"{location}_cos")] += items * np.cos(color)
        seen[:, :, CHANNELS.index(f"{location}_sin")] += items * np.sin(color)
        for task in experiment.TASKS:
            is_cued = (trials["task_order"] == task) & (trials["selected"] == location)
            channel = f"retro_{location}" if settings.shared_cue else f"{task}_{location}"
            seen[:, :, CHANNELS.index(channel)] += cue * is_cued.to_numpy()[:, None]
    return seen


def targets(trials: pd.DataFrame, n_report: int = REPORT_STEPS) -> np.ndarray:
    """Return cosine and sine of the colours to report, shape (trial, report_step, 2), float32."""
    color = trials["target_color"].to_numpy()
    waves = np.stack([np.cos(color), np.sin(color)], axis=1).astype(np.float32)
    return np.repeat(waves[:, None], n_report, axis=1)


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


def _is_on(onset: np.ndarray, offset: np.ndarray, n_steps: int) -> np.ndarray:
    """Return at which steps something is there that comes and goes at these times.

    Parameters
    ----------
    onset, offset : array, shape (trial,)
        s from the start of the trial.
    n_steps : int
        Steps of the trial.

    Returns
    -------
    array, shape (trial, time), float
    """
    # The onsets are sums of durations; rounding keeps 0.4 + 0.4 + 0.2 s at step 10.
    step = np.arange(n_steps)
    first, end = (np.rint(time / STEP)[:, None] for time in (onset, offset))
    return ((step >= first) & (step < end)).astype(float)

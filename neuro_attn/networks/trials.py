"""Trials of the experiment for networks: inputs and the colour to report.

By default, networks perform both tasks in random order, with two items per trial and the durations
of the experiment; settings can change this (`configuration.NetworkTrials`). A trial consists of
steps of 0.1 s. The network reads the steps before the report and gives its report over the
remaining steps. All trials of a network have the same number of steps: shorter trials are preceded
by steps without input. Trials for training can end early (`ending_early`). Every cue has its own
channel in each task, because with shared channels a code that generalises during the cue would
be trivial.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from neuro_attn import experiment
from neuro_attn.configuration import NETWORK_STEP, NetworkTrials

STEP = NETWORK_STEP
"""Duration of a time step, s."""
REPORT_STEPS = NetworkTrials().report_steps
"""Number of steps of the report in the default trials."""
_DECIMALS = 1
"""Decimals of durations in s, such that they are whole steps."""
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
"""Input channels, in order. With `shared_cue`, pro cues use the channels of retro cues."""


def draw(n_trials: int, settings: NetworkTrials, rng: np.random.Generator) -> pd.DataFrame:
    """Draw two-item trials, with equal numbers per task, in random order.

    Parameters
    ----------
    n_trials : int
        Total number of trials; tasks differ by at most one trial.
    settings : NetworkTrials
        Tasks, durations and colours. Durations from a range are rounded to whole steps.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        ``trial_id``, the columns of `experiment.draw_block` that all tasks share, and
        ``stimuli_offset`` and ``cue_offset``. Times are in s from the start of the trial. The
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
    # Names of delays differ between tasks; an inner join keeps items, cue and report.
    trials = pd.concat(blocks, join="inner", ignore_index=True)
    trials = trials.iloc[rng.permutation(n_trials)].reset_index(drop=True)
    trials.insert(0, "trial_id", np.arange(n_trials))
    if settings.color_count is not None:
        colors = [column for column in trials.columns if column.endswith("_color")]
        trials[colors] = trials[colors].map(_nearest_color, count=settings.color_count)
    return trials


def _delayed(block: pd.DataFrame, encoded_steps: int) -> pd.DataFrame:
    """Return trials shifted in time such that all reports start at the same step."""
    late = (encoded_steps * STEP - block["report_onset"]).round(_DECIMALS)
    times = [c for c in block.columns if c.endswith(("_onset", "_offset"))] + ["duration"]
    block[times] = block[times].add(late, axis=0)
    return block


def ending_early(trials: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return trials that end at random times, uniform from when the answer is known.

    The answer is known once the cue and the items have been on for a step. If a network is always
    asked after the same delay, it can learn to wait: it then answers at that time alone, and its
    populations at other times are not those of a network that could answer.

    Parameters
    ----------
    trials : pandas.DataFrame
        Trials from `draw`.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        The trials, shifted in time such that what follows the new end falls into the report, which
        no network reads. All reports still start at the same step.
    """
    known = trials[["stimuli_onset", "cue_onset"]].max(axis=1) + STEP
    spare = np.rint((trials["report_onset"] - known) / STEP).astype(int)
    times = [c for c in trials.columns if c.endswith(("_onset", "_offset")) and c != "report_onset"]
    late = rng.integers(0, spare.to_numpy() + 1) * STEP
    return trials.assign(**trials[times].add(late, axis=0).round(_DECIMALS))


def _nearest_color(color: float, count: int) -> float:
    """Return the nearest of `count` evenly spaced colours, rad."""
    # The offset of half a bin keeps all colours away from the edges of colour bins.
    return (np.floor(color / (2 * np.pi) * count) + 0.5) * 2 * np.pi / count


def inputs(
    trials: pd.DataFrame, settings: NetworkTrials, noise: float, rng: np.random.Generator
) -> np.ndarray:
    """Return the inputs of the networks up to the report.

    Parameters
    ----------
    trials : pandas.DataFrame
        Trials from `draw`.
    settings : NetworkTrials
        Length of the trials, fixation and the channels of the cues.
    noise : float
        SD of the Gaussian noise, independent over trials, steps and channels.
    rng : numpy.random.Generator
        Source of the noise.

    Returns
    -------
    array, shape (trial, encoded_step, channel), float32
        1 while fixation or a cue is on, cosine and sine of a colour while its item is on, and 0
        otherwise, plus noise.
    """
    n_steps = settings.encoded_steps
    # Noise is also drawn for the report, although no network reads it.
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
    """Return the reported colour of each trial.

    Parameters
    ----------
    reports : array, shape (trial, report_step, 2)
        Outputs of a network, cosine and sine.

    Returns
    -------
    array, shape (trial,)
        Angle of the outputs averaged over the report, rad in [0, 2 pi).
    """
    cos, sin = np.moveaxis(np.asarray(reports, dtype=float).mean(axis=1), 1, 0)
    return np.arctan2(sin, cos) % (2 * np.pi)


def report_error(reports: ArrayLike, trials: pd.DataFrame) -> np.ndarray:
    """Return the signed difference between reported and target colour, shape (trial,).

    Parameters
    ----------
    reports : array, shape (trial, report_step, 2)
        Outputs of a network, cosine and sine.
    trials : pandas.DataFrame
        Trials from `draw`.

    Returns
    -------
    array, shape (trial,)
        Degrees in [-180, 180).
    """
    target = trials["target_color"].to_numpy()
    return np.rad2deg(experiment.circular_difference(reported_color(reports), target))


def _is_on(onset: np.ndarray, offset: np.ndarray, n_steps: int) -> np.ndarray:
    """Return 1 at steps between onset and offset and 0 at the others.

    Parameters
    ----------
    onset, offset : array, shape (trial,)
        Times from the start of the trial, s.
    n_steps : int
        Number of steps of the trial.

    Returns
    -------
    array, shape (trial, time), float
    """
    # Onsets are sums of durations; rounding maps 0.4 + 0.4 + 0.2 s to step 10.
    step = np.arange(n_steps)
    first, end = (np.rint(time / STEP)[:, None] for time in (onset, offset))
    return ((step >= first) & (step < end)).astype(float)

"""Trials of networks: inputs and the colour to report.

By default, networks perform both tasks of the experiment in random order, with two items per trial
and its durations; settings can change this (`configuration.NetworkTrials`), and a user can describe
another task (`configuration.NetworkTask`). A trial consists of steps of 0.1 s. The network reads
the steps before the report and gives its report over the remaining steps. All trials of a network
have the same number of steps: shorter trials are preceded by steps without input. Trials for
training can end early (`ending_early`). Every cue has its own channel in each task, because with
shared channels a code that generalises during the cue would be trivial.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from neuro_attn import experiment
from neuro_attn.configuration import CUE, CUED, NETWORK_STEP, NetworkTrials, TrialType
from neuro_attn.networks.design import FIXATION, design_of

STEP = NETWORK_STEP
"""Duration of a time step, s."""
REPORT_STEPS = NetworkTrials().report_steps
"""Number of steps of the report in the default trials."""
_DECIMALS = 1
"""Decimals of durations in s, such that they are whole steps."""
CHANNELS = design_of(NetworkTrials()).channels
"""Input channels of the default trials, in order."""


def draw(n_trials: int, settings: NetworkTrials, rng: np.random.Generator) -> pd.DataFrame:
    """Draw trials, with equal numbers per trial type, in random order.

    Parameters
    ----------
    n_trials : int
        Total number of trials; trial types differ by at most one trial.
    settings : NetworkTrials
        Task, durations and colours. Durations from a range are rounded to whole steps.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        ``trial_id``, the columns of `experiment.draw_block` that all tasks share, and
        ``{epoch}_offset`` of the epochs that show items or cue. Times are in s from the start of
        the trial. The report starts at the same time in all trials. Of a task of the user, also
        ``set_size`` (number of items), and NaN where a trial has no such item or epoch.
    """
    design = design_of(settings)
    blocks = []
    done = 0
    for number, kind in enumerate(settings.trial_types, start=1):
        n = n_trials * number // len(settings.trial_types) - done
        done += n
        if settings.task is None:
            order = experiment.epochs(kind)
            block = experiment.draw_block(kind, 1, n, settings.timing, rng, decimals=_DECIMALS)
        else:
            order = tuple(epoch.name for epoch in settings.task.trials[kind].epochs)
            block = _block(kind, settings.task.trials[kind], settings.task.items, n, rng)
        for epoch in design.shown[kind]:
            block[f"{epoch}_offset"] = block[f"{order[order.index(epoch) + 1]}_onset"]
        blocks.append(_delayed(block, settings.encoded_steps))
    # Names of delays differ between the experiment's tasks; an inner join keeps items, cue, report.
    join = "inner" if settings.task is None else "outer"
    trials = pd.concat(blocks, join=join, ignore_index=True)
    trials = trials.iloc[rng.permutation(n_trials)].reset_index(drop=True)
    trials.insert(0, "trial_id", np.arange(n_trials))
    if settings.color_count is not None:
        colors = [column for column in trials.columns if column.endswith("_color")]
        trials[colors] = trials[colors].map(_nearest_color, count=settings.color_count)
    return trials


def _block(
    kind: str, settings: TrialType, items: tuple[str, ...], n: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw the trials of a type of a user's task: targets, numbers and colours of items, epochs."""
    target = np.full(n, items.index(settings.target) if settings.target in items else 0)
    if settings.target == CUED:
        target = rng.permutation(np.arange(n) % len(items))
    sizes = settings.set_size or (len(items),)
    set_size = rng.permutation(np.array(sizes)[np.arange(n) % len(sizes)])
    # Which other items are shown is random; the target always is.
    place = rng.random((n, len(items)))
    place[np.arange(n), target] = -1.0
    is_shown = place.argsort(axis=1).argsort(axis=1) < set_size[:, None]
    color = np.where(is_shown, rng.uniform(0, 2 * np.pi, (n, len(items))), np.nan)
    own = color[np.arange(n), target]
    is_other = is_shown & (np.arange(len(items)) != target[:, None])
    # With two items, as in the experiment, there is one distractor.
    distractor = np.where(is_other, color, 0.0).sum(axis=1)
    columns = {
        "task_order": kind,
        "trial_type": kind,
        "set_size": set_size,
        "selected": np.array(items)[target],
        **{f"{item}_color": color[:, number] for number, item in enumerate(items)},
        "target_color": (own + np.deg2rad(settings.rotate)) % (2 * np.pi),
        "distractor_color": np.where(set_size == 2, distractor, np.nan),
    }
    now = np.zeros(n)
    for epoch in settings.epochs:
        columns[f"{epoch.name}_onset"] = now
        now = (now + rng.uniform(*epoch.duration, n).round(_DECIMALS)).round(_DECIMALS)
    return pd.DataFrame(columns).assign(duration=now)


def _delayed(block: pd.DataFrame, encoded_steps: int) -> pd.DataFrame:
    """Return trials shifted in time such that all reports start at the same step."""
    late = (encoded_steps * STEP - block["report_onset"]).round(_DECIMALS)
    times = [c for c in block.columns if c.endswith(("_onset", "_offset"))] + ["duration"]
    block[times] = block[times].add(late, axis=0)
    return block


def ending_early(
    trials: pd.DataFrame, settings: NetworkTrials, rng: np.random.Generator
) -> pd.DataFrame:
    """Return trials that end at random times, uniform from when the answer is known.

    The answer is known once the cue and the items have been on for a step. If a network is always
    asked after the same delay, it can learn to wait: it then answers at that time alone, and its
    populations at other times are not those of a network that could answer.

    Parameters
    ----------
    trials : pandas.DataFrame
        Trials from `draw`.
    settings : NetworkTrials
        The task.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    pandas.DataFrame
        The trials, shifted in time such that what follows the new end falls into the report, which
        no network reads. All reports still start at the same step.
    """
    known = design_of(settings).times(trials)["known"] + STEP
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
    design, n_steps = design_of(settings), settings.encoded_steps
    # Noise is also drawn for the report, although no network reads it.
    shape = (len(trials), n_steps + settings.report_steps, len(design.channels))
    seen = rng.standard_normal(shape, dtype=np.float32)[:, :n_steps] * np.float32(noise)
    before = np.arange(n_steps) >= np.rint(_start(trials)[:, None] / STEP)
    if settings.show_fixation:
        seen[:, :, design.channels.index(FIXATION)] += before
    for item in design.items:
        color = trials[f"{item}_color"].to_numpy()[:, None]
        on = design.steps(trials, item, n_steps) & np.isfinite(color)
        for channel, wave in zip(design.channels_of(item), (np.cos, np.sin), strict=True):
            seen[:, :, channel] += np.where(on, wave(color), 0.0)
    cue = design.steps(trials, CUE, n_steps)
    for (kind, item), name in design.cues.items():
        is_cued = (trials["task_order"] == kind) & (trials["selected"] == item)
        seen[:, :, design.channels.index(name)] += cue * is_cued.to_numpy()[:, None]
    for kind, rule in design.rules.items():
        is_kind = (trials["task_order"] == kind).to_numpy()[:, None]
        seen[:, :, design.channels.index(rule)] += before * is_kind
    return seen


def _start(trials: pd.DataFrame) -> np.ndarray:
    """Return when each trial starts, s: at the onset of its first epoch."""
    onsets = trials[[column for column in trials.columns if column.endswith("_onset")]]
    start: np.ndarray = onsets.min(axis=1).to_numpy()
    return start


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

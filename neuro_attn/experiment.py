"""The experiment: trial types, epochs, conditions and timing (Panichello & Buschman 2021).

A trial shows two coloured squares, upper and lower; a cue indicates whose colour to report.
In prospective ("pro") trials the cue comes before the squares, in retrospective ("retro") trials
after them. Retro trials use two cue sets: set 1 has the appearance of the pro cues, set 2
does not. A fraction of trials shows a single square, at the cued location. The simulation and the
networks both draw their trials here.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from neuro_attn.configuration import Timing
from neuro_attn.configuration.experiment import EITHER

LOCATIONS = ("upper", "lower")
TASKS = ("pro", "retro")
BLOCKS = {"pro": ("pro", 1), "retro_1": ("retro", 1), "retro_2": ("retro", 2)}
"""Task and cue set of each kind of block."""


def epochs(task: str) -> tuple[str, ...]:
    """Return the names of a task's epochs in the order in which they happen."""
    return tuple(type(getattr(Timing(), task)).model_fields)


def draw_block(
    task: str,
    cue_set: int,
    n_trials: int,
    timing: Timing,
    rng: np.random.Generator,
    single_fraction: float = 0.0,
    upper_fraction: float = 0.5,
    run: int = 1,
    decimals: int | None = None,
) -> pd.DataFrame:
    """Draw the trials of a block.

    Parameters
    ----------
    task : {"pro", "retro"}
        Order of cue and items.
    cue_set : {1, 2}
        Set of the cues, which determines their appearance.
    n_trials : int
        Number of trials.
    timing : Timing
        Durations are drawn uniformly from their ranges.
    rng : numpy.random.Generator
        Source of randomness.
    single_fraction : float
        Fraction of trials with one item, at the selected location.
    upper_fraction : float
        Fraction of runs that select the upper location, rounded to whole runs.
    run : int
        Number of consecutive trials that select the same location; the order of runs is random.
    decimals : int, optional
        Number of decimals to which durations (s) are rounded.

    Returns
    -------
    pandas.DataFrame
        One row per trial: ``task_order``, ``trial_type`` (pro, retro or single), ``cue_set``,
        ``selected``, ``upper_color`` and ``lower_color`` (rad in [0, 2 pi), NaN without an
        item), ``target_color``, ``distractor_color``, one ``{epoch}_onset`` for each epoch (s
        from the start of the trial) and ``duration`` (s).
    """
    runs = _selections(-(-n_trials // run), upper_fraction, rng)
    selected = rng.permutation(runs).repeat(run)[:n_trials]
    is_single = rng.permutation(np.arange(n_trials) < round(single_fraction * n_trials))
    color = {location: rng.uniform(0, 2 * np.pi, n_trials) for location in LOCATIONS}
    for location in LOCATIONS:
        color[location][is_single & (selected != location)] = np.nan
    is_upper = selected == "upper"
    trials = pd.DataFrame(
        {
            "task_order": task,
            "trial_type": np.where(is_single, "single", task),
            "cue_set": cue_set,
            "selected": selected,
            "upper_color": color["upper"],
            "lower_color": color["lower"],
            "target_color": np.where(is_upper, color["upper"], color["lower"]),
            "distractor_color": np.where(is_upper, color["lower"], color["upper"]),
        }
    )
    return trials.assign(**_epochs(task, n_trials, timing, rng, decimals))


def _epochs(
    task: str, n_trials: int, timing: Timing, rng: np.random.Generator, decimals: int | None
) -> dict[str, np.ndarray]:
    """Draw the onset of each epoch and the duration of each trial, as columns; see `draw_block`."""
    columns = {}
    now = np.zeros(n_trials)
    for epoch in epochs(task):
        columns[f"{epoch}_onset"] = now
        drawn_from = getattr(getattr(timing, task), epoch)
        if isinstance(drawn_from, dict):
            duration = rng.choice(np.array(drawn_from[EITHER], float), n_trials)
        else:
            shortest, longest = drawn_from
            duration = rng.uniform(shortest, longest, n_trials)
        now = now + (duration if decimals is None else duration.round(decimals))
    return {**columns, "duration": now}


def _selections(n: int, upper_fraction: float, rng: np.random.Generator) -> np.ndarray:
    """Return the selected locations of n runs, in no random order; chance rounds their numbers."""
    rounded = np.ceil if rng.permutation(LOCATIONS)[0] == "upper" else np.floor
    # Sums of fractions are whole numbers but for the last digits, which must not be rounded up.
    n_upper = rounded((upper_fraction * np.arange(n + 1)).round(9))
    return np.where(np.diff(n_upper) > 0, *LOCATIONS)


def draw_session(
    block_trials: Mapping[str, int],
    cycles: int,
    timing: Timing,
    rng: np.random.Generator,
    single_fraction: float = 0.2,
    upper_fraction: float = 0.5,
    run: int = 1,
) -> pd.DataFrame:
    """Draw a session: `cycles` times the three blocks pro, retro cue set 1, retro cue set 2.

    Parameters
    ----------
    block_trials : dict
        Trials of a block for each of ``BLOCKS``; those left out are not run.
    cycles : int
        How often the blocks are run through, each time in a new random order.
    timing : Timing
        Durations of the epochs.
    rng : numpy.random.Generator
        Source of randomness.
    single_fraction : float
        Fraction of single-item trials in every block.
    upper_fraction, run
        Which locations are selected in every block; see `draw_block`.

    Returns
    -------
    pandas.DataFrame
        The columns of `draw_block` and ``trial_id``, ``block`` (number), ``start_time`` and
        ``stop_time``; all times in s on the session's clock, 1 s between trials.
    """
    blocks: list[pd.DataFrame] = []
    for _ in range(cycles):
        for name in rng.permutation([name for name in BLOCKS if name in block_trials]):
            task, cue_set = BLOCKS[name]
            block = draw_block(
                task, cue_set, block_trials[name], timing, rng, single_fraction, upper_fraction, run
            )
            blocks.append(block.assign(block=len(blocks)))
    trials = pd.concat(blocks, ignore_index=True)
    length = trials.pop("duration").to_numpy()
    start = 1.0 + np.concatenate([[0.0], np.cumsum(length + 1.0)[:-1]])
    onsets = [column for column in trials.columns if column.endswith("_onset")]
    trials[onsets] = trials[onsets].add(start, axis=0)
    trials.insert(0, "trial_id", np.arange(len(trials)))
    return trials.assign(start_time=start, stop_time=start + length)


def draw_report(
    trials: pd.DataFrame,
    sd: float | np.ndarray,
    swap_fraction: float | np.ndarray,
    rng: np.random.Generator,
    guess_fraction: float | np.ndarray = 0.0,
) -> pd.DataFrame:
    """Draw graded reports: the target's colour with a von Mises error, another item's, or a guess.

    Parameters
    ----------
    trials : pandas.DataFrame
        Trials of `draw_session`.
    sd : float or array
        SD of the error, degrees, of all trials or of each; kappa = 1 / sd^2 in rad, its limit for
        small errors.
    swap_fraction : float or array
        Fraction of two-item trials that report the distractor.
    rng : numpy.random.Generator
        Source of randomness.
    guess_fraction : float or array
        Fraction of trials that report a random colour.

    Returns
    -------
    pandas.DataFrame
        Columns ``report`` (rad in [0, 2 pi)), ``report_error`` (degrees in [-180, 180), from the
        target), ``swapped`` and, if there are any guesses, ``guessed``.
    """
    cause = rng.random(len(trials))
    swapped = (cause < swap_fraction) & trials["distractor_color"].notna()
    reported = np.where(swapped, trials["distractor_color"], trials["target_color"])
    kappa = 1 / np.deg2rad(sd) ** 2
    report = (reported + rng.vonmises(0, kappa, len(trials))) % (2 * np.pi)
    found = {"swapped": swapped.astype(bool)}
    if np.any(guess_fraction):
        guessed = cause >= 1 - np.asarray(guess_fraction)
        report = np.where(guessed, rng.uniform(0, 2 * np.pi, len(trials)), report)
        found["guessed"] = guessed
    error = circular_difference(report, trials["target_color"].to_numpy())
    return pd.DataFrame({"report": report, "report_error": np.rad2deg(error), **found})


def circular_difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the signed angle from `other` to `one`, in [-pi, pi) rad."""
    difference = (one - other + np.pi) % (2 * np.pi) - np.pi
    # The remainder of a number just below a multiple of 2 pi is rounded to 2 pi.
    return np.where(difference >= np.pi, -np.pi, difference)

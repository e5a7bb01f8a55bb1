"""Inputs of simulated units over the time of a trial, and the weights with which units add them."""

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn import experiment
from neuro_attn.configuration import SimulatedRegion, Simulation
from neuro_attn.sources.simulation.planting import EARLY, LOOKS, PLANES

STEP = 0.01
"""Width of the bins in which rates are constant, s."""
VISUAL_LATENCY = 0.05
"""Delay of visual responses to cue and items, s."""
CUE_DECAY = 0.15
"""Time constant of the visual response to the cue, s."""
MEMORY_LEVEL = 0.7
"""Strength of colour tuning in memory, relative to that while items are seen."""


def time_bins(trials: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the left edges of all bins (trial, bin), s, and whether each is inside the trial."""
    length = (trials["stop_time"] - trials["start_time"]).to_numpy()
    steps = np.arange(int(np.ceil(length.max() / STEP))) * STEP
    return trials["start_time"].to_numpy()[:, None] + steps, steps < length[:, None]


def weights_of(units: xr.Dataset, planted: SimulatedRegion) -> np.ndarray:
    """Return the weights of the units of a region, shape (unit, input)."""
    planes = units["color_plane"].values.reshape(units.sizes["unit"], -1)
    n_plain = 2 * len(PLANES)
    weights = [units["selection_axis"].values, units["visual"].values, planes[:, :n_plain]]
    if planted.generalisation_onset is not None:
        weights.append(units[EARLY].values[:, None])
    if planted.color_plane_angles[1]:
        weights.append(planes[:, n_plain:])
    return np.concatenate(weights, axis=1)


def drive_of(
    trials: pd.DataFrame, starts: np.ndarray, planted: SimulatedRegion, settings: Simulation
) -> np.ndarray:
    """Return the inputs of the units of a region, in the order of `weights_of`.

    Parameters
    ----------
    trials : pandas.DataFrame
        Trials with their reports.
    starts : array, shape (trial, bin)
        Left edges of bins, s.
    planted : SimulatedRegion
        The region.
    settings : Simulation
        The generative model.

    Returns
    -------
    numpy.ndarray, shape (trial, bin, input)
        Selection, looks of the cue and colours, float32.
    """
    centres = starts + STEP / 2
    since_cue = centres - trials["cue_onset"].to_numpy()[:, None]
    since_items = centres - trials["stimuli_onset"].to_numpy()[:, None] - VISUAL_LATENCY
    seen_until = trials["memory_delay_onset"].to_numpy()[:, None] + VISUAL_LATENCY
    selection = _risen(since_cue, planted.selection_onset, settings.selection_rise)
    if settings.selection_fails_beyond is not None:
        size = trials["report_error"].abs().to_numpy()[:, None]
        selection = np.where(size > settings.selection_fails_beyond, 0, selection)
    visual_time = since_cue - VISUAL_LATENCY
    visual = np.where(visual_time > 0, np.exp(-np.maximum(visual_time, 0) / CUE_DECAY), 0)
    colors = np.where(since_items > 0, np.where(centres < seen_until, 1, MEMORY_LEVEL), 0)

    is_upper = (trials["selected"] == "upper").to_numpy()[:, None]
    signed = selection * np.where(is_upper, 1, -1)
    inputs = [
        signed * (trials["task_order"] == task).to_numpy()[:, None] for task in experiment.TASKS
    ]
    look = "set" + trials["cue_set"].astype(str) + "-" + trials["selected"]
    inputs += [visual * (look == shown).to_numpy()[:, None] for shown in LOOKS]
    late = []
    if planted.generalisation_onset is not None:
        turned = _risen(since_cue, planted.generalisation_onset, settings.selection_rise)
        retro = experiment.TASKS.index("retro")
        late.append(inputs[retro] * (1 - turned))
        inputs[retro] = inputs[retro] * turned
    held, selected = colors * (1 - selection), colors * selection
    target = trials["target_color"]
    if planted.color_plane_angles[1]:
        late += _waves(target, selected * ~is_upper)
        selected = selected * is_upper
    inputs += [*_waves(trials["upper_color"], held), *_waves(trials["lower_color"], held)]
    inputs += [*_waves(target, selected), *late]
    drive = np.empty((*centres.shape, len(inputs)), dtype=np.float32)
    for number, each in enumerate(inputs):
        drive[:, :, number] = each
    return drive


def _risen(since: np.ndarray, onset: float, rise: float) -> np.ndarray:
    """Return a signal that rises exponentially to 1 from its onset."""
    return np.where(since > onset, 1 - np.exp(-np.maximum(since - onset, 0) / rise), 0)


def _waves(color: pd.Series, strength: np.ndarray) -> list[np.ndarray]:
    """Return the cosine and sine of colours; an item that is not shown evokes no response."""
    angle = color.to_numpy()[:, None]
    return [np.nan_to_num(strength * wave(angle)) for wave in (np.cos, np.sin)]

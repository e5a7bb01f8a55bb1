"""Mean responses to colours on the principal components that span the colour planes."""

import numpy as np
import pandas as pd

from neuro_attn.decoding.population import Population
from neuro_attn.geometry.colors import Colors
from neuro_attn.geometry.conditions import weighted_means
from neuro_attn.geometry.estimates import UndefinedError, session_rates
from neuro_attn.geometry.planes import SPACE, components

COORDINATES = ["location", "bin", "color", *(f"pc{number + 1}" for number in range(SPACE))]
"""Columns: item, colour bin, centre of the bin (rad) and principal component scores."""


def coordinates(population: Population, time_bin: int, task: int, colors: Colors) -> pd.DataFrame:
    """Project the mean responses to all colours of both items on their principal components.

    Parameters
    ----------
    population : Population
        The population.
    time_bin : int
        Index of a bin or window.
    task : int
        Index of the task.
    colors : dict of str to Shown
        Colours in every session.

    Returns
    -------
    pandas.DataFrame
        Columns ``COORDINATES``, with scores in spikes/s; one row per condition.

    Raises
    ------
    UndefinedError
        If no session has a trial in every colour bin, or if there are fewer units than components.
    """
    means = [
        weighted_means(member, session_rates(part, time_bin).astype(float))
        for part in population.parts
        if (member := np.concatenate(colors[part.session].bins * (part.task == task))).any(-1).all()
    ]
    if not means:
        raise UndefinedError("no session has a trial in every colour bin of both items")
    conditions = np.concatenate(means, axis=-1)
    if conditions.shape[-1] < SPACE:
        raise UndefinedError(f"{conditions.shape[-1]} units have no {SPACE} components")
    scores, axes, _ = components(conditions)
    # The sign of a component is arbitrary; we make its largest weight positive.
    largest = np.take_along_axis(axes, abs(axes).argmax(axis=1)[:, None], axis=1)[:, 0]
    scores = (scores * np.sign(largest))[:, :SPACE]
    items = colors[population.parts[0].session].items
    n_bins = len(conditions) // len(items)
    number = np.tile(np.arange(n_bins), len(items))
    table = pd.DataFrame(
        {
            "location": np.repeat(items, n_bins),
            "bin": number,
            "color": 2 * np.pi * (number + 0.5) / n_bins,
        }
    )
    table[COORDINATES[3:]] = scores
    return table

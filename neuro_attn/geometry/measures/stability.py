"""Stability of coding axes: debiased cosine between the coding axes of a task at two times."""

import numpy as np

from neuro_attn.decoding.population import Population
from neuro_attn.geometry.contrasts import of_times
from neuro_attn.geometry.estimates import Estimate
from neuro_attn.geometry.overlap import compare
from neuro_attn.geometry.places import Context, Place
from neuro_attn.geometry.subspaces import cosine_of_halves

OF = "times"
ORDER = 70
MEASURES = {
    "axis_stability": "cosine between the coding axes in the first and second half of a window, or "
    "in two windows; 1 for a stable code",
}
LABELS = {"axis_stability": "stability of the coding axes"}


def estimate(population: Population, place: Place, context: Context) -> dict[str, Estimate]:
    """Estimate the debiased cosine between the coding axes of a task at two times.

    Raises
    ------
    UndefinedError
        If there are too few trials, or if the axes are not reliable at one of the times.
    """

    def measures(x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
        return {"axis_stability": cosine_of_halves(x, y)}

    (task,), (one, other) = place.tasks, place.times
    return compare(
        of_times(population, (one, other), task),
        measures,
        stream=("stability", task),
        what="the task's coding axes at one of the times",
        resampling=context.resampling,
    )

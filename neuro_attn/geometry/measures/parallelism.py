"""The parallelism score of the task: whether its axis is the same in all classes.

The score is that of Bernardi et al. (2020), Cell 183:954, without the pull of noise.
"""

import numpy as np

from neuro_attn.decoding.population import Population
from neuro_attn.geometry.contrasts import of_differences
from neuro_attn.geometry.estimates import Estimate
from neuro_attn.geometry.overlap import compare
from neuro_attn.geometry.places import Context, Place
from neuro_attn.geometry.subspaces import cosine_of_halves

OF = "pair"
ORDER = 30
MEASURES = {
    "parallelism_task": "cosine, over pairs of classes, of the axes between the tasks: 1 if tasks "
    "differ in the same way in every class (parallelism score)",
}
LABELS = {"parallelism_task": "parallelism score of the task"}


def estimate(population: Population, place: Place, context: Context) -> dict[str, Estimate]:
    """Return the debiased cosine of the tasks' differences, over pairs of classes.

    Raises
    ------
    UndefinedError
        If there are too few trials, or the differences are not reliable.
    """

    def measures(x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
        return {"parallelism_task": cosine_of_halves(x, y)}

    (time_bin,) = place.times
    return compare(
        of_differences(population, time_bin, place.tasks),
        measures,
        stream=("parallelism", *place.tasks),
        what="the axis between the tasks",
        resampling=context.resampling,
    )

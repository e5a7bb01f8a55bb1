"""Parallelism score of the task: cosine, over classes, between the axes that separate two tasks.

It is the score of Bernardi et al. (2020), Cell 183:954, debiased by split halves.
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
    "parallelism_task": "parallelism score: mean cosine, over pairs of classes, between the axes "
    "that separate the tasks; 1 if tasks differ in the same way in every class (that of the "
    "label is `axis_cosine`)",
}
LABELS = {"parallelism_task": "parallelism score of the task"}


def estimate(population: Population, place: Place, context: Context) -> dict[str, Estimate]:
    """Estimate the debiased cosine, over pairs of classes, between the axes that separate tasks.

    Raises
    ------
    UndefinedError
        If there are too few trials, or if the differences are not reliable.
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

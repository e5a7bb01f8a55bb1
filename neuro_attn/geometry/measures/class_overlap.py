"""How far the subspaces of the classes of two tasks are the same (`subspaces`)."""

from neuro_attn.decoding.population import Population
from neuro_attn.geometry.contrasts import of_classes
from neuro_attn.geometry.estimates import Estimate, UndefinedError
from neuro_attn.geometry.overlap import compare
from neuro_attn.geometry.places import Context, Place
from neuro_attn.geometry.subspaces import DIMENSIONS, overlaps

OF = "pair"
ORDER = 20
MEASURES = {
    "squared_cosine_1": "squared cosine of the first principal angle of the classes' subspaces",
    "squared_cosine_2": "squared cosine of the second principal angle",
    "alignment": "alignment index: mean of the two directions",
    "alignment_second_in_first": "part of the second task's variance in the first one's subspace",
    "alignment_first_in_second": "part of the first task's variance in the second one's subspace",
}
LABELS = {"alignment": "alignment index"}


def estimate(population: Population, place: Place, context: Context) -> dict[str, Estimate]:
    """Compare the subspaces of the classes of two tasks.

    Raises
    ------
    UndefinedError
        If there are too few classes or trials, or a code is not reliable.
    """
    if len(population.classes) <= DIMENSIONS:
        raise UndefinedError("two classes span one axis in each task, which axis_cosine compares")
    (time_bin,) = place.times
    found = compare(
        of_classes(population, time_bin, place.tasks),
        overlaps,
        stream=("classes", *place.tasks),
        what="the tasks' classes",
        resampling=context.resampling,
    )
    del found["plane_cosine"]  # its sign comes from the order of contrasts, which classes lack
    return found

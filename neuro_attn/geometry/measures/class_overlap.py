"""Overlap between the class subspaces of two tasks (`subspaces`)."""

from neuro_attn.decoding.population import Population
from neuro_attn.geometry.contrasts import of_classes
from neuro_attn.geometry.estimates import Estimate, UndefinedError
from neuro_attn.geometry.overlap import compare
from neuro_attn.geometry.places import Context, Place
from neuro_attn.geometry.subspaces import DIMENSIONS, overlaps

OF = "pair"
ORDER = 20
MEASURES = {
    "squared_cosine_1": "squared cosine of the first principal angle of the classes' subspaces; "
    "needs three classes",
    "squared_cosine_2": "squared cosine of the second principal angle; needs three classes",
    "alignment": "alignment index, mean of the two directions: 1 for the same subspace, 0 if "
    "orthogonal; needs three classes",
    "alignment_second_in_first": "fraction of the second task's variance in the first subspace "
    "(alignment index)",
    "alignment_first_in_second": "fraction of the first task's variance in the second subspace "
    "(alignment index)",
}
LABELS = {"alignment": "alignment index"}


def estimate(population: Population, place: Place, context: Context) -> dict[str, Estimate]:
    """Estimate the overlap between the class subspaces of two tasks.

    Raises
    ------
    UndefinedError
        If there are too few classes or trials, or if a code is not reliable.
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
    del found["plane_cosine"]  # its sign depends on the order of the contrasts, here arbitrary
    return found

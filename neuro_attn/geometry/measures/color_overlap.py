"""Overlap between the colour subspaces of two items in a task (`subspaces`)."""

from neuro_attn.decoding.population import Population
from neuro_attn.geometry.contrasts import of_colors
from neuro_attn.geometry.estimates import Estimate
from neuro_attn.geometry.overlap import compare
from neuro_attn.geometry.places import Context, Place
from neuro_attn.geometry.subspaces import overlaps

OF = "task"
ORDER = 60
NEEDS_COLORS = True
MEASURES = {
    "plane_cosine": "signed product of the cosines of the principal angles of the colour planes; "
    "negative if the planes have opposite orientations",
    "squared_cosine_1": "squared cosine of the first principal angle of the items' colour planes",
    "squared_cosine_2": "squared cosine of the second principal angle",
    "alignment": "alignment index, mean of the two directions: 1 for the same plane, 0 if "
    "orthogonal",
    "alignment_second_in_first": "fraction of the second item's variance in the first plane "
    "(alignment index)",
    "alignment_first_in_second": "fraction of the first item's variance in the second plane "
    "(alignment index)",
}
LABELS = {"plane_cosine": "cosine of colour planes", "alignment": "alignment index"}
MAIN = ("plane_cosine",)
OVER_TIME = {"plane_cosine": "cosine of\ncolour planes", "alignment": ""}


def estimate(population: Population, place: Place, context: Context) -> dict[str, Estimate]:
    """Estimate the overlap between the colour subspaces of two items in a task.

    Raises
    ------
    UndefinedError
        If there are too few trials of a colour, or if a code is not reliable.
    """
    assert context.colors is not None
    (task,), (time_bin,) = place.tasks, place.times
    return compare(
        of_colors(population, time_bin, task, context.colors),
        overlaps,
        stream=("colors", task),
        what="the items' colours",
        resampling=context.resampling,
    )

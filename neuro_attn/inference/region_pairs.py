"""The pairs of regions whose overlaps and onsets are compared (`compared_regions`)."""

from collections.abc import Collection, Sequence
from itertools import combinations
from typing import Literal

from neuro_attn.errors import MOST_LISTED, InputError
from neuro_attn.study import Study

ComparedRegions = Literal["all"] | Sequence[Sequence[str]]


def region_pairs(found: Collection[str], compared: ComparedRegions) -> list[tuple[str, str]]:
    """Return the pairs of regions to compare; the second is subtracted from the first.

    Parameters
    ----------
    found : collection of str
        Regions that have an estimate. Pairs with another region are omitted.
    compared : 'all' or sequence of pairs
        The key ``compared_regions``.

    Examples
    --------
    >>> region_pairs(["LPFC", "FEF", "V4"], "all")
    [('LPFC', 'FEF'), ('LPFC', 'V4'), ('FEF', 'V4')]
    >>> region_pairs(["LPFC", "FEF"], [["FEF", "LPFC"], ["LPFC", "V4"]])
    [('FEF', 'LPFC')]
    """
    if compared == "all":
        return list(combinations(found, 2))
    return [(one, other) for one, other in compared if one in found and other in found]


def check_compared(study: Study, regions: Collection[str]) -> None:
    """Check that the regions that are to be compared are analysed.

    Raises
    ------
    InputError
        If one of them is not among the regions.
    """
    compared = study.dataset.compared_regions
    if compared == "all":
        return
    listed = [*list(regions)[:MOST_LISTED], *(["..."] if len(regions) > MOST_LISTED else [])]
    for region in (region for pair in compared for region in pair):
        if region not in regions:
            raise InputError(
                study.key("compared_regions"),
                f"region {region!r} is not analysed.",
                f"Correct its name or remove its pairs; regions are {', '.join(listed)}.",
            )

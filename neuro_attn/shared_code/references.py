"""Estimates of all pairs of tasks, related to those of two reference tasks (`relative`)."""

from collections.abc import Sequence

from neuro_attn.shared_code.estimates import UNITS, Estimate
from neuro_attn.shared_code.of_region import SessionsOfRegion
from neuro_attn.shared_code.relative import RelativeOverlap, relative_of_sessions
from neuro_attn.shared_code.sessions import RegionOverlap


def related(
    estimates: Sequence[Estimate],
    regions: Sequence[SessionsOfRegion],
    reference: Sequence[str] | None,
) -> list[Estimate]:
    """Return estimates with the relative overlap of all pairs other than the reference tasks.

    Parameters
    ----------
    estimates : sequence of Estimate
        Those of all pairs of tasks.
    regions : sequence of SessionsOfRegion
        The regions.
    reference : sequence of str, optional
        The two reference tasks; without them, estimates are returned as they are.
    """
    if reference is None:
        return list(estimates)
    by_name = {region.name: region for region in regions}
    references = {
        _place(each): each for each in estimates if set(each.test.tasks) == set(reference)
    }
    found = []
    for each in estimates:
        of_reference = references[_place(each)]
        if each is not of_reference:
            relative = _relative(each, of_reference, by_name[each.region])
            each = each._replace(relative=relative)
        found.append(each)
    return found


def _place(each: Estimate) -> tuple[str, str, str, str]:
    return each.level, each.region, each.subject, each.test.window


def _relative(each: Estimate, reference: Estimate, region: SessionsOfRegion) -> RelativeOverlap:
    if each.level == UNITS:
        return region.relative[each.test]
    assert isinstance(each.overlap, RegionOverlap)
    assert isinstance(reference.overlap, RegionOverlap)
    return relative_of_sessions(each.overlap, reference.overlap)

"""The tables of shared codes: overlap, differences between regions, sessions, and verdicts."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

import pandas as pd
import xarray as xr

from neuro_attn.decoding.building import POOLED
from neuro_attn.decoding.tabulation import without_test_only
from neuro_attn.inference.region_pairs import check_compared
from neuro_attn.inference.sign_flips import mean_with_interval
from neuro_attn.inference.significance import significant
from neuro_attn.results import columns_of
from neuro_attn.shared_code.differences import differences_of
from neuro_attn.shared_code.estimates import (
    REGION,
    SUBJECTS,
    UNITS,
    Estimate,
    in_regions,
    in_subjects,
    in_units,
    sample_of,
)
from neuro_attn.shared_code.of_region import (
    Sample,
    SessionsOfRegion,
    TaskPair,
    codes_of,
    tests_of,
)
from neuro_attn.shared_code.references import related
from neuro_attn.shared_code.verdicts import (
    Evidence,
    allowed_by,
    allowed_relative,
    verdict_of,
)
from neuro_attn.study import Study


class SharedCode(NamedTuple):
    """The tables of a data set; each is written to a file."""

    overlap: pd.DataFrame
    overlap_differences: pd.DataFrame
    overlap_sessions: pd.DataFrame
    verdicts: pd.DataFrame


def tables_of(recordings: list[xr.Dataset], study: Study, regions: Sequence[str]) -> SharedCode:
    """Estimate and test the overlap of the codes of every pair of tasks in windows and regions.

    Levels are kept apart: `these units` (module `these_units`; trials are the sample), `the region`
    (module `sessions`; sessions are the sample) and `other subjects` (the same, with subjects).
    P-values are corrected over the windows and regions of a pair of tasks.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        Recordings of all sessions; attribute ``subject`` where it is known.
    study : Study
        The data set, with its tasks, windows, decoding and inference.
    regions : sequence of str
        The regions.

    Returns
    -------
    SharedCode

    Raises
    ------
    InputError
        If a region has too few units or trials.
    """
    recordings, study = without_test_only(recordings, study)
    found = [codes_of(recordings, study, region) for region in regions]
    return tables_from(found, sample_of(recordings), study)


def tables_from(codes: Sequence[SessionsOfRegion], sample: Sample, study: Study) -> SharedCode:
    """Estimate and test overlaps as `tables_of`, from the codes of every region.

    Parameters
    ----------
    codes : sequence of SessionsOfRegion
        From `codes_of`, one a region.
    sample : Sample
        All sessions of the data set, and their subjects.
    study : Study
        The data set.
    """
    check_compared(study, [region.name for region in codes])
    tests = tests_of(study)
    found = [region.among(sample.sessions) for region in codes]
    estimates = related(
        [
            *in_units(found, tests, sample),
            *in_regions(found, tests, sample, study),
            *in_subjects(found, tests, sample, study),
        ],
        found,
        study.dataset.reference_tasks,
    )
    return SharedCode(
        _table("overlap", (_row(each, study) for each in estimates)),
        _table("overlap_differences", _differences(found, tests, sample, study)),
        _table("overlap_sessions", _sessions(found, tests, sample)),
        _table("verdicts", _verdicts(estimates, study)),
    )


def _table(name: str, rows: Iterator[tuple]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=columns_of(name))


def _row(each: Estimate, study: Study) -> tuple:
    test = each.test
    return (
        *(each.region, each.level, each.subject, test.first, test.second, test.window),
        *_overlaps(each, study),
        *mean_with_interval(each.sample, study.dataset.inference.confidence),
        *(each.p_value, each.p_corrected, each.smallest_p, *each.p_codes, each.bayes_factor),
        *each.sizes,
    )


def _overlaps(each: Estimate, study: Study) -> tuple:
    """Return the overlap, the reference tasks, and the relative overlap, with intervals."""
    confidence = study.dataset.inference.confidence
    overlap = each.overlap.value, *each.overlap.interval(confidence)
    if each.relative is None:
        return (*overlap, "", *(float("nan"),) * 3)
    low, high = each.relative.interval(confidence)
    value = each.relative.value if low <= high else float("nan")
    return (*overlap, reference_in_words(study), value, low, high)


def reference_in_words(study: Study) -> str:
    """Return the names of the reference tasks."""
    return " and ".join(study.dataset.reference_tasks or ())


def _differences(
    found: list[SessionsOfRegion], tests: list[TaskPair], sample: Sample, study: Study
) -> Iterator[tuple]:
    inference = study.dataset.inference
    for each in differences_of(
        found,
        tests,
        sample,
        compared=study.dataset.compared_regions,
        confidence=inference.confidence,
        alpha=inference.alpha,
    ):
        yield (
            *(each.region, each.compared_with, each.level, *each.test.tasks, each.test.window),
            *(each.value, each.low, each.high, each.p_value, each.p_corrected),
        )


def _sessions(
    found: list[SessionsOfRegion], tests: list[TaskPair], sample: Sample
) -> Iterator[tuple]:
    subject_of = dict(zip(sample.sessions, sample.subjects, strict=True))
    row_of = {session: row for row, session in enumerate(sample.sessions)}
    for region, test in product(found, enumerate(tests)):
        number, (first, second, window, _) = test
        for part in region.parts:
            d_primes = (region.first, region.second, region.across, region.back)
            yield (
                *(region.name, part.session, subject_of[part.session], first, second, window),
                *(float(each[row_of[part.session], number]) for each in d_primes),
                part.n_units,
            )


def _verdicts(estimates: list[Estimate], study: Study) -> Iterator[tuple]:
    """Yield one verdict for each region, pair of tasks and window, at the highest level possible.

    A level needs as many subjects, or sessions, as make a p-value of alpha attainable.
    """
    of_all = [each for each in estimates if each.subject == POOLED]
    by_level = {
        level: {(each.region, each.test): each for each in of_all if each.level == level}
        for level in (UNITS, REGION, SUBJECTS)
    }
    alpha = study.dataset.inference.alpha
    for key, of_units in by_level[UNITS].items():
        higher = [by_level[level].get(key) for level in (SUBJECTS, REGION)]
        attainable = [one for one in higher if one and significant(one.smallest_p, alpha)]
        each, *lower = [*attainable, of_units]
        verdict, sentence = concluded(each, study)
        if verdict == "inconclusive" and lower:
            sentence += f"; {concluded(lower[0], study)[0]} in {_where(lower[0])}"
        yield (
            *(each.region, each.test.first, each.test.second, each.test.window, each.level),
            *(verdict, sentence, *_overlaps(each, study), each.p_corrected, *each.sizes),
        )


def concluded(each: Estimate, study: Study) -> tuple[str, str]:
    """Return the verdict and a sentence with its scope.

    The verdict does not depend on the coverage of the intervals that tables and figures show.
    """
    inference = study.dataset.inference
    # Where there is a reference, the relative overlap decides.
    estimate = each.relative or each.overlap
    evidence = Evidence(
        estimate.value,
        *estimate.interval(1 - inference.alpha),
        *estimate.interval(1 - 2 * inference.alpha),
        *(each.p_corrected, *each.p_codes),
    )
    verdict = verdict_of(evidence, alpha=inference.alpha, bound=inference.overlap_bound)
    sizes = each.sizes
    # The sessions of a network are replicate networks.
    of_network = study.dataset.source == "network"
    sample = _counted(sizes.n_sessions, "replicate network" if of_network else "session")
    if sizes.n_subjects > 1:
        sample += f" of {sizes.n_subjects} subjects"
    said = f"{verdict} in {_where(each)} ({sample})"
    if each.relative is not None and verdict != "not decodable":
        said += f", relative to {reference_in_words(study)}"
    if verdict == "inconclusive":
        allowed = allowed_by if each.relative is None else allowed_relative
        said += f": {allowed(*estimate.interval(inference.confidence))}"
    if each.level == UNITS and inference.null_model != "shuffle":
        said += "; the test assumes independent trials"
    return verdict, said


def _where(each: Estimate) -> str:
    """Return the scope of an estimate, in words."""
    n = each.sizes.n_units
    units = "this unit" if n == 1 else f"these {n} units"
    return {REGION: "this region", SUBJECTS: "this region in other subjects"}.get(each.level, units)


def _counted(n: int, what: str) -> str:
    return f"{n} {what}" + ("" if n == 1 else "s")

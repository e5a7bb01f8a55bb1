"""Networks against regions by their representations of the same conditions (`responses`).

All pairs of populations have the same number of units and of trials.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.comparison.matching import FEWEST_UNITS
from neuro_attn.comparison.responses import Responses, random_halves, responses
from neuro_attn.comparison.rsa_measures import (
    FEWEST,
    correlation,
    crossnobis,
    debiased_cka,
    procrustes,
)
from neuro_attn.errors import InputError
from neuro_attn.geometry.colors import say_what_is_cued
from neuro_attn.geometry.estimates import normal_interval
from neuro_attn.randomness import stream
from neuro_attn.results import columns_of
from neuro_attn.study import Study

MEASURES = ("debiased_cka", "crossnobis_correlation", "procrustes")
FEWEST_TRIALS = 2
"""Trials of a condition: one for each half."""
COLUMNS = columns_of("representations")


def compare_representations(
    recordings: Mapping[str, list[xr.Dataset]],
    regions: Mapping[str, Sequence[str]],
    studies: Mapping[str, Study],
    *,
    brain: str,
    networks: Mapping[str, tuple[str, bool]],
) -> pd.DataFrame:
    """Return how similar networks and regions are; see `similarity_table`.

    Conditions are divided by the cued item's colour bin where all data sets know it, have as many
    bins, and have two trials of each condition.

    Parameters
    ----------
    recordings, regions, studies : mapping
        Recordings, names of regions and settings of every data set, by name.
    brain : str
        The data set that networks are laid beside.
    networks : mapping of str to (network, trained)
        The data sets of networks.
    """
    found = answers(recordings, regions, studies)
    compared = [
        (network, trained, seeds[0].name, seeds)
        for name, (network, trained) in networks.items()
        for seeds in found[name]
    ]
    decoding, inference = studies[brain].dataset.decoding, studies[brain].dataset.inference
    return similarity_table(
        found[brain],
        compared,
        decoding.draws,
        inference.bootstraps,
        inference.confidence,
        studies[brain].seed,
    )


def answers(
    recordings: Mapping[str, list[xr.Dataset]],
    regions: Mapping[str, Sequence[str]],
    studies: Mapping[str, Study],
) -> dict[str, list[list[Responses]]]:
    """Return the responses of every population of the data sets, by data set and region.

    Parameters
    ----------
    recordings, regions, studies
        As for `compare_representations`.
    """
    labels = [
        {str(label) for one in recordings[name] for label in one["label"].values}
        for name in studies
    ]
    colors = [study.dataset.colors for study in studies.values()]
    by_color = len({None if each is None else each.bins for each in colors}) == 1 and all(
        each is not None and say_what_is_cued(classes, each.items)
        for each, classes in zip(colors, labels, strict=True)
    )

    def found(by_color: bool) -> dict[str, list[list[Responses]]]:
        return {
            name: [
                responses(recordings[name], study, region=region, by_color=by_color)
                for region in regions[name]
            ]
            for name, study in studies.items()
        }

    divided = found(by_color)
    if by_color and _fewest_trials(divided) < FEWEST_TRIALS:
        return found(by_color=False)
    return divided


def check_comparable(found: Mapping[str, Sequence[Sequence[Responses]]]) -> None:
    """Raise `InputError` unless populations, from `answers`, are comparable: `similarity_table`."""
    _in_common([one for of_regions in found.values() for each in of_regions for one in each])


def _fewest_trials(found: Mapping[str, Sequence[Sequence[Responses]]]) -> int:
    """Return the trials of the rarest condition of any population."""
    return min(one.n_trials for of_regions in found.values() for each in of_regions for one in each)


def similarity_table(
    brain: Sequence[Sequence[Responses]],
    networks: Sequence[tuple[str, bool, str, Sequence[Responses]]],
    draws: int,
    bootstraps: int,
    confidence: float,
    seed: int,
) -> pd.DataFrame:
    """Return how alike every population of every network is to every region.

    Parameters
    ----------
    brain : sequence of sequence of Responses
        The populations of each region.
    networks : sequence of (network, trained, population, responses)
        The populations of each network, one a seed.
    draws, bootstraps : int
        Random choices of units and trials that values are averaged over, and resamples.
    confidence : float
        Coverage of the intervals.
    seed : int
        The configuration's seed.

    Returns
    -------
    pandas.DataFrame
        ``COLUMNS``. All pairs have the same number of units and of trials a condition, those of
        the smallest population (of trials an even number: they are halved). The interval is normal,
        with the spread of single draws whose trials are resampled. ``ceiling`` is the similarity of
        two random halves of the region's own units (half as many), ``floor`` that of the untrained
        network; NaN without one. A measure that is not defined in a draw, as a population is no
        longer than noise there, has no row.

    Raises
    ------
    InputError
        If conditions differ, or are fewer than four, or a population has fewer than two units or
        two trials of a condition.
    """
    conditions, n_units, n_trials = _in_common(
        [one for region in brain for one in region]
        + [one for *_, seeds in networks for one in seeds]
    )
    rows = []
    for region in brain:
        rng = stream(seed, "likeness", region[0].name)
        ceiling = _mean(
            [_ceiling(one, conditions, n_units, n_trials, draws, rng) for one in region]
        )
        for network, trained, population, seeds in networks:
            rng = stream(seed, "likeness", region[0].name, network, population)
            pairs = [
                _compared(one, other, conditions, n_units, n_trials, draws, bootstraps, rng)
                for one in region
                for other in seeds
            ]
            values = _mean([value for value, _ in pairs])
            for name in MEASURES:
                resampled = np.stack([each[name] for _, each in pairs])
                defined = np.isfinite(resampled).any(axis=0)
                if not (np.isfinite([values[name], ceiling[name]]).all() and defined.any()):
                    continue
                replicates = np.nanmean(resampled[:, defined], axis=0)
                low, high = normal_interval(values[name], replicates, confidence)
                key = (network, trained, population, region[0].name, name)
                sizes = (n_units, n_trials, len(conditions))
                rows.append((*key, values[name], low, high, ceiling[name], *sizes))
    table = pd.DataFrame(rows, columns=[c for c in COLUMNS if c != "floor"])
    keys = ["network", "population", "region", "measure"]
    floor = table.loc[~table["trained"].astype(bool), [*keys, "value"]]
    floor = floor.rename(columns={"value": "floor"})
    return table.merge(floor, on=keys, how="left")[COLUMNS]


def _in_common(populations: Sequence[Responses]) -> tuple[tuple, int, int]:
    """Return the conditions, and the units and trials of the smallest population."""
    conditions = populations[0].conditions
    for each in populations:
        if set(each.conditions) != set(conditions):
            raise InputError(
                f"representations of {each.name}",
                "its conditions are not those of the first region.",
                "Tasks, windows and classes must be the same.",
            )
    n_units = min(one.n_units for one in populations)
    n_trials = min(one.n_trials for one in populations)
    if len(conditions) < FEWEST or n_units < FEWEST_UNITS or n_trials < FEWEST_TRIALS:
        raise InputError(
            "representations",
            f"{len(conditions)} conditions, {n_units} units and {n_trials} trials of the smallest "
            f"population are too few; allowed: {FEWEST}, {FEWEST_UNITS} and {FEWEST_TRIALS}.",
            "regions.min_units and regions.exclude leave out small regions.",
        )
    return conditions, n_units, 2 * (n_trials // 2)


def _mean(values: list[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([each[name] for each in values])) for name in MEASURES}


def _compared(
    one: Responses,
    other: Responses,
    conditions: tuple,
    n_units: int,
    n_trials: int,
    draws: int,
    bootstraps: int,
    rng: np.random.Generator,
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Return the mean over draws, and bootstrap replicates, of every measure."""

    def measured(resample: bool) -> dict[str, float]:
        return _measures(
            *(
                random_halves(each, conditions, n_units, n_trials, resample, rng)
                for each in (one, other)
            )
        )

    drawn = [measured(resample=False) for _ in range(draws)]
    resampled = [measured(resample=True) for _ in range(bootstraps)]
    return _mean(drawn), {name: np.array([r[name] for r in resampled]) for name in MEASURES}


def _ceiling(
    one: Responses,
    conditions: tuple,
    n_units: int,
    n_trials: int,
    draws: int,
    rng: np.random.Generator,
) -> dict[str, float]:
    """Return the similarity of two disjoint random halves of as many units, mean over draws."""
    found = []
    for _ in range(draws):
        halves = random_halves(one, conditions, 2 * (n_units // 2), n_trials, False, rng)
        first, second = np.split(halves[..., rng.permutation(halves.shape[-1])], 2, axis=-1)
        found.append(_measures(first, second))
    return _mean(found)


def _measures(one: np.ndarray, other: np.ndarray) -> dict[str, float]:
    """Return every measure of two populations' responses (half, condition, unit)."""
    values = (
        debiased_cka(one.mean(axis=0), other.mean(axis=0)),
        correlation(crossnobis(*one), crossnobis(*other)),
        procrustes(one.mean(axis=0), other.mean(axis=0)),
    )
    return {name: float(value) for name, value in zip(MEASURES, values, strict=True)}

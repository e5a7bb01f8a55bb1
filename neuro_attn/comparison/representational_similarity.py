"""Representational similarity of networks and regions over the same conditions (`responses`).

All pairs of populations have equal numbers of units and trials.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.comparison.matching import FEWEST_UNITS
from neuro_attn.comparison.responses import Arranged, Responses, responses
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
"""Smallest number of trials per condition, one for each half."""
COLUMNS = columns_of("representations")


def compare_representations(
    recordings: Mapping[str, list[xr.Dataset]],
    regions: Mapping[str, Sequence[str]],
    studies: Mapping[str, Study],
    *,
    brain: str,
    networks: Mapping[str, tuple[str, bool]],
    windows: Mapping[str, Mapping[str, Sequence[str]]] | None = None,
) -> pd.DataFrame:
    """Compute the representational similarity of networks and regions; see `similarity_table`.

    Conditions are subdivided by the colour bin of the cued item if all data sets define it with the
    same number of bins and have at least two trials of each condition.

    Parameters
    ----------
    recordings, regions, studies : mapping
        Recordings, names of regions and settings of every data set, by name.
    brain : str
        The data set of the brain.
    networks : mapping of str to (network, trained)
        Network of each data set, and whether it is trained.
    windows : mapping, optional
        For each data set of a network, its populations that are compared, with their windows
        (`usable`); by default all.

    Returns
    -------
    pandas.DataFrame
        See `similarity_table`.
    """
    found = answers(recordings, regions, studies)
    compared = [
        (network, trained, seeds[0].name, [one.within(kept) for one in seeds])
        for name, (network, trained) in networks.items()
        for seeds in found[name]
        if (kept := None if windows is None else windows[name].get(seeds[0].name, ())) != ()
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
    """Return the responses of every population, by data set and region.

    Parameters
    ----------
    recordings, regions, studies
        As for `compare_representations`.

    Returns
    -------
    dict of str to list of list of Responses
        For every data set, the populations of each region.
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
    """Check that populations from `answers` are comparable.

    Raises
    ------
    InputError
        As for `similarity_table`.
    """
    _in_common([one for of_regions in found.values() for each in of_regions for one in each], [])


def _fewest_trials(found: Mapping[str, Sequence[Sequence[Responses]]]) -> int:
    """Return the number of trials of the rarest condition of any population."""
    return min(one.n_trials for of_regions in found.values() for each in of_regions for one in each)


def similarity_table(
    brain: Sequence[Sequence[Responses]],
    networks: Sequence[tuple[str, bool, str, Sequence[Responses]]],
    draws: int,
    bootstraps: int,
    confidence: float,
    seed: int,
) -> pd.DataFrame:
    """Compute the similarity between every network population and every region.

    Parameters
    ----------
    brain : sequence of sequence of Responses
        The populations of each region.
    networks : sequence of (network, trained, population, responses)
        The populations of each network, one per replicate network.
    draws, bootstraps : int
        Numbers of random draws of units and trials to average, and of bootstrap replicates.
    confidence : float
        Coverage of the intervals.
    seed : int
        The configuration's seed.

    Returns
    -------
    pandas.DataFrame
        Columns ``COLUMNS``. All pairs have the numbers of units and of trials per condition of the
        smallest population; an odd number of trials is reduced by one for the split into halves.
        The confidence interval is normal, with the SD of single draws with resampled trials.
        ``ceiling`` is the similarity between two random halves of the region's own units (half as
        many), ``floor`` that of the untrained network, NaN if there is none. A measure has no row
        if it is undefined in a draw, because the debiased length of a population is not positive.

    Raises
    ------
    InputError
        If conditions differ, if there are fewer than four, or if a population has fewer than two
        units or fewer than two trials of a condition.
    """
    conditions, n_units, n_trials = _in_common(
        [one for region in brain for one in region],
        [one for *_, seeds in networks for one in seeds],
    )
    drawn = {"n_units": n_units, "n_trials": n_trials}
    of_networks = [
        (network, trained, population, chosen, [one.arranged(chosen) for one in seeds])
        for network, trained, population, seeds in networks
        if len(chosen := tuple(c for c in conditions if c in seeds[0].conditions)) >= FEWEST
    ]
    rows = []
    for region in brain:
        # Populations are compared in the windows in which they can be; most share all of them.
        references = {}
        for conditions in dict.fromkeys(each[3] for each in of_networks):
            rng = stream(seed, "likeness", region[0].name)
            arranged = [one.arranged(conditions) for one in region]
            ceilings = [_ceiling(one, **drawn, draws=draws, rng=rng) for one in arranged]
            references[conditions] = arranged, _mean(ceilings)
        for network, trained, population, conditions, others in of_networks:
            arranged, ceiling = references[conditions]
            rng = stream(seed, "likeness", region[0].name, network, population)
            pairs = [
                _compared(one, other, drawn, draws=draws, bootstraps=bootstraps, rng=rng)
                for one in arranged
                for other in others
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


def _in_common(
    regions: Sequence[Responses], networks: Sequence[Responses]
) -> tuple[tuple, int, int]:
    """Return the conditions, and the numbers of units and trials of the smallest population.

    Networks can lack conditions, in windows in which they are not compared.
    """
    populations = [*regions, *networks]
    conditions = populations[0].conditions
    for number, each in enumerate(populations):
        windows = {window for window, *_ in each.conditions}
        is_region = number < len(regions)
        expected = {each for each in conditions if is_region or each[0] in windows}
        if set(each.conditions) != expected:
            raise InputError(
                f"representations of {each.name}",
                "its conditions are not those of the first region.",
                "Define the same tasks, windows and classes for all data sets.",
            )
    n_units = min(one.n_units for one in populations)
    n_trials = min(one.n_trials for one in populations)
    if len(conditions) < FEWEST or n_units < FEWEST_UNITS or n_trials < FEWEST_TRIALS:
        raise InputError(
            "representations",
            f"{len(conditions)} conditions, {n_units} units and {n_trials} trials of the smallest "
            f"population are too few; at least {FEWEST}, {FEWEST_UNITS} and {FEWEST_TRIALS} are "
            "needed.",
            "Exclude small regions with regions.min_units or regions.exclude.",
        )
    return conditions, n_units, 2 * (n_trials // 2)


def _mean(values: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    return {name: float(np.mean([each[name] for each in values])) for name in MEASURES}


def _compared(
    one: Arranged,
    other: Arranged,
    sizes: Mapping[str, int],
    *,
    draws: int,
    bootstraps: int,
    rng: np.random.Generator,
) -> tuple[dict[str, float], dict[str, np.ndarray]]:
    """Return the mean over draws and the bootstrap replicates of every measure."""

    def measured(n: int, *, resample: bool) -> dict[str, np.ndarray]:
        pairs = [
            [each.random_halves(**sizes, resample=resample, rng=rng) for each in (one, other)]
            for _ in range(n)
        ]
        return _measures(*map(np.stack, zip(*pairs, strict=True)))

    drawn = measured(draws, resample=False)
    return _mean([drawn]), measured(bootstraps, resample=True)


def _ceiling(
    one: Arranged, *, n_units: int, n_trials: int, draws: int, rng: np.random.Generator
) -> dict[str, float]:
    """Return the similarity between disjoint random halves of the units, averaged over draws."""
    even = 2 * (n_units // 2)
    pairs = []
    for _ in range(draws):
        halves = one.random_halves(n_units=even, n_trials=n_trials, resample=False, rng=rng)
        pairs.append(np.split(halves[..., rng.permutation(even)], 2, axis=-1))
    return _mean([_measures(*map(np.stack, zip(*pairs, strict=True)))])


def _measures(one: np.ndarray, other: np.ndarray) -> dict[str, np.ndarray]:
    """Return every measure for the responses of two populations.

    Parameters
    ----------
    one, other : array, shape (draw, half, condition, unit)

    Returns
    -------
    dict of str to numpy.ndarray, shape (draw,)
    """
    values = (
        debiased_cka(one.mean(axis=1), other.mean(axis=1)),
        correlation(*(crossnobis(each[:, 0], each[:, 1]) for each in (one, other))),
        procrustes(one.mean(axis=1), other.mean(axis=1)),
    )
    return dict(zip(MEASURES, values, strict=True))

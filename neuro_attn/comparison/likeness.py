"""Networks against regions by their representations: the same conditions, as many units and trials.

The conditions are the classes of every task in every window. Where the data sets know the colours
and the classes say which item is cued, a class is divided by the cued item's colour bin. Rates are
in SDs of each unit's noise within conditions.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.comparison.representations import (
    FEWEST,
    correlation,
    crossnobis,
    debiased_cka,
    procrustes,
)
from neuro_attn.configuration import AnyDataset
from neuro_attn.decoding import Population, populations
from neuro_attn.errors import InputError
from neuro_attn.geometry.colors import cued, say_what_is_cued, shown_colors
from neuro_attn.geometry.estimates import in_noise_units, normal_interval, part_rates
from neuro_attn.randomness import stream

MEASURES = ("debiased_cka", "crossnobis_correlation", "procrustes")
COLUMNS = [
    "network",
    "trained",
    "population",
    "region",
    "measure",
    "value",
    "ci_low",
    "ci_high",
    "ceiling",
    "floor",
    "n_units",
    "n_trials",
    "n_conditions",
]
"""Columns of `representations.csv`."""


class Responses(NamedTuple):
    """What a population answers to the conditions.

    Parameters
    ----------
    name : str
        Region, or population of a network.
    conditions : tuple of tuple
        Their names.
    parts : list of list of array, shape (trial, unit)
        For every session put together, the trials of each condition.
    """

    name: str
    conditions: tuple[tuple[str, ...], ...]
    parts: list[list[np.ndarray]]

    @property
    def n_units(self) -> int:
        """Number of units, over all sessions."""
        return sum(part[0].shape[1] for part in self.parts)

    @property
    def n_trials(self) -> int:
        """Trials of the rarest condition of any session."""
        return min(len(trials) for part in self.parts for trials in part)


def responses(
    recordings: list[xr.Dataset], dataset: AnyDataset, name: str, region: str, by_color: bool
) -> list[Responses]:
    """Return the responses of a region's populations, one a session unless sessions are pooled.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        Recordings of all sessions.
    dataset : settings of a data set
        Its tasks and windows.
    name, region : str
        Of the data set, and of the region.
    by_color : bool
        Whether conditions are divided by the cued colour.
    """
    return [
        _of_population(population, recordings, dataset, name, region, by_color)
        for population in populations(recordings, name, dataset, region)
    ]


def _of_population(
    population: Population,
    recordings: list[xr.Dataset],
    dataset: AnyDataset,
    name: str,
    region: str,
    by_color: bool,
) -> Responses:
    by_session = {recording.attrs["session"]: recording for recording in recordings}
    first = len(population.times)
    parts: list[list[np.ndarray]] = []
    names: list[tuple[str, str, str]] = []
    for part in population.parts:
        n_trials = len(part.label)
        bins = np.ones((1, n_trials), dtype=bool)
        if by_color:
            assert dataset.colors is not None
            shown = shown_colors(by_session[part.session], dataset.colors, name)
            bins = (shown.bins * cued(part.label, population.classes)).any(axis=0)
        groups, names = [], []
        for task, of_task in enumerate(population.tasks):
            for label, of_class in enumerate(population.classes):
                for number, of_bin in enumerate(bins):
                    groups.append((part.task == task) & (part.label == label) & of_bin)
                    names.append((of_task, of_class, f"color {number}" if by_color else ""))
        member = np.array(groups).astype(float)
        own = []
        for window in range(len(population.windows)):
            rates = in_noise_units(part_rates(part, first + window), member.T)
            own += [rates[group] for group in groups]
        parts.append(own)
    conditions = tuple((window, *condition) for window in population.windows for condition in names)
    return Responses(region, conditions, parts)


def representations(
    recordings: Mapping[str, list[xr.Dataset]],
    regions: Mapping[str, Sequence[str]],
    settings: Mapping[str, AnyDataset],
    brain: str,
    networks: Mapping[str, tuple[str, bool]],
    seed: int,
) -> pd.DataFrame:
    """Return how alike networks and regions are; see `likeness`.

    Parameters
    ----------
    recordings, regions, settings : mapping
        Of every data set, by name.
    brain : str
        The data set that networks are laid beside.
    networks : mapping of str to (network, trained)
        The data sets of networks.
    seed : int
        The configuration's seed.
    """
    names = [brain, *networks]
    labels = [
        {str(label) for one in recordings[name] for label in one["label"].values} for name in names
    ]
    bins = {None if (c := settings[name].colors) is None else c.bins for name in names}
    by_color = None not in bins and len(bins) == 1 and all(map(say_what_is_cued, labels))

    def of(name: str) -> list[list[Responses]]:
        return [
            responses(recordings[name], settings[name], name, region, by_color)
            for region in regions[name]
        ]

    compared = [
        (network, trained, seeds[0].name, seeds)
        for name, (network, trained) in networks.items()
        for seeds in of(name)
    ]
    decoding, inference = settings[brain].decoding, settings[brain].inference
    return likeness(
        of(brain), compared, decoding.draws, inference.bootstraps, inference.confidence, seed
    )


def likeness(
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
        the smallest population. ``ceiling`` is the likeness of two random halves of the region's
        own units (half as many), ``floor`` that of the untrained network; NaN without one.

    Raises
    ------
    InputError
        If conditions differ, or are fewer than four, or a population has fewer than two units or
        two trials of a condition.
    """
    everything = [one for region in brain for one in region]
    everything += [one for *_, seeds in networks for one in seeds]
    conditions = everything[0].conditions
    for each in everything:
        if set(each.conditions) != set(conditions):
            raise InputError(
                f"representations of {each.name}",
                "its conditions are not those of the first region.",
                "Tasks, windows and classes must be the same.",
            )
    n_units = min(one.n_units for one in everything)
    n_trials = min(one.n_trials for one in everything)
    if len(conditions) < FEWEST or n_units < 2 or n_trials < 2:
        raise InputError(
            "representations",
            f"{len(conditions)} conditions, {n_units} units and {n_trials} trials of the smallest "
            f"population are too few; allowed: {FEWEST}, 2 and 2.",
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
            replicates = {
                name: np.nanmean([resampled[name] for _, resampled in pairs], axis=0)
                for name in MEASURES
            }
            for name in MEASURES:
                if not np.isfinite(values[name]) or not np.isfinite(ceiling[name]):
                    continue
                finite = replicates[name][np.isfinite(replicates[name])]
                low, high = normal_interval(values[name], finite, confidence)
                key = (network, trained, population, region[0].name, name)
                sizes = (n_units, n_trials, len(conditions))
                rows.append((*key, values[name], low, high, ceiling[name], *sizes))
    table = pd.DataFrame(rows, columns=[c for c in COLUMNS if c != "floor"])
    keys = ["network", "population", "region", "measure"]
    floor = table.loc[~table["trained"].astype(bool), [*keys, "value"]]
    floor = floor.rename(columns={"value": "floor"})
    return table.merge(floor, on=keys, how="left")[COLUMNS]


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
            *(_halves(each, conditions, n_units, n_trials, resample, rng) for each in (one, other))
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
    """Return the likeness of two disjoint random halves of as many units, mean over draws."""
    found = []
    for _ in range(draws):
        halves = _halves(one, conditions, 2 * (n_units // 2), n_trials, False, rng)
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


def _halves(
    one: Responses,
    conditions: tuple,
    n_units: int,
    n_trials: int,
    resample: bool,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return mean responses of random units in random halves of trials, (2, condition, unit)."""
    order = [one.conditions.index(condition) for condition in conditions]
    half = n_trials // 2
    columns = []
    for part in one.parts:
        means = np.empty((2, len(order), part[0].shape[1]))
        for row, condition in enumerate(order):
            trials = part[condition]
            for side, some in enumerate(np.split(rng.permutation(len(trials))[: 2 * half], 2)):
                chosen = rng.choice(some, half) if resample else some
                means[side, row] = trials[chosen].mean(axis=0)
        columns.append(means)
    together = np.concatenate(columns, axis=-1)
    return together[..., rng.permutation(together.shape[-1])[:n_units]]

"""Scores of every network population, seed and region over the same conditions (`responses`).

All populations have equal numbers of units and trials. The modules of `scores` define the scores.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.comparison.leaderboard import benchmark_of
from neuro_attn.comparison.matching import FEWEST_UNITS
from neuro_attn.comparison.responses import (
    FEWEST,
    CommonBins,
    Drawn,
    Responses,
    common_bins,
    responses,
)
from neuro_attn.comparison.usable import Usable
from neuro_attn.errors import InputError
from neuro_attn.geometry.colors import say_what_is_cued
from neuro_attn.randomness import stream
from neuro_attn.results import columns_of
from neuro_attn.results.model_scores import MODULES
from neuro_attn.study import Study

FEWEST_TRIALS = 2
"""Smallest number of trials per condition, one for each half."""
COLUMNS = columns_of("model_scores")

Conditions = tuple[tuple[int | str, ...], ...]
Measure = Callable[[Drawn, Drawn], dict[str, np.ndarray]]


class Replicate(NamedTuple):
    """A population of a replicate network.

    Parameters
    ----------
    network : str
        The network.
    trained : bool
        Whether it is trained.
    seed : int
        Number of the replicate network.
    responses : Responses
        Responses of the population.
    """

    network: str
    trained: bool
    seed: int
    responses: Responses


def model_scores(
    recordings: Mapping[str, list[xr.Dataset]],
    regions: Mapping[str, Sequence[str]],
    studies: Mapping[str, Study],
    *,
    brain: str,
    networks: Mapping[str, tuple[str, bool]],
    usable: Mapping[str, Usable] | None = None,
) -> pd.DataFrame:
    """Score every network population and seed against every region; see `score_table`.

    Kinds of trials are subdivided by the colour bin of the cued item if all data sets define it
    with the same number of bins and have at least two trials of each kind.

    Parameters
    ----------
    recordings, regions, studies : mapping
        Recordings, names of regions and settings of every data set, by name.
    brain : str
        The data set of the brain.
    networks : mapping of str to (network, trained)
        Network of each data set, and whether it is trained.
    usable : mapping, optional
        For each data set of a network, what is compared of it; by default everything.

    Returns
    -------
    pandas.DataFrame
        See `score_table`.
    """
    bins = common_bins({name: study.dataset.time for name, study in studies.items()})
    found = answers(recordings, regions, studies, bins)
    replicates = []
    for name, (network, trained) in networks.items():
        for seeds in found[name]:
            compared = usable[name] if usable else None
            kept = _kept(seeds[0].name, studies[name], bins, compared)
            replicates += [
                Replicate(network, trained, _number(one.session, index), one.within(kept))
                for index, one in enumerate(seeds)
                if kept
            ]
    draws, seed = studies[brain].dataset.decoding.draws, studies[brain].seed
    return score_table(found[brain], replicates, draws=draws, seed=seed, brain=brain)


def _kept(population: str, study: Study, bins: CommonBins, usable: Usable | None) -> set[int | str]:
    """Return the windows and bins in which a population is compared."""
    windows = study.dataset.windows
    if usable is not None:
        windows = {name: windows[name] for name in usable.windows.get(population, ())}
    everywhere = set(range(max(len(bins.edges) - 1, 0))) if windows else set()
    if usable is not None and population in usable.asked:
        # A network that is asked for its report is probed in the windows.
        everywhere = bins.within(list(windows.values()))
    return {*windows, *everywhere}


def _number(session: str, index: int) -> int:
    """Return the number of a replicate network; its place where all are analysed together."""
    number = session.removeprefix("seed")
    return int(number) if number.isdecimal() else index


def answers(
    recordings: Mapping[str, list[xr.Dataset]],
    regions: Mapping[str, Sequence[str]],
    studies: Mapping[str, Study],
    bins: CommonBins | None = None,
) -> dict[str, list[list[Responses]]]:
    """Return the responses of every population, by data set and region.

    Parameters
    ----------
    recordings, regions, studies
        As for `model_scores`.
    bins : CommonBins, optional
        Bins of the courses; by default none.

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
                responses(
                    recordings[name],
                    study,
                    region=region,
                    by_color=by_color,
                    bins=bins.of[name] if bins else (),
                )
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
        As for `score_table`.
    """
    _in_common([one for of_regions in found.values() for each in of_regions for one in each], [])


def _fewest_trials(found: Mapping[str, Sequence[Sequence[Responses]]]) -> int:
    """Return the number of trials of the rarest condition of any population."""
    return min(one.n_trials for of_regions in found.values() for each in of_regions for one in each)


def score_table(
    regions: Sequence[Sequence[Responses]],
    replicates: Sequence[Replicate],
    *,
    draws: int,
    seed: int,
    brain: str = "",
) -> pd.DataFrame:
    """Compute all scores between every replicate network's population and every region.

    Parameters
    ----------
    regions : sequence of sequence of Responses
        The populations of each region.
    replicates : sequence of Replicate
        The populations of all replicate networks.
    draws : int
        Number of random draws of units and trials to average.
    seed : int
        The configuration's seed.
    brain : str
        The data set of the regions.

    Returns
    -------
    pandas.DataFrame
        Columns ``COLUMNS``. All populations have the numbers of units and of trials per condition
        of the smallest; an odd number of trials is reduced by one for the split into halves.
        ``ceiling`` is defined by the module of the score, or is the score of two random halves of
        the region's own units (half as many). ``floor`` is the score of the untrained network of
        the same seed, NaN if there is none. A score has no row where it is undefined in a draw,
        because responses do not exceed noise, or where there are too few conditions or bins.

    Raises
    ------
    InputError
        If conditions differ, if there are fewer than four, or if a population has fewer than two
        units or fewer than two trials of a condition.
    """
    conditions, n_units, n_trials = _in_common(
        [one for region in regions for one in region], [each.responses for each in replicates]
    )
    sizes = _Sizes(n_units, n_trials, draws)
    of_networks = []
    for each in replicates:
        own = set(each.responses.conditions)
        chosen = tuple(condition for condition in conditions if condition in own)
        if _n_windows(chosen) < FEWEST:
            continue
        names = (each.network, each.responses.name, f"trained {each.trained}", each.seed)
        rng = stream(seed, "model scores", *names)
        of_networks.append((each, chosen, sizes.drawn(each.responses, chosen, rng)))
    rows = []
    for region in regions:
        benchmark = benchmark_of(brain, region, *sizes)
        references = {}
        for chosen in dict.fromkeys(chosen for _, chosen, _ in of_networks):
            rng = stream(seed, "model scores", region[0].name)
            whole = [sizes.drawn(one, chosen, rng) for one in region]
            references[chosen] = [(one, ceilings(one, rng)) for one in whole]
        for each, chosen, drawn in of_networks:
            row = (each.network, each.trained, each.responses.name, region[0].name)
            values = _over_sessions(references[chosen], drawn)
            n_bins = len({name[0] for name in chosen if isinstance(name[0], int)})
            rows += [
                (
                    *row,
                    benchmark,
                    score,
                    each.seed,
                    *pair,
                    n_units,
                    n_trials,
                    _n_windows(chosen),
                    n_bins,
                )
                for score, pair in values.items()
            ]
    table = pd.DataFrame(rows, columns=[c for c in COLUMNS if c != "floor"])
    keys = ["network", "population", "region", "score", "seed"]
    floor = table.loc[~table["trained"].astype(bool), [*keys, "value"]]
    floor = floor.rename(columns={"value": "floor"})
    return table.merge(floor, on=keys, how="left")[COLUMNS]


def _n_windows(conditions: Conditions) -> int:
    """Return the number of conditions that are in windows, not in bins."""
    return sum(isinstance(place, str) for place, *_ in conditions)


class _Sizes(NamedTuple):
    """Numbers of draws, and of the units and trials of each population in a draw."""

    n_units: int
    n_trials: int
    draws: int

    def drawn(self, one: Responses, conditions: Conditions, rng: np.random.Generator) -> Drawn:
        """Draw units and halves of the trials."""
        arranged = one.arranged(conditions)
        draws = [
            arranged.random_halves(n_units=self.n_units, n_trials=self.n_trials, rng=rng)
            for _ in range(self.draws)
        ]
        return Drawn.of(np.stack(draws), conditions)


@cache
def measures() -> list[tuple[Measure, Measure | None]]:
    """Return the function of every module of scores, and that of its ceiling if it has one."""
    modules = [import_module(f"neuro_attn.comparison.scores.{module.name}") for module in MODULES]
    return [(module.score, getattr(module, "ceiling", None)) for module in modules]


def scores_of(region: Drawn, network: Drawn) -> dict[str, np.ndarray]:
    """Return all scores that are defined, each an array over draws."""
    found: dict[str, np.ndarray] = {}
    for score, _ in measures():
        found |= score(region, network)
    return found


def ceilings(region: Drawn, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return the scores of two disjoint random halves of a region's units, in each draw."""
    n_units = region.conditions.shape[-1]
    order = rng.permutation(n_units)[: 2 * (n_units // 2)]
    halves = [region.of_units(each) for each in np.split(order, 2)]
    found: dict[str, np.ndarray] = {}
    for score, ceiling in measures():
        if ceiling is None:
            found |= score(*halves)
    return found


def _over_sessions(
    sessions: Sequence[tuple[Drawn, dict[str, np.ndarray]]], network: Drawn
) -> dict[str, tuple[float, float]]:
    """Return scores and ceilings, averaged over draws and the sessions of a region."""
    pairs: dict[str, list[tuple[float, float]]] = {}
    for region, of_halves in sessions:
        limits = dict(of_halves)
        for _, ceiling in measures():
            if ceiling is not None:
                limits |= ceiling(region, network)
        for name, values in scores_of(region, network).items():
            pairs.setdefault(name, []).append((values.mean(), limits[name].mean()))
    means = {name: np.mean(each, axis=0) for name, each in pairs.items()}
    return {name: tuple(each) for name, each in means.items() if np.isfinite(each).all()}


def _in_common(
    regions: Sequence[Responses], networks: Sequence[Responses]
) -> tuple[Conditions, int, int]:
    """Return the conditions, and the numbers of units and trials of the smallest population.

    Networks can lack conditions, in windows in which they are not compared.
    """
    populations = [*regions, *networks]
    conditions = populations[0].conditions
    for number, each in enumerate(populations):
        places = {place for place, *_ in each.conditions}
        is_region = number < len(regions)
        expected = {each for each in conditions if is_region or each[0] in places}
        if set(each.conditions) != expected:
            raise InputError(
                f"scores of {each.name}",
                "its conditions are not those of the first region.",
                "Define the same tasks, windows and classes for all data sets.",
            )
    n_units = min(one.n_units for one in populations)
    n_trials = min(one.n_trials for one in populations)
    n_windows = _n_windows(conditions)
    if n_windows < FEWEST or n_units < FEWEST_UNITS or n_trials < FEWEST_TRIALS:
        raise InputError(
            "scores of networks",
            f"{n_windows} conditions, {n_units} units and {n_trials} trials of the smallest "
            f"population are too few; at least {FEWEST}, {FEWEST_UNITS} and {FEWEST_TRIALS} are "
            "needed.",
            "Exclude small regions with regions.min_units or regions.exclude.",
        )
    return conditions, n_units, 2 * (n_trials // 2)

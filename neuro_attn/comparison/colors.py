"""Colour features of a signature: information about the items' colours and overlap of their planes.

We use the measures of `geometry`, computed from the units of each draw. Small numbers of trials
bias neither the information nor the overlaps, so we equalise the number of units but use all
trials. Bootstrap replicates resample trials and units and are averaged over draws, as for
accuracies.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr

from neuro_attn.decoding import Population
from neuro_attn.decoding.population_decoder import ORIGINAL, PopulationDecoder
from neuro_attn.geometry.colors import Colors, shown_colors
from neuro_attn.geometry.contrasts import codes, of_colors
from neuro_attn.geometry.estimates import (
    Resampling,
    UndefinedError,
    bootstrap_weights,
    random_halves,
    robust_sd,
)
from neuro_attn.geometry.information import ITEMS, information_of_units
from neuro_attn.geometry.subspaces import DIMENSIONS, overlaps
from neuro_attn.study import Study

OVERLAPS = ("plane_cosine", "alignment")
GROUPS = (OVERLAPS, *((f"{item}_color",) for item in ITEMS))
"""Groups of features that are computed from the same codes."""
VARIABLES = {
    "value": (),
    "sd": (),
    "replicates": ("replicate",),
    "draws": ("draw",),
    "sessions": ("session",),
    "halves": ("half", "draw"),
}
"""Variables of a signature, with their dimensions other than ``feature``."""
SPLITS = 10
"""Number of random splits of the trials over which overlaps are averaged."""
Measure = Callable[[np.ndarray, np.ndarray], dict[str, np.ndarray]]
"""Maps replicate numbers (choice,) and units (choice, unit) to values (choice,) by feature name.

Replicate 0 is the data.
"""


class Values(NamedTuple):
    """Values of a measure, NaN where it is not defined.

    Parameters
    ----------
    draws : array, shape (draw,)
        Values in each draw of units.
    halves : array, shape (half, draw)
        Values in two disjoint halves of the units of each draw.
    replicates : array, shape (replicate,)
        Values in bootstrap replicates.
    """

    draws: np.ndarray
    halves: np.ndarray
    replicates: np.ndarray


def colors_of(recordings: list[xr.Dataset], study: Study) -> Colors | None:
    """Return the colours of every session, or None if the data set defines no colours."""
    colors = study.dataset.colors
    if colors is None:
        return None
    return {one.attrs["session"]: shown_colors(one, colors, study.name) for one in recordings}


def color_features(
    decoders: Sequence[PopulationDecoder], colors: Colors | None
) -> tuple[xr.Dataset | None, dict[str, str]]:
    """Compute the colour features of a region's populations, with reasons for omissions.

    Parameters
    ----------
    decoders : sequence of PopulationDecoder
        Decoders of the populations, in named windows only.
    colors : dict of str to Shown
        Colours in every session, from `colors_of`.

    Returns
    -------
    features : xarray.Dataset or None
        Part of a signature, on ``feature`` with names such as 'alignment retro delay'. None if no
        feature is defined.
    left_out : dict of str to str
        Reason for the omission of each feature that is not defined.
    """
    population = decoders[0].population
    found: dict[str, list[Values | None]] = {}
    reasons: dict[str, str] = {}
    for (task, of_task), (time_bin, window), names, decoder in itertools.product(
        enumerate(population.tasks), enumerate(population.windows), GROUPS, decoders
    ):
        try:
            if colors is None:
                raise UndefinedError("the data set has no colors")
            values = _values(names, decoder, time_bin=time_bin, task=task, colors=colors)
        except UndefinedError as reason:
            values = dict.fromkeys(names, reason)
        for name, value in values.items():
            feature = f"{name} {of_task} {window}"
            if isinstance(value, UndefinedError):
                reasons[feature] = str(value)
            found.setdefault(feature, []).append(value if isinstance(value, Values) else None)
    defined = {feature: each for feature, each in found.items() if any(each)}
    left_out = {feature: reason for feature, reason in reasons.items() if feature not in defined}
    return _as_signature(defined) if defined else None, left_out


def _values(
    names: tuple[str, ...], decoder: PopulationDecoder, *, time_bin: int, task: int, colors: Colors
) -> dict[str, Values | UndefinedError]:
    """Return the values of a group of measures in one population, or an error for an undefined one.

    Raises
    ------
    UndefinedError
        If no measure of the group is defined.
    """
    inference, size = decoder.inference, decoder.n_units
    resampling = Resampling(
        decoder.study,
        bootstraps=inference.bootstraps,
        splits=SPLITS,
        shuffles=0,
        confidence=inference.confidence,
        references=False,
    )
    draws = range(decoder.settings.draws)
    drawn = np.stack([decoder.units(draw, ORIGINAL)[:size] for draw in draws])
    halves = [drawn[:, : size // 2], drawn[:, size // 2 : 2 * (size // 2)]]
    replicates = decoder.replicates("bootstrap")
    # If a draw contains all units, all draws are equal and one suffices.
    resampled = [
        np.stack([decoder.units(draw, each)[:size] for each in replicates])
        for draw in (draws if size < decoder.population.n_units else draws[:1])
    ]
    where = (decoder.population, time_bin, task, colors, resampling)
    if names == OVERLAPS:
        measure = _overlaps(*where)
        why = f"the split-half reliability of the planes of {size} units is too low"
    else:
        measure = _information(names[0], *where)
        why = f"no rate of {size} units varies"
    data, numbers = np.zeros(len(drawn), int), 1 + np.arange(len(replicates))
    of_draws, of_halves = measure(data, drawn), [measure(data, half) for half in halves]
    of_replicates = [measure(numbers, units) for units in resampled]
    results: dict[str, Values | UndefinedError] = {}
    for name in names:
        each = np.stack([values[name] for values in of_replicates])
        defined = np.isfinite(each).mean()
        if not np.isfinite(of_draws[name]).all() or defined < inference.confidence:
            results[name] = UndefinedError(why)
            continue
        results[name] = Values(
            of_draws[name], np.stack([values[name] for values in of_halves]), _mean(each, (0,))
        )
    return results


def _overlaps(
    population: Population,
    time_bin: int,
    task: int,
    colors: Colors,
    resampling: Resampling,
) -> Measure:
    sessions = {part.session: part.rates.shape[1] for part in population.parts}
    first = dict(zip(sessions, np.cumsum([0, *sessions.values()]), strict=False))
    n_bootstraps = 1 + resampling.bootstraps
    # Units of sessions with too few trials remain 0 and contribute to no product.
    both = np.zeros((2, n_bootstraps, SPLITS, 2, DIMENSIONS, population.n_units))
    for design in of_colors(population, time_bin, task, colors):
        rng = resampling.rng("signature", design.session, task)
        members = np.concatenate(design.members)
        halves = np.stack([random_halves(design.strata, members, rng) for _ in range(SPLITS)])
        weights = bootstrap_weights(len(design.strata), resampling.bootstraps, rng)
        mine = first[design.session] + np.arange(sessions[design.session])
        both[..., mine] = codes(design, halves, weights)

    def measure(replicates: np.ndarray, units: np.ndarray) -> dict[str, np.ndarray]:
        index = units[:, None, None, None, :]
        x, y = (np.take_along_axis(code[replicates], index, axis=-1) for code in both)
        return overlaps(x, y)

    return measure


def _information(
    name: str,
    population: Population,
    time_bin: int,
    task: int,
    colors: Colors,
    resampling: Resampling,
) -> Measure:
    item = name.removesuffix("_color")
    found = information_of_units(population, time_bin, task, item, colors, resampling)
    values = np.full((1 + resampling.bootstraps, len(found), population.n_units), np.nan)
    for number, (units, information) in enumerate(found):
        values[0, number, units] = information.value
        values[1:, number, units] = information.replicates

    def measure(replicates: np.ndarray, units: np.ndarray) -> dict[str, np.ndarray]:
        chosen = np.take_along_axis(values[replicates], units[:, None, :], axis=-1)
        return {name: _mean(chosen, (1, 2))}

    return measure


def _as_signature(found: dict[str, list[Values | None]]) -> xr.Dataset:
    """Return features as part of a signature, averaged over the sessions in which they exist."""
    columns: dict[str, list[np.ndarray]] = {}
    for of_sessions in found.values():
        known = [values for values in of_sessions if values is not None]
        draws, halves = (np.mean(each, axis=0) for each in list(zip(*known, strict=True))[:2])
        replicates = _mean(np.stack([values.replicates for values in known]), (0,))
        sessions = [np.nan if each is None else each.draws.mean() for each in of_sessions]
        row = (draws.mean(), robust_sd(replicates), replicates, draws, np.array(sessions), halves)
        for name, array in zip(VARIABLES, row, strict=True):
            columns.setdefault(name, []).append(np.asarray(array))
    return xr.Dataset(
        {
            name: ((*dims, "feature"), np.stack(columns[name], -1))
            for name, dims in VARIABLES.items()
        },
        coords={"feature": list(found)},
    )


def _mean(values: np.ndarray, axis: tuple[int, ...]) -> np.ndarray:
    """Return the mean of finite values; NaN where there are none."""
    known = np.isfinite(values)
    n = known.sum(axis=axis)
    total = np.where(known, values, 0).sum(axis=axis)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)

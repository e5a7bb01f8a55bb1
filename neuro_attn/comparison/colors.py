"""Colours in a signature: what units know of the items, and how the items' planes lie.

The measures are those of `geometry`, of the units of a draw. Few trials bias neither the
information nor the overlaps, so units are made equal, but trials are not left out. Bootstrap
replicates resample trials and units and are means over draws, as those of accuracies are.
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
"""Features that are made of the same codes."""
VARIABLES = {
    "value": (),
    "sd": (),
    "replicates": ("replicate",),
    "draws": ("draw",),
    "sessions": ("session",),
    "halves": ("half", "draw"),
}
"""Of a signature, with their dimensions beside ``feature``."""
SPLITS = 10
"""Random halves of the trials that overlaps are averaged over."""
Measure = Callable[[np.ndarray, np.ndarray], dict[str, np.ndarray]]
"""From replicates (choice,), 0 being the data, and units (choice, unit) to values (choice,).

For every name of a group.
"""


class Values(NamedTuple):
    """A measure of draws (draw,), halves of their units (half, draw), and bootstraps (replicate,).

    NaN where it is not defined.
    """

    draws: np.ndarray
    halves: np.ndarray
    replicates: np.ndarray


def colors_of(recordings: list[xr.Dataset], study: Study) -> Colors | None:
    """Return the colours of every session; None for a data set without."""
    colors = study.dataset.colors
    if colors is None:
        return None
    return {one.attrs["session"]: shown_colors(one, colors, study.name) for one in recordings}


def color_features(
    decoders: Sequence[PopulationDecoder], colors: Colors | None
) -> tuple[xr.Dataset | None, dict[str, str]]:
    """Return the features of colours of a region's populations, and what lacks, why.

    Parameters
    ----------
    decoders : sequence of PopulationDecoder
        Decoders of the populations, in the windows alone.
    colors : dict of str to Shown
        From `colors_of`.

    Returns
    -------
    features : xarray.Dataset or None
        As a signature, on ``feature``, named as 'alignment retro delay'; None without any.
    left_out : dict of str to str
        Reasons, by feature.
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
    """Return the values of a group of measures of one population, or why one has none.

    Raises
    ------
    UndefinedError
        If none has any.
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
    # Where a draw takes all units, one draw is as good as all.
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
    # Units of sessions with too few trials add nothing to any product.
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
    """Return features as a signature holds them; means over the sessions that have them."""
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
    """Return the mean of what is finite; NaN where nothing is."""
    known = np.isfinite(values)
    n = known.sum(axis=axis)
    total = np.where(known, values, 0).sum(axis=axis)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)

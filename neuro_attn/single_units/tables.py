"""Tables of single units: sensitivity of each, numbers of selective units, and correlations.

Sensitivity (d') is estimated for each unit, task, window and pair of classes. In a region, we count
the units with p < alpha, and correlate d' between tasks over units. The correlation is tested by
flipping the sign of d' of random units in one task, which preserves the strength of both codes.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from scipy import stats

from neuro_attn.inference.sign_flips import FLIPS
from neuro_attn.inference.significance import significant
from neuro_attn.results import columns_of
from neuro_attn.single_units.sensitivity import sensitivity
from neuro_attn.study import Study

FEWEST = 10
"""Trials of each of two classes below which units of a session are not tested."""
MOST_PERMUTATIONS = 1_000
FEWEST_UNITS = 4
"""Units below which codes are not correlated."""
_RESAMPLES = 1_000
"""Resamples of units, and sign patterns that are in memory at a time."""
_TIE = 1e-9
_LARGEST = 1 - 1e-12
"""Largest correlation whose Fisher z is finite."""
_BETWEEN = " vs "


class SingleUnits(NamedTuple):
    """The tables of a data set; each is written to a file."""

    single_units: pd.DataFrame
    single_unit_counts: pd.DataFrame
    single_unit_correlations: pd.DataFrame


def tables_of(
    recordings: Iterable[xr.Dataset], study: Study, regions: Mapping[str, Collection[str]]
) -> SingleUnits:
    """Measure the single units of a data set.

    Parameters
    ----------
    recordings : iterable of xarray.Dataset
        Recordings of all sessions; one at a time is in memory if they are on disk.
    study : Study
        The data set.
    regions : mapping of str to collection of str
        The sessions of each region that is decoded.
    """
    rows = [row for recording in recordings for row in _of_session(recording, study, regions)]
    units = pd.DataFrame(rows, columns=columns_of("single_units"))
    ranks = {region: rank for rank, region in enumerate(regions)}
    units = units.sort_values("region", key=lambda each: each.map(ranks), kind="stable")
    units = units.reset_index(drop=True)
    return SingleUnits(
        units,
        pd.DataFrame(_counts(units, study), columns=columns_of("single_unit_counts")),
        pd.DataFrame(_correlations(units, study), columns=columns_of("single_unit_correlations")),
    )


def _of_session(
    recording: xr.Dataset, study: Study, regions: Mapping[str, Collection[str]]
) -> Iterator[dict]:
    dataset, session = study.dataset, recording.attrs["session"]
    region = recording["region"].values.astype(str)
    kept = np.isin(region, [name for name, sessions in regions.items() if session in sessions])
    if not kept.any():
        return
    rates = recording["rates"].values[:, kept]
    unit, region = recording["unit_id"].values.astype(str)[kept], region[kept]
    label, task = (recording[name].values.astype(str) for name in ("label", "task"))
    n_permutations = min(dataset.inference.permutations, MOST_PERMUTATIONS)
    windows = {
        name: rates[..., dataset.time.bins_in(window)].mean(axis=-1, dtype=float)
        for name, window in dataset.windows.items()
    }
    for each in dataset.tested_tasks:
        for pair in combinations(sorted(set(label)), 2):
            trials = (task == each) & np.isin(label, pair)
            is_first = label[trials] == pair[0]
            n_first, n_second = int(is_first.sum()), int((~is_first).sum())
            if min(n_first, n_second) < FEWEST:
                continue
            for window, mean in windows.items():
                rng = study.rng("single units", session, each, *pair)
                found = sensitivity(mean[trials], is_first, n_permutations, rng)
                for number, values in enumerate(zip(*found, strict=True)):
                    yield {
                        "region": region[number],
                        "session": session,
                        "unit_id": unit[number],
                        "task": each,
                        "classes": _BETWEEN.join(pair),
                        "window": window,
                        "d_prime": values[0],
                        "p_value": values[1],
                        "n_first": n_first,
                        "n_second": n_second,
                    }


def _counts(units: pd.DataFrame, study: Study) -> Iterator[dict]:
    """Yield the number of selective units of each region, task, pair of classes and window."""
    alpha = study.dataset.inference.alpha
    keys = ["region", "task", "classes", "window"]
    for place, found in units.dropna(subset="d_prime").groupby(keys, sort=False):
        selective = int(significant(found["p_value"].to_numpy(), alpha).sum())
        test = stats.binomtest(selective, len(found), alpha, alternative="greater")
        yield {
            **dict(zip(keys, place, strict=True)),
            "n_units": len(found),
            "n_selective": selective,
            "fraction": selective / len(found),
            "p_value": float(test.pvalue),
        }


def _correlations(units: pd.DataFrame, study: Study) -> Iterator[dict]:
    """Yield the correlation over units of d' in two tasks."""
    keys, unit = ["region", "classes", "window"], ["session", "unit_id"]
    for place, of_place in units.groupby(keys, sort=False):
        of_task = of_place.pivot_table(index=unit, columns="task", values="d_prime")
        for pair in combinations(study.dataset.tested_tasks, 2):
            if not set(pair) <= set(of_task):
                continue
            both = of_task[list(pair)].dropna().to_numpy()
            if len(both) < FEWEST_UNITS:
                continue
            rng = study.rng("correlation of single units", *place, *pair)
            found = correlation_of(both, study.dataset.inference.confidence, rng)
            yield {
                **dict(zip(keys, place, strict=True)),
                "first_task": pair[0],
                "second_task": pair[1],
                **found._asdict(),
                "n_units": len(both),
            }


class Correlation(NamedTuple):
    """Correlation of the sensitivity of units in two tasks, with its interval and p-value."""

    correlation: float
    ci_low: float
    ci_high: float
    p_value: float


def correlation_of(both: np.ndarray, confidence: float, rng: np.random.Generator) -> Correlation:
    """Correlate the sensitivity of units in two tasks.

    d' has no sign of its own: exchanging two classes changes that of all units. The correlation is
    therefore around 0 and not around the means. The interval is that of resampled units, normal
    on the scale of Fisher's z.

    Parameters
    ----------
    both : array, shape (unit, 2)
        d' in both tasks.
    confidence : float
        Coverage of the interval.
    rng : numpy.random.Generator
        Source of randomness.
    """
    n, products, squares = len(both), both.prod(axis=1), both**2
    copies = rng.multinomial(n, np.full(n, 1 / n), size=_RESAMPLES)
    resampled = _ratio(copies @ products, copies @ squares)
    value = float(_ratio(products.sum(), squares.sum(axis=0)))
    half = stats.norm.ppf((1 + confidence) / 2) * np.arctanh(resampled).std(ddof=1)
    low, high = np.tanh(np.arctanh(value) + np.array([-half, half]))
    exceeding = 1
    for _ in range(FLIPS // _RESAMPLES):
        flipped = rng.choice([-1.0, 1.0], size=(_RESAMPLES, n)) @ products
        exceeding += int((abs(flipped) >= abs(products.sum()) * (1 - _TIE)).sum())
    return Correlation(value, float(low), float(high), exceeding / (FLIPS + 1))


def _ratio(product: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Return correlations; `squares` has both tasks on its last axis."""
    return np.clip(product / np.sqrt(squares.prod(axis=-1)), -_LARGEST, _LARGEST)

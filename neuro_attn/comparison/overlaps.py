r"""Overlap of a population's codes across tasks, with resamples of its units and trials.

For every pair of tasks and window we compute T, D_A and D_B (`shared_code.these_units`). The ratio
:math:`T / \sqrt{D_A D_B}` is the overlap of the two codes: 1 for one code, 0 for unrelated codes
and -1 for a reversed code. It depends neither on the strength of the codes nor on the numbers of
units and trials, and it does not saturate. We therefore use all units and trials, and no noise that
matches populations.

Resamples concern other units of the population and other trials. They are linear,

.. math:: T^* = T + \sqrt{\nu_u / \chi^2_u} \sum_u g_u \, t_u
    + \sqrt{\nu_i / \chi^2_i} \sum_i g_i \, t_i

with t the changes of T if a unit u or a trial i is left out, from closed-form jackknives, and g
standard normal numbers. Each resample has its own draws from chi-squared distributions, with the
degrees of freedom of the units and of the trials of the smallest class, so that few of either give
heavier tails. A bootstrap that trains decoders on copies of units and trials would not do: its
decoders are worse, so its spread is too small for strong codes and too large for weak ones. Noise
that is independent between units is contained in both sums, which makes the spread too large.
"""

from itertools import combinations

import numpy as np
import xarray as xr

from neuro_attn.decoding import Population
from neuro_attn.decoding.population import SessionTrials
from neuro_attn.shared_code.these_units import (
    Moments,
    TaskTrials,
    debiased_fractions,
    moments_of,
    pooled,
    without_units,
)
from neuro_attn.study import Study

RESAMPLES = 400
"""Number of resamples."""


def overlaps_of(populations: list[Population], study: Study, region: str) -> xr.Dataset:
    """Estimate the overlap of every pair of tasks in every window, with resamples.

    Parameters
    ----------
    populations : list of Population
        Populations of the region, in the windows only.
    study : Study
        The data set.
    region : str
        The region; part of the names of random streams.

    Returns
    -------
    xarray.Dataset
        Variables on ``overlap`` (pairs of tasks x windows) and ``energy`` (T, D_A, D_B): the sums
        over sessions ``energies``, the summands ``session_energies`` (session), and
        ``energy_resamples`` (resample). ``p_codes`` (overlap, task) are p-values of no code.
    """
    parts = [part for population in populations for part in population.parts]
    tests = [
        (first, second, window)
        for first, second in combinations(range(len(populations[0].tasks)), 2)
        for window in range(len(populations[0].windows))
    ]
    trials = [[_trials(part, *test) for test in tests] for part in parts]
    moments = [[moments_of(*pair) for pair in of_part] for of_part in trials]
    by_test = [list(of_test) for of_test in zip(*moments, strict=True)]
    pools = [pooled(of_test) for of_test in by_test]
    by_session = np.array([[each.energies for each in of_part] for of_part in moments])
    shape = (len(parts), len(tests), 3)
    energies = by_session.reshape(shape).sum(axis=0)
    changes = [[without_units(*pair) for pair in of_part] for of_part in trials]
    deviations = _of_units(changes, study, region)
    deviations += _of_trials(parts, tests, by_test, study, region)
    return xr.Dataset(
        {
            "energies": (("overlap", "energy"), energies),
            "session_energies": (("session", "overlap", "energy"), by_session.reshape(shape)),
            "energy_resamples": (("resample", "overlap", "energy"), energies + deviations),
            "p_codes": (
                ("overlap", "task"),
                np.array([pool.p_codes for pool in pools]).reshape(len(tests), 2),
            ),
        }
    )


def _trials(
    part: SessionTrials, first: int, second: int, window: int
) -> tuple[TaskTrials, TaskTrials]:
    one, other = (part.task == task for task in (first, second))
    rates = part.rates[:, :, window]
    return TaskTrials(rates[one], part.label[one]), TaskTrials(rates[other], part.label[other])


def _of_units(changes: list[list[np.ndarray]], study: Study, region: str) -> np.ndarray:
    """Return deviations (resample, test, 3) from changes (3, unit) in each session and test."""
    joined = [np.concatenate(of_test, axis=1) for of_test in zip(*changes, strict=True)]
    if not joined:
        return np.zeros((RESAMPLES, 0, 3))
    of_tests = np.stack(joined)
    n_units = of_tests.shape[2]
    centred = of_tests - of_tests.mean(axis=2, keepdims=True)
    rng = study.rng("fit units", region)
    drawn = rng.normal(size=(RESAMPLES, n_units)) * _tails(n_units - 1, rng)
    return np.sqrt(n_units / (n_units - 1)) * np.einsum("ru,tku->rtk", drawn, centred)


def _of_trials(
    parts: list[SessionTrials],
    tests: list[tuple[int, int, int]],
    moments: list[list[Moments]],
    study: Study,
    region: str,
) -> np.ndarray:
    """Return deviations (resample, test, 3) from the changes when a trial is left out."""
    found = np.zeros((RESAMPLES, len(tests), 3))
    rng = study.rng("fit trials", region)
    drawn = [rng.normal(size=(RESAMPLES, len(part.task))) for part in parts]
    for number, ((first, second, _), of_test) in enumerate(zip(tests, moments, strict=True)):
        fractions = debiased_fractions(of_test)[:, None]
        for part, each, weights in zip(parts, of_test, drawn, strict=True):
            changes = each.changes + fractions * each.of_metric
            for cell in np.unique(each.cell):
                own = each.cell == cell
                changes[:, own] -= changes[:, own].mean(axis=1, keepdims=True)
                changes[:, own] *= np.sqrt(1 - 1 / own.sum())
            order = [np.flatnonzero(part.task == task) for task in (first, second)]
            found[:, number] += weights[:, np.concatenate(order)] @ changes.T
    freedom = min((sum(each.freedom for each in of_test) for of_test in moments), default=1.0)
    return found * _tails(freedom, rng)[:, None]


def _tails(freedom: float, rng: np.random.Generator) -> np.ndarray:
    """Return factors (resample, 1) that turn normal deviations into those of t."""
    return np.sqrt(freedom / rng.chisquare(freedom, RESAMPLES))[:, None]

r"""Mixture model of continuous reports: the target, another item, or a random guess.

The probability density of a report r, with target a and the m other items :math:`b_i` (Bays,
Catalao & Husain 2009), is

.. math:: p(r) = P_t\, f_\kappa(r - a) + \frac{P_s}{m} \sum_i f_\kappa(r - b_i)
    + \frac{P_g}{2 \pi}, \qquad P_t + P_s + P_g = 1,

with the von Mises density f of concentration kappa. On a trial without other items (m = 0) nothing
can be swapped, so the target has the probability :math:`P_t + P_s`. Parameters are fitted by
maximum likelihood.

References
----------
Zhang & Luck (2008), Nature 453, 233 (target and guess). Bays, Catalao & Husain (2009), J. Vis.
9(10), 7 (swap). Varadhan & Roland (2008), Scand. J. Stat. 35, 335 (acceleration).
"""

from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import i0e

from neuro_attn.behaviour.circular import circular_sd, concentration
from neuro_attn.errors import InputError
from neuro_attn.experiment import circular_difference

_STARTS = tuple(product((1.0, 10.0, 100.0), (0.02, 0.2, 0.6), (0.02, 0.2, 0.5)))
"""Concentration, fraction of guesses, and fraction of swaps among the other reports."""
_FIRST_STEPS, _MOST_STEPS = 20, 2_000
_KEPT = 3
"""Number of starts, the most likely ones after the first steps, that are followed to the end."""
_CONVERGED = 1e-10
"""Gain in mean log-likelihood of three steps below which a fit has converged."""
_INTERIOR = 1e-9
"""Distance of extrapolated fractions from 0 and 1, which no later step could leave."""


class Mixture(NamedTuple):
    """A fitted mixture model of reports."""

    kappa: float
    """Concentration of reports around an item; at most `circular.MOST_PRECISE`."""
    sd: float
    """Circular SD of reports around an item, degrees."""
    target: float
    """Fraction of trials on which the target is reported."""
    swap: float
    """Fraction of trials with other items on which one of these is reported; 0 without any."""
    guess: float
    """Fraction of trials with a random report."""
    log_likelihood: float
    """Maximum log-likelihood of the reports (density per rad)."""
    n_trials: int
    """Number of trials."""


class _Cosines(NamedTuple):
    """Cosines of the reports' deviations from the items."""

    target: np.ndarray
    """Shape (trial,)."""
    others: np.ndarray
    """Shape (trial, item); where there is no item, any number."""
    share: np.ndarray
    """1 / m for an item of a trial and 0 where there is none, shape (trial, item)."""


def fit_mixture(
    reports: ArrayLike, targets: ArrayLike, non_targets: ArrayLike | None = None
) -> Mixture:
    """Fit the mixture of reports of the target, swaps and guesses by maximum likelihood.

    Expectation maximisation begins at 27 points (9 without other items), of which the three most
    likely are iterated until they converge, with extrapolated steps. Guesses are hard to
    distinguish from imprecise reports if the SD is large, and from swaps if trials are few.

    Parameters
    ----------
    reports, targets : array-like, shape (trial,)
        Angles, rad.
    non_targets : array-like, shape (trial,) or (trial, item), optional
        Angles of the other items, rad; NaN where a trial has none. By default, trials have
        none.

    Returns
    -------
    Mixture

    Raises
    ------
    InputError
        If numbers of trials differ, there are none, or an angle is not finite.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> target, other = rng.uniform(0, 2 * np.pi, (2, 1000))
    >>> reports = np.where(rng.random(1000) < 0.3, other, target) + rng.vonmises(0, 10, 1000)
    >>> fit = fit_mixture(reports, target, other)
    >>> print(f"swap {fit.swap:.2f}, guess {fit.guess:.2f}, SD {fit.sd:.0f} degrees")
    swap 0.33, guess 0.00, SD 18 degrees
    """
    cosines = _cosines(reports, targets, non_targets)
    has_others = bool(cosines.share.any())
    starts = np.array([each for each in _STARTS if has_others or each[2] == _STARTS[0][2]])
    if not has_others:
        starts[:, 2] = 0
    at = starts
    for _ in range(_FIRST_STEPS):
        likelihood, at_next = _step(at, cosines)
        at = at_next
    best = np.argsort(-likelihood, kind="stable")[:_KEPT]
    fits = [_converge(at[[start]], cosines) for start in best]
    likelihood_of_fit, (kappa, guess, swap) = max(fits, key=lambda fit: fit[0])
    n = len(cosines.target)
    named = 1 - guess
    return Mixture(
        kappa=float(kappa),
        sd=float(circular_sd(kappa)),
        target=float(named * (1 - swap)),
        swap=float(named * swap),
        guess=float(guess),
        log_likelihood=n * likelihood_of_fit,
        n_trials=n,
    )


def _cosines(reports: ArrayLike, targets: ArrayLike, non_targets: ArrayLike | None) -> _Cosines:
    report, target = np.asarray(reports, float), np.asarray(targets, float)
    others = np.empty((len(report), 0)) if non_targets is None else np.asarray(non_targets, float)
    others = others[:, None] if others.ndim == 1 else others
    if report.ndim != 1 or target.shape != report.shape or len(others) != len(report):
        raise InputError(
            "fit_mixture",
            f"reports {report.shape}, targets {target.shape} and non_targets {others.shape} differ "
            "in their trials.",
            "Give one report and one target a trial, and non_targets as (trial,) or (trial, item).",
        )
    for name, angles in (("reports", report), ("targets", target)):
        if not len(angles) or not np.isfinite(angles).all():
            wrong = "no trials" if not len(angles) else f"{np.sum(~np.isfinite(angles))} not finite"
            raise InputError("fit_mixture", f"{name}: {wrong}.", "Leave out trials without one.")
    present = np.isfinite(others)
    n_others = np.maximum(present.sum(axis=1, keepdims=True), 1)
    away = circular_difference(report[:, None], np.where(present, others, 0))
    return _Cosines(np.cos(report - target), np.cos(away), present / n_others)


def _step(at: np.ndarray, cosines: _Cosines) -> tuple[np.ndarray, np.ndarray]:
    """Take a step of expectation maximisation from each of several points.

    Parameters
    ----------
    at : array, shape (point, 3)
        Concentration, fraction of guesses, and fraction of swaps among the other reports.

    Returns
    -------
    likelihood : array, shape (point,)
        Mean log-likelihood at the points, before the step.
    at : array, shape (point, 3)
        The points after the step.
    """
    kappa, guess, swap = at.T[:, :, None]
    has_others = cosines.share.any(axis=1)
    height = 1 / (2 * np.pi * i0e(kappa))
    to_target = ((1 - guess) * np.where(has_others, 1 - swap, 1) * height) * np.exp(
        kappa * (cosines.target - 1)
    )
    to_others = ((1 - guess) * swap * height)[..., None] * (
        cosines.share * np.exp(kappa[..., None] * (cosines.others - 1))
    )
    swapped = to_others.sum(axis=2)
    density = to_target + swapped + guess / (2 * np.pi)
    likelihood = np.log(density).mean(axis=1)
    to_target, swapped = to_target / density, swapped / density
    along = to_target @ cosines.target + np.einsum(
        "pti,ti->p", to_others / density[..., None], cosines.others
    )
    near = (to_target + swapped).sum(axis=1)
    among = (to_target + swapped)[:, has_others].sum(axis=1)
    return likelihood, np.stack(
        [
            concentration(along / np.maximum(near, np.finfo(float).tiny)),
            np.maximum(1 - near / len(cosines.target), 0),
            np.divide(swapped.sum(axis=1), among, out=np.zeros_like(among), where=among > 0),
        ],
        axis=1,
    )


def _converge(at: np.ndarray, cosines: _Cosines) -> tuple[float, np.ndarray]:
    """Return the maximum of the mean log-likelihood that is reached from a point, and its place."""
    likelihood = -np.inf
    for _ in range(_MOST_STEPS):
        before, once = _step(at, cosines)
        between, twice = _step(once, cosines)
        far = _extrapolated(at, once, twice)
        after, next_to_far = _step(far, cosines)
        if after[0] >= between[0]:
            at, reached = next_to_far, after[0]
        else:
            at, reached = twice, between[0]
        if reached - max(likelihood, before[0]) < _CONVERGED:
            break
        likelihood = reached
    return float(_step(at, cosines)[0][0]), at[0]


def _extrapolated(at: np.ndarray, once: np.ndarray, twice: np.ndarray) -> np.ndarray:
    """Return the point to which steps seem to lead (SQUAREM, Varadhan & Roland 2008, S3)."""
    change = once - at
    bend = twice - once - change
    length = np.sqrt(np.sum(change**2) / max(np.sum(bend**2), np.finfo(float).tiny))
    far = at + 2 * length * change + length**2 * bend
    far[:, 0] = np.clip(far[:, 0], _INTERIOR, None)
    far[:, 1:] = np.clip(far[:, 1:], _INTERIOR, 1 - _INTERIOR)
    # Without other items there are no swaps, and none may arise.
    far[:, 2] = np.where(twice[:, 2] == 0, 0, far[:, 2])
    return far

"""Estimates of geometry measures, resampling and normalisation shared by all measures."""

from typing import NamedTuple

import numpy as np
from scipy.linalg import helmert
from scipy.special import ndtri, stdtrit

from neuro_attn.decoding.population import SessionTrials
from neuro_attn.solver import constant_units
from neuro_attn.study import Study

FEWEST_SESSIONS = 4
"""Smallest number of sessions for an interval over sessions."""
ATTEMPTS = 100
"""Largest number of attempts to find random halves that both contain every condition."""


class Estimate(NamedTuple):
    """Value, bootstrap replicates, ceiling and floor of a measure in one population.

    Parameters
    ----------
    value : float
        The measure.
    replicates : array, shape (replicate,)
        The measure in bootstrap replicates.
    ceiling, floor : float, optional
        References, computed if `Resampling.references` is True.
    """

    value: float
    replicates: np.ndarray
    ceiling: float | None = None
    floor: float | None = None


class UndefinedError(Exception):
    """Raised where a measure is not defined in a population; its text is the reason."""


class Resampling(NamedTuple):
    """Numbers of resamples, and the random streams that they are drawn from.

    Parameters
    ----------
    study : Study
        The data set with its settings and random streams.
    bootstraps, splits, shuffles : int
        Numbers of bootstrap replicates, of random splits into halves and of shuffles.
    confidence : float
        Coverage of the confidence intervals.
    references : bool
        Whether to compute ceilings and floors. If so, a measure without a ceiling or floor is not
        defined.
    """

    study: Study
    bootstraps: int
    splits: int
    shuffles: int
    confidence: float
    references: bool = True

    def rng(self, purpose: str, session: str, *names: object) -> np.random.Generator:
        """Return a random stream that is the same in all regions and windows."""
        return self.study.rng("geometry", purpose, session, *names)


def unreliable(what: str, reliable: float) -> UndefinedError:
    """Return the error for a code whose debiased length is not reliably above 0.

    Parameters
    ----------
    what : str
        Description of the code.
    reliable : float
        Fraction of bootstrap replicates in which the length is above 0.
    """
    return UndefinedError(
        f"the split-half reliability of {what} is not reliably above 0 "
        f"(above 0 in {reliable:.0%} of bootstrap replicates)"
    )


def averaged(
    estimates: list[Estimate], confidence: float, bounds: tuple[float, float]
) -> tuple[float, ...]:
    """Return value, ci_low, ci_high and any ceiling and floor, averaged over populations.

    Parameters
    ----------
    estimates : list of Estimate
        Estimates in each population.
    confidence : float
        Coverage of the confidence interval.
    bounds : tuple of float
        Limits to which the interval is clipped.
    """
    # Sessions are independent, so their replicates can be paired in any order.
    n = min(len(one.replicates) for one in estimates)
    replicates = np.mean([one.replicates[:n] for one in estimates], axis=0)
    value = float(np.mean([one.value for one in estimates]))
    low, high = np.clip(normal_interval(value, replicates, confidence), *bounds)
    references = [
        (one.ceiling, one.floor)
        for one in estimates
        if one.ceiling is not None and one.floor is not None
    ]
    means = np.mean(references, axis=0).tolist() if references else []
    return value, float(low), float(high), *means


def over_sessions(
    estimates: list[Estimate], confidence: float, bounds: tuple[float, float]
) -> tuple[float, float, int]:
    r"""Return the interval of a measure for the region in other sessions, and n sessions.

    The sessions are the sample: trials and units of a session leave with it. With mean m and SD s
    over n sessions, the interval is

    .. math:: m \pm t_{n - 1} \, s / \sqrt n

    Intervals from resampled trials (`averaged`) are about exactly these units. In them, axes drawn
    independently have a cosine that differs from 0, by chance.

    Parameters
    ----------
    estimates : list of Estimate
        Estimates in each session.
    confidence : float
        Coverage of the interval.
    bounds : tuple of float
        Limits to which the interval is clipped.

    Returns
    -------
    low, high : float
        NaN for fewer than `FEWEST_SESSIONS` sessions.
    n_sessions : int
    """
    values = np.array([one.value for one in estimates])
    n_sessions = len(values)
    if n_sessions < FEWEST_SESSIONS:
        return float("nan"), float("nan"), n_sessions
    half = stdtrit(n_sessions - 1, (1 + confidence) / 2) * values.std(ddof=1) / np.sqrt(n_sessions)
    low, high = np.clip([values.mean() - half, values.mean() + half], *bounds)
    return float(low), float(high), n_sessions


def normal_interval(value: float, replicates: np.ndarray, confidence: float) -> tuple[float, float]:
    """Return a normal confidence interval, (low, high), with the SD of bootstrap replicates.

    Replicates contain noise twice, from the data and from resampling. A measure that noise biases,
    such as an angle, therefore has a larger bias in replicates, and we use only their SD. We
    estimate the SD from the 10th and 90th percentiles (`robust_sd`), which vary less than more
    extreme percentiles and are not affected by replicates with a denominator close to 0.

    Parameters
    ----------
    value : float
        The estimate, centre of the interval.
    replicates : array, shape (replicate,)
        Bootstrap replicates.
    confidence : float
        Coverage of the interval.
    """
    half = ndtri((1 + confidence) / 2) * float(robust_sd(replicates))
    return value - half, value + half


def robust_sd(replicates: np.ndarray) -> np.ndarray:
    """Estimate the SD from the 10th and 90th percentiles over the first axis, ignoring NaN.

    It is the SD of a normal distribution with the same percentiles.
    """
    low, high = np.nanquantile(replicates, [0.1, 0.9], axis=0)
    return (high - low) / (ndtri(0.9) - ndtri(0.1))


def helmert_contrasts(n_classes: int) -> np.ndarray:
    """Return orthonormal contrasts between classes, shape (class - 1, class)."""
    return helmert(n_classes)


def in_noise_units(rates: np.ndarray, explained: np.ndarray) -> np.ndarray:
    """Return centred rates divided by the SD of each unit's noise, shape (trial, unit).

    The SD over all trials also contains the signal. Dividing by it would scale down the units that
    carry the coding axis of one task, and orthogonal axes would appear oblique. Units that are
    constant or have no noise are set to 0.

    Parameters
    ----------
    rates : array, shape (trial, unit)
        Rates.
    explained : array, shape (trial, regressor)
        Regressors of the signal; the noise is the residual of a linear regression on them.
    """
    constant = constant_units(rates)
    rates = rates - rates.mean(axis=0, dtype=float)
    residual = rates - explained @ np.linalg.lstsq(explained, rates, rcond=None)[0]
    sd = residual.std(axis=0)
    # For units without noise, rounding leaves residuals of the order of eps.
    varies = ~constant & (sd > 1e-6 * np.abs(rates).max(axis=0, initial=0))
    return np.where(varies, rates / np.where(varies, sd, 1), 0)


def random_halves(strata: np.ndarray, members: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return random halves of the trials, balanced within strata, shape (2, trial).

    Parameters
    ----------
    strata : array of int, shape (trial,)
        Stratum of each trial; -1 for trials in neither half. The extra trial of an odd stratum is
        assigned at random.
    members : array, shape (condition, trial)
        Indicators of the conditions that both halves must contain.
    rng : numpy.random.Generator
        Source of randomness.

    Raises
    ------
    UndefinedError
        If no such halves are found in `ATTEMPTS` attempts.
    """
    for _ in range(ATTEMPTS):
        halves = np.zeros((2, len(strata)))
        for stratum in np.unique(strata[strata >= 0]):
            trials = rng.permutation(np.flatnonzero(strata == stratum))
            first = (len(trials) + rng.integers(2)) // 2
            halves[0, trials[:first]] = 1
            halves[1, trials[first:]] = 1
        if (members @ halves.T > 0).all():
            return halves
    raise UndefinedError("there are too few trials to halve every condition")


def bootstrap_weights(n_trials: int, replicates: int, rng: np.random.Generator) -> np.ndarray:
    """Return trial weights of the data and of a Bayesian bootstrap, shape (1 + replicate, trial).

    Row 0 contains the equal weights of the data.
    """
    return np.concatenate([np.ones((1, n_trials)), rng.exponential(size=(replicates, n_trials))])


def session_rates(part: SessionTrials, time_bin: slice | int) -> np.ndarray:
    """Return a session's rates in one bin or window, or averaged over bins, (trial, unit)."""
    rates = part.rates[:, :, time_bin]
    return rates if rates.ndim == 2 else rates.mean(axis=2)

"""What all measures share: an estimate, how it is resampled, and why one can be missing."""

from typing import NamedTuple

import numpy as np
from scipy.linalg import helmert
from scipy.special import ndtri

from neuro_attn.decoding.population import SessionTrials
from neuro_attn.solver import constant_units
from neuro_attn.study import Study

ATTEMPTS = 100
"""Random splits that are tried until both halves hold every condition."""


class Estimate(NamedTuple):
    """A measure of one population, its bootstrap replicates (replicate,), ceiling and floor.

    Without references it has neither of the two.
    """

    value: float
    replicates: np.ndarray
    ceiling: float | None = None
    floor: float | None = None


class UndefinedError(Exception):
    """A measure has no value in a population; says why."""


class Resampling(NamedTuple):
    """How often everything is resampled, and the streams it comes from.

    With references, measures have ceilings and floors. A measure whose ceiling or floor is not
    defined is not defined; without references it is.
    """

    study: Study
    bootstraps: int
    splits: int
    shuffles: int
    confidence: float
    references: bool = True

    def rng(self, purpose: str, session: str, *names: object) -> np.random.Generator:
        """Return a stream that regions and windows share, so that they stay comparable."""
        return self.study.rng("geometry", purpose, session, *names)


def unreliable(what: str, reliable: float) -> UndefinedError:
    """Return the error for a code that is not reliably longer than noise."""
    return UndefinedError(
        f"the split-half reliability of {what} is not reliably above 0 "
        f"(above 0 in {reliable:.0%} of bootstrap replicates)"
    )


def averaged(
    estimates: list[Estimate], confidence: float, bounds: tuple[float, float]
) -> tuple[float, ...]:
    """Return value, ci_low, ci_high and the references, averaged over populations.

    References are ceiling and floor, where the estimates have them.
    """
    # Sessions are independent, so any pairing of their replicates is as good as another.
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


def normal_interval(value: float, replicates: np.ndarray, confidence: float) -> tuple[float, float]:
    """Return the normal interval of a value with the spread of its replicates: (low, high).

    Replicates carry the trials' noise twice, from the data and from resampling, so what noise
    pushes one way, as it does angles, lies off in them; only their spread is used. It is taken
    between the 10th and the 90th percentile: those are steadier than the ends of the interval
    would be, and a replicate that divides by almost nothing does not count.
    """
    half = ndtri((1 + confidence) / 2) * float(robust_sd(replicates))
    return value - half, value + half


def robust_sd(replicates: np.ndarray) -> np.ndarray:
    """Return the SD of a normal distribution with the 10th and 90th percentile of the first axis.

    NaN does not count.
    """
    low, high = np.nanquantile(replicates, [0.1, 0.9], axis=0)
    return (high - low) / (ndtri(0.9) - ndtri(0.1))


def helmert_contrasts(n_classes: int) -> np.ndarray:
    """Return orthonormal contrasts between classes, shape (class - 1, class)."""
    return helmert(n_classes)


def in_noise_units(rates: np.ndarray, explained: np.ndarray) -> np.ndarray:
    """Return rates (trial, unit) in SDs of each unit's noise.

    The SD over all trials holds the signal, too: the units that carry one task's axis would
    shrink, and orthogonal axes would come out oblique. Constant units, and those without noise,
    are 0.

    Parameters
    ----------
    rates : array, shape (trial, unit)
        Rates.
    explained : array, shape (trial, regressor)
        What is no noise; the SD is that of the residuals of a linear regression on it.
    """
    constant = constant_units(rates)
    rates = rates - rates.mean(axis=0, dtype=float)
    residual = rates - explained @ np.linalg.lstsq(explained, rates, rcond=None)[0]
    sd = residual.std(axis=0)
    # Where nothing is left unexplained, rounding leaves residuals of the order of eps.
    varies = ~constant & (sd > 1e-6 * np.abs(rates).max(axis=0, initial=0))
    return np.where(varies, rates / np.where(varies, sd, 1), 0)


def random_halves(strata: np.ndarray, members: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return random halves of the trials, balanced within strata, shape (2, trial).

    Parameters
    ----------
    strata : array of int, shape (trial,)
        Trials of each stratum are halved; an odd one goes to either half. -1 for trials in none.
    members : array, shape (condition, trial)
        Conditions of which both halves must hold a trial.
    rng : numpy.random.Generator
        Source of randomness.

    Raises
    ------
    UndefinedError
        If no such halves are found.
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
    """Return trial weights of the data and of a Bayesian bootstrap, (1 + replicate, trial).

    The data, with equal weights, come first.
    """
    return np.concatenate([np.ones((1, n_trials)), rng.exponential(size=(replicates, n_trials))])


def session_rates(part: SessionTrials, time_bin: slice | int) -> np.ndarray:
    """Return a session's rates in one bin or window, or averaged over bins, (trial, unit)."""
    rates = part.rates[:, :, time_bin]
    return rates if rates.ndim == 2 else rates.mean(axis=2)

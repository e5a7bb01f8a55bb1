r"""Overlap of the codes of two tasks in exactly these units; trials are the sample.

Let :math:`A` and :math:`B` (class, unit) be the class means of two tasks, each minus its mean over
classes, and :math:`S` the pooled within-class covariance of both tasks, in SDs of each unit. The
codes are compared in one metric,

.. math:: M = ((1 - \gamma) S + \gamma I)^{-1} , \qquad T = \mathrm{tr}(A M B^\top) .

:math:`T = 0` means that the linear discriminant of either task does not separate the classes of the
other. The energies :math:`D_A` and :math:`D_B` are :math:`\mathrm{tr}(A M A^\top)` and
:math:`\mathrm{tr}(B M B^\top)` without their bias, and

.. math:: r = T / \sqrt{D_A D_B}

is the overlap: 1 for one code, 0 for orthogonal codes, -1 for a reversed code, whatever the
strength of either. It is the cosine of the two codes in the metric M.

The variance of T comes from a closed-form delete-one jackknife, which includes the estimation of
M. A jackknife counts the product of two sampling errors twice; we subtract it once. Intervals of r
are those of Fieller: all values :math:`r_0` for which :math:`T - r_0 \sqrt{D_A D_B}` is compatible
with 0. Tests and intervals use the t distribution. Its degrees of freedom are the number of trials
of the smallest class and task minus 1, summed over sessions: with few trials, the normal
distribution is liberal.

Trials must be independent of each other. Where they are not (drift, labels in runs), the test is
liberal, and the null models `pseudosession` and `session_swap` of the decoders are needed.

References
----------
Walther, Nili, Ejaz, Alink, Kriegeskorte & Diedrichsen (2016), NeuroImage 137, 188 (cross-validated
Mahalanobis distances). Fieller (1954), J. R. Stat. Soc. B 16, 175. Efron & Stein (1981), Ann.
Stat. 9, 586 (bias of the jackknife variance).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from neuro_attn.inference.student import critical, upper_tail
from neuro_attn.solver import constant_units

RIDGE = 0.05
"""Share of the identity in the metric, in SDs of the units."""
_GRID = 4001
"""Values of r that are tried for the interval."""


class TaskTrials(NamedTuple):
    """Rates and classes of the trials of a task in a session.

    Parameters
    ----------
    rates : array of float, shape (trial, unit)
        Activity in a time bin or window. Units that are constant, up to the rounding of the rates,
        do not count, nor do those that do not vary within classes, whose noise is unknown.
    label : array of int, shape (trial,)
        Class, from 0.
    """

    rates: np.ndarray
    label: np.ndarray


@dataclass(frozen=True)
class UnitsOverlap:
    """Overlap of the codes of two tasks in these units, with its sampling error.

    Parameters
    ----------
    product, first, second : float
        T, D_A and D_B.
    covariance : array, shape (3, 3)
        Their jackknife covariance.
    double : array, shape (3,)
        Variances of the products of two sampling errors in each.
    freedom : float
        Degrees of freedom of the variances.
    """

    product: float
    first: float
    second: float
    covariance: np.ndarray
    double: np.ndarray
    freedom: float

    @property
    def value(self) -> float:
        """r; NaN where a task has no measurable code."""
        if self.first > 0 and self.second > 0:
            return float(self.product / np.sqrt(self.first * self.second))
        return float("nan")

    @property
    def statistic(self) -> float:
        """T in standard errors: distributed as t if T is 0."""
        variance = max(self.covariance[0, 0] - self.double[0], self.double[0] / 2)
        return float(self.product / np.sqrt(variance)) if variance > 0 else 0.0

    @property
    def p_value(self) -> float:
        """Two-sided p-value of T = 0."""
        return 2 * upper_tail(abs(self.statistic), self.freedom)

    @property
    def p_codes(self) -> tuple[float, float]:
        """One-sided p-values of "the task has no code", for each task.

        In simulations without a code, 0.04 to 0.06 of them were below 0.05, and 0.002 to 0.006
        below 0.001: the tail is longer than that of the t distribution.
        """
        first, second = (
            upper_tail(energy / np.sqrt(variance), self.freedom) if variance > 0 else 1.0
            for energy, variance in zip((self.first, self.second), self.double[1:], strict=True)
        )
        return first, second

    def interval(self, confidence: float) -> tuple[float, float]:
        """Return the smallest and largest overlap that the data do not reject, within [-1, 1].

        The whole range where a task has no measurable code.
        """
        if not (self.first > 0 and self.second > 0):
            return -1.0, 1.0
        scale, ratio = np.sqrt(self.first * self.second), np.sqrt(self.second / self.first)
        gradient = np.array([0, ratio / 2, 1 / (2 * ratio)])
        between, alone = self.covariance[0] @ gradient, gradient @ self.covariance @ gradient
        tried = np.linspace(-1, 1, _GRID)
        of_product, of_first, of_second = self.double
        of_scale = (ratio**2 * of_first + of_second / ratio**2) / 4
        variance = np.maximum(
            self.covariance[0, 0] - 2 * tried * between + tried**2 * alone,
            of_product + tried**2 * of_scale,
        )
        limit = critical(confidence, self.freedom)
        kept = tried[np.abs(self.product - tried * scale) <= limit * np.sqrt(variance)]
        if not len(kept):
            # The estimate lies beyond -1 or 1, whose neighbourhood is all that remains.
            return (float(np.sign(self.product)),) * 2
        return float(kept[0]), float(kept[-1])


class _Standardised(NamedTuple):
    """A session in SDs of its units.

    Residuals of all trials from the class means of their task, and of those of the first task; the
    class means less their mean, and trials per class, of each task; the inverse of the metric; its
    degrees of freedom; and which units vary.
    """

    residuals: np.ndarray
    n_first: int
    means: tuple[np.ndarray, np.ndarray]
    counts: tuple[np.ndarray, np.ndarray]
    covariance: np.ndarray
    freedom: int
    varies: np.ndarray


@dataclass(frozen=True)
class Moments:
    """What one session contributes; all entries add up over sessions.

    `energies` are T, D_A, D_B; `raw` tr(A M A') and tr(B M B'). Changes when a trial is left out
    are `changes` (3, trial), plus `of_metric` (3, trial) times the debiased fractions. `double`
    holds the variances of the products of two sampling errors. The variance over the trials of the
    smallest cell (a class of a task) is the least certain, so its degrees of freedom are `freedom`.
    """

    energies: np.ndarray
    raw: np.ndarray
    changes: np.ndarray
    of_metric: np.ndarray
    double: np.ndarray
    cell: np.ndarray
    freedom: float


def overlap_of(
    sessions: Sequence[tuple[TaskTrials, TaskTrials]], *, ridge: float = RIDGE
) -> UnitsOverlap:
    r"""Estimate the overlap of the codes of two tasks in the units of some sessions.

    Units of different sessions were not recorded together. The metric has no covariance between
    them, so T, D_A and D_B are sums over sessions.

    Parameters
    ----------
    sessions : sequence of pairs of TaskTrials
        The two tasks of each session; the same classes in both, two or more trials of each.
    ridge : float
        Share of the identity in the metric, :math:`\gamma`.

    Returns
    -------
    UnitsOverlap

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> label = np.repeat([0, 1], 40)
    >>> axis = rng.normal(size=20)
    >>> def task(axis):
    ...     return TaskTrials(np.outer(label, axis) + rng.normal(size=(80, 20)), label)
    >>> found = overlap_of([(task(axis), task(axis))])
    >>> bool(found.interval(0.95)[0] > 0.5), bool(found.p_value < 0.001)
    (True, True)
    """
    return pooled([moments_of(first, second, ridge) for first, second in sessions])


def pooled(parts: Sequence[Moments]) -> UnitsOverlap:
    """Return the overlap in the units of some sessions from their moments."""
    fractions = debiased_fractions(parts)
    covariance = np.sum(
        [
            jackknife_covariance(part.changes + fractions[:, None] * part.of_metric, part.cell)
            for part in parts
        ],
        axis=0,
    )
    product, first, second = map(float, np.sum([part.energies for part in parts], axis=0))
    double = np.sum([part.double for part in parts], axis=0)
    freedom = sum(part.freedom for part in parts)
    return UnitsOverlap(product, first, second, covariance, double, freedom)


def debiased_fractions(parts: Sequence[Moments]) -> np.ndarray:
    """Return which fraction of T, D_A and D_B is signal, (3,), by which changes of M count."""
    energies = np.sum([part.energies for part in parts], axis=0)
    raw = np.sum([part.raw for part in parts], axis=0)
    measured = np.divide(energies[1:], raw, out=np.zeros(2), where=raw > 0).clip(0, 1)
    return np.array([np.sqrt(measured.prod()), *measured])


def without_units(first: TaskTrials, second: TaskTrials, ridge: float = RIDGE) -> np.ndarray:
    r"""Return by how much T, D_A and D_B fall when each unit of a session is left out.

    .. math:: T - T_{-u} = \sum_k (A M)_{ku} (B M)_{ku} / M_{uu}

    Returns
    -------
    array, shape (3, unit)
        0 for units that do not count.
    """
    data = _standardised(first, second, ridge)
    metric = np.linalg.inv(data.covariance)
    of_a, of_b = (means @ metric for means in data.means)
    found = np.zeros((3, len(data.varies)))
    products = [
        (one * other).sum(axis=0) for one, other in ((of_a, of_b), (of_a, of_a), (of_b, of_b))
    ]
    found[:, data.varies] = np.stack(products) / np.diag(metric)
    return found


def _standardised(first: TaskTrials, second: TaskTrials, ridge: float) -> _Standardised:
    n_classes = int(max(first.label.max(), second.label.max())) + 1
    centred = [_class_means(task, n_classes) for task in (first, second)]
    (residual_a, means_a, counts_a), (residual_b, means_b, counts_b) = centred
    residuals = np.concatenate([residual_a, residual_b])
    freedom = len(residuals) - 2 * n_classes
    sd = np.sqrt((residuals**2).sum(axis=0) / freedom)
    constant = constant_units(np.concatenate([first.rates, second.rates]))
    varies = (sd > 0) & ~constant
    residuals = residuals[:, varies] / sd[varies]
    means = means_a[:, varies] / sd[varies], means_b[:, varies] / sd[varies]
    covariance = (1 - ridge) * (residuals.T @ residuals) / freedom
    covariance[np.diag_indices_from(covariance)] += ridge
    counts = counts_a, counts_b
    return _Standardised(residuals, len(residual_a), means, counts, covariance, freedom, varies)


def moments_of(first: TaskTrials, second: TaskTrials, ridge: float = RIDGE) -> Moments:
    """Compute T, D_A and D_B of a session, and how they change when each trial is left out."""
    residuals, n_a, means, counts, covariance, freedom, _ = _standardised(first, second, ridge)
    (means_a, means_b), (counts_a, counts_b) = means, counts
    n_trials, n_classes = len(residuals), len(counts_a)
    weighted = np.linalg.solve(covariance, residuals.T).T
    label = np.concatenate([first.label, second.label])
    n = np.concatenate([counts_a[first.label], counts_b[second.label]])
    is_first = np.arange(n_trials) < n_a

    distance = (weighted * residuals).sum(axis=1)
    leverage = (1 - ridge) / freedom * n / (n - 1)
    kept = 1 - leverage * distance
    leverage = leverage / kept
    on_a, on_b = weighted @ means_a.T, weighted @ means_b.T
    own = np.arange(n_trials), label
    shrunk = (n - 1) * kept
    change_a, change_b = on_a[own] / shrunk, on_b[own] / shrunk

    metric_a = np.linalg.solve(covariance, means_a.T)
    product = float((means_b.T * metric_a).sum())
    raw_a = float((means_a.T * metric_a).sum())
    raw_b = float((means_b.T * np.linalg.solve(covariance, means_b.T)).sum())
    without = distance / kept * n / (n - 1)
    share = 1 - 1 / n_classes
    bias = [
        sum(share / counts[k] * part[labels == k].mean() for k in range(n_classes))
        for counts, part, labels in (
            (counts_a, without[:n_a], first.label),
            (counts_b, without[n_a:], second.label),
        )
    ]
    zero = np.zeros(n_trials)
    return Moments(
        energies=np.array([product, raw_a - bias[0], raw_b - bias[1]]),
        raw=np.array([raw_a, raw_b]),
        changes=np.stack(
            [
                np.where(is_first, -change_b, -change_a),
                np.where(is_first, -2 * change_a, zero),
                np.where(is_first, zero, -2 * change_b),
            ]
        ),
        of_metric=leverage
        * np.stack([(on_a * on_b).sum(axis=1), (on_a**2).sum(axis=1), (on_b**2).sum(axis=1)]),
        double=_double_errors(
            residuals, weighted, np.sqrt(n / (n - 1)) / kept, n_a, (counts_a, counts_b)
        ),
        cell=np.where(is_first, 0, n_classes) + label,
        freedom=float(n.min() - 1),
    )


def _class_means(task: TaskTrials, n_classes: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return residuals from class means, the means less their mean, and trials per class."""
    counts = np.bincount(task.label, minlength=n_classes).astype(float)
    rates = np.asarray(task.rates, dtype=float)
    means = np.stack([rates[task.label == k].mean(axis=0) for k in range(n_classes)])
    return rates - means[task.label], means - means.mean(axis=0), counts


def _double_errors(
    residuals: np.ndarray,
    weighted: np.ndarray,
    scale: np.ndarray,
    n_first: int,
    counts: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    r"""Return the variances of the products of two sampling errors in T, D_A and D_B.

    The sampling errors of the class means of the two tasks are independent, so the variance of
    their product in M is :math:`\mathrm{tr}(C_A C_B) \, \mathrm{tr}((M S)^2)`, with C the
    covariance of the centred class means over trials. The second trace is the mean squared product
    of two trials' residuals, each in the metric without the other.

    Parameters
    ----------
    residuals, weighted : array, shape (trial, unit)
        r and M r, first task first.
    scale : array, shape (trial,)
        Factor by which a residual grows if its own trial is left out.
    n_first : int
        Trials of the first task.
    counts : pair of arrays
        Trials per class of each task.
    """
    n_classes, n_second = len(counts[0]), len(residuals) - n_first
    centring = np.eye(n_classes) - 1 / n_classes
    first, second = (centring @ np.diag(1 / each) @ centring for each in counts)
    # Sums over all pairs of trials, without a matrix of trials by trials.
    left, right = weighted * scale[:, None], residuals * scale[:, None]
    of_first, of_second = (left[part].T @ right[part] for part in _parts(n_first))
    own = (left * right).sum(axis=1) ** 2
    pairs = [
        (of_first * of_second.T).sum() / (n_first * n_second),
        ((of_first * of_first.T).sum() - own[:n_first].sum()) / (n_first * (n_first - 1)),
        ((of_second * of_second.T).sum() - own[n_first:].sum()) / (n_second * (n_second - 1)),
    ]
    factors = [(first * second).sum(), 2 * (first * first).sum(), 2 * (second * second).sum()]
    return np.array(factors) * pairs


def _parts(n_first: int) -> tuple[slice, slice]:
    return slice(None, n_first), slice(n_first, None)


def jackknife_covariance(changes: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """Return the jackknife covariance of statistics (statistic, trial), stratified by cell."""
    total = np.zeros((len(changes),) * 2)
    for each in np.unique(cell):
        of_cell = changes[:, cell == each]
        n = of_cell.shape[1]
        of_cell = of_cell - of_cell.mean(axis=1, keepdims=True)
        total += (n - 1) / n * of_cell @ of_cell.T
    return total

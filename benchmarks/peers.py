"""Tests over sessions and debiased distances, compared with those of peers on the same data.

`python -m benchmarks.peers [--datasets N]` needs the packages of benchmarks/requirements.lock
(`make benchmarks` installs them). It draws data sets, computes each quantity here and by a peer,
and prints the largest difference, which must be rounding:

sign flips   p-values corrected by the maximum over windows and regions, and MNE's
             `permutation_t_test`. Both take the maximum over tests of statistics that order the
             sign patterns of a test alike, so the p-values are equal.
clusters     cluster p-values of means over sessions, and MNE's `permutation_cluster_1samp_test`
             with the same statistic. All sign patterns are enumerated, so the p-values are equal.
crossnobis   dissimilarities of conditions in two halves of the trials and their correlation
             between populations, and those of rsatoolbox
debiased     squared length of a coding axis without its bias, and the mean of rsatoolbox's
             crossnobis, with single trials as folds, over all pairings of the trials of two classes
"""

import argparse
import warnings
from collections.abc import Callable
from itertools import permutations, product

import numpy as np
from mne.stats import permutation_cluster_1samp_test, permutation_t_test
from rsatoolbox.data import Dataset
from rsatoolbox.rdm import RDMs, calc_rdm, compare

from neuro_attn.comparison.scores.crossnobis_correlation import correlation, crossnobis
from neuro_attn.geometry.coding_axes import coding_axes
from neuro_attn.inference.clusters import cluster_p_value
from neuro_attn.inference.pvalues import p_value
from neuro_attn.inference.sign_flips import sign_flip_test, sign_patterns

SESSIONS, TESTS = (6, 8, 10), (1, 4, 12)
JOINS = 0.05
"""One-sided level at which a time joins a cluster."""
THRESHOLD = 1.6448536269514722
"""The normal quantile of 1 - JOINS."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", type=int, default=100, help="of each size")
    n = parser.parse_args().datasets
    for sessions, tests in product(SESSIONS, TESTS):
        agree(sign_flips, n, f"sign flips, {sessions} sessions, {tests} tests", sessions, tests)
    for sessions in SESSIONS:
        agree(clusters, n, f"clusters, {sessions} sessions, 20 times", sessions, 20)
    for conditions, units in ((4, 10), (12, 40)):
        agree(halves, n, f"crossnobis, {conditions} conditions, {units} units", conditions, units)
    agree(lengths, min(n, 10), "debiased length, 4 trials of each class, 15 units", 4, 15)


def agree(difference: Callable[..., float], n: int, what: str, *sizes: int) -> None:
    """Print the largest difference over n data sets, and fail if it exceeds rounding."""
    worst = max(difference(*sizes, np.random.default_rng([*sizes, seed])) for seed in range(n))
    print(f"{what}: {n} data sets differ by at most {worst:.1e}", flush=True)
    assert worst < 1e-9, what


def sign_flips(n_sessions: int, n_tests: int, rng: np.random.Generator) -> float:
    mean, sd = rng.normal(size=n_tests) / 2, rng.lognormal(size=n_tests)
    values = rng.normal(mean, sd, (n_sessions, n_tests))
    ours = sign_flip_test(values, sign_patterns(n_sessions, rng)).p_corrected
    # With "all", MNE 1.13 leaves out one sign pattern at random; a number that is large gives
    # all of them.
    _, theirs, _ = permutation_t_test(values, n_permutations=2**n_sessions, tail=0, verbose=False)
    return float(np.abs(ours - theirs).max())


def clusters(n_sessions: int, n_times: int, rng: np.random.Generator) -> float:
    values = rng.normal(size=(n_sessions, n_times)) + 0.8 * (np.arange(n_times) > n_times / 2)
    values[:, 1:] += values[:, :-1]
    means = sign_patterns(n_sessions, rng) @ values / n_sessions
    observed, null = means[0], means[1:].T
    ours = cluster_p_value(observed, null, family=(0,), times=(0,), alpha=JOINS)
    statistic, found, masses = clusters_of_peer(values)
    # With all sign patterns, MNE 1.13 counts the data twice, and the pattern that flips every
    # session not at all.
    masses[-1:] = [*clusters_of_peer(-values)[2], 0][0]
    theirs = np.ones(n_times)
    for members in found:
        theirs[members] = (masses >= statistic[members].sum() - 1e-9).mean()
    # A time's p-value here is never below that of the time by itself.
    return float(np.abs(ours - np.maximum(theirs, p_value(observed, null))).max())


def clusters_of_peer(values: np.ndarray) -> tuple[np.ndarray, list, np.ndarray]:
    """Return MNE's statistics, clusters and largest masses, the first those of the data."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No clusters found")
        statistic, found, _, masses = permutation_cluster_1samp_test(
            values,
            threshold=THRESHOLD,
            n_permutations=2 ** len(values),
            tail=1,
            stat_fun=in_sds_of_flips,
            out_type="mask",
            verbose=False,
        )
    return statistic, found, masses


def in_sds_of_flips(values: np.ndarray) -> np.ndarray:
    """Return means over sessions in their SDs over sign flips."""
    return values.mean(axis=0) / np.sqrt((values**2).sum(axis=0)) * len(values)


def halves(n_conditions: int, n_units: int, rng: np.random.Generator) -> float:
    populations = rng.normal(size=(2, 2, n_conditions, n_units))
    populations += rng.normal(size=(2, 1, n_conditions, n_units)) / 2
    ours = [crossnobis(*means) for means in populations]
    theirs = [dissimilarities(*means) for means in populations]
    of_pairs = np.abs(np.array(ours) - [each.dissimilarities[0] for each in theirs]).max()
    of_rdms = abs(float(correlation(*ours)) - float(compare(*theirs, method="corr").item()))
    return float(max(of_pairs, of_rdms))


def dissimilarities(*folds: np.ndarray) -> RDMs:
    """Return rsatoolbox's crossnobis of conditions, from means (condition, unit) of each fold."""
    shape = (len(folds), len(folds[0]))
    fold, condition = np.indices(shape).reshape(2, -1)
    of = {"condition": condition, "fold": fold}
    data = Dataset(np.concatenate(folds), obs_descriptors=of)
    return calc_rdm(data, method="crossnobis", descriptor="condition", cv_descriptor="fold")


def lengths(n_trials: int, n_units: int, rng: np.random.Generator) -> float:
    rates = rng.normal(size=(2, n_trials, n_units)) + rng.normal(size=(2, 1, n_units))
    found = coding_axes(rates.reshape(-1, n_units), np.kron(np.eye(2), np.ones(n_trials)))
    ours = (found.axes**2).sum() - found.noise
    orders = permutations(range(n_trials))
    pairings = [np.stack([rates[0], rates[1][list(order)]], axis=1) for order in orders]
    theirs = np.mean([dissimilarities(*each).dissimilarities.item() for each in pairings])
    # Axes are deviations from the mean of two classes: their squared length is half the distance.
    return float(abs(ours - n_units * theirs / 2))


if __name__ == "__main__":
    main()

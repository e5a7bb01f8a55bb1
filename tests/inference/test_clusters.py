"""Clusters of neighbouring times are tested as one, by the largest mass of the family."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, stats

from neuro_attn.inference.clusters import cluster_masses, cluster_p_value
from neuro_attn.inference.pvalues import TIE, corrected_p_value, p_value

# --- an oracle in plain Python -----------------------------------------------------------------


def flooded_masses(statistic, threshold):
    """Return the mass at each point of one map (time,) or (time, time), by flood filling."""
    masses = dict.fromkeys(np.ndindex(statistic.shape), 0.0)
    left = {point for point in masses if statistic[point] > threshold}
    while left:
        cluster, front = set(), {left.pop()}
        while front:
            point = front.pop()
            cluster.add(point)
            for axis in range(statistic.ndim):
                for step in (-1, 1):
                    near = tuple(p + step * (a == axis) for a, p in enumerate(point))
                    if near in left:
                        left.remove(near)
                        front.add(near)
        for point in cluster:
            masses[point] = sum(statistic[member] for member in cluster)
    return masses


def brute_force(observed, null, alpha):
    """Return p-values of maps (map, time[, time]) that are one family, with loops."""
    everything = np.concatenate([null, observed[..., None]], axis=-1)
    scaled = np.empty_like(everything)
    for point in np.ndindex(observed.shape):
        # What ties with the observation counts for the null.
        ties = np.append(np.full(null.shape[-1], TIE), -TIE)
        mean, sd = everything[point].mean(), everything[point].std()
        scaled[point] = (everything[point] + ties - mean) / sd
    threshold = stats.norm.ppf(1 - alpha)
    *permuted, found = (
        [flooded_masses(each, threshold) for each in scaled[..., k]]
        for k in range(scaled.shape[-1])
    )
    largest = [max(max(masses.values()) for masses in maps) for maps in permuted]
    p = np.empty(observed.shape)
    for number, masses in enumerate(found):
        for point, mass in masses.items():
            place = (number, *point)
            of_cluster = sum(other >= mass for other in largest)
            of_time = sum(other >= observed[place] - TIE for other in null[place])
            p[place] = (max(of_cluster, of_time) + 1) / (len(largest) + 1)
    return p


@settings(max_examples=40)
@given(
    shape=st.sampled_from([(1, 12), (3, 7), (1, 5, 5), (2, 4, 6)]),
    m=st.integers(2, 30),
    alpha=st.sampled_from([0.05, 0.2, 0.4]),
    seed=st.integers(0, 10**6),
)
def test_p_values_are_those_of_flood_filling(shape, m, alpha, seed):
    rng = np.random.default_rng(seed)
    scale = rng.uniform(0.01, 0.2, shape)
    observed = 0.5 + scale * rng.normal(1, 1, size=shape)
    null = 0.5 + scale[..., None] * rng.normal(size=(*shape, m))
    family, times = tuple(range(len(shape))), tuple(range(1, len(shape)))
    got = cluster_p_value(observed, null, family=family, times=times, alpha=alpha)
    np.testing.assert_allclose(got, brute_force(observed, null, alpha))


# --- what is adjacent --------------------------------------------------------------------------


def test_a_mass_is_the_sum_over_neighbouring_times():
    statistic = np.array([3.0, 2.0, 0.0, 2.5, 1.0, 4.0])
    np.testing.assert_array_equal(cluster_masses(statistic, (0,), 1.5), [5, 5, 0, 2.5, 0, 4])


def test_nothing_is_adjacent_along_other_axes_than_time():
    regions = np.array([[2.0, 2, 0], [2, 0, 2]])
    np.testing.assert_array_equal(cluster_masses(regions, (1,), 1), [[4, 4, 0], [2, 0, 2]])


def test_pairs_of_times_are_neighbours_along_either_time_and_not_across_corners():
    cross = np.array([[2.0, 0, 2], [2, 2, 0], [0, 0, 2]])
    expected = [[6, 0, 2], [6, 6, 0], [0, 0, 2]]
    np.testing.assert_array_equal(cluster_masses(cross, (0, 1), 1), expected)


# --- what is found -----------------------------------------------------------------------------


def autocorrelated(rng, shape, correlation):
    """Draw Gaussian noise (..., time), neighbours along the last axis correlated."""
    noise = rng.normal(size=shape)
    for time in range(1, shape[-1]):
        noise[..., time] *= np.sqrt(1 - correlation**2)
        noise[..., time] += correlation * noise[..., time - 1]
    return noise


@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_noise_has_a_significant_cluster_as_rarely_as_stated(correlation):
    rng = np.random.default_rng(1)
    n_families, m, alpha = 1000, 99, 0.05
    values = np.moveaxis(autocorrelated(rng, (n_families, m + 1, 2, 15), correlation), 1, -1)
    smallest = np.array(
        [
            cluster_p_value(
                each[..., 0], each[..., 1:], family=(0, 1), times=(1,), alpha=alpha
            ).min()
            for each in values
        ]
    )
    wrong = int((smallest <= alpha).sum())
    # Outside the central 1 - 5e-5 of Binomial(1000, .05); nearly every family of 30 has a cluster.
    low, high = stats.binom.interval(1 - 5e-5, n_families, alpha)
    assert low <= wrong <= high


def test_noise_over_pairs_of_times_has_a_significant_cluster_as_rarely_as_stated():
    rng = np.random.default_rng(2)
    n_families, m, alpha = 600, 59, 0.05
    values = autocorrelated(rng, (n_families, m + 1, 8, 8), 0.6)
    values = np.moveaxis(values, 1, -1)
    smallest = np.array(
        [
            cluster_p_value(
                each[..., 0], each[..., 1:], family=(0, 1), times=(0, 1), alpha=alpha
            ).min()
            for each in values
        ]
    )
    low, high = stats.binom.interval(1 - 5e-5, n_families, alpha)
    assert low <= (smallest <= alpha).sum() <= high


@pytest.fixture(scope="module")
def planted():
    """Four SDs in ten of forty times of the second of two regions; 499 permutations of noise."""
    rng = np.random.default_rng(3)
    observed, null = rng.normal(size=(2, 40)), rng.normal(size=(2, 40, 499))
    observed[1, 15:25] += 4
    return observed, null


def test_a_cluster_is_found_where_it_was_planted(planted):
    p = cluster_p_value(*planted, family=(0, 1), times=(1,), alpha=0.05)
    # A planted time stays out of a cluster with probability .009, four of ten with 2e-6; a run of
    # three weighs 12, which noise reaches in one of 500 permutations less often than 1e-6.
    assert (p[1, 15:25] <= 0.05).sum() > 6


def test_p_is_that_of_the_cluster_or_of_the_time_if_that_is_larger_and_one_outside(planted):
    observed, null = planted
    p = cluster_p_value(observed, null, family=(0, 1), times=(1,), alpha=0.05)
    everything = np.concatenate([null, observed[..., None]], axis=-1)
    scaled = (observed - everything.mean(axis=-1)) / everything.std(axis=-1)
    inside = scaled > stats.norm.isf(0.05)
    assert (p[~inside] == 1).all()
    alone = p_value(observed, null)
    assert (p >= alone).all()
    (clusters, n_clusters) = ndimage.label(inside, [[0, 0, 0], [1, 1, 1], [0, 0, 0]])
    for number in range(1, n_clusters + 1):
        member = clusters == number
        assert len(np.unique(p[member][p[member] > alone[member]])) <= 1


def test_clusters_find_long_weak_effects_more_often_than_the_maximum_does():
    rng = np.random.default_rng(4)
    n_families, m = 400, 99
    null = rng.normal(size=(n_families, 40, m))
    observed = rng.normal(size=(n_families, 40))
    observed[:, 15:25] += 1.8
    pairs = list(zip(observed, null, strict=True))
    by_cluster = [
        cluster_p_value(*each, family=(0,), times=(0,), alpha=0.05).min() <= 0.05 for each in pairs
    ]
    by_maximum = [corrected_p_value(*each, (0,)).min() <= 0.05 for each in pairs]
    # Found in about .83 and .66 of families: a difference of more than 6 of its SEs.
    assert np.mean(by_cluster) > np.mean(by_maximum)

"""Inference over sessions: sign flips, the overlap of a region, differences, evidence."""

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from neuro_attn.inference.sign_flips import (
    mean_with_interval,
    positive_p_value,
    sign_flip_test,
    sign_patterns,
)
from neuro_attn.shared_code.discriminants import sensitivity
from neuro_attn.shared_code.sessions import (
    bayes_factor,
    difference,
    jackknife_error,
    overlap_of_sessions,
)
from tests.worlds import RegionWorld, region_data_set

FAR_RATE = 1e-5


def rng_of(seed=0):
    return np.random.default_rng(seed)


def test_p_is_that_of_scipys_exact_permutation_test():
    values = rng_of().normal(0.4, 1, size=(9, 4))
    found = sign_flip_test(values, sign_patterns(9, rng_of()))
    for column in range(4):
        oracle = stats.permutation_test(
            (values[:, column],), np.mean, permutation_type="samples", n_resamples=np.inf
        )
        assert found.p_value[column] == pytest.approx(oracle.pvalue)
    one_sided = positive_p_value(values[:, 0], sign_patterns(9, rng_of()))
    oracle = stats.permutation_test(
        (values[:, 0],),
        np.mean,
        permutation_type="samples",
        n_resamples=np.inf,
        alternative="greater",
    )
    assert one_sided == pytest.approx(oracle.pvalue)


def test_corrected_p_is_never_below_p_and_equals_it_for_one_test():
    values = rng_of(1).normal(0.3, 1, size=(8, 20))
    signs = sign_patterns(8, rng_of())
    found = sign_flip_test(values, signs)
    assert (found.p_corrected >= found.p_value).all()
    alone = sign_flip_test(values[:, :1], signs)
    assert alone.p_corrected == alone.p_value


def test_the_scale_of_a_region_does_not_matter():
    values = rng_of(2).normal(0.5, 1, size=(8, 6))
    signs = sign_patterns(8, rng_of())
    scaled = sign_flip_test(values * [1, 10, 100, 0.1, 0.01, 5], signs)
    np.testing.assert_allclose(scaled.p_corrected, sign_flip_test(values, signs).p_corrected)


@pytest.mark.parametrize(("n", "smallest"), [(4, 0.125), (5, 0.0625), (6, 0.03125), (8, 2 / 256)])
def test_the_smallest_p_is_that_of_equal_signs(n, smallest):
    found = sign_flip_test(np.ones((n, 1)), sign_patterns(n, rng_of()))
    assert found.p_value[0] == found.smallest[0] == pytest.approx(smallest)


def test_with_many_sessions_patterns_are_drawn_and_the_data_are_one_of_them():
    signs = sign_patterns(40, rng_of())
    assert (signs[0] == 1).all()
    found = sign_flip_test(np.full((40, 1), 3.0), signs)
    assert 0 < found.p_value[0] <= 1e-3


def test_a_session_without_the_region_does_not_count():
    values = rng_of(3).normal(1, 1, size=(7, 1))
    more = np.r_[values, [[np.nan]]]
    with_gap = sign_flip_test(more, sign_patterns(8, rng_of()))
    without = sign_flip_test(values, sign_patterns(7, rng_of()))
    assert with_gap.p_value == pytest.approx(without.p_value)
    assert with_gap.smallest == pytest.approx(without.smallest)


def test_without_sessions_p_is_1():
    signs = sign_patterns(3, np.random.default_rng(0))
    found = sign_flip_test(np.full((3, 1), np.nan), signs)
    assert found.p_value == found.p_corrected == found.smallest == 1


def test_the_overlap_is_the_ratio_of_sums_and_its_jackknife_that_of_a_loop():
    across, within = rng_of(4).normal(1, 0.5, 8), rng_of(5).normal(3, 0.5, 8)
    found = overlap_of_sessions(across, within)
    assert found.value == pytest.approx(across.sum() / within.sum())
    loop = [np.delete(across, s).sum() / np.delete(within, s).sum() for s in range(8)]
    np.testing.assert_allclose(found.without, loop)
    error = np.sqrt(7 / 8 * np.sum((loop - np.mean(loop)) ** 2))
    low, high = found.interval(0.95)
    freedom = within.sum() ** 2 / (within**2).sum() - 1
    assert high - low == pytest.approx(2 * error * stats.t.ppf(0.975, freedom))


@pytest.mark.parametrize("within", [[1.0], [-1.0, -1.0, 0.5], [3.0, -1.0, -1.0]])
def test_without_codes_within_tasks_there_is_no_overlap(within):
    found = overlap_of_sessions(np.ones(len(within)), np.array(within))
    assert np.isnan(found.value)
    assert np.isnan(found.interval(0.95)).all()


@pytest.mark.parametrize("n", [2, 8])
def test_the_mean_over_sessions_has_the_interval_of_scipy(n):
    values = rng_of(n).normal(1, 1, n)
    found = mean_with_interval(values, 0.9)
    interval = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    assert found == pytest.approx((values.mean(), *interval))


@pytest.mark.parametrize("n", [0, 1])
def test_the_mean_of_fewer_than_two_sessions_has_no_interval(n):
    mean, low, high = mean_with_interval(np.ones(n), 0.95)
    assert np.isnan([low, high]).all()
    assert np.isnan(mean) == (n == 0)


def test_what_regions_have_in_common_cancels_in_their_difference():
    common = rng_of(6).normal(1, 0.5, 10)
    within = np.full(10, 3.0)
    regions = [
        overlap_of_sessions(common + rng_of(seed).normal(0, 0.01, 10), within) for seed in (7, 8)
    ]
    _, low, high, _ = difference(*regions, confidence=0.95)
    alone = regions[0].interval(0.95)
    assert high - low < 0.1 * (alone[1] - alone[0])
    assert low < 0 < high


def test_the_bayes_factor_is_that_of_a_cauchy_prior_on_the_effect():
    values = rng_of(9).normal(0.5, 1, 12)
    n = len(values)
    t = values.mean() / (values.std(ddof=1) / np.sqrt(n))

    def weighted(effect):
        prior = stats.cauchy.pdf(effect, scale=np.sqrt(0.5))
        return stats.nct.pdf(t, n - 1, effect * np.sqrt(n)) * prior

    alternative, _ = quad(weighted, -10, 10, limit=200)
    assert bayes_factor(values) == pytest.approx(alternative / stats.t.pdf(t, n - 1), rel=1e-3)


def experiment(world, seed):
    rng = np.random.default_rng(seed)
    found = [sensitivity(*tasks, folds=5, rng=rng) for tasks in region_data_set(world, rng)]
    within = np.array([each.first[0] + each.second[0] for each in found])
    across = np.array([each.first_on_second[0] + each.second_on_first[0] for each in found])
    return overlap_of_sessions(across, within)


@pytest.mark.parametrize("cosine", [0.0, 0.5, 1.0, -1.0])
def test_intervals_contain_the_planted_overlap_of_a_region(cosine):
    n, held = 60, 0
    for seed in range(n):
        low, high = experiment(RegionWorld(cosine=cosine), seed).interval(0.95)
        # With finite training, one code is read as 1.03.
        held += low <= cosine <= high
    assert held >= stats.binom.ppf(FAR_RATE / 4, n, 0.92)


@pytest.mark.parametrize(("trials", "side"), [((60, 12), -1), ((12, 60), 1)])
def test_unequal_trials_bias_the_overlap_of_one_code_that_is_stronger_in_one_task(trials, side):
    """The better decoders are those of the stronger code, or the others; R is below or above 1.

    In 160 sessions R differs from 1 by at least 5.5 standard errors on average, so the limit of 1.5
    is missed by chance in less than 1 of 10,000 samples, as is that of 4.5 for the geometric mean.
    """
    rng, d_primes = rng_of(4), []
    for _ in range(160):
        code = rng.normal(0, 0.5, size=10)
        tasks = []
        for n, gain in zip(trials, (2, 1), strict=True):
            label = np.repeat([0, 1], n)
            rates = np.outer(label - 0.5, gain * code) + rng.normal(size=(2 * n, 10))
            tasks.append((rates[..., None], label))
        d_primes.append(sensitivity(*tasks, folds=5, rng=rng))
    first, second, across, back = np.array(d_primes)[..., 0].T
    overlap = overlap_of_sessions(across + back, first + second)
    assert side * (overlap.value - 1) > 1.5 * jackknife_error(overlap.without)

    def geometric_mean(sums):
        return np.sqrt(sums[2] * sums[3] / (sums[0] * sums[1]))

    each = np.stack([first, second, across, back])
    sums = each.sum(axis=1)
    without = geometric_mean(sums[:, None] - each)
    assert abs(geometric_mean(sums) - 1) < 4.5 * jackknife_error(without)

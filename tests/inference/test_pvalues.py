"""P-values are never 0, one-sided, exact under the null, and corrected for all that is looked at.

Seeds are fixed, not chosen; each statistical test says how often it would fail by chance.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from neuro_attn.decoding import decode_region
from neuro_attn.inference.clusters import cluster_p_value
from neuro_attn.inference.pvalues import (
    TIE,
    corrected_p_value,
    false_discovery_p_value,
    p_value,
)
from neuro_attn.study import Study

# --- one test ----------------------------------------------------------------------------------


def test_p_is_the_rank_of_the_observation_among_the_permutations():
    null = np.array([0.40, 0.50, 0.50, 0.60])
    observed = np.array([0.70, 0.60, 0.55, 0.50, 0.30])
    got = p_value(observed, np.tile(null, (5, 1)))
    np.testing.assert_allclose(got, np.array([1, 2, 2, 4, 5]) / 5)


@given(seed=st.integers(0, 10**6), m=st.integers(1, 300), shift=st.floats(-5, 5))
def test_p_is_never_zero_and_never_above_one(seed, m, shift):
    rng = np.random.default_rng(seed)
    observed, null = rng.normal(size=4) + shift, rng.normal(size=(4, m))
    for p in (p_value(observed, null), corrected_p_value(observed, null, family=(0,))):
        assert (p >= 1 / (m + 1)).all()
        assert (p <= 1).all()


@pytest.mark.parametrize("m", [19, 200])
def test_an_accuracy_below_chance_is_not_significant(m):
    # .4 is 2 SD below the null's mean, which each of m draws exceeds with probability .977; that
    # less than half of 19 do has a probability below 1e-9.
    null = 0.5 + 0.05 * np.random.default_rng(0).normal(size=m)
    assert p_value(np.array(0.4), null) > 0.5


@given(
    counts=st.lists(st.integers(0, 50), min_size=2, max_size=60),
    m=st.integers(1, 40),
    seed=st.integers(0, 10**6),
)
def test_equal_accuracies_are_ties_however_they_were_added_up(counts, m, seed):
    # The same fractions, averaged in other orders: float32 rounds them differently.
    rng = np.random.default_rng(seed)
    fractions = np.array(counts, np.float32) / np.float32(50)
    null = np.zeros(m, np.float32)
    for number in range(m):
        for fraction in rng.permutation(fractions):
            null[number] += fraction / np.float32(len(counts))
    assert p_value(fractions.mean(dtype=np.float32).astype(float), null) == 1


def test_accuracies_that_differ_by_one_trial_are_no_ties():
    one_of_ten_thousand = 1e-4
    assert p_value(np.array(0.5 + one_of_ten_thousand), np.full(9, 0.5, np.float32)) == 0.1


# --- many tests --------------------------------------------------------------------------------


def brute_force(observed, null, family):
    """Return max-T p-values with loops, the tests of a family along the first axis or both."""
    everything = np.concatenate([null, observed[..., None]], axis=-1)
    corrected = np.empty(observed.shape)
    for i, j in np.ndindex(observed.shape):
        b = 0
        for k in range(null.shape[-1]):
            largest = -np.inf
            for u, v in np.ndindex(observed.shape):
                if family == (0,) and v != j:
                    continue
                mean, sd = everything[u, v].mean(), everything[u, v].std()
                largest = max(largest, (null[u, v, k] + TIE - mean) / sd)
            mean, sd = everything[i, j].mean(), everything[i, j].std()
            b += largest >= (observed[i, j] - TIE - mean) / sd
        corrected[i, j] = (b + 1) / (null.shape[-1] + 1)
    return corrected


@pytest.mark.parametrize("family", [(0,), (0, 1)])
def test_corrected_p_values_are_those_of_a_plain_loop(family):
    rng = np.random.default_rng(1)
    scale = rng.uniform(0.01, 0.2, (3, 4))
    observed = 0.5 + scale * rng.normal(1, 1, size=(3, 4))
    null = 0.5 + scale[..., None] * rng.normal(size=(3, 4, 30))
    np.testing.assert_allclose(
        corrected_p_value(observed, null, family), brute_force(observed, null, family)
    )


@given(seed=st.integers(0, 10**6), m=st.integers(1, 60))
def test_correction_changes_nothing_for_one_test(seed, m):
    rng = np.random.default_rng(seed)
    # Rounded, so that values are equal or differ by more than what counts as a tie.
    observed, null = rng.normal(size=1).round(2), rng.normal(size=(1, m)).round(2)
    alone = p_value(observed, null)
    for correct in (corrected_p_value, false_discovery_p_value):
        np.testing.assert_array_equal(correct(observed, null, family=(0,)), alone)


def test_a_test_with_a_wide_null_does_not_set_the_threshold_for_all():
    rng = np.random.default_rng(2)
    null = rng.normal(size=(2, 200)) * [[0.01], [0.2]] + 0.5
    observed = np.array([0.6, 0.5])
    # The first observation is 10 SD out; that 200 normal maxima reach its rank-adjusted 5 SD has
    # a probability below 1e-4.
    assert corrected_p_value(observed, null, family=(0,))[0] == 1 / 201


@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_the_family_is_wrong_as_often_as_stated_whatever_the_dependence(correlation):
    rng = np.random.default_rng(3)
    n_families, n_tests, m, alpha = 1000, 10, 99, 0.05
    scale = np.linspace(0.5, 3, n_tests)[:, None]
    common = rng.normal(size=(n_families, 1, m + 1))
    own = rng.normal(size=(n_families, n_tests, m + 1))
    values = scale * (np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own)
    smallest = np.array(
        [corrected_p_value(each[:, 0], each[:, 1:], family=(0,)).min() for each in values]
    )
    wrong = int((smallest <= alpha).sum())
    low, high = stats.binom.interval(1 - 5e-5, n_families, alpha)
    assert low <= wrong <= high


# --- ties, rounding and members in which nothing varies ------------------------------------------

SHAPES = [(1,), (4,), (2, 3), (3, 1, 4), (2, 3, 2)]
"""Of families and what lies beside them."""


def by_clusters(observed, null, family):
    return cluster_p_value(observed, null, family=family, times=family[-1:], alpha=0.2)


CORRECTIONS = [corrected_p_value, false_discovery_p_value, by_clusters]


@st.composite
def counted(draw):
    """Draw accuracies of few test trials, so that many tie, and the axes of a family.

    Some members do not vary: the decoder is at chance whatever the labels are.
    """
    shape = draw(st.sampled_from(SHAPES))
    axes = range(len(shape))
    family = tuple(axis for axis in axes if draw(st.booleans())) or (draw(st.sampled_from(axes)),)
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n_trials, m = draw(st.sampled_from([1, 2, 7, 60])), draw(st.integers(1, 40))
    values = rng.binomial(n_trials, 0.5, (*shape, m + 1)) / n_trials
    values[rng.random(shape) < draw(st.sampled_from([0.0, 0.3, 1.0]))] = 0.5
    return values, family


def rounded(values, seed):
    """Return the values as sums in float32 leave them, off by up to 2.4e-7."""
    ulps = np.random.default_rng(seed).integers(-4, 5, values.shape)
    return (values + ulps * 2.0**-24).astype(np.float32)


@settings(max_examples=300)
@given(drawn=counted(), rounding=st.none() | st.integers(0, 10**6))
def test_no_corrected_p_is_below_the_uncorrected_one(drawn, rounding):
    values, family = drawn
    values = values if rounding is None else rounded(values, rounding)
    observed, null = values[..., -1], values[..., :-1]
    alone = p_value(observed, null)
    for correct in CORRECTIONS:
        corrected = correct(observed, null, family)
        assert (corrected >= alone).all()
        assert (corrected <= 1).all()
    assert (alone > 0).all()


@settings(max_examples=200)
@given(drawn=counted(), rounding=st.integers(0, 10**6))
def test_where_nothing_varies_p_is_one_with_and_without_correction(drawn, rounding):
    values, family = drawn
    constant = np.ptp(values, axis=-1) == 0
    values = rounded(values, rounding)
    observed, null = values[..., -1], values[..., :-1]
    assert (p_value(observed, null)[constant] == 1).all()
    for correct in CORRECTIONS:
        assert (correct(observed, null, family)[constant] == 1).all()


@settings(max_examples=200)
@given(drawn=counted(), n_constant=st.integers(1, 4), rounding=st.integers(0, 10**6))
def test_members_in_which_nothing_varies_do_not_change_the_p_of_others(drawn, n_constant, rounding):
    values, _ = drawn
    values = values.reshape(-1, values.shape[-1])
    constant = rounded(np.full((n_constant, values.shape[-1]), 0.5), rounding)
    together = np.concatenate([values, constant])
    for correct in CORRECTIONS:
        alone = correct(values[..., -1], values[..., :-1], (0,))
        beside = correct(together[..., -1], together[..., :-1], (0,))
        np.testing.assert_array_equal(beside[: len(values)], alone)


@settings(max_examples=200)
@given(drawn=counted(), rounding=st.integers(0, 10**6))
def test_rounding_does_not_change_p(drawn, rounding):
    values, family = drawn
    # All members hold the same values, each in an order of its own: studentised values of two
    # members are equal, or differ by the step of an accuracy.
    order = np.random.default_rng(rounding)
    values = order.permuted(
        np.broadcast_to(values.reshape(-1, values.shape[-1])[0], values.shape), axis=-1
    )
    noisy = rounded(values, rounding)
    np.testing.assert_array_equal(
        p_value(noisy[..., -1], noisy[..., :-1]), p_value(values[..., -1], values[..., :-1])
    )
    for correct in (corrected_p_value, false_discovery_p_value):
        np.testing.assert_array_equal(
            correct(noisy[..., -1], noisy[..., :-1], family),
            correct(values[..., -1], values[..., :-1], family),
        )


# --- the false discovery rate ------------------------------------------------------------------


def test_false_discovery_p_values_are_those_worked_out_by_hand():
    # Ranks among nine permutations 0 to 8: p = .1, .2, .3, .9. Times 4 / rank of p: .4, .4, .4, .9.
    null = np.tile(np.arange(9.0), (4, 1))
    observed = np.array([9.0, 0.5, 8.0, 7.0])
    got = false_discovery_p_value(observed, null, family=(0,))
    np.testing.assert_allclose(got, [0.4, 0.9, 0.4, 0.4])


def benjamini_hochberg(p):
    """Return adjusted p-values with loops: the least of p n / rank among the same and larger."""
    order = sorted(p)
    return [min(order[j] * len(p) / (j + 1) for j in range(len(p)) if order[j] >= q) for q in p]


def test_false_discovery_p_values_are_those_of_a_plain_loop_over_each_family():
    rng = np.random.default_rng(5)
    observed, null = rng.normal(1, 1, size=(3, 2, 4)), rng.normal(size=(3, 2, 4, 59))
    got = false_discovery_p_value(observed, null, family=(0, 2))
    p = p_value(observed, null)
    for other in range(2):
        expected = benjamini_hochberg(p[:, other].ravel())
        np.testing.assert_allclose(got[:, other].ravel(), expected)


@pytest.mark.parametrize("correlation", [0.0, 0.7])
def test_false_discoveries_are_as_rare_as_stated(correlation):
    rng = np.random.default_rng(6)
    n_families, n_tests, n_true, m, q = 400, 20, 10, 399, 0.2
    common = rng.normal(size=(n_families, 1, m + 1))
    own = rng.normal(size=(n_families, n_tests, m + 1))
    values = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own
    values[:, :n_true, 0] += 3
    found = np.array(
        [false_discovery_p_value(each[:, 0], each[:, 1:], family=(0,)) <= q for each in values]
    )
    proportion = found[:, n_true:].sum(axis=1) / np.maximum(found.sum(axis=1), 1)
    # Benjamini-Hochberg holds it at q (1 - n_true / n_tests) = .1; 5 SE above: below 1e-5, as the
    # mean of 400 proportions is near normal.
    assert proportion.mean() < q * (1 - n_true / n_tests) + 5 * stats.sem(proportion)
    assert found[:, :n_true].mean() > 0.5


# --- the whole procedure, under the null -------------------------------------------------------

N_EXPERIMENTS = 150


def p_values_without_code(uncoded, dataset, signal, seed):
    """Return p-values of noise (pair of tasks, experiment): within pro, pro to retro, corrected.

    Ties, frequent with few trials, are broken at random, which makes p uniform on (0, 1), not
    only valid. Only the first task is noise where the second carries a `signal`.
    """
    rng = np.random.default_rng(seed)
    settings = dataset(
        source="netcdf",
        files="*",
        decoding={"draws": 2, "unit_counts": []},
        inference={"permutations": 19, "bootstraps": 20},
    )
    ranks, valid = [], []
    for number in range(N_EXPERIMENTS):
        made = uncoded(rng, signal)
        decoded = decode_region(
            [made], Study("data", settings, number), region="V4", n_units=None
        ).isel(session=0, train_task=0)
        observed = decoded["window_accuracy"].mean("draw").isel(window=0).values
        null = decoded["window_null"].isel(window=0).values
        at_same_time = {"train_time": decoded["time"], "test_time": decoded["time"]}
        course = decoded["accuracy"].mean("draw").sel(at_same_time).values
        null_course = decoded["null"].transpose("test_task", "time", ...).values
        above = (null > observed[:, None] + 1e-6).sum(axis=1)
        equal = (np.abs(null - observed[:, None]) <= 1e-6).sum(axis=1)
        ranks.append((above + rng.random(2) * (equal + 1)) / (null.shape[1] + 1))
        valid.append(
            [p_value(observed, null), corrected_p_value(course, null_course, (1,)).min(axis=1)]
        )
    return np.transpose(ranks), np.transpose(valid, (1, 2, 0))


def larger_of_two_nulls(rng, no_information, unrelated):
    """Return the larger corrected p of two nulls over a family, in which each is true or false."""
    together = []
    for is_true in (no_information, unrelated):
        draws = rng.normal(size=(len(is_true), 40)) + rng.normal(size=40)
        draws[:, 0] += np.where(is_true, 0, 20)
        together.append(corrected_p_value(draws[:, 0], draws[:, 1:], (0,)))
    return np.maximum(*together)


@pytest.mark.parametrize("no_code", [0, 3, 6])
def test_the_larger_of_two_corrected_p_values_keeps_the_error_of_a_family(no_code):
    """Six tests of unrelated codes, of which some are of no code at all."""
    rng = np.random.default_rng(no_code)
    no_information, unrelated = np.arange(6) < no_code, np.ones(6, bool)
    n = 1000
    errors = sum(
        larger_of_two_nulls(rng, no_information, unrelated).min() <= 0.05 for _ in range(n)
    )
    # Fails by chance in 1 of 100,000 runs, for each of three families.
    assert errors <= stats.binom.isf(1e-5, n, 0.05)


def test_if_the_nulls_were_true_in_different_tests_errors_would_add_up():
    """Each null is true where the other is false, which codes cannot be: up to twice alpha."""
    rng = np.random.default_rng(9)
    no_information = np.arange(6) < 3
    n = 1000
    errors = sum(
        larger_of_two_nulls(rng, no_information, ~no_information).min() <= 0.05 for _ in range(n)
    )
    assert stats.binom.ppf(1e-5, n, 0.06) <= errors <= stats.binom.isf(1e-5, n, 0.1)


@pytest.mark.slow
@pytest.mark.parametrize("signal", [0.0, 1.0])
def test_p_values_of_the_whole_procedure_are_uniform_without_a_code(uncoded, dataset, signal):
    # With a signal in the tested task only, a decoder of noise overlaps with it by chance, up to
    # 100 % right or wrong: that is no transfer either.
    ranks, valid = p_values_without_code(uncoded, dataset, signal, seed=4)
    for uniform in ranks:
        # Two Kolmogorov-Smirnov tests and four binomial ones, for two signals: 6 * 2 * 8e-6.
        assert stats.kstest(uniform, "uniform").pvalue > 8e-6
    most = stats.binom.isf(8e-6, N_EXPERIMENTS, 0.1)
    assert ((valid <= 0.1).sum(axis=-1) <= most).all()

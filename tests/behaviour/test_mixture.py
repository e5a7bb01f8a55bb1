"""Reports are errors on a circle, and the mixture of targets, swaps and guesses is recovered."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats
from scipy.special import i0e, i1e

from neuro_attn.behaviour import circular_error, circular_sd, fit_mixture
from neuro_attn.behaviour.circular import concentration
from neuro_attn.errors import InputError

angles = st.floats(-20, 20)


def reports_of(n, *, sd=20.0, swap=0.0, guess=0.0, single=0.0, seed=0):
    """Draw reports, targets and other items; the latter are NaN on a fraction of single items."""
    rng = np.random.default_rng(seed)
    target, other = rng.uniform(0, 2 * np.pi, (2, n))
    other[rng.random(n) < single] = np.nan
    kind = rng.random(n)
    swapped = (kind < swap) & np.isfinite(other)
    report = np.where(swapped, other, target) + rng.vonmises(0, concentration_of(sd), n)
    return np.where(kind > 1 - guess, rng.uniform(0, 2 * np.pi, n), report), target, other


def concentration_of(sd):
    """Return the concentration with a circular SD, degrees."""
    return float(concentration(np.exp(-(np.deg2rad(sd) ** 2) / 2)))


# --- angles ---------------------------------------------------------------------------------------


@given(angles, angles, st.integers(-3, 3))
def test_errors_are_signed_degrees_from_minus_180_to_below_180(report, target, turns):
    error = circular_error(report, target)
    assert -180 <= error < 180
    turned = circular_error(report + 2 * np.pi * turns, target)
    assert np.cos(np.deg2rad(turned - error)) == pytest.approx(1)


@pytest.mark.parametrize("report", [np.pi, -np.pi, np.nextafter(-np.pi, -4), 3 * np.pi])
def test_the_opposite_of_the_target_is_minus_180_degrees(report):
    assert circular_error(report, 0.0) == pytest.approx(-180)


def test_an_error_is_missing_where_report_or_target_is():
    assert np.isnan(circular_error([np.nan, 1.0], [1.0, np.nan])).all()


@given(st.floats(0, 0.9999))
def test_the_concentration_has_the_mean_cosine_that_it_was_fitted_to(resultant):
    kappa = concentration(resultant)
    assert i1e(kappa) / i0e(kappa) == pytest.approx(resultant, abs=1e-12)


@pytest.mark.parametrize("sd", [0.8, 15, 60])
def test_the_circular_sd_is_that_of_scipy(sd):
    kappa = concentration_of(sd)
    draws = stats.vonmises(kappa).rvs(20_000, random_state=np.random.default_rng(0))
    assert circular_sd(kappa) == pytest.approx(sd)
    # The error of an SD of 20,000 draws is 0.5 %, up to 1 % for wide distributions.
    assert np.rad2deg(stats.circstd(draws)) == pytest.approx(sd, rel=0.05)


# --- the mixture ----------------------------------------------------------------------------------


def test_planted_fractions_and_precision_are_recovered():
    # Over 300 data sets of 4,000 trials the SD of estimates was at most 0.0091 (fractions) and 0.33
    # degrees. With 8,000 trials a correct fit fails less than once in 10,000 seeds.
    fit = fit_mixture(*reports_of(8000, sd=20, swap=0.2, guess=0.1))
    assert fit.swap == pytest.approx(0.2, abs=0.03)
    assert fit.guess == pytest.approx(0.1, abs=0.03)
    assert fit.target == pytest.approx(0.7, abs=0.03)
    assert fit.sd == pytest.approx(20, abs=1.5)
    assert fit.target + fit.swap + fit.guess == pytest.approx(1)


def maximum_likelihood(report, target, others):
    """Maximise the likelihood directly: (log likelihood, SD, swap, guess)."""
    present = np.isfinite(others)
    count = present.sum(axis=1)

    def density(angle, kappa):
        return np.exp(kappa * (np.cos(angle) - 1)) / (2 * np.pi * i0e(kappa))

    def unlikely(parameters):
        kappa, shares = np.exp(parameters[0]), np.exp([0, *parameters[1:]])
        to_target, swap, guess = shares / shares.sum()
        each = np.where(present, density(report[:, None] - np.nan_to_num(others), kappa), 0)
        swapped = swap * each.sum(axis=1) / np.maximum(count, 1)
        share = np.where(count > 0, to_target, to_target + swap)
        return -np.log(share * density(report - target, kappa) + swapped + guess / 2 / np.pi).sum()

    bounds = [(-3, 9), (-12, 12), (-12, 12)]
    starts = [(k, s, -2.0) for k in (1.0, 3.0) for s in (-1.0, -4.0)]
    found = [optimize.minimize(unlikely, start, bounds=bounds, tol=1e-12) for start in starts]
    best = min(found, key=lambda each: each.fun)
    shares = np.exp([0, *best.x[1:]])
    return -best.fun, circular_sd(np.exp(best.x[0])), *(shares / shares.sum())[1:]


@pytest.mark.parametrize(
    ("n_others", "single"), [(1, 0.0), (3, 0.0), (1, 0.3)], ids=["two", "four", "some single"]
)
def test_the_fit_is_that_of_a_direct_maximisation(n_others, single):
    report, target, other = reports_of(300, sd=25, swap=0.2, guess=0.1, single=single, seed=3)
    more = np.random.default_rng(1).uniform(0, 2 * np.pi, (300, n_others - 1))
    others = np.column_stack([other, more])
    fit = fit_mixture(report, target, others)
    likelihood, sd, swap, guess = maximum_likelihood(report, target, others)
    assert fit.log_likelihood == pytest.approx(likelihood, abs=1e-5)
    assert fit.sd == pytest.approx(sd, abs=0.01)
    assert (fit.swap, fit.guess) == pytest.approx((swap, guess), abs=2e-4)


def test_without_other_items_there_are_no_swaps_and_missing_items_are_none():
    report, target, _ = reports_of(400, guess=0.2)
    without = fit_mixture(report, target)
    assert without.swap == 0
    assert without.guess == pytest.approx(0.2, abs=0.1)  # a binomial SD of 0.02
    missing = fit_mixture(report, target, np.full((400, 2), np.nan))
    assert missing == without


def test_a_fit_does_not_depend_on_turns_rotations_and_the_order_of_trials():
    report, target, other = reports_of(300, swap=0.2, guess=0.1)
    fit = fit_mixture(report, target, other)
    order = np.random.default_rng(0).permutation(300)
    moved = fit_mixture(report[order] + 1 + 4 * np.pi, target[order] + 1, other[order] + 1)
    assert moved == pytest.approx(fit, rel=1e-3, abs=1e-5)


def test_perfect_and_random_reports_have_finite_fits():
    report, target, other = reports_of(200)
    perfect = fit_mixture(target, target, other)
    assert (perfect.target, perfect.sd) == pytest.approx((1, 0.573), abs=1e-3)
    random = fit_mixture(*reports_of(400, guess=1))
    assert random.log_likelihood >= -400 * np.log(2 * np.pi)
    assert np.isfinite(random).all() or random.sd == np.inf
    assert np.isfinite(fit_mixture(report[:1], target[:1], other[:1]).log_likelihood)


@pytest.mark.parametrize(
    ("reports", "targets", "others", "message"),
    [
        ([1.0, 2.0], [1.0], None, "differ in their trials"),
        ([1.0], [1.0], [1.0, 2.0], "differ in their trials"),
        ([], [], None, "no trials"),
        ([1.0, np.nan], [1.0, 1.0], None, "reports: 1 not finite"),
        ([1.0], [np.inf], None, "targets: 1 not finite"),
    ],
)
def test_what_cannot_be_fitted_is_an_error(reports, targets, others, message):
    with pytest.raises(InputError, match=message):
        fit_mixture(reports, targets, others)

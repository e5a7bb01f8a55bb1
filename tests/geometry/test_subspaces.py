"""Overlaps of subspaces: the field's formulas without noise, and no pull of noise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import subspace_angles
from scipy.stats import ortho_group

from neuro_attn.geometry.subspaces import cosine_of_halves, harmonics, overlaps

UNITS = 40
SPACE = ortho_group.rvs(UNITS, random_state=0)[:6]
PAIRS = {
    "orthogonal": SPACE[2:4],
    "one shared axis": SPACE[[0, 2]],
    "tilted by 60 degrees": 0.5 * SPACE[:2] + np.sqrt(0.75) * SPACE[2:4],
    "the same": SPACE[:2],
}


def exact(code):
    """A code known without noise: both halves of one split are the same."""
    return np.stack([code, code])[None]


def noisy(code, n, rng, noise=0.09):
    return code + noise * rng.normal(size=(n, 1, 2, *code.shape))


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), units=st.integers(4, 30))
def test_cosines_of_principal_angles_are_those_of_scipy(seed, units):
    x, y = np.random.default_rng(seed).normal(size=(2, 2, units))
    found = overlaps(exact(x), exact(y))
    expected = np.cos(subspace_angles(x.T, y.T))[::-1]
    assert found["squared_cosine_1"] == pytest.approx(expected[0] ** 2, abs=1e-6)
    assert found["squared_cosine_2"] == pytest.approx(expected[1] ** 2, abs=1e-6)
    assert abs(found["plane_cosine"]) == pytest.approx(expected.prod(), abs=1e-6)


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), n_classes=st.integers(3, 7))
def test_the_alignment_index_is_that_of_the_papers(seed, n_classes):
    """Elsayed et al. 2016, and its symmetric mean (Piwek et al. 2023)."""
    contrasts = np.linalg.qr(np.eye(n_classes) - 1 / n_classes)[0][:, : n_classes - 1].T
    means = np.random.default_rng(seed).normal(size=(2, n_classes, 20))
    indices = []
    for own, other in (means, means[::-1]):
        covariance = np.cov(other.T)
        variances = np.sort(np.linalg.eigvalsh(covariance))[::-1]
        leading = np.linalg.svd(own - own.mean(axis=0))[2][:2]
        indices.append(np.trace(leading @ covariance @ leading.T) / variances[:2].sum())
    found = overlaps(*(exact(contrasts @ each) for each in means))
    assert found["alignment_second_in_first"] == pytest.approx(indices[0], abs=1e-9)
    assert found["alignment_first_in_second"] == pytest.approx(indices[1], abs=1e-9)
    assert found["alignment"] == pytest.approx(np.mean(indices), abs=1e-9)


@pytest.mark.parametrize("name", PAIRS)
def test_noise_pulls_no_measure_towards_or_away_from_0(name):
    """The mean over 4000 data sets; a tolerance of .05 is 20 standard errors and more.

    Equal angles come apart, as one of them is called the first; their mean does not move.
    """
    rng = np.random.default_rng(1)
    found = overlaps(noisy(SPACE[:2], 4000, rng), noisy(PAIRS[name], 4000, rng))
    truth = overlaps(exact(SPACE[:2]), exact(PAIRS[name]))
    for measure in ("plane_cosine", "alignment"):
        assert np.nanmean(found[measure]) == pytest.approx(truth[measure].item(), abs=0.05)
    for measure in ("squared_cosine_1", "squared_cosine_2"):
        assert np.nanmean(found[measure]) == pytest.approx(truth[measure].item(), abs=0.1)


def test_plain_measures_are_pulled_by_noise():
    rng = np.random.default_rng(2)
    x, y = (np.repeat(noisy(SPACE[i : i + 2], 500, rng)[:, :, :1], 2, axis=2) for i in (0, 2))
    assert overlaps(x, y)["alignment"].mean() > 0.015
    x, y = (np.repeat(noisy(SPACE[:2], 500, rng)[:, :, :1], 2, axis=2) for _ in range(2))
    assert overlaps(x, y)["alignment"].mean() < 0.8


def test_noise_alone_has_no_reliable_subspace_more_often_than_not():
    rng = np.random.default_rng(3)
    nothing = np.zeros((2, UNITS))
    found = overlaps(noisy(nothing, 2000, rng), noisy(nothing, 2000, rng))
    assert np.isnan(found["alignment"]).mean() > 0.8


def test_the_order_of_the_colours_signs_the_cosine_of_planes():
    mirrored = SPACE[:2] * [[1], [-1]]
    found = overlaps(exact(SPACE[:2]), exact(mirrored))
    assert found["plane_cosine"] == pytest.approx(-1)
    assert found["alignment"] == pytest.approx(1)


def test_the_cosine_of_halves_is_that_of_the_codes_whatever_the_noise():
    rng = np.random.default_rng(4)
    x, y = SPACE[:2], 0.6 * SPACE[:2] + 0.8 * SPACE[2:4]
    assert cosine_of_halves(exact(x), exact(y)) == pytest.approx(0.6)
    found = cosine_of_halves(noisy(x, 4000, rng), noisy(y, 4000, rng))
    assert found.mean() == pytest.approx(0.6, abs=0.03)


@pytest.mark.parametrize("n_bins", [3, 4, 8])
def test_harmonics_find_the_response_to_a_colour_circle(n_bins):
    angles = 2 * np.pi * (np.arange(n_bins) + 0.5) / n_bins
    means = 5 + np.outer(np.cos(angles), [2, 0]) + np.outer(np.sin(angles), [0, 3])
    assert harmonics(n_bins) @ means == pytest.approx(np.diag([2, 3]))


@settings(max_examples=50)
@given(seed=st.integers(0, 10**6), n_contrasts=st.integers(2, 4))
def test_one_unit_has_no_subspace_of_two_dimensions(seed, n_contrasts):
    """Its second dimension is rounding, which may have either sign."""
    x, y = np.random.default_rng(seed).normal(size=(2, 30, n_contrasts, 1))
    found = overlaps(np.stack([x, x], axis=1)[:, None], np.stack([y, y], axis=1)[:, None])
    assert all(np.isnan(value).all() for value in found.values())

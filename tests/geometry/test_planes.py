"""Colour planes: the authors' number, and what an angle between planes must obey."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.io import loadmat
from scipy.linalg import subspace_angles
from scipy.stats import special_ortho_group
from sklearn.decomposition import PCA

from neuro_attn.geometry.planes import plane_angle_cosine, plane_cosine, variance_fractions

RING = np.column_stack([np.cos(np.arange(4) * np.pi / 2), np.sin(np.arange(4) * np.pi / 2)])


def rings(degrees, units=30, offset=0.0, seed=0):
    """Four colours on a circle at two locations, in planes that are `degrees` apart."""
    angle = np.deg2rad(degrees)
    tilted = np.array([[1, 0, 0], [0, np.cos(angle), np.sin(angle)]])
    space = special_ortho_group.rvs(units, random_state=seed)[:3]
    return np.concatenate([RING @ np.eye(3)[:2], RING @ tilted + offset * tilted[1]]) @ space


def test_the_authors_demonstration_gives_their_angle_and_variances(real_data):
    conditions = loadmat(real_data / "panichello_buschman" / "planesDemo.mat")["dat"]
    cosine = plane_angle_cosine(conditions)
    assert cosine == pytest.approx(0.1325, abs=5e-4)
    assert np.rad2deg(np.arccos(cosine)) == pytest.approx(82.4, abs=0.05)
    assert variance_fractions(conditions)[:4] == pytest.approx(
        [0.362, 0.178, 0.109, 0.106], abs=5e-4
    )


@pytest.mark.parametrize("degrees", [0, 30, 60, 90])
def test_a_planted_angle_is_recovered(degrees):
    expected = np.cos(np.deg2rad(degrees))
    assert plane_angle_cosine(rings(degrees)) == pytest.approx(expected, abs=1e-9)


@given(seed=st.integers(0, 10**6), scale=st.floats(1e-3, 1e3), units=st.integers(3, 40))
def test_the_angle_survives_rotation_scaling_and_a_shift_of_all_rates(seed, scale, units):
    rng = np.random.default_rng(seed)
    conditions = rng.normal(size=(8, units))
    turned = scale * conditions @ special_ortho_group.rvs(units, random_state=seed) + 5
    before = plane_angle_cosine(conditions)
    assert plane_angle_cosine(turned) == pytest.approx(before, abs=1e-6)
    assert 0 <= before <= 1


@given(seed=st.integers(0, 10**6), dimension=st.integers(4, 20))
def test_the_cosine_is_the_product_of_the_principal_cosines(seed, dimension):
    one, other = np.random.default_rng(seed).normal(size=(2, 2, dimension))
    expected = np.cos(subspace_angles(one.T, other.T)).prod()
    assert plane_cosine(one, other) == pytest.approx(expected, abs=1e-9)


def test_any_two_vectors_that_span_a_plane_will_do():
    rng = np.random.default_rng(1)
    one, other = rng.normal(size=(2, 2, 5))
    mixed = np.array([[2.0, 1.0], [0.5, -3.0]]) @ one
    assert plane_cosine(mixed, other) == pytest.approx(plane_cosine(one, other))
    assert plane_cosine(mixed, one) == pytest.approx(1)


def test_replicates_in_a_stack_equal_replicates_one_by_one():
    stack = np.random.default_rng(2).normal(size=(5, 8, 12))
    assert plane_angle_cosine(stack) == pytest.approx(
        [float(plane_angle_cosine(one)) for one in stack]
    )


def test_components_are_those_of_scikit_learn():
    conditions = np.random.default_rng(3).normal(size=(8, 20))
    expected = PCA().fit(conditions).explained_variance_ratio_
    assert variance_fractions(conditions) == pytest.approx(expected)


def test_colours_on_a_line_have_no_plane():
    conditions = rings(0)
    conditions[:4] = np.outer(np.arange(4), conditions[0])
    assert np.isnan(plane_angle_cosine(conditions))


def test_parallel_vectors_span_no_plane():
    with pytest.raises(ValueError, match="not parallel"):
        plane_cosine(np.ones((2, 3)), np.eye(3)[:2])


@pytest.mark.parametrize("shape", [(7, 10), (4, 10), (8, 2)])
def test_too_few_bins_or_units_are_an_error(shape):
    with pytest.raises(ValueError, match="3 or more bins and units"):
        plane_angle_cosine(np.zeros(shape))

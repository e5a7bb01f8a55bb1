"""Dynamical similarity equals an independent implementation of the paper's equations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm, lstsq
from scipy.optimize import minimize
from scipy.stats import ortho_group

from neuro_attn.comparison.orthogonal_similarity import orthogonal_similarity
from neuro_attn.comparison.responses import Drawn
from neuro_attn.comparison.scores.dynamical_similarity import dynamics, score


def fitted(courses, delays, rank):
    """Hankel matrix row by row, its singular vectors, and the least-squares map."""
    centre = np.mean([state for run in courses for course in run for state in course], axis=0)
    rows, successors = [], []
    for run in courses:
        for course in run:
            for last in range(delays - 1, len(course)):
                past = course[last - delays + 1 : last + 1]
                rows.append(np.ravel(past - centre))
                if last < len(course) - 1:
                    successors.append(len(rows) - 1)
    hankel = np.array(rows)
    v = np.linalg.svd(hankel, full_matrices=False)[0][:, :rank]
    before = np.array(successors)
    return lstsq(v[before], v[before + 1])[0].T


def best_cosine(one, other, starts, rng):
    """The maximum over rotations and reflections, by BFGS over skew-symmetric matrices."""
    n = len(one)
    upper = np.triu_indices(n, 1)
    lengths = np.linalg.norm(one) * np.linalg.norm(other)

    def skew(parameters):
        matrix = np.zeros((n, n))
        matrix[upper] = parameters
        return matrix - matrix.T

    best = -np.inf
    for number in range(starts):
        start = ortho_group.rvs(n, random_state=rng)
        if number % 2:
            start = start * np.r_[-1, np.ones(n - 1)]

        def loss(parameters, start=start):
            turned = expm(skew(parameters)) @ start
            return -np.trace(one.T @ turned @ other @ turned.T) / lengths

        best = max(best, -minimize(loss, np.zeros(len(upper[0])), method="BFGS").fun)
    return best


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 10**6), rank=st.integers(2, 3))
def test_it_is_what_an_optimiser_of_scipy_finds(seed, rank):
    """Two runs of bins of different lengths, with gaps between them."""
    rng = np.random.default_rng(seed)
    pair = [[rng.normal(size=(4, bins, 5)).cumsum(axis=1) for bins in (5, 7)] for _ in range(2)]
    expected = [fitted(courses, 2, rank) for courses in pair]
    found = [
        dynamics([run.transpose(1, 0, 2)[None] for run in courses], 2, rank) for courses in pair
    ]
    for one, other in zip(found, expected, strict=True):
        # The signs of components are arbitrary.
        assert np.abs(one[0]) == pytest.approx(np.abs(other), abs=1e-8)
    cosine = orthogonal_similarity(*found)[0]
    assert cosine == pytest.approx(best_cosine(*expected, 24, rng), abs=1e-6)


def test_two_dimensions_are_exact():
    """All rotations and reflections of the plane, on a fine grid: its error is of second order."""
    rng = np.random.default_rng(0)
    pairs = rng.normal(size=(2, 30, 2, 2))
    angle = np.linspace(0, 2 * np.pi, 4001)
    turns = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turns = np.moveaxis(turns, 2, 0)
    turns = np.concatenate([turns, turns * [1, -1]])
    one, other = (each / np.linalg.norm(each, axis=(1, 2), keepdims=True) for each in pairs)
    grid = np.einsum("pij,tik,pkl,tjl->pt", one, turns, other, turns).max(axis=1)
    found = orthogonal_similarity(*pairs)
    assert (found >= grid - 1e-12).all()
    assert found == pytest.approx(grid, abs=1e-5)


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6), scale=st.floats(0.01, 100), shift=st.floats(-5, 5))
def test_rotation_scale_and_shift_of_all_rates_change_nothing(seed, scale, shift):
    rng = np.random.default_rng(seed)
    states = rng.normal(size=(1, 2, 9, 4, 7)).cumsum(axis=2)
    turned = scale * states @ ortho_group.rvs(7, random_state=seed) + shift
    same = [Drawn(np.zeros((1, 2, 0, 7)), (each,)) for each in (states, turned)]
    assert score(*same)["dynamical_similarity"] == pytest.approx(1, abs=1e-6)


def test_linear_systems_are_recovered_whatever_the_units():
    """Courses of a planted system, seen through different units: the eigenvalues are its own."""
    rng = np.random.default_rng(0)
    system = expm(np.array([[-0.1, 0.8, 0], [-0.8, -0.1, 0], [0, 0, -0.3]]))
    states = [rng.normal(size=(16, 3))]
    for _ in range(9):
        states.append(states[-1] @ system.T)
    states = np.array(states)
    states -= states.mean(axis=(0, 1))
    found = dynamics([(states @ rng.normal(size=(3, 20)))[None]], 1, 3)[0]
    values = np.sort_complex(np.linalg.eigvals(found))
    # Centring adds a constant, which is not part of a linear system.
    assert values == pytest.approx(np.sort_complex(np.linalg.eigvals(system)), abs=0.05)


def test_too_few_transitions_have_no_dynamics():
    assert dynamics([np.ones((1, 3, 4, 5))], 2, 4) is None
    assert np.isnan(dynamics([np.zeros((1, 9, 4, 5))], 2, 4)).all()

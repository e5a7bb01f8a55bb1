"""Fixed points are found where they were planted, with the stability that they have."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neuro_attn import networks
from neuro_attn.networks.fixed_points import EPOCHS, _search, fixed_points
from neuro_attn.networks.unrolled import Now, Unrolled


class Linear(Unrolled):
    """s_{t+1} = A s_t + B x_t, with the fixed point (1 - A)^-1 B x."""

    A: jax.Array
    B: jax.Array

    def begin(self):
        return jnp.zeros(len(self.A))

    def step(self, state, x):
        state = self.A @ state + self.B @ x
        return state, Now({"linear": state}, {}, state[:2])


class Bistable(Unrolled):
    """s_{t+1} = s_t + (s_t - s_t^3) / 2: stable at 1 and -1, unstable at 0."""

    def begin(self):
        return jnp.zeros(1)

    def step(self, state, x):
        state = state + (state - state**3) / 2
        return state, Now({"unit": state}, {}, jnp.zeros(2))


def trials(n=6):
    return networks.draw_trials(n, seed=1)


def planted():
    rng = np.random.default_rng(0)
    # A rotation that decays, a dimension that persists and one that decays quickly.
    A = np.diag([0.0, 0.0, 1.0, 0.2])
    A[:2, :2] = 0.5 * np.array([[0.6, -0.8], [0.8, 0.6]])
    B = rng.standard_normal((4, 9))
    B[2, 0] = 0  # fixation does not drive what persists
    return Linear(jnp.asarray(A), jnp.asarray(B))


def test_the_fixed_point_of_a_linear_network_is_found_and_its_eigenvalues():
    model = planted()
    found = fixed_points(model, trials())
    assert found["epoch"].value_counts().to_dict() == dict.fromkeys(EPOCHS, 6)
    assert (found["speed"] < 1e-3).all()
    assert (found["speed"] < found["speed_of_state"]).all()
    np.testing.assert_allclose(found["modulus"], 1, atol=1e-5)
    assert (found["n_slow"] == 1).all()
    assert (found["n_unstable"] == 0).all()


def test_the_place_of_the_fixed_point_is_its_equation():
    model = planted()
    x = jnp.zeros(9).at[0].set(1.0)
    start = jnp.full((1, 4), 0.3)
    ((point,), _) = _search(model, start, x, 2000, 0.02)
    moves = np.array([True, True, False, True])
    A, driven = np.asarray(model.A), np.asarray(model.B @ x)
    expected = np.linalg.solve((np.eye(4) - A)[np.ix_(moves, moves)], driven[moves])
    np.testing.assert_allclose(np.asarray(point)[moves], expected, atol=2e-3)
    # Along the line of fixed points, the nearest one is found.
    np.testing.assert_allclose(point[2], 0.3, atol=2e-3)


def test_unstable_points_are_told_from_stable_ones():
    start = jnp.array([[0.1], [0.8], [-1.3]])
    found, _ = _search(Bistable(), start, jnp.zeros(9), 2000, 0.02)
    np.testing.assert_allclose(found[:, 0], [0, 1, -1], atol=1e-2)
    table = fixed_points(Bistable(), trials(4))
    # The network starts, and stays, at the unstable point.
    assert (table["n_unstable"] == 1).all()
    np.testing.assert_allclose(table["modulus"], 1.5, atol=1e-3)


def test_a_network_of_ours_has_points_that_are_slower_than_its_states(small):
    model = networks.untrained(small("rate-adaptation", recurrent=True), 1, "net", 0)
    found = fixed_points(model, trials(4), n_steps=500)
    assert (found["speed"] <= found["speed_of_state"] + 1e-6).all()
    assert eqx.is_inexact_array(model.readout.weight)

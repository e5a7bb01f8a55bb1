"""Recurrent networks that neuroscientists expect are what their names say, also after training."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from neuro_attn import networks
from neuro_attn.configuration import Network
from neuro_attn.networks.families.leaky_rnn import LeakyRnn
from neuro_attn.networks.families.low_rank import LowRank
from neuro_attn.networks.families.multi_area import AREAS, BACKWARD, FORWARD, MultiArea
from neuro_attn.networks.rate_units import TAU, euler
from neuro_attn.networks.trials import STEP


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def as_arrays(*leaves):
    return [np.asarray(leaf, float) for leaf in leaves]


def perturbed(model):
    """Return a network after an arbitrary change of all that can be learned."""
    weights, rest = eqx.partition(model, eqx.is_inexact_array)
    leaves, structure = jax.tree.flatten(weights)
    keys = jax.random.split(jax.random.key(7), len(leaves))
    changed = [
        leaf + jax.random.normal(k, leaf.shape) for k, leaf in zip(keys, leaves, strict=True)
    ]
    return eqx.combine(jax.tree.unflatten(structure, changed), rest)


@pytest.fixture(params=["untrained", "perturbed", pytest.param("trained", marks=pytest.mark.slow)])
def version(request, small):
    """Return a function: an untrained network, one with other weights, or a trained one."""

    def make(family: str, **keys):
        settings = small(family, **{"hidden": 10, "steps": 5, "learning_rate": 0.05, **keys})
        start = networks.untrained(settings, 3, "net", 0)
        match request.param:
            case "untrained":
                return start
            case "perturbed":
                return perturbed(start)
        trained = networks.train(settings, 3, "net", 0)[0]
        assert np.any(np.asarray(trained.recurrent()) != np.asarray(start.recurrent()))
        return trained

    return make


# --- leaky units -------------------------------------------------------------------------------


def test_small_euler_steps_are_the_differential_equation(seen):
    """tau dr/dt = -r + relu(W x + b + R r), integrated by SciPy with inputs held for a step."""
    model = LeakyRnn(jax.random.key(4), seen.shape[2], 2, 12, substeps=1000)
    W, b, R = as_arrays(model.W.weight, model.W.bias, model.R)
    rates, expected = np.zeros(12), []
    for x in np.asarray(seen[0, :12], float):

        def slope(_, r, x=x):
            return (np.maximum(W @ x + b + R @ r, 0) - r) / TAU

        rates = solve_ivp(slope, (0, STEP), rates, rtol=1e-9, atol=1e-10).y[:, -1]
        expected.append(rates)
    found = model.online(jnp.asarray(seen[0, :12]))[0]["recurrent"]
    np.testing.assert_allclose(found, expected, atol=2e-3 * np.abs(expected).max())


def test_the_error_of_euler_steps_falls_with_their_length(seen):
    def after(substeps):
        decay = euler(jnp.ones(1), jnp.zeros_like, substeps=substeps)
        return abs(float(decay[0]) - np.exp(-STEP / TAU))

    assert after(80) < after(40) / 1.8 < after(20) / 3.2


# --- gates -------------------------------------------------------------------------------------


def test_lstm_is_its_equations(built, ran, seen):
    model = built["lstm"]
    W, U, b = as_arrays(model.layer.weight_ih, model.layer.weight_hh, model.layer.bias)
    h, c, expected = np.zeros(8), np.zeros(8), []
    for x in np.asarray(seen[0], float):
        i, f, g, o = np.split(W @ x + U @ h + b, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        expected.append((h, c))
    for place, name in enumerate(("hidden", "cell")):
        of = [each[place] for each in expected]
        np.testing.assert_allclose(ran("lstm")[0][name][0], of, atol=1e-5)
    np.testing.assert_array_equal(b[8:16], 1)


def test_gru_is_its_equations(built, ran, seen):
    model = built["gru"]
    W, U = as_arrays(model.cell.weight_ih, model.cell.weight_hh)
    b, b_n = as_arrays(model.cell.bias, model.cell.bias_n)
    h, expected = np.zeros(8), []
    for x in np.asarray(seen[0], float):
        into, within = np.split(W @ x + b, 3), np.split(U @ h, 3)
        r, z = (sigmoid(into[k] + within[k]) for k in (0, 1))
        n = np.tanh(into[2] + r * (within[2] + b_n))
        h = (1 - z) * n + z * h
        expected.append(h)
    np.testing.assert_allclose(ran("gru")[0]["hidden"][0], expected, atol=1e-5)
    report = model.readout.weight @ model.cell(
        jnp.zeros(seen.shape[2]), jnp.asarray(h, jnp.float32)
    )
    np.testing.assert_allclose(
        model(jnp.asarray(seen[0]), 1)[0], report + model.readout.bias, atol=1e-4
    )


# --- constraints hold whatever is learned --------------------------------------------------------


def test_every_column_of_the_recurrent_weights_has_the_sign_of_its_unit(version):
    model = version("excitatory-inhibitory")
    R = np.asarray(model.recurrent())
    assert model.n_excitatory == 8
    assert (R[:, :8] >= 0).all()
    assert (R[:, 8:] <= 0).all()
    assert R.any(axis=0).all()
    # The report reads from excitatory units alone.
    assert model.readout.in_features == 8


def test_excitation_and_inhibition_are_balanced_at_first():
    settings = Network(family="excitatory-inhibitory", hidden=200)
    R = np.asarray(networks.untrained(settings, 1, "net", 0).recurrent())
    R = R - np.diag(np.diag(R))
    excitation, inhibition = R[:, :160].sum(axis=1), -R[:, 160:].sum(axis=1)
    assert abs(excitation.mean() / inhibition.mean() - 1) < 0.05


def test_the_rank_is_that_of_the_outer_product(version):
    R = np.asarray(version("low-rank", hidden=16).recurrent(), float)
    assert np.linalg.matrix_rank(R, tol=1e-4 * np.linalg.norm(R, 2)) == 8


def test_low_rank_is_its_equation_with_the_whole_matrix(seen):
    model = LowRank(jax.random.key(2), seen.shape[2], 2, 12, rank=3)
    x, v = jnp.asarray(seen[0, 0]), jnp.linspace(-1, 1, 12)
    R, driven = np.asarray(model.recurrent()), np.asarray(model.W(x))
    expected = euler(v, lambda v: driven + R @ jax.nn.relu(v))
    np.testing.assert_allclose(model.step(v, x)[0], expected, atol=1e-5)


def test_areas_have_no_connection_that_the_mask_lacks(version):
    model = version("multi-area")
    mask = np.array(model.mask)
    R = np.asarray(model.recurrent())
    assert not R[~mask].any()
    assert R[mask].all()
    areas = mask.reshape(AREAS, 10, AREAS, 10)
    for receiving in range(AREAS):
        assert areas[receiving, :, receiving].all()
        for sending in range(AREAS):
            if abs(receiving - sending) > 1:
                assert not areas[receiving, :, sending].any()


def test_the_density_of_connections_between_areas_is_as_stated():
    mask = np.array(MultiArea(jax.random.key(0), 9, 2, 100).mask).reshape(AREAS, 100, AREAS, 100)
    # SD over 10,000 connections is below 0.004; five of them fail by chance once in a million.
    assert abs(mask[1, :, 0].mean() - FORWARD) < 0.02
    assert abs(mask[1, :, 2].mean() - BACKWARD) < 0.02


def test_inputs_reach_the_third_area_through_the_second_only(seen):
    model = MultiArea(jax.random.key(0), seen.shape[2], 2, 10)
    cut = np.array(model.mask)
    cut[10:20] = False
    cut_off = eqx.tree_at(lambda m: m.R, model, jnp.where(cut, model.R, 0.0))
    one, other = (cut_off.online(jnp.asarray(trial))[0] for trial in seen[:2])
    assert np.any(one["area1"] != other["area1"])
    np.testing.assert_array_equal(one["area3"], other["area3"])

"""SoftHebb: soft winner-take-all layers that learn by a Hebbian rule (Moraitis et al. 2022).

u = W x,  y = softmax(u / tau)
dW_ki = eta y_k (x_i - u_k W_ki)                   local: input and output of the layer only

All layers learn simultaneously and without targets or feedback (Journe et al. 2023). The first
layer reads the fixed memory (`local_learning`), x = n / |n|, and the next reads x = sqrt(y), which
also has unit norm. Once the rule has converged, the weights of a winning unit have unit norm. Only
the readout, y = R [y^1; y^2], uses targets. It is refitted by ridge regression on the trials since
the previous fit. Only the fixed recurrent weights store information over time. Populations:
``memory`` (m_t), ``layer1`` and ``layer2`` (y).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from sklearn.linear_model import Ridge

from neuro_attn.configuration import Network
from neuro_attn.networks.learning import Batches, Learner
from neuro_attn.networks.local_learning import FixedMemory, OnFixedMemory, memorise
from neuro_attn.networks.unrolled import Now

EXPANSION = 4
"""Units of a layer per unit of the memory; winners represent combinations of features."""
TEMPERATURE = 0.15
"""Softmax temperature tau."""
RATE = 3.0
"""Initial eta / n in units of the setting `learning_rate`; it decays linearly to 0."""
LARGEST_MOVE = 0.5
"""Largest fraction of the way that a unit moves, in one step, towards its mean input."""
PENALTY = 1e-3
"""Ridge penalty of the readout per trial, in units of the mean variance of a feature."""


class SoftHebbLayer(eqx.Module):
    """Soft winner-take-all layer for inputs of unit norm.

    Parameters
    ----------
    n_inputs, n_units : int
        Numbers of inputs and of units.
    key : jax.Array
        Random key of the initial weights.
    """

    W: Array

    def __init__(self, n_inputs: int, n_units: int, key: Array):
        self.W = jax.random.normal(key, (n_units, n_inputs)) / jnp.sqrt(n_inputs)

    def __call__(self, x: Array) -> Array:
        """Return the activity y, shape (unit,), which sums to 1."""
        return jax.nn.softmax(self.W @ x / TEMPERATURE)

    def learned(self, x: Array, rate: Array) -> "SoftHebbLayer":
        """Return the layer after one learning step.

        Parameters
        ----------
        x : array, shape (trial, input)
            Inputs of unit norm.
        rate : array, shape ()
            eta / n, where n is the number of units: a unit wins 1 / n of the trials on average.

        Returns
        -------
        SoftHebbLayer
        """
        y, u = jax.vmap(self)(x), x @ self.W.T
        change = (y.T @ x - (y * u).sum(axis=0)[:, None] * self.W) / len(x)
        # The limit prevents overshoot by units that win most trials.
        eta = jnp.minimum(rate * len(self.W), LARGEST_MOVE / y.mean(axis=0))
        return eqx.tree_at(lambda layer: layer.W, self, self.W + eta[:, None] * change)


class SoftHebb(OnFixedMemory):
    """Two SoftHebb layers on a fixed memory, with a linear readout from both layers.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs : int
        Numbers of input channels and of output units.
    n_units : int
        Number of memory units; each layer has `EXPANSION` times as many.
    """

    memory: FixedMemory
    layers: list[SoftHebbLayer]
    readout: eqx.nn.Linear

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, n_units: int):
        keys = jax.random.split(key, 4)
        size = EXPANSION * n_units
        self.memory = FixedMemory(n_inputs, n_units, keys[0])
        self.layers = [
            SoftHebbLayer(n_units, size, keys[1]),
            SoftHebbLayer(size, size, keys[2]),
        ]
        self.readout = eqx.nn.Linear(2 * size, n_outputs, key=keys[3])

    def step(self, state: Array, x: Array) -> tuple[Array, Now]:
        """Return m_t and the activity at this step; see `Unrolled`."""
        state = self.memory.step(state, x)
        first, second = self.winners(state)
        populations = {"memory": state, "layer1": first, "layer2": second}
        return state, Now(populations, {}, self.report(state))

    def report(self, state: Array) -> Array:
        """Return the report decoded from m_t; see `OnFixedMemory`."""
        return self.readout(jnp.concatenate(self.winners(state)))

    def winners(self, state: Array) -> list[Array]:
        """Return the activity y of each layer, shape (unit,), for m_t, shape (unit,)."""
        return winners(self.layers, direction(self.memory.normalised(state)))

    def learned(self, states: Array, rate: Array) -> "SoftHebb":
        """Return the network after one learning step of its layers.

        Parameters
        ----------
        states : array, shape (trial, unit)
            m_t at the last step before the report.
        rate : array, shape ()
            See `SoftHebbLayer.learned`.
        """
        x = jax.vmap(direction)(self.memory.normalised(states))
        return eqx.tree_at(lambda model: model.layers, self, learned(self.layers, x, rate))


def winners(layers: list[SoftHebbLayer], x: Array) -> list[Array]:
    """Return the activity y of each layer, shape (unit,), for an input of unit norm."""
    outputs = []
    for layer in layers:
        outputs.append(layer(x))
        x = jnp.sqrt(outputs[-1])
    return outputs


def learned(layers: list[SoftHebbLayer], x: Array, rate: Array) -> list[SoftHebbLayer]:
    """Return the layers after one learning step, each on its own input.

    Parameters
    ----------
    layers : list of SoftHebbLayer
        The layers, from the first to the last.
    x : array, shape (trial, input)
        Inputs of the first layer.
    rate : array, shape ()
        See `SoftHebbLayer.learned`.
    """
    after = []
    for layer in layers:
        after.append(layer.learned(x, rate))
        x = jnp.sqrt(jax.vmap(layer)(x))
    return after


def direction(x: Array) -> Array:
    """Return x / |x|, or nearly 0 if x is 0."""
    return x / jnp.maximum(jnp.linalg.norm(x), 1e-6)


def begin(model: SoftHebb, settings: Network) -> int:
    """Return the learner's state, the number of completed steps: 0."""
    return 0


def learn(
    model: SoftHebb, done: int, batches: Batches, settings: Network
) -> tuple[SoftHebb, int, Array]:
    """Train the layers by the Hebbian rule, then refit the readout; see `Learner`."""
    states = memorise(model, batches)
    if done == 0:
        model = eqx.tree_at(lambda m: m.memory, model, model.memory.measured(states))
    step = jnp.arange(done, done + len(states))
    falling = RATE * settings.learning_rate * (1 - step / settings.steps)
    targets = batches.targets[:, :, 0]  # constant over the report
    model, losses = _learn_layers(model, states, targets, falling)
    return _with_readout(model, states, targets), done + len(states), losses


@eqx.filter_jit
def _learn_layers(
    model: SoftHebb, states: Array, targets: Array, rates: Array
) -> tuple[SoftHebb, Array]:
    """Return the network with trained layers, and the loss before each step, shape (step,)."""
    arrays, rest = eqx.partition(model, eqx.is_array)

    def step(arrays: SoftHebb, now: tuple[Array, Array, Array]) -> tuple[SoftHebb, Array]:
        model = eqx.combine(arrays, rest)
        states, targets, rate = now
        loss = jnp.mean((jax.vmap(model.report)(states) - targets) ** 2)
        model = model.learned(states, rate)
        return eqx.filter(model, eqx.is_array), loss

    arrays, losses = jax.lax.scan(step, arrays, (states, targets, rates))
    return eqx.combine(arrays, rest), losses


@eqx.filter_jit
def _features(model: SoftHebb, states: Array) -> Array:
    return jax.lax.map(lambda m: jnp.concatenate(model.winners(m)), states, batch_size=1000)


def _with_readout(model: SoftHebb, states: Array, targets: Array) -> SoftHebb:
    """Return the network with the readout fitted by ridge regression."""
    # The features are nearly collinear, so single precision would be insufficient.
    features = np.asarray(_features(model, states.reshape(-1, states.shape[-1])), dtype=float)
    penalty = PENALTY * len(features) * features.var(axis=0).mean()
    fitted = Ridge(penalty).fit(features, np.asarray(targets).reshape(len(features), -1))
    weights = jnp.asarray(fitted.coef_, "float32"), jnp.asarray(fitted.intercept_, "float32")
    return eqx.tree_at(lambda m: (m.readout.weight, m.readout.bias), model, weights)


LEARNER = Learner(begin, learn)


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> SoftHebb:
    """Return an untrained network."""
    return SoftHebb(key, n_inputs, n_outputs, settings.hidden)

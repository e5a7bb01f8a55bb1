"""SoftHebb: soft winner-take-all layers that learn by a Hebbian rule (Moraitis et al. 2022).

u = W x,  y = softmax(u / tau)
dW_ki = eta y_k (x_i - u_k W_ki)                   each layer from its own input and output alone

Layers learn one on top of the other while trials go by (Journe et al. 2023): nothing is sent back,
and no target is seen. The first reads the fixed memory (`local_learning`), x = n / |n|; the next
reads x = sqrt(y), of length 1 too. Where the rule has settled, the weights of a unit that wins have
length 1. Only the readout, y = R [y^1; y^2], sees targets: it is a ridge regression on the trials
since the last one. The memory is held by the fixed recurrent weights. Populations: ``memory``
(m_t), ``layer1`` and ``layer2`` (y).
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
"""Units of a layer for each unit of the memory: winners stand for combinations of features."""
TEMPERATURE = 0.15
"""tau."""
RATE = 3.0
"""Of the layers, in learning rates of the settings; it falls to 0 along a line."""
LARGEST_MOVE = 0.5
"""How far a unit moves in a step, at most, to the mean of what it won."""
PENALTY = 1e-3
"""Of the readout, in variances of a feature for each trial."""


class SoftHebbLayer(eqx.Module):
    """Units that compete for an input of length 1.

    Parameters
    ----------
    n_inputs, n_units : int
        Sizes.
    key : jax.Array
        Random key of the initial weights.
    """

    W: Array

    def __init__(self, n_inputs: int, n_units: int, key: Array):
        self.W = jax.random.normal(key, (n_units, n_inputs)) / jnp.sqrt(n_inputs)

    def __call__(self, x: Array) -> Array:
        """Return y, shape (unit,); it sums to 1."""
        return jax.nn.softmax(self.W @ x / TEMPERATURE)

    def learned(self, x: Array, rate: Array) -> "SoftHebbLayer":
        """Return the layer after learning from inputs.

        Parameters
        ----------
        x : array, shape (trial, input)
            The inputs.
        rate : array, shape ()
            eta of a unit that wins its share of the trials.

        Returns
        -------
        SoftHebbLayer
        """
        y, u = jax.vmap(self)(x), x @ self.W.T
        change = (y.T @ x - (y * u).sum(axis=0)[:, None] * self.W) / len(x)
        # A unit that wins nearly everything would overshoot.
        eta = jnp.minimum(rate * len(self.W), LARGEST_MOVE / y.mean(axis=0))
        return eqx.tree_at(lambda layer: layer.W, self, self.W + eta[:, None] * change)


class SoftHebb(OnFixedMemory):
    """Two layers on a fixed memory, and a readout.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs, n_units : int
        Sizes; units are those of the memory, a layer has `EXPANSION` times as many.
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
        """Return m_t and what the network does; see `Unrolled`."""
        state = self.memory.step(state, x)
        first, second = self.winners(state)
        populations = {"memory": state, "layer1": first, "layer2": second}
        return state, Now(populations, {}, self.report(state))

    def report(self, state: Array) -> Array:
        """Return the report from m_t; see `OnFixedMemory`."""
        return self.readout(jnp.concatenate(self.winners(state)))

    def winners(self, state: Array) -> list[Array]:
        """Return y of each layer, shape (unit,), from m_t."""
        return winners(self.layers, direction(self.memory.normalised(state)))

    def learned(self, states: Array, rate: Array) -> "SoftHebb":
        """Return the network after its layers have learned from m_t, shape (trial, unit)."""
        x = jax.vmap(direction)(self.memory.normalised(states))
        return eqx.tree_at(lambda model: model.layers, self, learned(self.layers, x, rate))


def winners(layers: list[SoftHebbLayer], x: Array) -> list[Array]:
    """Return y of each layer, shape (unit,), from an input of length 1, shape (input,)."""
    outputs = []
    for layer in layers:
        outputs.append(layer(x))
        x = jnp.sqrt(outputs[-1])
    return outputs


def learned(layers: list[SoftHebbLayer], x: Array, rate: Array) -> list[SoftHebbLayer]:
    """Return layers that have learned from inputs, (trial, input), each from what it reads."""
    after = []
    for layer in layers:
        after.append(layer.learned(x, rate))
        x = jnp.sqrt(jax.vmap(layer)(x))
    return after


def direction(x: Array) -> Array:
    """Return x / |x|; nothing has no direction."""
    return x / jnp.maximum(jnp.linalg.norm(x), 1e-6)


def begin(model: SoftHebb, settings: Network) -> int:
    """Return how many steps were learned before the first one."""
    return 0


def learn(
    model: SoftHebb, done: int, batches: Batches, settings: Network
) -> tuple[SoftHebb, int, Array]:
    """Learn from batches: layers by their rule, then the readout; see `Learner`."""
    states = memorise(model, batches.inputs)
    if done == 0:
        model = eqx.tree_at(lambda m: m.memory, model, model.memory.measured(states))
    step = jnp.arange(done, done + len(states))
    falling = RATE * settings.learning_rate * (1 - step / settings.steps)
    targets = batches.targets[:, :, 0]  # one report, held
    model, losses = _learn_layers(model, states, targets, falling)
    return _with_readout(model, states, targets), done + len(states), losses


@eqx.filter_jit
def _learn_layers(
    model: SoftHebb, states: Array, targets: Array, rates: Array
) -> tuple[SoftHebb, Array]:
    """Return the network with layers that learned, and each step's loss before."""
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
    """Return the network with the readout that ridge regression gives."""
    # The features nearly depend on each other: single precision would not be enough.
    features = np.asarray(_features(model, states.reshape(-1, states.shape[-1])), dtype=float)
    penalty = PENALTY * len(features) * features.var(axis=0).mean()
    fitted = Ridge(penalty).fit(features, np.asarray(targets).reshape(len(features), -1))
    weights = jnp.asarray(fitted.coef_, "float32"), jnp.asarray(fitted.intercept_, "float32")
    return eqx.tree_at(lambda m: (m.readout.weight, m.readout.bias), model, weights)


LEARNER = Learner(begin, learn)


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> SoftHebb:
    """Return an untrained network."""
    return SoftHebb(key, n_inputs, n_outputs, settings.hidden)

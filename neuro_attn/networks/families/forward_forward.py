"""Forward-Forward (Hinton 2022): each layer learns to separate positive from negative data.

h^k = relu(W^k n(h^{k-1}) + b^k),  h^0 = [n(m_t); c],  n(x) = x / rms(x)
g^k = mean(h^k squared)                                        goodness
loss^k = softplus(theta - g^k(positive)) + softplus(g^k(negative) - theta)

m_t is the state of the fixed memory (`local_learning`) and c is a population code of a colour
(bumps around a ring). In positive data c encodes the colour to report, in negative data another
colour. The normalisation n removes the goodness of a layer from the input of the next. Each layer
follows the gradient of its own loss, and no gradient crosses layers. The report is the mean
direction of candidate colours, each weighted in proportion to exp(sum_k g^k), the odds that the
layers assign to it. Only the fixed recurrent weights store information over time. Populations:
``memory`` (m_t), ``layer1`` and ``layer2`` (h^k with c = 0).
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.learning import Batches, Learner
from neuro_attn.networks.local_learning import FixedMemory, OnFixedMemory, memorise
from neuro_attn.networks.unrolled import Now

EXPANSION = 4
"""Number of units of a layer per unit of the memory."""
THRESHOLD = 2.0
"""Goodness threshold theta."""
BUMPS = 16
"""Number of tuned inputs that encode a colour, evenly spaced around the ring."""
SHARPNESS = 4.0
"""Concentration of their tuning curves, exp(SHARPNESS (cos(difference) - 1))."""
CANDIDATES = 36
"""Number of evenly spaced candidate colours for a report."""
LEAST_DIFFERENCE = jnp.pi / 12
"""Smallest difference between a negative colour and the correct one, rad."""


class ForwardForwardLayer(eqx.Module):
    """Layer of rectified units with normalised input: h = relu(W n(x) + b).

    Parameters
    ----------
    n_inputs, n_units : int
        Numbers of inputs and of units.
    key : jax.Array
        Random key of the initial weights.
    """

    linear: eqx.nn.Linear

    def __init__(self, n_inputs: int, n_units: int, key: Array):
        self.linear = eqx.nn.Linear(n_inputs, n_units, key=key)

    def __call__(self, x: Array) -> Array:
        """Return h, shape (unit,), from x, shape (input,)."""
        return jax.nn.relu(self.linear(normalised(x)))

    def loss(self, positive: Array, negative: Array) -> Array:
        """Return the loss of a positive and a negative input, shape (input,) each."""
        good, bad = goodness(self(positive)), goodness(self(negative))
        return jax.nn.softplus(THRESHOLD - good) + jax.nn.softplus(bad - THRESHOLD)


def normalised(x: Array) -> Array:
    """Return n(x) = x / rms(x), of the shape of x."""
    return x * jax.lax.rsqrt(jnp.mean(x**2) + 1e-6)


def goodness(h: Array) -> Array:
    """Return the goodness g, the mean squared activity over units, shape ()."""
    return jnp.mean(h**2)


def activities(layers: list[ForwardForwardLayer], x: Array) -> list[Array]:
    """Return the activity h of each layer, shape (unit,), for an input of the first layer."""
    outputs = []
    for layer in layers:
        x = layer(x)
        outputs.append(x)
    return outputs


def evidence(layers: list[ForwardForwardLayer], x: Array) -> Array:
    """Return the goodness summed over layers, shape (), for an input of the first layer."""
    return jnp.stack([goodness(h) for h in activities(layers, x)]).sum()


def layer_losses(layers: list[ForwardForwardLayer], positive: Array, negative: Array) -> Array:
    """Return the loss of each layer, shape (layer,).

    The gradient is stopped between layers.

    Parameters
    ----------
    layers : list of ForwardForwardLayer
        The layers, from the first to the last.
    positive, negative : array, shape (input,)
        Inputs of the first layer.
    """
    losses = []
    for layer in layers:
        losses.append(layer.loss(positive, negative))
        positive, negative = (jax.lax.stop_gradient(layer(x)) for x in (positive, negative))
    return jnp.stack(losses)


class ForwardForward(OnFixedMemory):
    """Two Forward-Forward layers that read a fixed memory and the code of a colour.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs : int
        Number of input channels.
    n_units : int
        Number of memory units; each layer has `EXPANSION` times as many.
    """

    memory: FixedMemory
    layers: list[ForwardForwardLayer]

    def __init__(self, key: Array, n_inputs: int, n_units: int):
        keys = jax.random.split(key, 3)
        size = EXPANSION * n_units
        self.memory = FixedMemory(n_inputs, n_units, keys[0])
        self.layers = [
            ForwardForwardLayer(n_units + BUMPS, size, keys[1]),
            ForwardForwardLayer(size, size, keys[2]),
        ]

    def step(self, state: Array, x: Array) -> tuple[Array, Now]:
        """Return m_t and the activity at this step; see `Unrolled`."""
        state = self.memory.step(state, x)
        first, second = activities(self.layers, self.said(state, jnp.zeros(BUMPS)))
        populations = {"memory": state, "layer1": first, "layer2": second}
        return state, Now(populations, {}, self.report(state))

    def said(self, state: Array, code: Array) -> Array:
        """Return the input of the first layer, h^0, shape (input,).

        Parameters
        ----------
        state : array, shape (unit,)
            m_t.
        code : array, shape (bump,)
            Code c of a colour.
        """
        return jnp.concatenate([normalised(self.memory.normalised(state)), code])

    def report(self, state: Array) -> Array:
        """Return the report decoded from m_t; see `OnFixedMemory`."""
        colors = jnp.arange(CANDIDATES) * (2 * jnp.pi / CANDIDATES)

        def fits(color: Array) -> Array:
            return evidence(self.layers, self.said(state, code(color)))

        weights = jax.nn.softmax(jax.vmap(fits)(colors))
        return jnp.stack([weights @ jnp.cos(colors), weights @ jnp.sin(colors)])


def code(color: Array) -> Array:
    """Return the population code c of a colour (rad), shape (bump,), with rms of about 1."""
    centres = jnp.arange(BUMPS) * (2 * jnp.pi / BUMPS)
    return 2 * jnp.exp(SHARPNESS * (jnp.cos(color - centres) - 1))


class State(NamedTuple):
    """State of the learner: number of completed steps and state of the optimiser."""

    done: int
    optimiser: optax.OptState


def _optimiser(settings: Network) -> optax.GradientTransformation:
    return optax.adam(optax.cosine_decay_schedule(settings.learning_rate, settings.steps))


def begin(model: ForwardForward, settings: Network) -> State:
    """Return the learner's state before the first step: no steps done, Adam initialised."""
    return State(0, _optimiser(settings).init(eqx.filter(model.layers, eqx.is_inexact_array)))


def learn(
    model: ForwardForward, state: State, batches: Batches, settings: Network
) -> tuple[ForwardForward, State, Array]:
    """Train each layer on its own loss; see `Learner`."""
    memories = memorise(model, batches)
    if state.done == 0:
        model = eqx.tree_at(lambda m: m.memory, model, model.memory.measured(memories))
    model, optimiser, losses = _learn_layers(model, state.optimiser, memories, batches, settings)
    return model, State(state.done + len(losses), optimiser), losses


def examples(
    model: ForwardForward, memory: Array, target: Array, key: Array
) -> tuple[Array, Array]:
    """Build a positive and a negative example from one trial.

    Parameters
    ----------
    model : ForwardForward
        The network.
    memory : array, shape (unit,)
        m_t at the last step before the report.
    target : array, shape (2,)
        Cosine and sine of the colour to report.
    key : jax.Array
        Random key for the negative colour, which is uniform over the ring except within
        `LEAST_DIFFERENCE` of the correct colour.

    Returns
    -------
    positive, negative : array, shape (input,)
        h^0 with the code of the correct colour and of the negative colour.
    """
    color = jnp.arctan2(target[1], target[0])
    away = jax.random.uniform(key, minval=LEAST_DIFFERENCE, maxval=2 * jnp.pi - LEAST_DIFFERENCE)
    return model.said(memory, code(color)), model.said(memory, code(color + away))


@eqx.filter_jit
def _learn_layers(
    model: ForwardForward,
    state: optax.OptState,
    memories: Array,
    batches: Batches,
    settings: Network,
) -> tuple[ForwardForward, optax.OptState, Array]:
    """Return the trained network, the state of the optimiser and the losses, shape (step,)."""
    optimiser = _optimiser(settings)
    weights, rest = eqx.partition(model.layers, eqx.is_inexact_array)

    def loss(weights: list, memory: Array, target: Array, keys: Array) -> Array:
        layers = eqx.combine(weights, rest)

        def of_trial(memory: Array, target: Array, key: Array) -> Array:
            return layer_losses(layers, *examples(model, memory, target, key)).sum()

        return jnp.mean(jax.vmap(of_trial)(memory, target, keys))

    def step(carry: tuple, now: tuple) -> tuple[tuple, Array]:
        weights, state = carry
        memory, target, seed = now
        keys = jax.random.split(jax.random.key(seed), len(memory))
        value, gradient = jax.value_and_grad(loss)(weights, memory, target, keys)
        updates, state = optimiser.update(gradient, state)
        return (optax.apply_updates(weights, updates), state), value

    now = memories, batches.targets[:, :, 0], batches.seeds  # constant over the report
    (weights, state), losses = jax.lax.scan(step, (weights, state), now)
    layers = eqx.combine(weights, rest)
    return eqx.tree_at(lambda m: m.layers, model, layers), state, losses


LEARNER = Learner(begin, learn)


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> ForwardForward:
    """Return an untrained network."""
    return ForwardForward(key, n_inputs, settings.hidden)

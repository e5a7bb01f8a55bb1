"""What a network does with the order of a sequence.

Self-attention without positions and without mask is equivariant to permutations: f(P x) = P f(x)
for every order P of the steps. The scores e_ts = q_t' k_s depend on what is at the two steps, not
on where they are. A position encoding, a causal mask, a convolution or recurrence breaks this.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from neuro_attn.networks.skills.sequence_processing.processors import (
    Layer,
    Processor,
    SelfAttention,
)
from neuro_attn.networks.skills.sequence_processing.tasks import CHANNELS


def unmasked(model: Processor, inputs: Array) -> Array:
    """Return y, shape (time, item), if every step attends to all steps.

    Networks without attention have no mask to remove.

    Parameters
    ----------
    model : Processor
        The network.
    inputs : array, shape (time, channel)
        x.
    """
    states = model.embedding(inputs)
    for layer in model.layers:
        states = _unmasked_layer(layer, states)
    return model.read(states)


# Compiled layer by layer, because layers that differ in nothing but weights are compiled once.
@eqx.filter_jit
def _unmasked_layer(layer: Layer, states: Array) -> Array:
    if isinstance(layer, SelfAttention):
        return layer.attend(states, jnp.ones((len(states), len(states)), bool))
    return layer(states)


def equivariance_error(model: Processor, length: int, rng: np.random.Generator) -> float:
    """Return the difference between f(P x) and P f(x) for random sequences and orders.

    It is the root mean square of f(P x) - P f(x), divided by that of f(x') - f(x), the difference
    between the outputs for two random sequences. 0: the order is ignored, but for rounding.

    Parameters
    ----------
    model : Processor
        The network, without its causal mask (see `unmasked`).
    length : int
        Length of the sequences.
    rng : numpy.random.Generator
        Source of sequences and orders.
    """
    shape = (8, length, CHANNELS)
    inputs, others = rng.normal(size=(2, *shape))
    orders = np.array([rng.permutation(length) for _ in inputs])[..., None]

    plain, permuted, unrelated = (
        np.asarray(jax.vmap(lambda one: unmasked(model, one))(jnp.asarray(each)), float)
        for each in (inputs, np.take_along_axis(inputs, orders, axis=1), others)
    )
    moved = np.take_along_axis(plain, orders, axis=1)
    return float(np.linalg.norm(permuted - moved) / np.linalg.norm(unrelated - plain))

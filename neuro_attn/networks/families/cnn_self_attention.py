"""A convolutional network with self-attention (Zhang et al. 2019, "Self-attention GANs").

f = relu(C2 relu(C1 picture_t)) + p
o_i = f_i + gamma sum_j a_ij V f_j,  a_i = softmax_j((Q f_i)' K f_j / sqrt(d)),  gamma = 0 at first
pooled_t = mean_i relu(W o_i),  y_t = R pooled_t

The picture that is held (`picture.hold`) shows items and cues at their places. With gamma = 0 no
patch knows of another one, so the plain network cannot tell which item is cued: attention alone
brings cue and item together. Population: ``pooled``, at each step that of the picture so far. The
attention that is kept is what the central patch, where cues are shown, pays to each patch.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.attention import QKVAttention, attend_to_self
from neuro_attn.networks.picture import CENTRE, GRID, PLANES, PatchMap, blank, hold
from neuro_attn.networks.unrolled import Now, Unrolled

ATTENDED = "patch"


class CnnSelfAttention(Unrolled):
    """Convolution, self-attention with a residual that starts at nothing, and a mean.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_inputs, n_outputs, n_units : int
        Sizes; every map has as many units.
    """

    maps: PatchMap
    attention: QKVAttention
    gamma: Array
    after: eqx.nn.Linear
    readout: eqx.nn.Linear

    def __init__(self, key: Array, n_inputs: int, n_outputs: int, n_units: int):
        keys = jax.random.split(key, 4)
        self.maps = PatchMap(PLANES, n_units, keys[0])
        self.attention = QKVAttention(n_units, n_units, n_units, keys[1], ATTENDED)
        self.gamma = jnp.zeros(())
        self.after = eqx.nn.Linear(n_units, n_units, key=keys[2])
        self.readout = eqx.nn.Linear(n_units, n_outputs, key=keys[3])

    def begin(self) -> Array:
        """Return the picture before the trial."""
        return blank()

    def step(self, state: Array, x: Array) -> tuple[Array, Now]:
        """Return the picture and what the network does; see `Unrolled`."""
        image = hold(state, x)
        maps = self.maps(image)
        everywhere = jnp.ones((GRID**2, GRID**2), bool)
        taken, weights = attend_to_self(self.attention, maps, everywhere)
        pooled = self.pooled(maps + self.gamma * taken)
        attention = {"patches": weights[CENTRE]}
        return image, Now({"pooled": pooled}, attention, self.readout(pooled))

    def pooled(self, maps: Array) -> Array:
        """Return the mean over patches, shape (unit,), of the last layer."""
        return jax.nn.relu(jax.vmap(self.after)(maps)).mean(axis=0)


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> CnnSelfAttention:
    """Return an untrained network."""
    return CnnSelfAttention(key, n_inputs, n_outputs, settings.hidden)

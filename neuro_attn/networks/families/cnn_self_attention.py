"""A convolutional network with self-attention (Zhang et al. 2019, "Self-attention GANs").

f = relu(C2 relu(C1 picture_t)) + p
o_i = f_i + gamma sum_j a_ij V f_j,  a_i = softmax_j((Q f_i)' K f_j / sqrt(d)),  gamma = 0 at first
pooled_t = mean_i relu(W o_i),  y_t = R pooled_t

The input is an image that accumulates items and cues at their locations (`Picture.hold`). With
gamma = 0 no information passes between patches, so the network cannot determine which item is
cued: only attention combines cue and item. Population: ``pooled``, computed at each step from the
image accumulated so far. We record the attention weights of the central patch, where cues are
shown, over all patches.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.attention import QKVAttention, attend_to_self
from neuro_attn.networks.design import design_of
from neuro_attn.networks.noise import StateNoise
from neuro_attn.networks.picture import CENTRE, GRID, PatchMap, Picture
from neuro_attn.networks.unrolled import Now, Unrolled

ATTENDED = "patch"


class CnnSelfAttention(Unrolled):
    """Convolution, self-attention with a zero-initialised residual gain, and average pooling.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    picture : Picture
        How inputs are drawn on the image.
    n_outputs : int
        Number of output units.
    n_units : int
        Number of units of every feature map.
    """

    picture: Picture
    maps: PatchMap
    attention: QKVAttention
    gamma: Array
    after: eqx.nn.Linear
    readout: eqx.nn.Linear
    noise: StateNoise

    def __init__(self, key: Array, picture: Picture, n_outputs: int, n_units: int):
        keys = jax.random.split(key, 4)
        self.picture = picture
        self.maps = PatchMap(picture.planes, n_units, keys[0])
        self.attention = QKVAttention(n_units, n_units, n_units, keys[1], ATTENDED)
        self.gamma = jnp.zeros(())
        self.after = eqx.nn.Linear(n_units, n_units, key=keys[2])
        self.readout = eqx.nn.Linear(n_units, n_outputs, key=keys[3])
        self.noise = StateNoise(GRID**2, n_units)

    def begin(self) -> Array:
        """Return the empty image, shape (plane, row, column)."""
        return self.picture.blank()

    def step(self, state: Array, x: Array) -> tuple[Array, Now]:
        """Return the updated image and the activity at this step; see `Unrolled`."""
        image = self.picture.hold(state, x)
        maps = self.noise(self.maps(image))
        everywhere = jnp.ones((GRID**2, GRID**2), bool)
        taken, weights = attend_to_self(self.attention, maps, everywhere)
        pooled = self.pooled(maps + self.gamma * taken)
        attention = {"patches": weights[CENTRE]}
        return image, Now({"pooled": pooled}, attention, self.readout(pooled))

    def pooled(self, maps: Array) -> Array:
        """Return the activity of the last layer averaged over patches, shape (unit,).

        Parameters
        ----------
        maps : array, shape (patch, unit)
            o, the feature maps after attention.
        """
        return jax.nn.relu(jax.vmap(self.after)(maps)).mean(axis=0)


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> CnnSelfAttention:
    """Return an untrained network."""
    return CnnSelfAttention(key, Picture(design_of(settings)), n_outputs, settings.hidden)

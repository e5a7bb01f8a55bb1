"""Attention over a grid of image patches (Xu et al. 2015, "Show, attend and tell").

a_i = relu(C2 relu(C1 picture_t))_i + p_i,  i = 1 ... L
e_ti = v' tanh(W h_{t-1} + U a_i),  alpha_t = softmax(e_t),  z_t = sum_i alpha_ti a_i
h_t = GRU([fixation and cues_t; z_t], h_{t-1}),  y_t = V [h_t; z_t]

The input is an image that accumulates the items at their locations (`Picture.hold`). A convolution
over patches yields L annotations, to which a learned position code p_i is added. The decoder
receives the cues and sets the attention weights. Populations: ``decoder`` (h_t) and ``context``
(z_t, the attended feature vector).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.attention import AdditiveAttention
from neuro_attn.networks.design import design_of
from neuro_attn.networks.layers import GatedCell, slow_cell
from neuro_attn.networks.picture import COLOR_PLANES, PatchMap, Picture
from neuro_attn.networks.unrolled import Now, Unrolled

ATTENDED = "patch"


class Grid(Unrolled):
    """Recurrent decoder that attends to the patches of an image.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    picture : Picture
        How inputs are drawn on the image.
    n_outputs : int
        Number of output units.
    n_units : int
        Number of units of an annotation, of the attention layer and of the decoder.
    n_steps : int
        Longest initial time constant of the decoder's units, in steps.
    """

    picture: Picture
    annotations: PatchMap
    attention: AdditiveAttention
    decoder: GatedCell
    readout: eqx.nn.Linear

    def __init__(self, key: Array, picture: Picture, n_outputs: int, n_units: int, n_steps: int):
        keys = jax.random.split(key, 4)
        self.picture = picture
        self.annotations = PatchMap(COLOR_PLANES, n_units, keys[0])
        self.attention = AdditiveAttention(n_units, n_units, n_units, keys[1], ATTENDED)
        self.decoder = slow_cell(len(picture.others) + n_units, n_units, n_steps, keys[2])
        self.readout = eqx.nn.Linear(2 * n_units, n_outputs, key=keys[3])

    def begin(self) -> tuple[Array, Array]:
        """Return h_0, shape (unit,), and the empty image, shape (plane, row, column)."""
        return jnp.zeros(self.decoder.hidden_size), self.picture.blank()

    def step(self, state: tuple[Array, Array], x: Array) -> tuple[tuple[Array, Array], Now]:
        """Return h_t with the updated image, and the activity at this step; see `Unrolled`."""
        decoder, image = state
        image = self.picture.hold(image, x)
        annotations = self.annotations(image[:COLOR_PLANES])
        everywhere = jnp.ones(len(annotations), bool)
        context, weights = self.attention(decoder, annotations, everywhere)
        others = x[jnp.array(self.picture.others)]
        decoder = self.decoder(jnp.concatenate([others, context]), decoder)
        report = self.readout(jnp.concatenate([decoder, context]))
        populations = {"decoder": decoder, "context": context}
        return (decoder, image), Now(populations, {"patches": weights}, report)


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> Grid:
    """Return an untrained network."""
    picture = Picture(design_of(settings))
    return Grid(key, picture, n_outputs, settings.hidden, settings.encoded_steps)

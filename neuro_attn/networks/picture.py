"""The trial as an image, for the families whose input is an image of the items.

The image has 6 x 6 pixels, or 3 x 3 patches of 2 x 2 pixels. Each item fills one patch at the
border (two items: in the middle of the top and the bottom row), with one plane for the cosine and
one for the sine of its colour. Each cue fills the central patch in a plane of its own. The fixation
mark is omitted because it is the same in every trial.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from neuro_attn.networks.design import Design

PATCH = 2
"""Side length of a patch, pixels."""
GRID = 3
"""Side length of the image, patches."""
CENTRE = 4
"""Index of the patch of the cues, in row-major order."""
PATCHES = (1, 7, 3, 5, 0, 8)
"""Indices of the patches of the items: top, bottom, left, right, and two corners."""
COLOR_PLANES = 2
"""Planes of the image for the cosine and the sine of colours; each cue has one more."""
EXPOSURE = 0.125
"""Contribution of one step to the accumulated image; an item shown for 8 steps contributes 1."""


class Picture(eqx.Module):
    """How the inputs of a task are drawn on the image.

    Parameters
    ----------
    design : Design
        The task.
    """

    items: tuple[tuple[int, ...], ...] = eqx.field(static=True)
    """Channels of the colour of each item, cosine and sine."""
    cues: tuple[int, ...] = eqx.field(static=True)
    """Channels of the cues."""
    others: tuple[int, ...] = eqx.field(static=True)
    """Channels of fixation and cues."""

    def __init__(self, design: Design):
        self.items = tuple(tuple(design.channels_of(item)) for item in design.items)
        self.cues, self.others = design.cue_channels, design.other_channels

    @property
    def planes(self) -> int:
        """Number of planes of the image: cosine, sine, then one per cue."""
        return COLOR_PLANES + len(self.cues)

    def blank(self) -> Array:
        """Return an empty image, shape (plane, row, column)."""
        return jnp.zeros((self.planes, GRID * PATCH, GRID * PATCH))

    def hold(self, image: Array, x: Array) -> Array:
        """Return the accumulated image after one more step.

        Image captioning assumes a static image, but items and cues are transient. We therefore
        accumulate the inputs: the image at step t is the scaled sum of all inputs up to t.

        Parameters
        ----------
        image : array, shape (plane, row, column)
            The accumulated image before this step.
        x : array, shape (input,)
            The input at this step.

        Returns
        -------
        array, shape (plane, row, column)
        """
        patches = jnp.zeros((self.planes, GRID * GRID))
        for patch, channels in zip(PATCHES, self.items, strict=False):
            patches = patches.at[:COLOR_PLANES, patch].set(x[np.array(channels)])
        patches = patches.at[COLOR_PLANES:, CENTRE].set(x[np.array(self.cues, int)])
        shown = patches.reshape(self.planes, GRID, GRID)
        shown = shown.repeat(PATCH, axis=1).repeat(PATCH, axis=2)
        return image + EXPOSURE * shown


class PatchMap(eqx.Module):
    """Convolutional feature map of the image: relu(C2 relu(C1 picture)) + p.

    C1 is a convolution with the size and stride of a patch, and C2 is a 1 x 1 convolution, so the
    units of a patch depend on that patch only. p is a learned position code.

    Parameters
    ----------
    n_planes, n_units : int
        Number of planes of the image, and of units per patch.
    key : jax.Array
        Random key of the initial weights.
    """

    C1: eqx.nn.Linear
    C2: eqx.nn.Linear
    p: Array

    def __init__(self, n_planes: int, n_units: int, key: Array):
        keys = jax.random.split(key, 3)
        self.C1 = eqx.nn.Linear(n_planes * PATCH * PATCH, n_units, key=keys[0])
        self.C2 = eqx.nn.Linear(n_units, n_units, key=keys[1])
        self.p = 0.3 * jax.random.normal(keys[2], (GRID * GRID, n_units))

    def __call__(self, image: Array) -> Array:
        """Return the feature map, shape (patch, unit), of an image (plane, row, column)."""
        cut = image.reshape(len(image), GRID, PATCH, GRID, PATCH).transpose(1, 3, 0, 2, 4)
        # A non-overlapping convolution is the same linear map applied to every patch.
        patches = cut.reshape(GRID * GRID, -1)
        return jax.nn.relu(jax.vmap(self.C2)(jax.nn.relu(jax.vmap(self.C1)(patches)))) + self.p

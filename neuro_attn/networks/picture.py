"""The trial as a picture, for the families that look at an image of the two items.

The picture has 6 x 6 pixels. The items are squares of 2 x 2 pixels in the middle of the top and of
the bottom, in planes for cosine and sine of colour; cues light up the 2 x 2 pixels in the centre,
in a plane each. Cut into patches of 2 x 2 pixels the picture is a grid of 3 x 3, and each item
fills one patch. The fixation mark is not drawn: it is the same in every trial.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from neuro_attn.networks.trials import CHANNELS

PATCH = 2
"""Pixels of a patch along each side."""
GRID = 3
"""Patches along each side of the picture."""
UPPER, CENTRE, LOWER = 1, 4, 7
"""The patches where something is shown, counted row by row."""
UPPER_COLOR, LOWER_COLOR = (
    np.array([CHANNELS.index(f"{location}_{part}") for part in ("cos", "sin")])
    for location in ("upper", "lower")
)
"""Channels of each item's colour."""
COLORS = np.concatenate([UPPER_COLOR, LOWER_COLOR])
"""Channels of both colours."""
CUES = np.array([i for i, name in enumerate(CHANNELS) if name.startswith(("pro", "retro"))])
"""Channels of the cues."""
OTHERS = np.append(CHANNELS.index("fixation"), CUES)
"""Channels that are no colour: fixation and cues."""
COLOR_PLANES = len(UPPER_COLOR)
PLANES = COLOR_PLANES + len(CUES)
"""Planes of the picture: cosine, sine, then the cues in order."""
EXPOSURE = 0.125
"""What a step adds to the picture that is held: an item of 8 steps is held at full strength."""


def blank() -> Array:
    """Return the picture before anything is shown, shape (plane, row, column)."""
    return jnp.zeros((PLANES, GRID * PATCH, GRID * PATCH))


def hold(image: Array, x: Array) -> Array:
    """Return the picture after one more step.

    A caption is written while the image stands still; here items come and go. What is held is the
    sum of what was shown: at step t everything up to t, and nothing later.

    Parameters
    ----------
    image : array, shape (plane, row, column)
        The picture so far.
    x : array, shape (input,)
        The step's input, with the channels of `trials.CHANNELS`.

    Returns
    -------
    array, shape (plane, row, column)
    """
    patches = jnp.zeros((PLANES, GRID * GRID))
    patches = patches.at[:COLOR_PLANES, UPPER].set(x[UPPER_COLOR])
    patches = patches.at[:COLOR_PLANES, LOWER].set(x[LOWER_COLOR])
    patches = patches.at[COLOR_PLANES:, CENTRE].set(x[CUES])
    shown = patches.reshape(PLANES, GRID, GRID).repeat(PATCH, axis=1).repeat(PATCH, axis=2)
    return image + EXPOSURE * shown


class PatchMap(eqx.Module):
    """A convolutional map of the picture: relu(C2 relu(C1 picture)) + p, patch by patch.

    C1 is a convolution of the size and the stride of a patch, C2 one of a single place, so that a
    patch's units tell of this patch alone. p says where the patch is.

    Parameters
    ----------
    n_planes, n_units : int
        Planes of the picture; units of a patch.
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
        """Return the map, shape (patch, unit), of a picture, shape (plane, row, column)."""
        cut = image.reshape(len(image), GRID, PATCH, GRID, PATCH).transpose(1, 3, 0, 2, 4)
        # A convolution that does not overlap is one linear map of every patch.
        patches = cut.reshape(GRID * GRID, -1)
        return jax.nn.relu(jax.vmap(self.C2)(jax.nn.relu(jax.vmap(self.C1)(patches)))) + self.p

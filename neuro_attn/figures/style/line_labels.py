"""Labels at the ends of lines, without overlap."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from scipy.optimize import isotonic_regression

from neuro_attn.figures.style.constants import SMALL
from neuro_attn.figures.style.sizes import size


def spread(
    positions: np.ndarray, gap: float, low: float = -np.inf, high: float = np.inf
) -> np.ndarray:
    """Return `positions` moved apart by at least `gap`, with the smallest sum of squared moves.

    For sorted positions, ``moved[i] - i * gap`` must not decrease. This is an isotonic regression,
    and its solution within bounds is the clipped unbounded solution.

    Parameters
    ----------
    positions : array, shape (label,)
        Preferred positions of labels.
    gap : float
        Smallest distance between neighbours.
    low, high : float
        Bounds of the first and the last position. If there is not enough space, only `high` is
        respected.

    Returns
    -------
    array, shape (label,)
        Positions in the order of the input.
    """
    order = np.argsort(positions, kind="stable")
    steps = gap * np.arange(len(order))
    moved = np.empty(len(order))
    free = isotonic_regression(np.asarray(positions, float)[order] - steps).x
    moved[order] = np.clip(free, low, high - steps[-1]) + steps
    return moved


def end_labels(axes: Axes, ends: Sequence[tuple[float, float, str, str]], height: float) -> None:
    """Label lines at their right ends, without overlap between labels.

    Parameters
    ----------
    axes : Axes
        A panel whose limits and scales are final.
    ends : sequence of (x, y, text, colour)
        Ends of the lines, in data coordinates.
    height : float
        Height of the panel's frame, mm, from which the distance between labels is computed.
    """
    if not ends:
        return
    to_fraction = axes.transData + axes.transAxes.inverted()
    fractions = to_fraction.transform([(x, y) for x, y, _, _ in ends])
    heights = spread(fractions[:, 1], 1.15 * size(SMALL) * 25.4 / 72 / height, high=1)
    for (x, y, text, color), level in zip(ends, heights, strict=True):
        axes.annotate(
            text,
            (x, y),
            xytext=(1.06, level),
            textcoords="axes fraction",
            color=color,
            fontsize=size(SMALL),
            va="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": color,
                "linewidth": 0.4,
                "alpha": 0.6,
                "shrinkA": 0.5,
                "shrinkB": 2,
            },
        )

r"""Overlap of the subspaces that two codes span, debiased by split halves.

A code is the matrix P (contrast, unit) of contrasts of condition means. For colours, the contrasts
are the cosine and the sine of the bin centres. For K classes, they are K - 1 orthonormal
contrasts, rotated to their principal components, of which we keep the first two. With the Gram
matrices

.. math:: G_{xx} = P_x P_x^T, \quad G_{yy} = P_y P_y^T, \quad G_{xy} = P_x P_y^T

- the principal angles (Björck & Golub 1973) have the cosines
  :math:`\sigma(G_{xx}^{-1/2} G_{xy} G_{yy}^{-1/2})`;
- the cosine of the angle between two planes is their signed product,
  :math:`\det G_{xy} / \sqrt{\det G_{xx} \det G_{yy}}`;
- the alignment index (Elsayed et al. 2016) is the variance of y captured by the subspace of x,
  relative to that captured by the subspace of y:
  :math:`A_{y|x} = tr(G_{xx}^{-1} G_{xy} G_{xy}^T) / tr\,G_{yy}`;
  the symmetric index (Piwek et al. 2023) is the mean of :math:`A_{y|x}` and :math:`A_{x|y}`.

We estimate every Gram matrix between two disjoint halves of the trials, so that the noise of a
trial is never multiplied with itself: :math:`G_{xx} = P_x^1 P_x^{2T}`. For squares of the cross
Gram matrix, :math:`A = P_x^1 P_y^{2T}` is multiplied with :math:`B = P_x^2 P_y^{1T}`. We average
products and Gram matrices over random splits before any division. The expected index is then close
to 0 for codes without overlap and close to 1 for identical codes.
"""

import numpy as np

DIMENSIONS = 2
"""Number of dimensions of a subspace; a colour circle spans a plane."""
_RANK = 1e-10
"""Fraction of the largest eigenvalue below which an eigenvalue is attributed to rounding."""


def harmonics(n_bins: int) -> np.ndarray:
    """Return the contrasts of colour bins: cosine and sine of their centres, shape (2, bin)."""
    angle = 2 * np.pi * (np.arange(n_bins) + 0.5) / n_bins
    return np.stack([np.cos(angle), np.sin(angle)]) * 2 / n_bins


def overlaps(x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """Compute the overlap of two codes by all measures.

    Parameters
    ----------
    x, y : array, shape (..., split, 2, contrast, unit)
        The codes in both halves of the trials of each split. For the plain measures, which are
        biased by noise, pass the same trials as both halves.

    Returns
    -------
    dict of str to numpy.ndarray, shape (...)
        ``squared_cosine_1`` and ``squared_cosine_2`` (of the principal angles; debiased, so they
        can be negative), ``plane_cosine`` (its sign depends on the order of the contrasts),
        ``alignment``, ``alignment_second_in_first`` and ``alignment_first_in_second``. NaN where
        the debiased length of a code is not positive in every dimension.
    """
    xx, yy = _own(x), _own(y)
    defined = _spans(xx) & _spans(yy)
    safe = np.eye(xx.shape[-1])
    xx, yy = (np.where(defined[..., None, None], gram, safe) for gram in (xx, yy))
    (to_x, x_variance), (to_y, y_variance) = (_whitening(gram) for gram in (xx, yy))
    one = x[..., 0, :, :] @ _t(y[..., 1, :, :])
    other = x[..., 1, :, :] @ _t(y[..., 0, :, :])
    # Project on the whitened subspace of x, of y, and of both; `None` is the axis of the splits.
    in_x, in_y = to_x[..., None, :, :], to_y[..., None, :, :]
    captured_y = ((in_x @ one) * (in_x @ other)).sum(axis=(-2, -1)).mean(axis=-1)
    captured_x = ((one @ _t(in_y)) * (other @ _t(in_y))).sum(axis=(-2, -1)).mean(axis=-1)
    one, other = (in_x @ cross @ _t(in_y) for cross in (one, other))
    y_in_x, x_in_y = captured_y / y_variance, captured_x / x_variance
    squares = (_cross_validated(one, other) + _cross_validated(other, one)).mean(axis=-2) / 2
    results = {
        "squared_cosine_1": squares[..., 0],
        "squared_cosine_2": squares[..., 1],
        "plane_cosine": np.linalg.det((one + other).mean(axis=-3) / 2),
        "alignment": (y_in_x + x_in_y) / 2,
        "alignment_second_in_first": y_in_x,
        "alignment_first_in_second": x_in_y,
    }
    return {name: np.where(defined, value, np.nan) for name, value in results.items()}


def cosine_of_halves(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    r"""Return the debiased cosine of two codes, :math:`tr G_{xy} / \sqrt{tr G_{xx} tr G_{yy}}`.

    Parameters
    ----------
    x, y : array, shape (..., split, 2, contrast, unit)
        As for `overlaps`; x and y can be from the same trials.

    Returns
    -------
    numpy.ndarray, shape (...)
        NaN where the debiased length of a code is not positive.
    """
    across = (_inner(x, y, 0, 1) + _inner(x, y, 1, 0)) / 2
    one, other = _inner(x, x, 0, 1), _inner(y, y, 0, 1)
    defined = (one > 0) & (other > 0)
    lengths = np.sqrt(np.where(defined, one, 1) * np.where(defined, other, 1))
    return np.where(defined, across / lengths, np.nan)


def _inner(x: np.ndarray, y: np.ndarray, first: int, second: int) -> np.ndarray:
    return (x[..., first, :, :] * y[..., second, :, :]).sum(axis=(-2, -1)).mean(axis=-1)


def _t(matrix: np.ndarray) -> np.ndarray:
    return np.swapaxes(matrix, -1, -2)


def _own(code: np.ndarray) -> np.ndarray:
    """Return the Gram matrix of a code between halves, averaged over splits and both orders."""
    gram = (code[..., 0, :, :] @ _t(code[..., 1, :, :])).mean(axis=-3)
    return (gram + _t(gram)) / 2


def _spans(gram: np.ndarray) -> np.ndarray:
    """Return whether a code exceeds noise and rounding errors in every dimension, shape (...)."""
    values = np.linalg.eigvalsh(gram)
    return values[..., -DIMENSIONS] > _RANK * np.abs(values).max(axis=-1)


def _whitening(gram: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the map from contrasts to the leading whitened dimensions, and their variance.

    With two contrasts, the map is the symmetric inverse root, which preserves the orientation.

    Returns
    -------
    scaled : array, shape (..., dimension, contrast)
        The map.
    variance : array, shape (...)
        Variance in the leading dimensions.
    """
    values, vectors = np.linalg.eigh(gram)
    leading, values = vectors[..., -DIMENSIONS:], values[..., -DIMENSIONS:]
    scaled = _t(leading) / np.sqrt(values)[..., None]
    if gram.shape[-1] == DIMENSIONS:
        scaled = leading @ scaled
    return scaled, values.sum(axis=-1)


def _cross_validated(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return the squared cosines along the principal directions of `one`, shape (..., dimension).

    Each is the product of a cosine in `one` and the cosine along the same directions in `other`.
    The two are independent, so the expectation is 0 for codes without overlap.
    """
    left, cosines, right = np.linalg.svd(one)
    return cosines * (_t(left) @ other @ _t(right)).diagonal(axis1=-2, axis2=-1)

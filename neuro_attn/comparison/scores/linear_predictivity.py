r"""Linear predictivity in both directions: ridge regression of one population on the other.

X and Y (sample, unit) are the mean responses of two populations in all bins and kinds of trials.
The kinds of trials, with all of their bins, are divided into ``FOLDS`` folds. In each fold we
subtract from every bin the mean over the kinds of the training folds, so that a course that is
common to all kinds predicts nothing, and predict the fold that is left out:

.. math:: \hat Y = X W, \quad W = (X_t^T X_t + \alpha I)^{-1} X_t^T Y_t

The penalty :math:`\alpha`, in units of the mean eigenvalue of :math:`X_t^T X_t`, has the smallest
leave-one-out error of the training samples among ``PENALTIES``. The score is the correlation of
predicted and measured responses over all samples and units,

.. math:: r = \frac{\sum \hat y\, y}{\sqrt{\sum \hat y^2 \sum y^2}}

Its ceiling is the correlation of measured responses with their expected values, from the two
halves of the trials of the predicted side (Spearman 1910; Brown 1910):
:math:`\sqrt{2 \rho / (1 + \rho)}` with :math:`\rho` the correlation of the halves, about the mean
over kinds in each bin. A score divided by its ceiling is corrected for the noise of the predicted
side (Yamins et al. 2014; Schrimpf et al. 2018), not for that of the predictors.
"""

import numpy as np

from neuro_attn.comparison.responses import Drawn

SCORES = {
    "linear_predictivity": "correlation of the region's responses with the network's prediction",
    "reverse_predictivity": "correlation of the network's responses with the region's prediction",
}
LABELS = {
    "linear_predictivity": "predicts\nregion",
    "reverse_predictivity": "predicted\nby region",
}
ORDER = 10

FOLDS = 5
"""Number of folds over the kinds of trials, or fewer if there are fewer kinds."""
PENALTIES = 10.0 ** np.arange(-3, 3)
"""Candidate penalties, in units of the mean eigenvalue."""


def score(region: Drawn, network: Drawn) -> dict[str, np.ndarray]:
    """Return both correlations in each draw; nothing without common bins."""
    if not region.courses:
        return {}
    sides = [each.courses_together().mean(axis=1) for each in (region, network)]
    return {
        "linear_predictivity": predictivity(sides[1], sides[0]),
        "reverse_predictivity": predictivity(sides[0], sides[1]),
    }


def ceiling(region: Drawn, network: Drawn) -> dict[str, np.ndarray]:
    """Return the ceilings of both correlations in each draw."""
    if not region.courses:
        return {}
    return {
        "linear_predictivity": reliability(region.courses_together()),
        "reverse_predictivity": reliability(network.courses_together()),
    }


def predictivity(predictor: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return the correlation of predicted and measured responses.

    Parameters
    ----------
    predictor, predicted : array, shape (draw, bin, kind, unit)
        Mean responses of two populations.

    Returns
    -------
    numpy.ndarray, shape (draw,)
        NaN where either population does not respond.
    """
    n_draws, _, n_kinds, _ = predictor.shape
    n_folds = min(FOLDS, n_kinds)
    products = np.zeros((3, n_draws))
    for fold in range(n_folds):
        held_out = np.arange(n_kinds) % n_folds == fold
        of_folds = [
            each - each[:, :, ~held_out].mean(axis=2, keepdims=True)
            for each in (predictor, predicted)
        ]
        train, test = (
            [each[:, :, chosen].reshape(n_draws, -1, each.shape[-1]) for each in of_folds]
            for chosen in (~held_out, held_out)
        )
        guess, truth = test[0] @ ridge(*train), test[1]
        for number, (one, other) in enumerate(((guess, truth), (guess, guess), (truth, truth))):
            products[number] += (one * other).sum(axis=(1, 2))
    return _cosine(*products)


def ridge(predictor: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Fit a ridge regression without intercept; leave-one-out errors select the penalty.

    Parameters
    ----------
    predictor, predicted : array, shape (draw, sample, unit)
        Training samples.

    Returns
    -------
    numpy.ndarray, shape (draw, unit of the predictor, predicted unit)
        The weights W.
    """
    gram = np.swapaxes(predictor, 1, 2) @ predictor
    eigenvalues, axes = np.linalg.eigh(gram)
    mean = eigenvalues.mean(axis=1, keepdims=True)
    scale = np.where(mean > 0, mean, 1)
    along = predictor @ axes
    targets = np.swapaxes(along, 1, 2) @ predicted
    errors = []
    for penalty in PENALTIES:
        shrunk = 1 / (np.maximum(eigenvalues, 0) + penalty * scale)
        residual = predicted - along @ (shrunk[..., None] * targets)
        leverage = (along**2 * shrunk[:, None]).sum(axis=2)
        errors.append(((residual / (1 - leverage)[..., None]) ** 2).sum(axis=(1, 2)))
    best = PENALTIES[np.argmin(errors, axis=0)][:, None]
    shrunk = 1 / (np.maximum(eigenvalues, 0) + best * scale)
    weights: np.ndarray = axes @ (shrunk[..., None] * targets)
    return weights


def reliability(courses: np.ndarray) -> np.ndarray:
    """Return the expected correlation of measured responses with their expected values.

    Parameters
    ----------
    courses : array, shape (draw, half, bin, kind, unit)
        Mean responses in two halves of the trials.

    Returns
    -------
    numpy.ndarray, shape (draw,)
        0 where the halves are not positively correlated.
    """
    first, second = np.moveaxis(courses - courses.mean(axis=3, keepdims=True), 1, 0)
    products = [
        (one * other).sum(axis=(1, 2, 3))
        for one, other in ((first, second), (first, first), (second, second))
    ]
    halves = np.maximum(np.nan_to_num(_cosine(*products)), 0)
    return np.sqrt(2 * halves / (1 + halves))


def _cosine(product: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    lengths = np.sqrt(one * other)
    return np.where(lengths > 0, product / np.where(lengths > 0, lengths, 1), np.nan)

"""Balanced accuracy: the fraction of correctly classified trials, averaged over classes."""

import numpy as np

LABEL = "balanced accuracy"
MEANING = "Fraction of trials that are classified correctly, mean over classes."


def score(decision: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the balanced accuracy for every pair of bins.

    Correct trials are counted (float32 represents integers up to 2^24 exactly), so equal counts
    give equal accuracies, whichever trials were correct.

    Parameters
    ----------
    decision : array, shape (replicate, test_bin, row, train_bin, output)
        Decision values: one output for two classes, otherwise one per class.
    truth : array of int, shape (row,)
        The true classes.

    Returns
    -------
    array, shape (replicate, train_bin, test_bin)
    """
    if decision.shape[-1] == 1:
        correct = (decision[..., 0] > 0) == (truth == 1)[:, None]
    else:
        correct = decision.argmax(axis=-1) == truth[:, None]
    is_class = (np.unique(truth)[:, None] == truth).astype(np.float32)
    counts = is_class @ correct.astype(np.float32)
    accuracy = counts / is_class.sum(axis=1, dtype=float)[:, None]
    return accuracy.mean(axis=-2).swapaxes(1, 2)


def chance(n_classes: int) -> float:
    """Return the expected accuracy of a decoder without information."""
    return 1 / n_classes

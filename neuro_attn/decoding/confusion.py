"""Confusion matrices: which classes decoders decode on the test trials of each class."""

import numpy as np


def counted(truth: np.ndarray, decision: np.ndarray, n_classes: int) -> np.ndarray:
    """Return how many trials of each class are decoded as each class.

    Parameters
    ----------
    truth : array of int, shape (row,)
        The true classes.
    decision : array, shape (replicate, bin, row, output)
        Decision values: one output for two classes, otherwise one per class.
    n_classes : int
        Number of classes.

    Returns
    -------
    array of int, shape (replicate, bin, true class, decoded class)
    """
    classes = np.arange(n_classes)
    decoded = decision[..., 0] > 0 if decision.shape[-1] == 1 else decision.argmax(axis=-1)
    is_decoded = (decoded[..., None] == classes).astype(np.float32)
    # float32 represents integers up to 2^24 exactly.
    return ((classes[:, None] == truth).astype(np.float32) @ is_decoded).astype(np.int64)


def shares(counts: np.ndarray) -> np.ndarray:
    """Return the fraction of the trials of each class that are decoded as each class."""
    return counts / counts.sum(axis=-1, keepdims=True)

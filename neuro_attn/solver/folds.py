"""Folds of a cross-validation, as trial numbers."""

import numpy as np


def trials_of_fold(
    number: int, fold: tuple[np.ndarray, np.ndarray], n_trials: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the training and test trials of a fold, which are given as numbers or masks.

    Raises
    ------
    ValueError
        If a fold has no training or test trials, or tests trials that it trains on.
    """
    train, test = (np.arange(n_trials)[trials] for trials in fold)
    if not len(test) or not len(train):
        raise ValueError(f"fold {number} must have training and test trials; one of them has none")
    shared = np.intersect1d(train, test)
    if len(shared):
        raise ValueError(
            f"fold {number} tests {len(shared)} of the trials that it trains on; leave them out of "
            "one of the two"
        )
    return train, test

r"""Area under the receiver operating characteristic (AUC), from ranks of the decision values.

.. math:: \mathrm{AUC} = \frac{1}{n_1 n_0} \sum_{i \in 1} \sum_{j \in 0} \left([d_i > d_j]
    + \tfrac12 [d_i = d_j]\right)

AUC needs no threshold, so a shift of all decision values does not change it: mean rates that differ
between two tasks reduce the accuracy across tasks, but not the AUC. With more than two classes,
AUC is the mean over classes of the AUC of a class against the others.
"""

import numpy as np

LABEL = "AUC"
MEANING = (
    "Probability that a trial of one class has a larger decision value than one of the other; mean "
    "over classes, each against the others, if there are several. It needs no threshold."
)
BATCH = 4_000_000
"""Decision values that are sorted at once."""


def score(decision: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the AUC for every pair of bins.

    Pairs of trials are counted in halves (float64 represents them exactly), so equal counts give
    equal scores.

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
    n_outputs = decision.shape[-1]
    classes = [1] if n_outputs == 1 else list(range(n_outputs))
    areas = [
        _area(decision[..., output], truth == label)
        for output, label in enumerate(classes)
        if (truth == label).any()
    ]
    return np.mean(areas, axis=0).swapaxes(-1, -2)


def chance(n_classes: int) -> float:
    """Return the expected AUC of a decoder without information, whatever the number of classes."""
    return 0.5


def _area(values: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Return the AUC of values (replicate, test_bin, row, train_bin) over rows."""
    n_positive, n_rows = int(positive.sum()), len(positive)
    size = max(1, BATCH // max(1, values[0].size))
    ranks = np.concatenate(
        [
            _rank_sums(values[start : start + size], positive)
            for start in range(0, len(values), size)
        ]
    )
    return (ranks - n_positive * (n_positive + 1) / 2) / (n_positive * (n_rows - n_positive))


def _rank_sums(values: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Return the sum of the ranks of positive rows, where equal values share their mean rank."""
    # As scipy.stats.rankdata, whose import would take a second in every job.
    rows = np.moveaxis(values, 2, -1)
    order = rows.argsort(axis=-1, kind="stable")
    ordered = np.take_along_axis(rows, order, axis=-1)
    n_rows = rows.shape[-1]
    places = np.broadcast_to(np.arange(n_rows), ordered.shape)
    begins = np.ones(ordered.shape, bool)
    begins[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    ends = np.ones(ordered.shape, bool)
    ends[..., :-1] = begins[..., 1:]
    first = np.maximum.accumulate(np.where(begins, places, 0), axis=-1)
    last = np.minimum.accumulate(np.where(ends, places, n_rows)[..., ::-1], axis=-1)[..., ::-1]
    return ((first + last) / 2 + 1).sum(axis=-1, where=positive[order])

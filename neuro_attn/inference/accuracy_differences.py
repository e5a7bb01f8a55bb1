"""Differences of accuracy between two tasks on which the same decoders are tested.

One of the two tasks, or both, is only tested (`test_only`), such as errors against correct trials,
or the two halves of a median split. Accuracy above chance in one of them alone would be no evidence
of a difference (Nieuwenhuis et al. 2011). Sessions are the sample.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd

from neuro_attn.decoding import POOLED
from neuro_attn.inference.sign_flips import mean_with_interval, sign_flip_test, sign_patterns
from neuro_attn.results import columns_of
from neuro_attn.study import Study

Cell = tuple[str, str, str, str, str]
"""Region, training task, both test tasks, and window."""


def difference_table(summary: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Tabulate differences of accuracy, each tested by flipping the signs of whole sessions.

    P-values are corrected over the regions and windows of a training task and pair of test tasks,
    and over all of these if `correct_over` has ``task_pairs``.

    Parameters
    ----------
    summary : pandas.DataFrame
        The table of accuracies in windows. A pseudopopulation has no single sessions, so its
        differences have neither intervals nor p-values.
    study : Study
        The data set, with its tasks and inference.
    """
    inference, tasks = study.dataset.inference, list(study.dataset.tasks)
    keys = ["session", "region", "train_task", "test_task", "window"]
    accuracy = dict(
        zip(summary[keys].itertuples(index=False, name=None), summary["accuracy"], strict=True)
    )
    regions, sessions = (list(dict.fromkeys(summary[key])) for key in ("region", "session"))
    sessions.remove(POOLED)
    cells = [
        (region, train, *pair, window)
        for region, train, pair, window in product(
            regions, tasks, study.dataset.test_pairs, study.dataset.windows
        )
    ]

    def of_test(session: str, cell: Cell, number: int) -> float:
        region, train, *pair, window = cell
        return accuracy.get((session, region, train, pair[number], window), np.nan)

    def differences(session: str) -> list[float]:
        return [of_test(session, cell, 0) - of_test(session, cell, 1) for cell in cells]

    shape = len(sessions), len(cells)
    values = np.array([differences(session) for session in sessions], float).reshape(shape)
    p_value, p_corrected = _tested(values, cells, study) if sessions else ((np.nan,) * 2)
    intervals = [
        mean_with_interval(of_cell[np.isfinite(of_cell)], inference.confidence)
        for of_cell in values.T
    ]
    table = pd.DataFrame(
        cells, columns=["region", "train_task", "first_task", "second_task", "window"]
    )
    table = table.assign(
        first_accuracy=[of_test(POOLED, cell, 0) for cell in cells],
        second_accuracy=[of_test(POOLED, cell, 1) for cell in cells],
        difference=differences(POOLED),
        ci_low=[low for _, low, _ in intervals],
        ci_high=[high for _, _, high in intervals],
        p_value=p_value,
        p_corrected=p_corrected,
        n_sessions=np.isfinite(values).sum(axis=0),
    )
    return table[columns_of("accuracy_differences")]


def _tested(
    values: np.ndarray, cells: Sequence[Cell], study: Study
) -> tuple[np.ndarray, np.ndarray]:
    """Return p-values of differences (session, cell), uncorrected and corrected over a family."""
    together = "task_pairs" in study.dataset.inference.correct_over
    families: dict[tuple[str, ...], list[int]] = {}
    for number, (_, train, first, second, _) in enumerate(cells):
        families.setdefault(() if together else (train, first, second), []).append(number)
    p_value, p_corrected = np.ones((2, len(cells)))
    for name, members in families.items():
        signs = sign_patterns(len(values), study.rng("accuracy differences", *name))
        flips = sign_flip_test(values[:, members], signs)
        p_value[members], p_corrected[members] = flips.p_value, flips.p_corrected
    return p_value, p_corrected

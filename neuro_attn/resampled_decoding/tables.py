r"""Tables of the decoding of resampled trials: accuracies, their percentiles and p-values.

Over m iterations with accuracies :math:`a_i`,

.. math:: p = \frac{1 + \#\{i : a_i \le c\}}{m + 1} , \qquad c = 1 / \text{classes} ,

one-sided and uncorrected, as in Panichello & Buschman (2021). It concerns the trials of exactly
these units. In any finite number of units, two unrelated codes overlap by chance, and the draws do
not vary this overlap. The p-values and verdicts of other tables have units or sessions as their
sample.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.configuration import Inference
from neuro_attn.inference.intervals import interval
from neuro_attn.inference.significance import significant
from neuro_attn.resampled_decoding.decode import no_session
from neuro_attn.results import columns_of
from neuro_attn.study import Study


class Resampled(NamedTuple):
    """The tables of a data set; each is written to a file."""

    resampled_accuracy: pd.DataFrame
    resampled_accuracy_over_time: pd.DataFrame
    resampled_first_times: pd.DataFrame


def tables_of(regions: Sequence[xr.Dataset], study: Study) -> Resampled:
    """Tabulate what `decode` counted.

    Parameters
    ----------
    regions : sequence of xarray.Dataset
        One for each region; those without units are omitted.
    study : Study
        The data set.

    Raises
    ------
    InputError
        If no region has units.
    """
    found = [region for region in regions if region.attrs["n_units"]]
    if not found:
        raise no_session(study)
    inference = study.dataset.inference
    in_windows = [row for each in found for row in _rows(each, "window", inference)]
    over_time = pd.DataFrame(
        [row for each in found for row in _rows(each, "time", inference)],
        columns=columns_of("resampled_accuracy_over_time"),
    )
    return Resampled(
        pd.DataFrame(in_windows, columns=columns_of("resampled_accuracy")),
        over_time,
        pd.DataFrame(
            _first_times(over_time, inference.alpha), columns=columns_of("resampled_first_times")
        ),
    )


def p_value(correct: np.ndarray, n_tests: int, n_classes: int) -> np.ndarray:
    """Return the one-sided p-value of counts of correct tests (iteration, ...)."""
    at_chance = (correct.astype(np.int64) * n_classes <= n_tests).sum(axis=0)
    return (1 + at_chance) / (len(correct) + 1)


def _rows(region: xr.Dataset, place: str, inference: Inference) -> Iterator[dict]:
    """Yield the rows of a region in its windows or times."""
    correct = region["correct" if place == "time" else "window_correct"].values
    n_tests, n_classes = region.attrs["n_tests"], region.attrs["n_classes"]
    accuracy = correct / n_tests
    low, high = interval(np.moveaxis(accuracy, 0, -1), inference.confidence)
    p, mean = p_value(correct, n_tests, n_classes), accuracy.mean(axis=0)
    for pair, number in np.ndindex(mean.shape):
        yield {
            "region": region.attrs["region"],
            "first_task": str(region["first_task"].values[pair]),
            "second_task": str(region["second_task"].values[pair]),
            place: region[place].values[number],
            "accuracy": mean[pair, number],
            "chance": 1 / n_classes,
            "resampled_low": low[pair, number],
            "resampled_high": high[pair, number],
            "p_value": p[pair, number],
            "n_units": region.attrs["n_units"],
            "n_sessions": region.attrs["n_sessions"],
            "iterations": len(correct),
        }


def _first_times(over_time: pd.DataFrame, alpha: float) -> Iterator[dict]:
    """Yield the first bin after the event with p < alpha, for each region and pair of tasks."""
    keys = ["region", "first_task", "second_task"]
    for place, found in over_time.groupby(keys, sort=False):
        later = found[(found["time"] > 0) & significant(found["p_value"], alpha)]
        yield {
            **dict(zip(keys, place, strict=True)),
            "first_time_s": later["time"].min() if len(later) else np.nan,
        }

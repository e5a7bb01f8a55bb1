"""Tables of the prediction of a continuous label, in the units in which it is reported.

Tests use a score that is larger for a better decoder. What is reported is linear in the score
(`configuration.scores.Score.reported`), so means, intervals and p-values are those of the score.
"""

from collections.abc import Sequence

import pandas as pd
import xarray as xr

from neuro_attn.configuration import Inference
from neuro_attn.configuration.scores import SCORES
from neuro_attn.inference import tables
from neuro_attn.inference.cross_temporal import cross_temporal
from neuro_attn.results import columns_of


def prediction_table(
    regions: Sequence[xr.Dataset], settings: Inference, axis: str = "window"
) -> pd.DataFrame:
    """Tabulate predictions in the windows, or over time, as `tables.summary_table`.

    Parameters
    ----------
    regions : sequence of xarray.Dataset
        From `decoding.decode_region` or `reduction.reduced`, one a region.
    settings : Inference
        Confidence of the intervals, correction and level of the tests.
    axis : {"window", "time"}
        What rows are for.
    """
    in_windows = axis == "window"
    of_scores = tables.summary_table if in_windows else tables.transfer_table
    found = of_scores(regions, settings)
    score = SCORES[regions[0].attrs["score"]]
    ends = ["ci_low", "ci_high"]
    limits = found[ends[::-1] if score.smaller_is_better else ends]
    reported = found.assign(
        score=score.name,
        unit=score.unit,
        value=score.reported(found["accuracy"]),
        chance=score.reported(found["chance"]),
        ci_low=score.reported(limits.iloc[:, 0]),
        ci_high=score.reported(limits.iloc[:, 1]),
    )
    return reported[columns_of("predictions" if in_windows else "prediction_over_time")]


def prediction_cross_temporal(regions: Sequence[xr.Dataset], settings: Inference) -> xr.Dataset:
    """Return predictions for every training and test time, as `cross_temporal.cross_temporal`.

    Returns
    -------
    xarray.Dataset
        ``value``, ``p_corrected`` (is it better than chance?) and ``p_corrected_worse`` (is it
        worse?) (region, train_task, test_task, train_time, test_time), with the attributes
        ``score``, ``unit`` and ``chance`` (the mean over all of these of permuted labels).
    """
    found = cross_temporal(regions, settings)
    score = SCORES[regions[0].attrs["score"]]
    reported = found.assign(accuracy=score.reported(found["accuracy"]))
    return reported.rename(accuracy="value", p_corrected_below="p_corrected_worse").assign_attrs(
        score=score.name, unit=score.unit, chance=score.reported(found.attrs["chance"])
    )

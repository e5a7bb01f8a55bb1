"""Prediction of continuous labels across tasks, for arrays in memory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import xarray as xr
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from neuro_attn.arrays.analysis import decoded, prepared
from neuro_attn.arrays.recordings import CALL, called
from neuro_attn.configuration import AnyDataset
from neuro_attn.configuration.labels import CONTINUOUS
from neuro_attn.errors import InputError
from neuro_attn.figures import prediction_across_times, prediction_over_time, style
from neuro_attn.figures.over_time import Shown
from neuro_attn.figures.prediction_words import headline
from neuro_attn.inference.predictions import prediction_cross_temporal, prediction_table


@dataclass(frozen=True, repr=False)
class CrossTaskPrediction:
    """Results of `neuro_attn.predict_across_tasks`: tables and figures of the workflow.

    Parameters
    ----------
    predictions, over_time : pandas.DataFrame
        Predictions in the windows, and over time (``prediction_over_time.csv``).
    regions : pandas.DataFrame
        The units and trials of each region.
    cross_temporal : xarray.Dataset
        Predictions for every training and test time.
    settings : settings of a data set
        All settings, defaults included.
    """

    predictions: pd.DataFrame
    over_time: pd.DataFrame
    regions: pd.DataFrame
    cross_temporal: xr.Dataset
    settings: AnyDataset = field(repr=False)

    def __repr__(self) -> str:
        """Return in which regions the label is predicted, and how well."""
        return headline(self.predictions, self.settings)

    def draw_over_time(self, *, ax: style.Target | None = None) -> Figure:
        """Plot predictions over time in each region; `ax` as in the figures of the report."""
        return prediction_over_time.draw(self.over_time, Shown.of(self.settings), ax=ax)

    def draw_across_times(self, *, ax: style.Target | None = None) -> Figure:
        """Plot predictions at all pairs of times; `ax` as in the figures of the report."""
        alpha = self.settings.inference.alpha
        return prediction_across_times.draw(self.cross_temporal, alpha, ax=ax)


def predict_across_tasks(
    rates: ArrayLike | Sequence[ArrayLike],
    label: Sequence[Any],
    task: Sequence[Any],
    *,
    kind: str,
    tasks: Sequence[str] | None = None,
    test_only: Sequence[str] | None = None,
    region: str | Sequence[Any] | None = None,
    session: str | Sequence[str] | None = None,
    subject: str | Sequence[str] | None = None,
    times: ArrayLike | None = None,
    windows: Mapping[str, tuple[float, float]] | None = None,
    trials: pd.DataFrame | Sequence[pd.DataFrame] | None = None,
    permutations: int = 1000,
    seed: int = 0,
    decoding: Mapping[str, Any] | None = None,
    inference: Mapping[str, Any] | None = None,
    units: str = "a.u.",
    name: str = "arrays",
    progress: Callable[[str], object] | None = None,
) -> CrossTaskPrediction:
    """Test whether a population predicts a continuous label within and across tasks.

    Ridge regressions are trained on each task and tested on all of them, as the workflow does it,
    with permutation tests and bootstrap intervals.

    Parameters
    ----------
    rates, task, tasks, test_only, region, session, subject, times, windows, trials, permutations, \
    seed, decoding, inference, units, name, progress
        As in `cross_task`.
    label : array of float, shape (trial,), or list of such arrays
        The label of each trial; angles in rad. Trials with NaN are left out.
    kind : {"circular", "linear"}
        An angle, or any other quantity.

    Returns
    -------
    CrossTaskPrediction
        The tables, which can be drawn.

    Raises
    ------
    InputError
        As `cross_task`; if the label is no number, or angles exceed one turn.

    Examples
    --------
    Two tasks with one code of a direction, in 20 units:

    >>> import numpy as np
    >>> import neuro_attn
    >>> rng = np.random.default_rng(1)
    >>> direction = rng.uniform(-np.pi, np.pi, 160)
    >>> task = np.repeat(["remember", "attend"], 80)
    >>> preferred = np.linspace(-np.pi, np.pi, 20, endpoint=False)
    >>> rates = np.cos(direction[:, None] - preferred) + rng.normal(size=(160, 20))
    >>> found = neuro_attn.predict_across_tasks(
    ...     rates, direction, task, kind="circular", permutations=100
    ... )
    >>> across = found.predictions.query("session == 'all' and train_task != test_task")
    >>> bool((across["value"] < 30).all() and (across["p_corrected"] < 0.05).all())
    True
    """
    with called(predict_across_tasks.__name__):
        if kind not in CONTINUOUS:
            raise InputError(f"{CALL}, kind", f"{kind!r}.", f"Allowed: {', '.join(CONTINUOUS)}.")
        recordings, study = prepared(
            rates,
            {"label": label, "task": task, "region": region},
            label={"column": "label", "kind": kind},
            tasks=tasks,
            test_only=test_only,
            reference_tasks=None,
            session=session,
            subject=subject,
            times=times,
            windows=windows,
            trials=trials,
            permutations=permutations,
            seed=seed,
            decoding=decoding,
            inference=inference,
            units=units,
            name=name,
            progress=progress,
        )
        regions, decodings = decoded(recordings, study, progress or (lambda line: None))
    settings = study.dataset.inference
    return CrossTaskPrediction(
        prediction_table(decodings, settings),
        prediction_table(decodings, settings, "time"),
        regions,
        prediction_cross_temporal(decodings, settings),
        study.dataset,
    )

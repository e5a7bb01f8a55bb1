"""Summarise the report errors of all networks in one table."""

import pandas as pd


def mean_report_errors(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the mean absolute report error of every network, random seed and task.

    Parameters
    ----------
    trials : pandas.DataFrame
        Held-out trials: ``network``, ``trained``, ``seed``, ``trial_type`` and ``report_error``
        (degrees).

    Returns
    -------
    pandas.DataFrame
        ``network``, ``trained``, ``seed``, ``task``, ``report_error`` (mean absolute error,
        degrees), ``n_trials``.
    """
    keys = ["network", "trained", "seed", "trial_type"]
    error = trials.assign(report_error=trials["report_error"].abs())
    grouped = error.groupby(keys, sort=True)["report_error"]
    table = grouped.agg(report_error="mean", n_trials="size").reset_index()
    return table.rename(columns={"trial_type": "task"})

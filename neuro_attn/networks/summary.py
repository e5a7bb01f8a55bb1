"""Summarise the report errors of all networks in one table, and judge which have learned."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from neuro_attn.results import columns_of

COLUMNS = columns_of("report_error")


def mean_report_errors(
    trials: pd.DataFrame, log: pd.DataFrame | None, learned_below: Mapping[str, float]
) -> pd.DataFrame:
    """Return the mean absolute report error of every network, random seed and task.

    Parameters
    ----------
    trials : pandas.DataFrame
        Held-out trials: ``network``, ``trained``, ``seed``, ``trial_type`` and ``report_error``
        (degrees; NaN without a report).
    log : pandas.DataFrame or None
        Training logs: ``network``, ``seed``, ``step`` and ``loss``; see `training.train`. Imported
        networks have none.
    learned_below : mapping of str to float
        The setting ``learned_below`` of every network, degrees.

    Returns
    -------
    pandas.DataFrame
        ``network``, ``trained``, ``seed``, ``task``, ``report_error`` (mean absolute error,
        degrees), ``n_trials``, ``probed`` (whether there are reports), ``learned`` (missing
        without reports), ``learned_below`` (degrees) and ``stopped_at`` (step at which the loss
        was not finite; NaN if it was). A network has learned if its training was not stopped and
        its error is below ``learned_below`` in each of its tasks.

    Examples
    --------
    >>> network = {"network": "a", "seed": 0}
    >>> errors = {"trained": True, "trial_type": ["pro", "retro"], "report_error": [-4.0, 50.0]}
    >>> log = pd.DataFrame({**network, "step": [50], "loss": [0.2]})
    >>> table = mean_report_errors(pd.DataFrame({**network, **errors}), log, {"a": 30.0})
    >>> table[["task", "report_error", "learned"]]
        task  report_error  learned
    0    pro           4.0    False
    1  retro          50.0    False
    """
    keys = ["network", "trained", "seed", "trial_type"]
    error = trials.assign(report_error=trials["report_error"].abs())
    grouped = error.groupby(keys, sort=True)["report_error"]
    table = grouped.agg(report_error="mean", n_trials="size").reset_index()
    table = table.rename(columns={"trial_type": "task"})
    table["learned_below"] = table["network"].map(learned_below)
    table["stopped_at"] = np.nan
    if log is not None:
        failed = log[~np.isfinite(log["loss"])].drop_duplicates(["network", "seed"])
        stopped = failed.set_index(["network", "seed"])["step"]
        names = list(zip(table["network"], table["seed"], strict=True))
        steps = stopped.reindex(names).to_numpy(float)
        table["stopped_at"] = np.where(table["trained"], steps, np.nan)
    worst = table.groupby(keys[:3])["report_error"].transform("max")
    learned = (worst < table["learned_below"]) & table["stopped_at"].isna()
    table["probed"] = table["report_error"].notna()
    table["learned"] = learned.astype("boolean").where(table["probed"])
    return table[COLUMNS]


def why_not_learned(errors: pd.DataFrame) -> str:
    """Return why a replicate network has not learned; empty if it has.

    Parameters
    ----------
    errors : pandas.DataFrame
        The rows of one replicate network in the table of `mean_report_errors`.
    """
    # Without reports, it is not known.
    if errors["learned"].fillna(True).all():
        return ""
    if errors["stopped_at"].notna().any():
        return f"the loss was not finite at training step {errors['stopped_at'].iloc[0]:.0f}"
    found = " and ".join(
        f"{row.report_error:.1f} degrees in {row.task} trials" for row in errors.itertuples()
    )
    return (
        f"the mean report error is {found}; below {errors['learned_below'].iloc[0]:g} is needed, "
        "chance is 90"
    )

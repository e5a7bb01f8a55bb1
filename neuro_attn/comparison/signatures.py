"""Signatures: what decoding says of a region or of a network's population, as one labelled vector.

A network's population went through the same decoding as a brain's region, so both have the same
features: the accuracy of every pair of training and test task in every named window.
"""

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.errors import InputError

FEATURE = ("train_task", "test_task", "window")
"""Dimensions of a decoding result that together name a feature."""


def signature(decoding: xr.Dataset) -> xr.Dataset:
    """Return the signature of a region's or a population's decoding result.

    Parameters
    ----------
    decoding : xarray.Dataset
        With ``window_accuracy`` (session, train_task, test_task, window, draw),
        ``window_bootstrap`` (session, train_task, test_task, window, replicate) and
        ``half_accuracy`` (session, train_task, test_task, window, half, draw), the last of two
        disjoint random halves of the units in each draw.

    Returns
    -------
    xarray.Dataset
        On ``feature``, labelled as 'accuracy pro->retro cue': ``value`` (feature), mean over
        draws; ``sd`` (feature), SD over bootstrap replicates; ``replicates`` (replicate,
        feature); ``draws`` (draw, feature); ``halves`` (half, draw, feature), which keeps draws,
        as a mean over draws would mix the halves; all means over sessions (networks: seeds).
        ``sessions`` (session, feature) keeps these. Attributes are those of `decoding`.

    Raises
    ------
    InputError
        If a feature has no finite value.
    """
    means = decoding[["window_accuracy", "window_bootstrap", "half_accuracy"]].mean("session")
    replicates = _by_feature(means["window_bootstrap"])
    result = xr.Dataset(
        {
            "value": _by_feature(means["window_accuracy"].mean("draw")),
            "sd": replicates.std("replicate", ddof=1),
            "replicates": replicates.transpose("replicate", "feature"),
            "draws": _by_feature(means["window_accuracy"]).transpose("draw", "feature"),
            "sessions": _by_feature(decoding["window_accuracy"].mean("draw")).transpose(
                "session", "feature"
            ),
            "halves": _by_feature(means["half_accuracy"]).transpose("half", "draw", "feature"),
        },
        attrs=decoding.attrs,
    )
    for name, variable in result.data_vars.items():
        finite = np.isfinite(variable.transpose(..., "feature").values)
        if not finite.all():
            each = finite.reshape(-1, result.sizes["feature"]).all(axis=0)
            lacking = ", ".join(result["feature"].values[~each])
            raise InputError(
                f"decoding of {decoding.attrs.get('region', 'a region')}",
                f"{name} is not finite for the features: {lacking}.",
            )
    return result


def _by_feature(values: xr.DataArray) -> xr.DataArray:
    """Put the dimensions of `FEATURE` together to one, labelled in words."""
    stacked = values.stack(feature=FEATURE)
    labels = [
        f"accuracy {train}->{test} {window}" for train, test, window in stacked.indexes["feature"]
    ]
    return stacked.drop_vars(["feature", *FEATURE]).assign_coords(feature=labels)


def signature_table(signatures: list[xr.Dataset]) -> pd.DataFrame:
    """Return signatures as one table: dataset, region, feature, value, sd."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "dataset": each.attrs["dataset"],
                    "region": each.attrs["region"],
                    "feature": each["feature"].values,
                    "value": each["value"].values,
                    "sd": each["sd"].values,
                }
            )
            for each in signatures
        ],
        ignore_index=True,
    )

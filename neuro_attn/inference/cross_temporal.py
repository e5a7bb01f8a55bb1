"""Cross-temporal generalisation: does the code at one time hold, or reverse, at another."""

from collections.abc import Iterable, Iterator

import numpy as np
import xarray as xr

from neuro_attn.configuration import Inference
from neuro_attn.inference.corrections import NULLS, corrected, nulls_of

_CROSS = ("region", "train_task", "test_task", "train_time", "test_time")


def cross_temporal(decodings: Iterable[xr.Dataset], settings: Inference) -> xr.Dataset:
    """Return accuracy for every training and test time, over all sessions, with its p-values.

    The test is two-sided, since a code can reverse. P-values are corrected, as
    `settings.correction` says, over both directions and all pairs of times of a region and pair of
    tasks (also over all regions or pairs of tasks: `settings.correct_over`). For clusters, both
    training and test time are times, and accuracies above and below chance form separate clusters.

    Parameters
    ----------
    decodings : iterable of xarray.Dataset
        From `decoding.decode_region`, one a region of a data set. Unless p-values are corrected
        over regions, they are taken one after the other, so that one is in memory at a time.
    settings : Inference
        Correction and level of the tests.

    Returns
    -------
    xarray.Dataset
        ``accuracy``, ``p_corrected`` (is it above chance?) and ``p_corrected_below`` (is it below?)
        (region, train_task, test_task, train_time, test_time).
    """
    together, tested = [], []
    n_units, chance = [], float("nan")
    for decoding in decodings:
        n_units.append(int(decoding["units_per_draw"].sum()))
        chance = decoding.attrs["chance"]
        values = _all_sessions(decoding)
        if "regions" in settings.correct_over:
            together.append(values)
        else:
            tested.append(_tested(values, settings))
    if together:
        tested = [_tested(xr.concat(together, "region", join="exact"), settings)]
    return (
        xr.concat(tested, "region", join="exact")
        .assign_coords(n_units=("region", n_units))
        .assign_attrs(chance=chance)
    )


def _all_sessions(decoding: xr.Dataset) -> xr.Dataset:
    """Return accuracy and nulls, means over draws and sessions, with the region as a dimension."""
    nulls = {name: _over_sessions(decoding[name]) for name in NULLS if name in decoding}
    accuracy = decoding["accuracy"].mean(["draw", "session"], dtype=float)
    return xr.Dataset({"accuracy": accuracy, **nulls}).expand_dims(
        region=[decoding.attrs["region"]]
    )


def _over_sessions(null: xr.DataArray) -> xr.DataArray:
    """Return the mean over sessions; that of one session keeps its precision, half the memory."""
    if null.sizes["session"] == 1:
        return null.isel(session=0, drop=True)
    return null.mean("session", dtype=float)


def _tested(values: xr.Dataset, settings: Inference) -> xr.Dataset:
    """Return the accuracy of regions that are corrected together, with its p-values.

    Accuracies above and below the null are members of one family. If there is no code, some
    accuracy of either direction is significant in a fraction alpha of the families.
    """
    accuracy = values["accuracy"].transpose(*_CROSS)
    nulls = nulls_of(values, (*_CROSS, "permutation"))
    p = np.empty((2, *accuracy.shape))
    for train, test in _families(settings, *accuracy.shape[1:3]):
        of_family = (slice(None), train, test)
        observed = accuracy.values[of_family]
        p[:, *of_family] = corrected(
            np.stack([observed, -observed]),
            [np.stack([null[of_family], -null[of_family]]) for null in nulls],
            settings,
            family=(0, 1, 2, 3, 4, 5),
            times=(4, 5),
        )
    above, below = (accuracy.copy(data=each) for each in p)
    return xr.Dataset({"accuracy": accuracy, "p_corrected": above, "p_corrected_below": below})


def _families(settings: Inference, n_train: int, n_test: int) -> Iterator[tuple[slice, slice]]:
    """Yield the training and test tasks of each family of tests."""
    if "task_pairs" in settings.correct_over:
        yield slice(None), slice(None)
        return
    for train, test in np.ndindex(n_train, n_test):
        yield slice(train, train + 1), slice(test, test + 1)

"""Tables of accuracy over time, in windows, and against the numbers of units and of trials.

All are computed from the decoding results of a data set's regions. If sessions are decoded
separately, the rows of session ``all`` are means over sessions, tested against the mean over
sessions of the null.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.configuration import Inference
from neuro_attn.decoding import POOLED
from neuro_attn.inference.corrections import NULLS, corrected, nulls_of
from neuro_attn.inference.intervals import centred, interval, within_limits_of_trials
from neuro_attn.inference.pvalues import p_value

_PAIR = ["train_task", "test_task"]
_SIZES = ["n_units", "n_constant", "n_train", "n_test", "n_sessions"]
"""Counts, and the mean number of constant units in results of `decode_region`."""
Select = Callable[[xr.Dataset], xr.Dataset]
"""Takes accuracy, null and bootstrap, over times or windows, from a decoding result."""


def transfer_table(decodings: list[xr.Dataset], settings: Inference) -> pd.DataFrame:
    """Tabulate accuracy over time: one row a region x session x train x test task x time.

    ``p_corrected`` is corrected, as `settings.correction` says, over all times and populations of
    the same pair of tasks (or of all pairs: `settings.correct_over`), for the rows of session
    ``all`` and for those of single sessions apart.

    Parameters
    ----------
    decodings : list of xarray.Dataset
        From `decoding.decode_region`, one a region.
    settings : Inference
        Confidence of the intervals, correction and level of the tests.

    Returns
    -------
    pandas.DataFrame
        region, session, train_task, test_task, time, accuracy, chance, ci_low, ci_high, p_value,
        p_corrected, n_units, n_constant, n_train, n_test, n_sessions.
    """
    return _table(decodings, settings, select=over_time, axis="time")


def summary_table(decodings: list[xr.Dataset], settings: Inference) -> pd.DataFrame:
    """Tabulate accuracy in the windows, as `transfer_table`.

    Windows have no neighbours, so ``p_corrected`` is always by the maximum.
    """
    return _table(decodings, settings, select=_in_windows, axis="window")


def over_time(decoding: xr.Dataset) -> xr.Dataset:
    """Return accuracy, null and bootstrap at equal training and test times."""
    nulls = without_pairs_of_times(decoding)
    return xr.Dataset(
        {
            "accuracy": _at_equal_times(decoding["accuracy"].mean("draw", dtype=float)),
            **{name: nulls[name] for name in NULLS if name in nulls},
            "bootstrap": decoding["bootstrap"],
            **_constant_units(decoding, "n_constant"),
        }
    )


def without_pairs_of_times(decoding: xr.Dataset) -> xr.Dataset:
    """Return a decoding result with its nulls at equal times only, which is all that tables need.

    The nulls at all pairs of times are nearly all of its memory.
    """
    names = [name for name in NULLS if name in decoding and "train_time" in decoding[name].dims]
    kept = {name: _at_equal_times(decoding[name]) for name in names}
    return decoding.drop_vars(names).assign(kept)


def _at_equal_times(values: xr.DataArray) -> xr.DataArray:
    time = xr.DataArray(values["train_time"].values, dims="time", name="time")
    same = values.sel(train_time=time, test_time=time).drop_vars(["train_time", "test_time"])
    return same.assign_coords(time=time.values)


def _in_windows(decoding: xr.Dataset) -> xr.Dataset:
    """Return accuracy, null and bootstrap in the windows."""
    return xr.Dataset(
        {
            "accuracy": decoding["window_accuracy"].mean("draw", dtype=float),
            **{name: decoding[f"window_{name}"] for name in NULLS if f"window_{name}" in decoding},
            "bootstrap": decoding["window_bootstrap"],
            **_constant_units(decoding, "window_n_constant"),
        }
    )


def _constant_units(decoding: xr.Dataset, name: str) -> dict[str, xr.DataArray]:
    return {"n_constant": decoding[name]} if name in decoding else {}


def with_all_sessions(decoding: xr.Dataset, values: xr.Dataset) -> xr.Dataset:
    """Add the sample sizes and, where sessions are apart, their mean as session ``all``."""
    values = values.assign(
        n_units=decoding["units_per_draw"],
        n_train=decoding["n_train"],
        n_test=decoding["n_test"],
        n_sessions=decoding["n_sessions"],
    ).assign_attrs(decoding.attrs)
    if POOLED in values["session"].values:
        return values
    sums = [name for name in _SIZES if name in values]
    together = (
        values.drop_vars(sums).mean("session", dtype=float).merge(values[sums].sum("session"))
    )
    together = together.expand_dims(session=[POOLED])
    return xr.concat([together, values], "session", combine_attrs="override").assign_attrs(
        decoding.attrs
    )


def groups_of(decodings: list[xr.Dataset], select: Select) -> list[xr.Dataset]:
    """Return populations stacked by what is corrected together: all sessions, then each."""
    stacked = []
    for decoding in decodings:
        values = with_all_sessions(decoding, select(decoding)).rename(session="population")
        names = {
            "session": ("population", values["population"].values.astype(object)),
            "region": ("population", [decoding.attrs["region"]] * values.sizes["population"]),
        }
        stacked.append(values.drop_vars("population").assign_coords(names))
    everything = xr.concat(
        stacked, "population", combine_attrs="drop_conflicts", join="exact", data_vars="all"
    )
    is_all = (everything["session"] == POOLED).values
    groups = [everything.isel(population=is_all)]
    if not is_all.all():
        groups.append(everything.isel(population=~is_all))
    return groups


def _table(
    decodings: list[xr.Dataset], settings: Inference, *, select: Select, axis: str
) -> pd.DataFrame:
    frames = [_rows(group, settings, axis) for group in groups_of(decodings, select)]
    table = pd.concat(frames, ignore_index=True)
    keys = ["region", "session", *_PAIR, axis]
    order = {region: n for n, region in enumerate(d.attrs["region"] for d in decodings)}
    pooled_first = table["session"].where(table["session"] != POOLED, "")
    sort = table.assign(_region=table["region"].map(order), _session=pooled_first)
    table = table.loc[sort.sort_values(["_region", "_session"], kind="stable").index]
    numbers = ["accuracy", "chance", "ci_low", "ci_high", "p_value", "p_corrected"]
    sizes = [name for name in _SIZES if name in table]
    return table[keys + numbers + sizes].reset_index(drop=True)


def _rows(group: xr.Dataset, settings: Inference, axis: str) -> pd.DataFrame:
    dims = ("population", *_PAIR, axis)
    observed = group["accuracy"].transpose(*dims).values.astype(float)
    nulls = nulls_of(group, (*dims, "permutation"))
    boot = group["bootstrap"].transpose(*dims, "replicate").values.astype(float)
    n_test = group["n_test"].broadcast_like(group["accuracy"]).transpose(*dims).values
    limits = interval(centred(observed, boot), settings.confidence)
    low, high = within_limits_of_trials(observed, limits, n_test, settings.confidence)
    template = group["accuracy"].transpose(*dims)
    times = (3,) if axis == "time" else ()
    columns = {
        "accuracy": observed,
        "ci_low": low,
        "ci_high": high,
        "p_value": np.max([p_value(observed, null) for null in nulls], axis=0),
        "p_corrected": corrected(
            observed,
            nulls,
            settings,
            family=(0, 1, 2, 3) if "task_pairs" in settings.correct_over else (0, 3),
            times=times,
        ),
    }
    filled = xr.Dataset({name: template.copy(data=values) for name, values in columns.items()})
    for name in _SIZES:
        if name in group:
            number = group[name].broadcast_like(template).transpose(*dims)
            filled[name] = number if name == "n_constant" else number.astype(int)
    filled = filled.assign(chance=xr.full_like(template, group.attrs["chance"], dtype=float))
    return filled.to_dataframe(dim_order=list(dims)).reset_index()


def unit_count_table(decodings: list[xr.Dataset]) -> pd.DataFrame:
    """Tabulate accuracy in the windows against the number of units, over all sessions.

    Returns
    -------
    pandas.DataFrame
        region, train_task, test_task, window, n_units, accuracy, sd (over draws, with n - 1; NaN
        for one draw), chance.
    """
    frames = []
    for decoding in decodings:
        # Sessions of different sizes share only the counts that all of them reach.
        values = decoding["unit_accuracy"].dropna("n_units").mean("session")
        frames.append(_over_draws(values, decoding, [*_PAIR, "window", "n_units"]))
    return pd.concat(frames, ignore_index=True)


def trial_count_table(decodings: list[xr.Dataset]) -> pd.DataFrame:
    """Tabulate accuracy in the windows against the number of training trials, over all sessions.

    Returns
    -------
    pandas.DataFrame
        region, train_task, test_task, window, training_size, n_per_class (mean over sessions),
        accuracy, sd (over draws, with n - 1; NaN for one draw), chance.
    """
    keys = [*_PAIR, "window", "training_size"]
    frames = []
    for decoding in decodings:
        # Sessions share only the numbers of trials that all of them reach.
        values = decoding["trial_accuracy"].mean("session", skipna=False, dtype=float)
        table = _over_draws(values, decoding, keys).dropna(subset="accuracy")
        numbers = decoding["n_per_class"].mean("session").to_series().rename("n_per_class")
        table = table.join(numbers, on=numbers.index.names)
        table.insert(table.columns.get_loc("accuracy"), "n_per_class", table.pop("n_per_class"))
        frames.append(table)
    return pd.concat(frames, ignore_index=True)


def _over_draws(values: xr.DataArray, decoding: xr.Dataset, keys: list[str]) -> pd.DataFrame:
    """Return the mean and SD over draws of accuracies, one row for each of the keys."""
    accuracy = values.mean("draw")
    several = values.sizes["draw"] > 1
    sd = values.std("draw", ddof=1) if several else xr.full_like(accuracy, np.nan)
    frame = xr.Dataset({"accuracy": accuracy, "sd": sd})
    table = frame.to_dataframe(dim_order=keys).reset_index()
    table.insert(0, "region", decoding.attrs["region"])
    return table.assign(chance=decoding.attrs["chance"])

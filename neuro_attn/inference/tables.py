"""Tables of accuracy over time, in windows, and against the numbers of units and of trials.

All are computed from the decoding results of a data set's regions. If sessions are decoded
separately, the rows of session ``all`` are means over sessions, tested against the mean over
sessions of the null.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.configuration import Inference
from neuro_attn.decoding import POOLED
from neuro_attn.inference.corrections import CellTests, Method, corrected
from neuro_attn.inference.families import families
from neuro_attn.inference.reduction import EACH, PAIR, SIZES, of_times, of_windows, part_of

_PAIR = list(PAIR)
_NUMBERS = ("accuracy", "ci_low", "ci_high")


def transfer_table(regions: Sequence[xr.Dataset], settings: Inference) -> pd.DataFrame:
    """Tabulate accuracy over time: one row a region x session x train x test task x time.

    ``p_corrected`` is corrected, as `settings.correction` says, over all times and populations of
    the same pair of tasks (or of all pairs: `settings.correct_over`), for the rows of session
    ``all`` and for those of single sessions apart.

    Parameters
    ----------
    regions : sequence of xarray.Dataset
        From `decoding.decode_region` or `reduction.reduced`, one a region.
    settings : Inference
        Confidence of the intervals, correction and level of the tests.

    Returns
    -------
    pandas.DataFrame
        region, session, train_task, test_task, time, accuracy, chance, ci_low, ci_high, p_value,
        p_corrected, n_units, n_constant, n_train, n_test, n_sessions.
    """
    return _table(regions, settings, of_decoding=of_times, axis="time")


def summary_table(regions: Sequence[xr.Dataset], settings: Inference) -> pd.DataFrame:
    """Tabulate accuracy in the windows, as `transfer_table`.

    Windows have no neighbours, so ``p_corrected`` is always by the maximum.
    """
    return _table(regions, settings, of_decoding=of_windows, axis="window")


def _table(
    regions: Sequence[xr.Dataset],
    settings: Inference,
    *,
    of_decoding: Callable[[Sequence[xr.Dataset], Inference], xr.Dataset],
    axis: str,
) -> pd.DataFrame:
    parts = []
    for region in regions:
        part = part_of(region, axis)
        parts.append(of_decoding([region], settings) if part is None else part)
    p_values = _corrected(parts, settings, axis)
    frames = [
        _rows(part.assign(p_corrected=p), region, axis)
        for part, p, region in zip(parts, p_values, regions, strict=True)
    ]
    table = pd.concat(frames, ignore_index=True)
    keys = ["region", "session", *_PAIR, axis]
    numbers = ["accuracy", "chance", "ci_low", "ci_high", "p_value", "p_corrected"]
    sizes = [name for name in SIZES if name in table]
    return table[keys + numbers + sizes]


def _corrected(parts: Sequence[xr.Dataset], settings: Inference, axis: str) -> list[xr.DataArray]:
    """Return the corrected p-values of each region (population, train_task, test_task, axis)."""
    method: Method = settings.correction if axis == "time" else "max"
    # Tests of all regions are one family in any case.
    over = {"regions", *settings.correct_over}
    found = [xr.full_like(part["accuracy"], np.nan) for part in parts]
    n_pairs = [parts[0].sizes[each] for each in PAIR]
    groups = range(max(part.sizes["group"] for part in parts))
    for group in groups:
        having = [number for number, part in enumerate(parts) if group < part.sizes["group"]]
        for members in families((len(having), *n_pairs), over):
            chosen = [(having[region], train, test) for region, train, test in members]
            family = [_tests_of(parts[region], group, *pair) for region, *pair in chosen]
            p_values = corrected(family, method)
            for (region, train, test), p in zip(chosen, p_values, strict=True):
                found[region].values[_populations(parts[region], group), train, test] = p
    return found


def _populations(part: xr.Dataset, group: int) -> slice:
    """Return the populations of a group: all sessions, the first, or each session."""
    return slice(1, None) if part["group"].values[group] == EACH else slice(1)


def _tests_of(part: xr.Dataset, group: int, train: int, test: int) -> CellTests:
    of_pair = part.isel(train_task=train, test_task=test)
    of_group = of_pair.isel(population=_populations(part, group))
    p_value, varies, reach = (of_group[name].values for name in ("p_value", "varies", "reach"))
    largest = of_pair["largest"].isel(group=group).transpose("null", "permutation")
    return CellTests(p_value, varies, reach, largest.values)


def _rows(part: xr.Dataset, region: xr.Dataset, axis: str) -> pd.DataFrame:
    """Return the rows of a region: all sessions first, then each session."""
    dims = ("population", *PAIR, axis)
    template = part["accuracy"]
    filled = part[[*_NUMBERS, "p_corrected"]].assign(p_value=part["p_value"].max("null"))
    for name in SIZES:
        if name in part:
            number = part[name].broadcast_like(template).transpose(*dims)
            filled[name] = number if name == "n_constant" else number.astype(int)
    filled = filled.assign(
        chance=part["chance"]
        if "chance" in part
        else xr.full_like(template, region.attrs["chance"], dtype=float),
        session=("population", part["population_session"].values.astype(object)),
        region=region.attrs["region"],
    )
    filled = filled.drop_vars("population_session")
    order = np.argsort(
        ["" if each == POOLED else each for each in filled["session"].values], kind="stable"
    )
    table = filled.isel(population=order).to_dataframe(dim_order=list(dims))
    return table.reset_index()


def unit_count_table(regions: Sequence[xr.Dataset]) -> pd.DataFrame:
    """Tabulate accuracy in the windows against the number of units, over all sessions.

    Returns
    -------
    pandas.DataFrame
        region, train_task, test_task, window, n_units, accuracy, sd (over draws, with n - 1; NaN
        for one draw), chance.
    """
    frames = []
    for decoding in regions:
        # Sessions of different sizes share only the counts that all of them reach.
        values = decoding["unit_accuracy"].dropna("n_units").mean("session")
        frames.append(_over_draws(values, decoding, [*_PAIR, "window", "n_units"]))
    return pd.concat(frames, ignore_index=True)


def trial_count_table(regions: Sequence[xr.Dataset]) -> pd.DataFrame:
    """Tabulate accuracy in the windows against the number of training trials, over all sessions.

    Returns
    -------
    pandas.DataFrame
        region, train_task, test_task, window, training_size, n_per_class (mean over sessions),
        accuracy, sd (over draws, with n - 1; NaN for one draw), chance.
    """
    keys = [*_PAIR, "window", "training_size"]
    frames = []
    for decoding in regions:
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

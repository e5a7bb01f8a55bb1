"""The tables of results: accuracy over time and in windows, onsets, and numbers of units.

All are computed from the decoding results of a data set's regions. If sessions are decoded
separately, the rows of session ``all`` are means over sessions, tested against the mean over
sessions of the null.

Across tasks there are two nulls, shuffled labels and mirrored units (`decoding.cross_task`), and a
code is significant only against both: p is the larger of the two.
"""

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.configuration import Inference
from neuro_attn.decoding import POOLED
from neuro_attn.inference.clusters import cluster_p_value
from neuro_attn.inference.intervals import centred, interval
from neuro_attn.inference.onsets import first_lasting_bin, onset
from neuro_attn.inference.pvalues import corrected_p_value, false_discovery_p_value, p_value
from neuro_attn.inference.significance import significant
from neuro_attn.randomness import stream
from neuro_attn.results import columns_of

_PAIR = ["train_task", "test_task"]
_SIZES = ["n_units", "n_constant", "n_train", "n_test", "n_sessions"]
"""Counts, and the mean number of constant units in results of `decode_region`."""
NULLS = ("null", "mirrored")
"""Shuffled labels and, in results with several tasks, mirrored units."""
Select = Callable[[xr.Dataset], xr.Dataset]
"""Takes accuracy, null and bootstrap, over times or windows, from a decoding result."""


def transfer_table(decodings: list[xr.Dataset], settings: Inference) -> pd.DataFrame:
    """Tabulate accuracy over time: one row a region x session x train x test task x time.

    ``p_corrected`` is corrected, as `settings.correction` says, over all times and populations of
    the same pair of tasks, for the rows of session ``all`` and for those of single sessions apart.

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
    return _table(decodings, settings, select=_over_time, axis="time")


def summary_table(decodings: list[xr.Dataset], settings: Inference) -> pd.DataFrame:
    """Tabulate accuracy in the windows, as `transfer_table`.

    Windows have no neighbours, so ``p_corrected`` is always by the maximum.
    """
    return _table(decodings, settings, select=_in_windows, axis="window")


def _over_time(decoding: xr.Dataset) -> xr.Dataset:
    """Return accuracy, null and bootstrap at equal training and test times."""
    same = {"train_time": decoding["time"], "test_time": decoding["time"]}
    return xr.Dataset(
        {
            "accuracy": decoding["accuracy"].mean("draw", dtype=float).sel(same),
            **{name: decoding[name].sel(same) for name in NULLS if name in decoding},
            "bootstrap": decoding["bootstrap"],
            **_constant_units(decoding, "n_constant"),
        }
    ).drop_vars(["train_time", "test_time"])


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


def _groups(decodings: list[xr.Dataset], select: Select) -> list[xr.Dataset]:
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
    frames = [_rows(group, settings, axis) for group in _groups(decodings, select)]
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
    nulls = _nulls(group, (*dims, "permutation"))
    boot = group["bootstrap"].transpose(*dims, "replicate").values.astype(float)
    # Resamples that were moved may have left the range of an accuracy; the truth has not.
    low, high = np.clip(interval(centred(observed, boot), settings.confidence), 0, 1)
    template = group["accuracy"].transpose(*dims)
    times = (3,) if axis == "time" else ()
    columns = {
        "accuracy": observed,
        "ci_low": low,
        "ci_high": high,
        "p_value": np.max([p_value(observed, null) for null in nulls], axis=0),
        "p_corrected": _corrected(observed, nulls, settings, family=(0, 3), times=times),
    }
    filled = xr.Dataset({name: template.copy(data=values) for name, values in columns.items()})
    for name in _SIZES:
        if name in group:
            number = group[name].broadcast_like(template).transpose(*dims)
            filled[name] = number if name == "n_constant" else number.astype(int)
    filled = filled.assign(chance=xr.full_like(template, group.attrs["chance"], dtype=float))
    return filled.to_dataframe(dim_order=list(dims)).reset_index()


def _nulls(group: xr.Dataset, dims: tuple[str, ...]) -> list[np.ndarray]:
    return [group[name].transpose(*dims).values for name in NULLS if name in group]


def _corrected(
    observed: np.ndarray,
    nulls: list[np.ndarray],
    settings: Inference,
    *,
    family: tuple[int, ...],
    times: tuple[int, ...],
) -> np.ndarray:
    """Return p-values corrected over a family, the larger ones of the nulls.

    A family without axes that are times is corrected by its maximum.
    """

    def against(null: np.ndarray) -> np.ndarray:
        if times and settings.correction == "cluster":
            return cluster_p_value(observed, null, family=family, times=times, alpha=settings.alpha)
        if times and settings.correction == "fdr":
            return false_discovery_p_value(observed, null, family)
        return corrected_p_value(observed, null, family)

    return np.max([against(null) for null in nulls], axis=0)


def onset_table(decodings: list[xr.Dataset], settings: Inference, seed: int = 0) -> pd.DataFrame:
    """Tabulate onsets and their differences between regions, over all sessions.

    There is an onset where accuracy is significant, corrected by the maximum over time, in
    `min_consecutive_bins` bins in a row. `onsets.onset` estimates when the rise to them began, from
    the data and from each resample. Differences are paired: all regions share the resampled trials.

    Parameters
    ----------
    decodings : list of xarray.Dataset
        From `decoding.decode_region`, one a region of a data set.
    settings : Inference
        Level of the tests, bins that an onset lasts, confidence of the intervals.
    seed : int
        The configuration's seed: the shape of the rise in each resample is drawn.

    Returns
    -------
    pandas.DataFrame
        region, compared_with ("" for an onset, else the region whose onset is subtracted),
        train_task, test_task, onset_s, ci_low, ci_high.
    """
    rows = []
    group = _groups(decodings, _over_time)[0]
    times = group["time"].values
    for train, test in np.ndindex(group.sizes["train_task"], group.sizes["test_task"]):
        names = {
            "train_task": str(group["train_task"].values[train]),
            "test_task": str(group["test_task"].values[test]),
        }
        found: dict[str, tuple[float, np.ndarray]] = {}
        for number, region in enumerate(group["region"].values):
            cell = group.isel(population=number, train_task=train, test_task=test)
            observed = cell["accuracy"].values.astype(float)
            nulls = _nulls(cell.astype(float), ("time", "permutation"))
            p = np.max([corrected_p_value(observed, each, (0,)) for each in nulls], axis=0)
            first = first_lasting_bin(significant(p, settings.alpha), settings.min_consecutive_bins)
            if first is not None:
                boot = centred(observed, cell["bootstrap"].transpose("time", "replicate").values)
                rng = stream(seed, "shapes of onsets", group.attrs["dataset"], region)
                found[str(region)] = onset(
                    observed,
                    boot,
                    nulls[0],
                    times=times,
                    first=first,
                    n_bins=settings.min_consecutive_bins,
                    rng=rng,
                )
        for region, (estimate, resampled) in found.items():
            low, high = interval(resampled, settings.confidence)
            rows.append((region, "", *names.values(), estimate, float(low), float(high)))
        for one, other in combinations(found, 2):
            low, high = interval(found[one][1] - found[other][1], settings.confidence)
            difference = found[one][0] - found[other][0]
            rows.append((one, other, *names.values(), difference, float(low), float(high)))
    return pd.DataFrame(rows, columns=columns_of("onsets"))


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
        accuracy = values.mean("draw")
        several = values.sizes["draw"] > 1
        sd = values.std("draw", ddof=1) if several else xr.full_like(accuracy, np.nan)
        frame = xr.Dataset({"accuracy": accuracy, "sd": sd})
        table = frame.to_dataframe(dim_order=[*_PAIR, "window", "n_units"]).reset_index()
        table.insert(0, "region", decoding.attrs["region"])
        frames.append(table.assign(chance=decoding.attrs["chance"]))
    return pd.concat(frames, ignore_index=True)


def cross_temporal(decodings: list[xr.Dataset], settings: Inference) -> xr.Dataset:
    """Return accuracy for every training and test time, over all sessions, with its p-value.

    ``p_corrected`` is corrected, as `settings.correction` says, over all pairs of times of a region
    and pair of tasks; for clusters, both training and test time are times.

    Returns
    -------
    xarray.Dataset
        ``accuracy`` and ``p_corrected`` (region, train_task, test_task, train_time, test_time).
    """
    dims = ("train_task", "test_task", "train_time", "test_time")
    regions = []
    for decoding in decodings:
        accuracy = decoding["accuracy"].mean(["draw", "session"], dtype=float).transpose(*dims)
        nulls = _nulls(
            decoding[[n for n in NULLS if n in decoding]].mean("session", dtype=float),
            (*dims, "permutation"),
        )
        p = _corrected(accuracy.values, nulls, settings, family=(2, 3), times=(2, 3))
        region = xr.Dataset({"accuracy": accuracy, "p_corrected": (dims, p)})
        n_units = int(decoding["units_per_draw"].sum())
        regions.append(
            region.expand_dims(region=[decoding.attrs["region"]]).assign_coords(
                n_units=("region", [n_units])
            )
        )
    return xr.concat(regions, "region", join="exact").assign_attrs(chance=decoding.attrs["chance"])

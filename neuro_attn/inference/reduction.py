"""A region's results without its nulls: the tests of its cells, and what families need of them.

Nulls are sessions x pairs of tasks x times x permutations. `reduced` reads them once, a session or
a training time at a time, so that inference over all regions holds no null but one time course.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from neuro_attn.configuration import Inference
from neuro_attn.configuration.scores import SCORES
from neuro_attn.decoding import POOLED
from neuro_attn.inference.corrections import CellTests, Method, against_null, stacked
from neuro_attn.inference.intervals import centred, interval, within_limits_of_trials
from neuro_attn.inference.nulls import Nulls

PAIR = ("train_task", "test_task")
SIZES = ("n_units", "n_constant", "n_train", "n_test", "n_sessions")
"""Counts, and the mean number of constant units in results of `decode_region`."""
ALL, EACH = "all", "each"
"""Groups of populations that are corrected together: all sessions, and each session."""
LARGE = ("time_largest", "window_largest", "onset_largest", "onset_null", "pairs_largest")
"""Variables of reduced results that grow with the number of permutations."""
_ON_POPULATIONS = ("unit_accuracy", "trial_accuracy", "n_per_class", "confusion")
"""Results without a test, which tables take as they are."""
_KEPT = ("units_per_draw",)


def reduced(blocks: Sequence[xr.Dataset], settings: Inference) -> xr.Dataset:
    """Return the results of a region without its nulls.

    Parameters
    ----------
    blocks : sequence of xarray.Dataset
        From `decoding.decode_region`, and from `decoding.decode_nulls` the further permutations in
        order. Nulls (`nulls.STORED`) can be on disk.
    settings : Inference
        Confidence of the intervals, correction and level of the tests.

    Returns
    -------
    xarray.Dataset
        What `of_times`, `of_windows`, `of_onsets` and `of_pairs_of_times` return, with the
        prefixes ``time_``, ``window_``, ``onset_`` and ``pairs_``, and results without a test. All
        tables of inference accept it in place of the decoding results.
    """
    parts = {
        "time": of_times(blocks, settings),
        "window": of_windows(blocks, settings),
        "onset": of_onsets(blocks),
        "pairs": of_pairs_of_times(blocks, settings),
    }
    decoding = blocks[0]
    kept = decoding[[name for name in (*_ON_POPULATIONS, *_KEPT) if name in decoding]]
    if "confusion_null" in decoding:
        each = [block["confusion_null"] for block in blocks]
        kept = kept.assign(confusion_null=xr.concat(each, "permutation"))
    prefixed = [
        part.rename({each: f"{name}_{each}" for each in part.data_vars})
        for name, part in parts.items()
    ]
    together = xr.merge([kept, *prefixed], compat="equals", join="exact", combine_attrs="override")
    return together.assign_attrs(decoding.attrs)


def part_of(region: xr.Dataset, name: str) -> xr.Dataset | None:
    """Return a part of a region's `reduced` results, or None if they are not reduced."""
    prefix = f"{name}_"
    names = {f"{prefix}p_value", f"{prefix}reach"} & set(region.data_vars)
    if not names:
        return None
    found = {str(each): str(each).removeprefix(prefix) for each in region.data_vars}
    part = region[[each for each, new in found.items() if each != new]]
    return part.rename({each: found[str(each)] for each in part.data_vars})


def of_times(blocks: Sequence[xr.Dataset], settings: Inference) -> xr.Dataset:
    """Return tests and intervals at equal training and test times, of all populations.

    Returns
    -------
    xarray.Dataset
        ``accuracy``, ``ci_low``, ``ci_high`` and, with null as the first dimension, ``p_value``,
        ``varies`` and ``reach`` (population, train_task, test_task, time); ``largest`` (null,
        group, train_task, test_task, permutation); see `corrections.CellTests`. Counts on
        population and test_task. For a continuous label ``chance``, as ``accuracy``: the mean over
        permuted labels.
    """
    accuracy = at_equal_times(blocks[0]["accuracy"].mean("draw", dtype=float))
    values = {"accuracy": accuracy, "bootstrap": blocks[0]["bootstrap"]}
    of_decoding = _with_constant_units(values, blocks[0], "n_constant")
    return _of_axis(of_decoding, blocks, settings, prefix="", axis="time")


def of_windows(blocks: Sequence[xr.Dataset], settings: Inference) -> xr.Dataset:
    """Return tests and intervals in the windows, as `of_times`."""
    values = {
        "accuracy": blocks[0]["window_accuracy"].mean("draw", dtype=float),
        "bootstrap": blocks[0]["window_bootstrap"],
    }
    of_decoding = _with_constant_units(values, blocks[0], "window_n_constant")
    return _of_axis(of_decoding, blocks, settings, prefix="window_", axis="window")


def in_windows(decoding: xr.Dataset, settings: Inference) -> xr.Dataset:
    """Return the results of `decoding.decode_windows` without nulls, for `tables.summary_table`."""
    part = of_windows([decoding], settings)
    prefixed = part.rename({name: f"window_{name}" for name in part.data_vars})
    return prefixed.assign_attrs(decoding.attrs)


def at_equal_times(values: xr.DataArray) -> xr.DataArray:
    """Return values at equal training and test times, which become the dimension time."""
    time = xr.DataArray(values["train_time"].values, dims="time", name="time")
    same = values.sel(train_time=time, test_time=time).drop_vars(["train_time", "test_time"])
    return same.assign_coords(time=time.values)


def _with_constant_units(
    values: Mapping[str, xr.DataArray], decoding: xr.Dataset, name: str
) -> xr.Dataset:
    counts = {"n_constant": decoding[name]} if name in decoding else {}
    return xr.Dataset({**values, **counts})


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
    sums = [name for name in SIZES if name in values]
    together = (
        values.drop_vars(sums).mean("session", dtype=float).merge(values[sums].sum("session"))
    )
    together = together.expand_dims(session=[POOLED])
    return xr.concat([together, values], "session", combine_attrs="override").assign_attrs(
        decoding.attrs
    )


def _of_axis(
    values: xr.Dataset,
    blocks: Sequence[xr.Dataset],
    settings: Inference,
    *,
    prefix: str,
    axis: str,
) -> xr.Dataset:
    """Return tests and intervals over times or windows."""
    complete = with_all_sessions(blocks[0], values)
    sessions = complete["session"].values.astype(object)
    complete = complete.rename(session="population").drop_vars("population")
    dims = ("population", *PAIR, axis)
    observed = np.ascontiguousarray(complete["accuracy"].transpose(*dims).values, float)
    boot = complete["bootstrap"].transpose(*dims, "replicate").values
    boot = np.ascontiguousarray(boot, float)
    n_test = complete["n_test"].broadcast_like(complete["accuracy"]).transpose(*dims).values
    low, high = interval(centred(observed, boot), settings.confidence)
    if "label_kind" in blocks[0].attrs:
        low, high = np.clip((low, high), *SCORES[blocks[0].attrs["score"]].bounds)
    else:
        low, high = within_limits_of_trials(observed, (low, high), n_test, settings.confidence)
    nulls = Nulls(blocks, prefix)
    apart = len(sessions) > nulls.n_sessions()
    method: Method = settings.correction if axis == "time" else "max"
    of_nulls, chance = [], []
    for name in nulls.names:
        tests: list[CellTests] = []
        for population, accuracy in enumerate(observed):
            null = _of_population(nulls, name, population, apart)
            tests.append(_of_pairs(accuracy, null, method, settings.alpha))
            chance.append(null.mean(axis=-1, dtype=float))
        of_nulls.append(_grouped(tests, apart))
    found = stacked(of_nulls)
    tested_dims = ("null", *dims)
    sizes = [name for name in SIZES if name in complete]
    of_label: dict[str, Any] = {}
    if "label_kind" in blocks[0].attrs:
        # Values that cluster can be guessed. The first null is that of permuted labels.
        of_label["chance"] = (dims, np.stack(chance[: len(observed)]))
    return (
        complete[sizes]
        .assign(
            accuracy=(dims, observed),
            ci_low=(dims, low),
            ci_high=(dims, high),
            p_value=(tested_dims, found.p_value),
            varies=(tested_dims, found.varies),
            reach=(tested_dims, found.reach),
            largest=(("null", "group", *PAIR, "permutation"), found.largest),
            **of_label,
        )
        .assign_coords(
            {
                "population_session": ("population", sessions),
                "group": [ALL, EACH] if apart else [ALL],
                **{each: complete[each] for each in (*PAIR, axis)},
            }
        )
    )


def _of_population(nulls: Nulls, name: str, population: int, apart: bool) -> np.ndarray:
    """Return a null of a population: of all sessions, the first if they are apart, or of one."""
    if apart and population == 0:
        return nulls.over_sessions(name)
    return nulls.of(name, session=population - apart)


def _of_pairs(accuracy: np.ndarray, null: np.ndarray, method: Method, alpha: float) -> CellTests:
    """Test accuracies (train_task, test_task, cell) of a population against one null."""
    n_train, n_test = accuracy.shape[:2]
    found = []
    for train, test in np.ndindex(n_train, n_test):
        one = np.ascontiguousarray(null[train, test])
        of_pair = against_null(accuracy[train, test][None], [one[None]], method=method, alpha=alpha)
        found.append(of_pair._replace(**{k: getattr(of_pair, k)[0] for k in _CELLS}))
    tests = stacked(found)
    return CellTests(*(each.reshape(n_train, n_test, *each.shape[1:]) for each in tests))


_CELLS = ("p_value", "varies", "reach")


def _grouped(tests: Sequence[CellTests], apart: bool) -> CellTests:
    """Stack populations, with the largest statistics of all sessions and of each session."""
    largest = [tests[0].largest]
    if apart:
        largest.append(np.max([each.largest for each in tests[1:]], axis=0))
    return stacked(tests)._replace(largest=np.stack(largest))


def of_onsets(blocks: Sequence[xr.Dataset]) -> xr.Dataset:
    """Return what onsets need: accuracy over time of all sessions, resamples and tests.

    Returns
    -------
    xarray.Dataset
        ``observed`` (train_task, test_task, time), ``bootstrap`` (..., replicate), ``null`` (...,
        permutation) of shuffled labels; ``reach`` and ``largest`` of tests by the maximum.
    """
    decoding, nulls = blocks[0], Nulls(blocks)
    accuracy = at_equal_times(decoding["accuracy"].mean("draw", dtype=float))
    values = xr.Dataset({"accuracy": accuracy, "bootstrap": decoding["bootstrap"]})
    complete = with_all_sessions(decoding, values).isel(session=0)
    dims = (*PAIR, "time")
    observed = np.ascontiguousarray(complete["accuracy"].transpose(*dims).values, float)
    apart = POOLED not in decoding["session"].values
    means = {
        name: nulls.over_sessions(name) if apart else nulls.of(name, session=0).astype(float)
        for name in nulls.names
    }
    found = stacked([_of_pairs(observed, null, "max", 0.05) for null in means.values()])
    return xr.Dataset(
        {
            "observed": (dims, observed),
            "bootstrap": complete["bootstrap"].transpose(*dims, "replicate"),
            "null": ((*dims, "permutation"), means[nulls.names[0]]),
            "reach": (("null", *dims), found.reach),
            "largest": (("null", *PAIR, "permutation"), found.largest),
        },
        coords={each: complete[each] for each in dims},
    ).drop_vars("session", errors="ignore")


def of_pairs_of_times(blocks: Sequence[xr.Dataset], settings: Inference) -> xr.Dataset:
    """Return two-sided tests of the accuracy of all sessions at all pairs of times.

    Returns
    -------
    xarray.Dataset
        ``accuracy`` (train_task, test_task, train_time, test_time); ``p_value``, ``varies`` and
        ``reach`` (null, direction, ...), above and below; ``largest`` (null, train_task,
        test_task, permutation) of both directions; ``chance`` as in `of_times`.
    """
    dims = (*PAIR, "train_time", "test_time")
    nulls = Nulls(blocks, "cross_")
    accuracy = blocks[0]["accuracy"].mean(["draw", "session"], dtype=float).transpose(*dims)
    n_train, n_test = accuracy.shape[:2]
    tests = [
        against_null(
            accuracy.values[train, test],
            nulls.blocks(name, train_task=train, test_task=test),
            method=settings.correction,
            alpha=settings.alpha,
            two_sided=True,
        )
        for name in nulls.names
        for train, test in np.ndindex(n_train, n_test)
    ]
    shape = (len(nulls.names), n_train, n_test)
    found = CellTests(*(each.reshape(*shape, *each.shape[1:]) for each in stacked(tests)))
    cells = ("null", *PAIR, "direction", "train_time", "test_time")
    of_label: dict[str, Any] = {}
    if "label_kind" in blocks[0].attrs:
        chance = np.empty_like(accuracy.values)
        for train, test in np.ndindex(n_train, n_test):
            permuted = nulls.blocks(nulls.names[0], train_task=train, test_task=test)
            total = sum(each.sum("permutation", dtype=float).values for each in permuted)
            chance[train, test] = total / sum(each.sizes["permutation"] for each in permuted)
        of_label["chance"] = (dims, chance)
    return xr.Dataset(
        {
            **of_label,
            "accuracy": accuracy,
            "p_value": (cells, found.p_value),
            "varies": (cells, found.varies),
            "reach": (cells, found.reach),
            "largest": (("null", *PAIR, "permutation"), found.largest),
        }
    )

"""The table of onsets and latencies in each region, and of their differences between regions."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.configuration import Inference
from neuro_attn.inference.corrections import CellTests, corrected
from neuro_attn.inference.families import families
from neuro_attn.inference.intervals import centred, interval
from neuro_attn.inference.latencies import latencies
from neuro_attn.inference.onsets import Onset, first_lasting_bin, onset
from neuro_attn.inference.reduction import of_onsets, part_of
from neuro_attn.inference.region_pairs import ComparedRegions, region_pairs
from neuro_attn.inference.significance import significant
from neuro_attn.randomness import stream
from neuro_attn.results import columns_of

Estimate = tuple[float, float, float]
"""A value with the lower and upper limit of its interval."""


class Rise(NamedTuple):
    """When accuracy rises in a region: the onset, and the latency of half of the maximum.

    Parameters
    ----------
    onset : Onset
        When the rise begins.
    latency : float
        When accuracy has risen to half of its maximum, s.
    latencies : array, shape (replicate,)
        Latencies of the resamples, s.
    """

    onset: Onset
    latency: float
    latencies: np.ndarray


def onset_table(
    regions: Sequence[xr.Dataset],
    settings: Inference,
    seed: int = 0,
    compared: ComparedRegions = "all",
) -> pd.DataFrame:
    """Tabulate onsets, latencies and their differences between regions, over all sessions.

    There is an onset where accuracy is significant, corrected by the maximum over time (also over
    regions or pairs of tasks: `settings.correct_over`), in `min_consecutive_bins` bins in a row.
    Differences are paired: all regions share the resampled trials.

    Parameters
    ----------
    regions : sequence of xarray.Dataset
        From `decoding.decode_region` or `reduction.reduced`, one a region of a data set.
    settings : Inference
        Level of the tests, bins that an onset lasts, confidence of the intervals.
    seed : int
        The configuration's seed: the shape of the rise in each resample is drawn.
    compared : 'all' or sequence of pairs
        Regions whose onsets and latencies are compared.
    """
    parts = []
    for region in regions:
        part = part_of(region, "onset")
        parts.append(of_onsets([region]) if part is None else part)
    shape = len(parts), parts[0].sizes["train_task"], parts[0].sizes["test_task"]
    p_values = {
        member: p
        for members in families(shape, settings.correct_over)
        for member, p in zip(
            members,
            corrected([_tests_of(parts[region], *pair) for region, *pair in members], "max"),
            strict=True,
        )
    }
    found: dict[tuple[str, str], dict[str, Rise]] = {}
    for number, (region, part) in enumerate(zip(regions, parts, strict=True)):
        name = str(region.attrs["region"])
        null = part["null"].values
        for train, test in np.ndindex(shape[1:]):
            cell = part[["observed", "bootstrap"]].isel(train_task=train, test_task=test)
            observed, boot = cell["observed"].values, cell["bootstrap"].values
            rise = rise_of(
                observed,
                centred(observed, boot),
                null[train, test],
                p=p_values[number, train, test],
                times=part["time"].values,
                settings=settings,
                rng=stream(seed, "shapes of onsets", region.attrs["dataset"], name),
            )
            pair = (str(part["train_task"].values[train]), str(part["test_task"].values[test]))
            if rise is not None:
                found.setdefault(pair, {})[name] = rise
    tasks = [str(task) for task in parts[0]["train_task"].values]
    rows = [
        (*names, *pair, *numbers)
        for pair in product(tasks, [str(task) for task in parts[0]["test_task"].values])
        for names, numbers in _rows(found.get(pair, {}), compared, settings.confidence)
    ]
    return pd.DataFrame(rows, columns=columns_of("onsets"))


def _tests_of(part: xr.Dataset, train: int, test: int) -> CellTests:
    """Return the tests of a pair of tasks over time; p-values by the maximum need no others."""
    of_pair = part[["reach", "largest"]].isel(train_task=train, test_task=test)
    reach = of_pair["reach"].values
    return CellTests(
        reach, reach, reach, of_pair["largest"].transpose("null", "permutation").values
    )


def rise_of(
    observed: np.ndarray,
    resampled: np.ndarray,
    null: np.ndarray,
    *,
    p: np.ndarray,
    times: np.ndarray,
    settings: Inference,
    rng: np.random.Generator,
) -> Rise | None:
    """Return when accuracy rises, or None if it is not significant in enough consecutive bins.

    Parameters
    ----------
    observed, resampled, null, times, rng
        As in `onsets.onset`.
    p : array, shape (time,)
        Corrected p-values.
    settings : Inference
        Level of the tests and bins that an onset lasts.
    """
    n_bins = settings.min_consecutive_bins
    first = first_lasting_bin(significant(p, settings.alpha), n_bins)
    if first is None:
        return None
    begins = onset(observed, resampled, null, times=times, first=first, n_bins=n_bins, rng=rng)
    above = np.concatenate([observed[None], resampled.T]) - null.mean(axis=1)
    latency, *others = latencies(above, times)
    return Rise(begins, float(latency), np.array(others))


def difference_of(one: Rise, other: Rise, confidence: float) -> tuple[Estimate, Estimate, str]:
    """Return the differences in onset and in latency, with intervals, and what they show.

    They show a difference of ``onset``, of ``onset or shape`` if only latencies differ, since a
    slower rise has a longer latency, or ``none``. As two differences are considered, each counts if
    0 lies outside of an interval that is missed half as often.
    """
    onsets = one.onset.time - other.onset.time, one.onset.resampled - other.onset.resampled
    latency = one.latency - other.latency, one.latencies - other.latencies
    differ = [_excludes_zero(_estimate(*each, (1 + confidence) / 2)) for each in (onsets, latency)]
    shows = "onset" if differ[0] else "onset or shape" if differ[1] else "none"
    return _estimate(*onsets, confidence), _estimate(*latency, confidence), shows


def _rows(
    found: dict[str, Rise], compared: ComparedRegions, confidence: float
) -> Iterator[tuple[tuple, tuple]]:
    """Yield the names of the regions and the numbers of each row."""
    for region, rise in found.items():
        begins = rise.onset
        yield (
            (region, ""),
            (
                *_estimate(begins.time, begins.resampled, confidence),
                begins.shape,
                begins.fit_p_value,
                *_estimate(rise.latency, rise.latencies, confidence),
                "",
            ),
        )
    for one, other in region_pairs(found, compared):
        onsets, latency, shows = difference_of(found[one], found[other], confidence)
        yield (one, other), (*onsets, "", np.nan, *latency, shows)


def _estimate(value: float, resampled: np.ndarray, confidence: float) -> Estimate:
    low, high = interval(resampled, confidence)
    return value, float(low), float(high)


def _excludes_zero(estimate: Estimate) -> bool:
    return estimate[1] > 0 or estimate[2] < 0

"""The table of onsets and latencies in each region, and of their differences between regions."""

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.configuration import Inference
from neuro_attn.inference.corrections import nulls_of
from neuro_attn.inference.intervals import centred, interval
from neuro_attn.inference.latencies import latencies
from neuro_attn.inference.onsets import Onset, first_lasting_bin, onset
from neuro_attn.inference.pvalues import corrected_p_value
from neuro_attn.inference.significance import significant
from neuro_attn.inference.tables import groups_of, over_time
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


def onset_table(decodings: list[xr.Dataset], settings: Inference, seed: int = 0) -> pd.DataFrame:
    """Tabulate onsets, latencies and their differences between regions, over all sessions.

    There is an onset where accuracy is significant, corrected by the maximum over time (also over
    regions or pairs of tasks: `settings.correct_over`), in `min_consecutive_bins` bins in a row.
    Differences are paired: all regions share the resampled trials.

    Parameters
    ----------
    decodings : list of xarray.Dataset
        From `decoding.decode_region`, one a region of a data set.
    settings : Inference
        Level of the tests, bins that an onset lasts, confidence of the intervals.
    seed : int
        The configuration's seed: the shape of the rise in each resample is drawn.
    """
    rows = []
    group = groups_of(decodings, over_time)[0]
    dims = ("population", "train_task", "test_task", "time")
    observed = group["accuracy"].transpose(*dims).values.astype(float)
    nulls = nulls_of(group.astype(float), (*dims, "permutation"))
    family = (3, *((0,) if "regions" in settings.correct_over else ()))
    family += (1, 2) if "task_pairs" in settings.correct_over else ()
    p = np.max([corrected_p_value(observed, null, family) for null in nulls], axis=0)
    for train, test in np.ndindex(group.sizes["train_task"], group.sizes["test_task"]):
        pair = (str(group["train_task"].values[train]), str(group["test_task"].values[test]))
        found: dict[str, Rise] = {}
        for number, region in enumerate(map(str, group["region"].values)):
            here = (number, train, test)
            cell = group.isel(population=number, train_task=train, test_task=test)
            boot = cell["bootstrap"].transpose("time", "replicate").values
            rise = rise_of(
                observed[here],
                centred(observed[here], boot),
                nulls[0][here],
                p=p[here],
                times=group["time"].values,
                settings=settings,
                rng=stream(seed, "shapes of onsets", group.attrs["dataset"], region),
            )
            if rise is not None:
                found[region] = rise
        rows += [(*names, *pair, *numbers) for names, numbers in _rows(found, settings.confidence)]
    return pd.DataFrame(rows, columns=columns_of("onsets"))


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


def _rows(found: dict[str, Rise], confidence: float) -> Iterator[tuple[tuple, tuple]]:
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
    for one, other in combinations(found, 2):
        onsets, latency, shows = difference_of(found[one], found[other], confidence)
        yield (one, other), (*onsets, "", np.nan, *latency, shows)


def _estimate(value: float, resampled: np.ndarray, confidence: float) -> Estimate:
    low, high = interval(resampled, confidence)
    return value, float(low), float(high)


def _excludes_zero(estimate: Estimate) -> bool:
    return estimate[1] > 0 or estimate[2] < 0

"""The table of onsets in each region, and of their differences between regions."""

from itertools import combinations

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.configuration import Inference
from neuro_attn.inference.corrections import nulls_of
from neuro_attn.inference.intervals import centred, interval
from neuro_attn.inference.onsets import first_lasting_bin, onset
from neuro_attn.inference.pvalues import corrected_p_value
from neuro_attn.inference.significance import significant
from neuro_attn.inference.tables import groups_of, over_time
from neuro_attn.randomness import stream
from neuro_attn.results import columns_of


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
    group = groups_of(decodings, over_time)[0]
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
            nulls = nulls_of(cell.astype(float), ("time", "permutation"))
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

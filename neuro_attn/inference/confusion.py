r"""Confusion matrices, and the mutual information of true and decoded classes.

The mutual information of equally probable classes k and decoded classes l is

.. math:: I = \frac1K \sum_{k, l} q_{kl} \log_2 \frac{q_{kl}}{\bar q_l}

with the fraction q of the trials of k that are decoded as l, mean over sessions. A finite number of
trials makes it positive even where nothing is decoded. Its mean over permuted labels
estimates this bias (Panzeri et al. 2007, J Neurophysiol 98:1064).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.decoding.confusion import shares
from neuro_attn.results import columns_of

_CELL = ["train_task", "test_task", "window"]


def confusion_table(regions: Sequence[xr.Dataset]) -> pd.DataFrame:
    """Tabulate confusion matrices in the windows, over all sessions.

    Parameters
    ----------
    regions : sequence of xarray.Dataset
        From `decoding.decode_region` or `reduction.reduced`, one a region.
    """
    frames = []
    for region in regions:
        counts = region["confusion"]
        both = xr.Dataset({"share": _mean_shares(counts), "n_tests": counts.sum("session")})
        rows = both.to_dataframe(dim_order=[*_CELL, "true_class", "decoded_class"]).reset_index()
        frames.append(rows.assign(region=region.attrs["region"]))
    return pd.concat(frames, ignore_index=True)[columns_of("confusion")]


def information_table(regions: Sequence[xr.Dataset]) -> pd.DataFrame:
    """Tabulate the mutual information of true and decoded classes in the windows.

    Parameters
    ----------
    regions : sequence of xarray.Dataset
        As in `confusion_table`.
    """
    frames = []
    for region in regions:
        found = information(_mean_shares(region["confusion"]))
        permuted = information(region["confusion_null"]).mean("permutation")
        both = xr.Dataset(
            {
                "information": found,
                "information_permuted": permuted,
                "information_corrected": found - permuted,
            }
        )
        rows = both.to_dataframe(dim_order=_CELL).reset_index()
        frames.append(rows.assign(region=region.attrs["region"]))
    return pd.concat(frames, ignore_index=True)[columns_of("information")]


def information(shares_decoded: xr.DataArray) -> xr.DataArray:
    """Return the mutual information, bits, of shares with the dimensions true and decoded class."""
    q = shares_decoded.astype(float)
    ratio = q / q.mean("true_class").where(lambda decoded: decoded > 0, 1)
    bits = q * np.log2(ratio.where(q > 0, 1))
    return bits.sum("decoded_class").mean("true_class")


def _mean_shares(counts: xr.DataArray) -> xr.DataArray:
    """Return the mean over sessions of the shares of decoded classes."""
    ordered = counts.transpose(..., "decoded_class")
    return ordered.copy(data=shares(ordered.values)).mean("session", dtype=float)

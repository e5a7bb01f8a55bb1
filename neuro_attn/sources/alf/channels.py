"""Channel of each cluster; channels may be numbered from 0 or from 1."""

import numpy as np
import pandas as pd

from neuro_attn.errors import InputError


class UndecidedChannelsError(InputError):
    """Raised if channel numbers do not determine whether they start at 0 or 1."""


def channel_rows(
    numbers: pd.Series, n_channels: int, first: int | None, where: str, attribute: str
) -> tuple[np.ndarray, list[str]]:
    """Return the row of each cluster's channel among the channels, -1 without one.

    ``clusters.channels`` is numbered from 0, like all of ALF. ``clusters.peakChannel`` is numbered
    from 1 in the release of Steinmetz et al. (2019), which MATLAB wrote, and from 0 elsewhere. We
    infer the origin from the numbers: 0 if they include 0; 1 if they include the number of
    channels; 1 if they are floats, as written by MATLAB. Otherwise the key ``first_channel`` is
    required.

    Parameters
    ----------
    numbers : pandas.Series
        The channel of each cluster; NaN without one.
    n_channels : int
        Rows of the channels.
    first : int or None
        The key ``first_channel``.
    where, attribute : str
        The file and its attribute.

    Returns
    -------
    rows : array of int, shape (cluster,)
    remarks : list of str
        The inferred origin, and the number of clusters without a channel.

    Raises
    ------
    InputError
        If a channel is not a whole number or does not exist.
    UndecidedChannelsError
        If the numbers do not determine whether they start at 0 or 1.
    """
    values = pd.to_numeric(numbers, errors="coerce").to_numpy(dtype=float)
    known = values[np.isfinite(values)]
    if numbers.notna().sum() > len(known) or (known != np.floor(known)).any():
        raise InputError(where, "channels must be whole numbers.")
    remarks = []
    if first is None:
        first, why = _counted_from(known, n_channels, attribute, numbers.dtype.kind == "f")
        if first is None:
            raise UndecidedChannelsError(
                where,
                f"channels {known.min():g} to {known.max():g} of {n_channels} may be numbered "
                "from 0 or from 1.",
                "Set the key first_channel to 0 or 1.",
            )
        if why:
            remarks.append(
                f"The channels in clusters.{attribute} are taken as numbered from {first}: {why}."
            )
    rows = np.where(np.abs(values) < 2**53, values - first, -1).astype(np.int64)
    outside = np.isfinite(values) & ((rows < 0) | (rows >= n_channels))
    if outside.any() and (attribute == "channels" or (rows[outside] < 0).any()):
        raise InputError(
            where,
            f"names channel {values[outside][0]:g}; there are {n_channels}, numbered from {first}.",
            "Take clusters and channels from the same sorting; if channels are numbered from "
            f"{1 - first}, set the key first_channel to {1 - first}.",
        )
    if outside.any():
        # Some sessions of that release name channels that are missing from its table of locations.
        remarks.append(
            f"{int(outside.sum())} of {len(values)} clusters lie on channels after the last of "
            f"{n_channels} that channels.* lists; they have none of its columns."
        )
        rows[outside] = -1
    return rows, remarks


def _counted_from(
    known: np.ndarray, n_channels: int, attribute: str, is_float: bool
) -> tuple[int | None, str]:
    """Return the number of the first channel, or None if ambiguous, and the reason if inferred."""
    if attribute == "channels" or not len(known):
        return 0, ""
    if known.min() == 0:
        return 0, ""
    if (known == n_channels).any():
        return 1, f"the highest is {n_channels}, the number of channels"
    if is_float:
        return 1, "they are floats, as in files from MATLAB"
    return None, ""

"""Which sessions contribute to each region, and which are left out."""

from collections import Counter
from collections.abc import Iterable, Mapping

import pandas as pd
import xarray as xr

from neuro_attn.configuration import AnyDataset
from neuro_attn.decoding.building import fewest_units
from neuro_attn.decoding.tabulation import sessions_left_out
from neuro_attn.results import columns_of

UNREADABLE, NOT_LEARNED, FEW_TRIALS = "unreadable", "not learned", "few trials"
"""Why a session is left out."""


def session_units(
    recordings: list[xr.Dataset], dataset: AnyDataset, regions: Iterable[str]
) -> pd.DataFrame:
    """List the sessions of each region that is decoded.

    Returns
    -------
    pandas.DataFrame
        ``region``, ``session``, ``n_units``.
    """
    scarce = {each.session for each in sessions_left_out(recordings, dataset)}
    counted = {
        recording.attrs["session"]: Counter(recording["region"].values.tolist())
        for recording in recordings
        if recording.attrs["session"] not in scarce
    }
    rows = [
        (region, session, of_session[region])
        for region in regions
        for session, of_session in counted.items()
        if of_session[region] >= fewest_units(dataset)
    ]
    return pd.DataFrame(rows, columns=columns_of("session_units"))


def left_out_table(
    recordings: list[xr.Dataset],
    dataset: AnyDataset,
    *,
    unreadable: Mapping[str, str],
    unlearned: Mapping[str, str],
) -> pd.DataFrame:
    """List the sessions that are left out, and the reasons.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        The other sessions.
    dataset : settings of a data set
        Its decoding and sessions.
    unreadable : mapping of str to str
        Messages about sessions that could not be read.
    unlearned : mapping of str to str
        Replicate networks that have not learned, with reasons.
    """
    rows = [(session, UNREADABLE, reason) for session, reason in unreadable.items()]
    rows += [(session, NOT_LEARNED, reason) for session, reason in unlearned.items()]
    rows += [
        (each.session, FEW_TRIALS, f"{each} trials; of each, it needs {each.needed}")
        for each in sessions_left_out(recordings, dataset)
    ]
    return pd.DataFrame(rows, columns=columns_of("sessions_left_out"))

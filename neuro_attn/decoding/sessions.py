"""Which sessions contribute to each region, and which are left out."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePath

import pandas as pd
import xarray as xr

from neuro_attn import recording as recorded
from neuro_attn.configuration import AnyDataset
from neuro_attn.decoding.building import fewest_units
from neuro_attn.decoding.tabulation import sessions_left_out
from neuro_attn.results import columns_of

UNREADABLE, NOT_LEARNED, FEW_TRIALS = "unreadable", "not learned", "few trials"
"""Why a session is left out."""


def sessions_table(recordings: Iterable[xr.Dataset]) -> pd.DataFrame:
    """List the sessions with the origin of their data.

    Returns
    -------
    pandas.DataFrame
        ``session``, ``subject``, ``source``, ``sha256``, ``n_units``, ``n_trials``.
    """
    rows = [
        (
            *(each.attrs["session"], recorded.subject_of(each)),
            # The whole path would reveal folders of the computer.
            PurePath(str(each.attrs.get("file", each.attrs["origin"]))).name,
            _checksums(each),
            *(each.sizes["unit"], each.sizes["trial"]),
        )
        for each in recordings
    ]
    return pd.DataFrame(rows, columns=columns_of("sessions"))


def _checksums(recording: xr.Dataset) -> str:
    """Return the checksum of a session's data, or those of its tables, each after its name."""
    found = {
        name.removesuffix("sha256").rstrip("_"): str(value)
        for name, value in recording.attrs.items()
        if name.endswith("sha256")
    }
    return "; ".join(f"{table} {value}" if table else value for table, value in found.items())


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

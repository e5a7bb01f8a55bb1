"""Checks that no two sessions of a data set are the same recording.

A file with two names, or a link to it, looks like two sessions. Their trials are not independent,
so confidence intervals and p-values would be those of twice the data.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import xarray as xr

from neuro_attn.errors import InputError

_CHANCE = 1e-6
"""Tolerated probability that any two units of different recordings are equal by chance."""
_LISTED = 5
"""Number of sessions that a message names."""


def fingerprinted(recording: xr.Dataset, activity: np.ndarray) -> xr.Dataset:
    """Return a Recording with the coordinates that `check_distinct` compares.

    Parameters
    ----------
    recording : xarray.Dataset
        A Recording or an outline.
    activity : array, shape (trial, unit)
        Number of spikes, or mean rate, of each unit on each trial.

    Returns
    -------
    xarray.Dataset
        With ``fingerprint`` (unit), a digest of the activity of a unit on all trials in order of
        time, and ``surprise`` (unit), the negative log probability that another unit is equal by
        chance: the sum over trials of the negative log frequency of the trial's value.
    """
    if "event_time" in recording.coords:
        activity = activity[np.argsort(recording["event_time"].values, kind="stable")]
    digests = np.zeros(activity.shape[1], dtype=np.uint64)
    surprise = np.zeros(activity.shape[1])
    for unit, values in enumerate(np.ascontiguousarray(activity.T)):
        digests[unit] = int.from_bytes(hashlib.blake2b(values, digest_size=8).digest(), "big")
        _, counts = np.unique(values, return_counts=True)
        surprise[unit] = -(counts * np.log(counts / len(values))).sum()
    return recording.assign_coords(fingerprint=("unit", digests), surprise=("unit", surprise))


def check_distinct(recordings: Sequence[xr.Dataset], name: str) -> None:
    """Raise `InputError` if two sessions have the same units on the same trials.

    Two sessions are the same recording if at least half of the active units of either have the same
    activity on all trials in the other. Units that hardly fire are equal by chance. A unit is
    therefore active if its activity is so improbable that units of different recordings would be
    equal in fewer than one in a million data sets. Sessions without a fingerprint, such as
    simulations whose spikes are not drawn, are not compared.

    Parameters
    ----------
    recordings : sequence of xarray.Dataset
        From `fingerprinted`.
    name : str
        The data set, named in errors.
    """
    marked = [each for each in recordings if "fingerprint" in each.coords]
    n_units = sum(each.sizes["unit"] for each in marked)
    needed = np.log(max(n_units, 2) ** 2 / 2 / _CHANCE)
    active = [
        set(each["fingerprint"].values[each["surprise"].values > needed].tolist())
        for each in marked
    ]
    first: dict[int, int] = {}
    shared: dict[tuple[int, int], int] = {}
    for number, units in enumerate(active):
        for unit in units:
            if (other := first.setdefault(unit, number)) != number:
                shared[other, number] = shared.get((other, number), 0) + 1
    pairs = {
        (one, other): n
        for (one, other), n in sorted(shared.items())
        if 2 * n >= min(len(active[one]), len(active[other]))
    }
    if not pairs:
        return
    names = [each.attrs["session"] for each in marked]
    (one, other), n = next(iter(pairs.items()))
    again = list(dict.fromkeys(names[second] for _, second in pairs))
    more = f" The same holds for {len(pairs) - 1} more." if len(pairs) > 1 else ""
    listed = ", ".join(again[:_LISTED]) + (", ..." if len(again) > _LISTED else "")
    raise InputError(
        f"datasets.{name}.sessions",
        f"sessions {names[one]!r} and {names[other]!r} contain the same recording: {n} of "
        f"{len(active[other])} active units have the same activity on all "
        f"{marked[other].sizes['trial']} trials.{more}",
        f"Analyse each recording once: sessions.exclude: [{listed}].",
    )

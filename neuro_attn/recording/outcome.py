"""Which recordings are of networks that have learned their tasks."""

from collections.abc import Sequence

import xarray as xr

NOT_LEARNED = "not_learned"
"""Attribute of a network's recording with the reason why it has not learned; empty if it has."""
ATTENTION_USE = "attention_use"
"""Attribute of a network's attention weights: report error with and without it, in JSON."""
PROBE = "probe"
"""Attribute of a network's recording with the errors of reports asked in each bin, as JSON."""


def unlearned(recordings: Sequence[xr.Dataset]) -> dict[str, str]:
    """Return the replicate networks of a data set that are left out because they did not learn.

    If none has learned, none is left out: the data set is analysed, but not compared.

    Returns
    -------
    dict of str to str
        Reasons, by session.

    Examples
    --------
    >>> reasons = {"seed0": "", "seed1": "the mean report error is 80"}
    >>> seeds = [xr.Dataset(attrs={"session": s, NOT_LEARNED: r}) for s, r in reasons.items()]
    >>> unlearned(seeds)
    {'seed1': 'the mean report error is 80'}
    >>> unlearned(seeds[1:])
    {}
    """
    return {} if none_learned(recordings) else _reasons(recordings)


def none_learned(recordings: Sequence[xr.Dataset]) -> bool:
    """Return whether all recordings are of networks that have not learned."""
    return len(_reasons(recordings)) == len(recordings) > 0


def _reasons(recordings: Sequence[xr.Dataset]) -> dict[str, str]:
    return {
        each.attrs["session"]: each.attrs[NOT_LEARNED]
        for each in recordings
        if each.attrs.get(NOT_LEARNED)
    }

"""A block of the nulls of a region: label sets of all its sessions, reduced to what tests use.

Accuracies at all pairs of times are as large as sessions x times x times x permutations. Tests
between times concern the mean over sessions alone, so they are summed session by session.
"""

import numpy as np
import xarray as xr

from neuro_attn.decoding.confusion import shares
from neuro_attn.decoding.population_decoder import PopulationDecoder
from neuro_attn.decoding.splits import Replicate

PAIR = ("train_task", "test_task")
CROSS = (*PAIR, "train_time", "test_time")
"""Dimensions of accuracies at pairs of times."""


CONFUSED = (*PAIR, "window", "true_class", "decoded_class")
"""Dimensions of confusion matrices."""
CONFUSION = "confusion_null"


class NullBlock:
    """Decodes some permutations of a region, one session after the other.

    Parameters
    ----------
    label_sets : range
        Numbers of the permutations.
    """

    def __init__(self, label_sets: range):
        self.label_sets = label_sets
        self._sums: dict[str, np.ndarray] = {}
        self._n_sessions = 0

    def decode(self, decoder: PopulationDecoder) -> dict[str, tuple]:
        """Decode a session, and return its nulls at equal times and in windows.

        Returns
        -------
        dict of str to tuple
            ``null`` and ``mirrored`` (train_task, test_task, time, permutation); with the prefix
            ``window_`` the same in the windows.
        """
        replicates = [Replicate("permutation", number) for number in self.label_sets]
        null, confusion = decoder.outcomes(replicates)
        mirrored = decoder.mirrored(null, self.label_sets.start)
        self._n_sessions += 1
        found: dict[str, tuple] = {}
        for name, values in (("null", null), ("mirrored", mirrored)):
            self._add(f"cross_{name}", at_pairs_of_times(values, decoder))
            found[name] = ((*PAIR, "time", "permutation"), in_bins(values, decoder))
            in_window = in_windows(values, decoder)
            found[f"window_{name}"] = ((*PAIR, "window", "permutation"), in_window)
        if not decoder.population.is_continuous:
            self._add(CONFUSION, np.moveaxis(shares(confusion), 0, -1))
        return found

    def _add(self, name: str, values: np.ndarray) -> None:
        """Add a session to the sum, in double precision and in the order of the sessions."""
        before = self._sums.get(name)
        self._sums[name] = values if before is None else np.add(before, values, dtype=float)

    def at_pairs_of_times(self) -> xr.Dataset:
        """Return ``cross_null`` and ``cross_mirrored``, means over the sessions, rounded once."""
        dims = (*CROSS, "permutation")
        return xr.Dataset(
            {
                name: (dims, (total / np.float64(self._n_sessions)).astype(np.float32))
                if self._n_sessions > 1
                else (dims, total)
                for name, total in self._sums.items()
                if name != CONFUSION
            }
        )

    def confusion(self) -> xr.Dataset:
        """Return ``confusion_null``, means over the sessions; empty for continuous labels."""
        if CONFUSION not in self._sums:
            return xr.Dataset()
        # The order of bytes decides how a mean over permutations is rounded.
        mean = (self._sums[CONFUSION] / self._n_sessions).astype(np.float32, order="C")
        return xr.Dataset({CONFUSION: ((*CONFUSED, "permutation"), mean)})


def at_pairs_of_times(values: np.ndarray, decoder: PopulationDecoder) -> np.ndarray:
    """Return accuracies (replicate, ..., bin, bin) at pairs of times, the replicate last."""
    times = slice(len(decoder.population.times))
    return np.moveaxis(values[..., times, times], 0, -1)


def in_bins(values: np.ndarray, decoder: PopulationDecoder) -> np.ndarray:
    """Return accuracies (replicate, ..., bin, bin) within time bins, the replicate last."""
    return _copied(at_equal_times(values)[..., : len(decoder.population.times)])


def in_windows(values: np.ndarray, decoder: PopulationDecoder) -> np.ndarray:
    """Return accuracies (replicate, ..., bin, bin) within windows, the replicate last."""
    return _copied(at_equal_times(values)[..., decoder.windows])


def _copied(values: np.ndarray) -> np.ndarray:
    """Move the first axis to the end; a view would keep the accuracies at all pairs of times."""
    return np.ascontiguousarray(np.moveaxis(values, 0, -1))


def at_equal_times(accuracy: np.ndarray) -> np.ndarray:
    """Return accuracies at equal training and test times, the last two axes."""
    return np.diagonal(accuracy, axis1=-2, axis2=-1)

"""Arrays of spikes and tables of clusters, which ALF and Phy share."""

import warnings
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy.ndimage

from neuro_attn import budget
from neuro_attn.bytestrings import as_text
from neuro_attn.errors import InputError
from neuro_attn.guard import guarded
from neuro_attn.sources.checks import existing_file
from neuro_attn.sources.regions import no_region_column
from neuro_attn.sources.units import finite_spike_times, kept_units

_FEWEST, _SAMPLED = 100, 20_000
"""Minimum number of spikes of a sorting that are compared, and the number that is sampled."""
_LAG, _BIN, _BESIDE = 0.003, 0.0001, 21
"""Longest lag and bin width of a cross-correlogram, s; bins of the baseline of a peak."""
_MOST_CLUSTERS = np.iinfo(np.int32).max
"""Highest number of a cluster; sorters count in 32 bits at most."""
_COINCIDENT = 0.3
"""Minimum fraction of spikes shared by two sortings of one recording."""


class Clusters(NamedTuple):
    """The clusters of a sorting."""

    table: pd.DataFrame
    """One row a cluster, with the columns of all files."""
    remarks: list[str]
    """Remarks on how they were read."""


def load_array(path: Path) -> np.ndarray:
    """Read an array of numbers or text from a .npy file; objects in it are never unpickled.

    Raises
    ------
    InputError
        If the file is missing or damaged, or contains objects.
    """
    existing_file(path, fixed_name=True)
    with guarded(path, ".npy file of numbers or text"), warnings.catch_warnings():
        # NumPy reads a header that Python 2 wrote, with a warning.
        warnings.simplefilter("ignore", UserWarning)
        # A map compares the shape that the header declares with the size of the file.
        array = np.load(path, allow_pickle=False, mmap_mode="r")
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biufUS":
        raise InputError(str(path), "contains neither numbers nor text.", "Save numbers or text.")
    budget.need_array(array.shape, max(array.dtype.itemsize, 8), str(path), copies=3)
    # Half precision has no number above 65,504, so others cannot be compared with it.
    half = array.dtype.kind == "f" and array.dtype.itemsize < 4
    return as_text(np.array(array, np.float32 if half else None), str(path))


def load_vector(path: Path) -> np.ndarray:
    """Read a vector of numbers from a .npy file (of shape n, n x 1 or 1 x n).

    Raises
    ------
    InputError
        As `load_array`, or if it contains anything else.
    """
    array = load_array(path)
    values = column(array)
    if values.dtype.kind not in "biuf" or values.ndim > 1:
        shape = " x ".join(map(str, array.shape))
        raise InputError(
            str(path), f"contains {array.dtype}, {shape}.", "It must be one row of numbers."
        )
    return values.reshape(-1)


def column(values: np.ndarray, n_rows: int | None = None) -> np.ndarray:
    """Return an array of n x 1 or 1 x n, as MATLAB writes columns and rows, as n values.

    Parameters
    ----------
    values : array
        Numbers or text. Arrays of any other shape are returned unchanged.
    n_rows : int, optional
        Rows of the object, where they are known: 1 x n is then one row of n values if there is one
        row only.
    """
    is_column = values.ndim == 2 and values.shape[1] == 1
    is_row = values.ndim == 2 and values.shape[0] == 1 and n_rows != 1
    return values.reshape(-1) if is_column or is_row else values


def load_clusters(path: Path, n_spikes: int, times: Path) -> np.ndarray:
    """Read the cluster of each spike, whole numbers from 0.

    Parameters
    ----------
    path, times : Path
        Files with the clusters and with the times of the spikes.
    n_spikes : int
        Number of spike times.

    Raises
    ------
    InputError
        As `load_vector`, or if a value is not a cluster number, or the number of values is not
        that of the spike times.
    """
    numbers = load_vector(path)
    if len(numbers) != n_spikes:
        raise InputError(
            str(path),
            f"contains {len(numbers)} values for the {n_spikes} spikes of {times}.",
            "Take times and clusters of spikes from the same sorting.",
        )
    wrong = ~np.isfinite(numbers) | (numbers < 0) | (numbers != np.floor(numbers))
    wrong |= numbers > _MOST_CLUSTERS
    if wrong.any():
        spike = int(wrong.argmax())
        most = f" up to {_MOST_CLUSTERS:,}" if _MOST_CLUSTERS < numbers[spike] < np.inf else ""
        raise InputError(
            str(path),
            f"spike {spike} is of cluster {numbers[spike]}.",
            f"Must be 0, 1, 2, ...{most}",
        )
    return numbers.astype(np.int64)


def check_distinct(sortings: Sequence[tuple[str, np.ndarray]], where: str) -> None:
    """Raise `InputError` if two sortings contain the same spikes.

    In two sortings of one recording, spikes coincide within a fraction of a millisecond. Spikes of
    two probes coincide only by chance, equally at all lags.

    Parameters
    ----------
    sortings : sequence of (str, array)
        Name and spike times, s, of each.
    where : str
        The session, named in the error.
    """
    for (name, times), (other, others) in combinations(sortings, 2):
        shared = _shared(times, others)
        if shared > _COINCIDENT:
            raise InputError(
                where,
                f"{name} and {other} contain the same spikes: {shared:.0%} coincide.",
                "They are two sortings of one recording: move one of them out of the folder.",
            )


def _shared(times: np.ndarray, others: np.ndarray) -> float:
    """Return the fraction of spikes that coincide with others.

    It is the height of the highest bin of the cross-correlogram above its adjacent bins.
    Correlations between probes, such as responses to the same events, are broader than 1 ms.
    """
    few, many = sorted((times[np.isfinite(times)], others[np.isfinite(others)]), key=len)
    if len(few) < _FEWEST:
        return 0.0
    sample = few[:: -(-len(few) // _SAMPLED)]
    many = np.sort(many)
    edges = np.arange(-_LAG, _LAG + _BIN / 2, _BIN)
    counts = np.diff([np.searchsorted(many, sample + edge).sum() for edge in edges])
    # A lag on an edge is shared by two bins.
    pairs = counts[1:] + counts[:-1]
    beside = scipy.ndimage.median_filter(pairs, size=_BESIDE, mode="nearest")
    return float((pairs - beside).max()) / len(sample)


def trains_of(
    times: np.ndarray, clusters: np.ndarray, wanted: Iterable[int], where: str
) -> list[np.ndarray]:
    """Return the sorted spike times of each wanted cluster.

    Parameters
    ----------
    times : array, shape (spike,)
        Spike times of all clusters, s.
    clusters : array of int, shape (spike,)
        The cluster of each spike.
    wanted : iterable of int
        Clusters; one without spikes has none.
    where : str
        The file, named in errors.
    """
    order = np.argsort(clusters, kind="stable")
    grouped = clusters[order]
    trains = []
    for cluster in wanted:
        first, stop = np.searchsorted(grouped, [cluster, cluster + 1])
        of_cluster = times[order[first:stop]]
        trains.append(finite_spike_times(of_cluster, f"{where}, cluster {cluster}"))
    return trains


def kept_clusters(clusters: pd.DataFrame, units: str | None, where: str) -> list[int]:
    """Return the rows of clusters for which the expression ``units`` is true; all without one."""
    return kept_units(clusters, units, where=f"{where}, units", what="cluster").tolist()


def regions_of(clusters: pd.DataFrame, *, region: str | None, column: str, where: str) -> list[str]:
    """Return the region of each cluster.

    Parameters
    ----------
    clusters : pandas.DataFrame
        One row for each cluster.
    region : str or None
        The key ``region``, for all clusters.
    column : str
        The key ``regions.column``, which is used without ``region``.
    where : str
        The folder, named in errors.
    """
    if region is not None:
        return [region] * len(clusters)
    if column not in clusters.columns:
        raise no_region_column(column, list(map(str, clusters.columns)), f"{where}, clusters")
    return ["" if pd.isna(each) else name_of(each) for each in clusters[column]]


def name_of(value: object) -> str:
    """Return a region's name; ids of atlases may have become floats where one is missing."""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()

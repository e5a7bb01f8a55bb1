"""What folders of spike-sorted data share: arrays of spikes, and tables of clusters."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from neuro_attn.bytestrings import as_text
from neuro_attn.configuration import AlfDataset, PhyDataset
from neuro_attn.errors import InputError
from neuro_attn.expressions import evaluate
from neuro_attn.sources.checks import existing_file, first_line, sorted_spike_times


def load_array(path: Path) -> np.ndarray:
    """Read an array of numbers or text from a .npy file; objects in it are never unpickled.

    Raises
    ------
    InputError
        If the file is missing, damaged, or holds objects.
    """
    existing_file(path)
    try:
        array = np.load(path, allow_pickle=False)
    except Exception as error:
        # numpy raises errors of any type on damaged files.
        raise InputError(
            str(path), f"is not a readable .npy file of numbers or text ({first_line(error)})."
        ) from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biufUS":
        raise InputError(str(path), "holds neither numbers nor text.")
    return as_text(array, str(path))


def load_vector(path: Path, length: int | None = None) -> np.ndarray:
    """Read numbers, one after another, from a .npy file (of shape n, n x 1 or 1 x n).

    Raises
    ------
    InputError
        As `load_array`, or if there are not `length` of them.
    """
    array = load_array(path)
    if array.dtype.kind not in "biuf" or array.size != max(array.shape, default=1):
        shape = " x ".join(map(str, array.shape))
        raise InputError(str(path), f"holds {array.dtype}, {shape}.", "Must be one row of numbers.")
    if length is not None and array.size != length:
        raise InputError(str(path), f"holds {array.size} values for {length} spikes.")
    return array.reshape(-1)


def load_clusters(path: Path, n_spikes: int) -> np.ndarray:
    """Read the cluster of each spike, whole numbers from 0.

    Raises
    ------
    InputError
        As `load_vector`, or if a number is none of a cluster.
    """
    numbers = load_vector(path, n_spikes)
    wrong = ~np.isfinite(numbers) | (numbers < 0) | (numbers != np.floor(numbers))
    if wrong.any():
        spike = int(wrong.argmax())
        raise InputError(
            str(path), f"spike {spike} is of cluster {numbers[spike]}.", "Must be 0, 1, 2, ..."
        )
    return numbers.astype(np.int64)


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
        trains.append(sorted_spike_times(of_cluster, f"{where}, cluster {cluster}"))
    return trains


def kept_clusters(
    clusters: pd.DataFrame, dataset: AlfDataset | PhyDataset, where: str
) -> list[int]:
    """Return the rows of the clusters that ``units`` is true on; all without an expression."""
    if dataset.units is None:
        return list(range(len(clusters)))
    try:
        kept = np.flatnonzero(evaluate(dataset.units, clusters, f"{where}, units"))
    except InputError as error:
        # Expressions are on trials elsewhere, and their errors say so.
        problem = error.problem.replace("no trial column", "no column of the clusters")
        raise InputError(error.where, problem, error.remedy) from None
    if len(kept) == 0:
        raise InputError(f"{where}, units", f"{dataset.units!r} is true on no cluster.")
    return kept.tolist()


def regions_of(clusters: pd.DataFrame, dataset: AlfDataset | PhyDataset, where: str) -> list[str]:
    """Return each cluster's region, from the column ``regions.column`` or the key ``region``."""
    if dataset.region is not None:
        return [dataset.region] * len(clusters)
    column = dataset.regions.column
    if column not in clusters.columns:
        raise InputError(
            f"{where}, clusters",
            f"no column {column!r} (regions.column).",
            f"Columns: {', '.join(map(str, clusters.columns))}. Or give the key region, one for "
            "all units.",
        )
    return ["" if pd.isna(each) else name_of(each) for each in clusters[column]]


def name_of(value: object) -> str:
    """Return a region's name; ids of atlases may have become floats where one is missing."""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()

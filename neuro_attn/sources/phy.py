"""Folders that Phy opens: spikes sorted by Kilosort and its like, curated by hand, with trials."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from neuro_attn.configuration import PhyDataset
from neuro_attn.errors import InputError
from neuro_attn.recording import SpikeSession
from neuro_attn.sources import table
from neuro_attn.sources.checks import digest_of, existing_file, first_line, session_of
from neuro_attn.sources.sorting import (
    kept_clusters,
    load_clusters,
    load_vector,
    regions_of,
    trains_of,
)
from neuro_attn.sources.text_tables import read_text_table

_SAMPLE_RATE = re.compile(r"^\s*sample_rate\s*=\s*([0-9][0-9_.eE+]*)\s*(?:#.*)?$", re.MULTILINE)


def files(folder: str | Path, dataset: PhyDataset) -> list[str]:
    """Return the files of a folder that are read."""
    folder = Path(folder)
    names = ["params.py", "spike_times.npy", "spike_clusters.npy", dataset.trials]
    return sorted(map(str, [*(folder / name for name in names), *_cluster_tables(folder)]))


def read(folder: str | Path, dataset: PhyDataset) -> SpikeSession:
    """Read a session from a folder of Phy.

    Spike times are samples, divided by ``sample_rate`` of ``params.py``, which is read as text and
    never executed. Clusters and their columns (``group``, ``ch``, ``depth``, ...) stand in
    ``cluster_info.tsv``, or else in all ``cluster_*.tsv``.

    Parameters
    ----------
    folder : str or Path
        The folder.
    dataset : PhyDataset
        Names the table of trials in the folder, the clusters to keep and the region's column.

    Returns
    -------
    SpikeSession

    Raises
    ------
    InputError
        If a file is missing or unreadable, or no cluster is kept.
    """
    folder = Path(folder)
    rate = sampling_rate(folder / "params.py")
    times = load_vector(folder / "spike_times.npy") / rate
    of_spike = load_clusters(folder / "spike_clusters.npy", len(times))
    clusters = read_clusters(folder, of_spike)
    rows = kept_clusters(clusters, dataset, str(folder))
    kept = clusters.iloc[rows]
    ids = [int(each) for each in kept["cluster_id"]]
    return SpikeSession(
        session=session_of(folder),
        spike_times=trains_of(times, of_spike, ids, str(folder / "spike_times.npy")),
        units=pd.DataFrame({"unit_id": ids, "region": regions_of(kept, dataset, str(folder))}),
        trials=read_trials(folder / dataset.trials),
        origin=str(folder),
        provenance={"file": folder.name, "sha256": digest_of(files(folder, dataset), folder)},
    )


def sampling_rate(path: Path) -> float:
    """Return the sampling rate that ``params.py`` names, samples/s; the file is not executed.

    Raises
    ------
    InputError
        If the file is missing or does not name one as a plain number.
    """
    text = existing_file(path).read_text(encoding="utf-8", errors="replace")
    found = _SAMPLE_RATE.findall(text)
    try:
        rate = float(found[-1])
    except (IndexError, ValueError):
        rate = 0.0
    if not 0 < rate < np.inf:
        raise InputError(
            str(path), "no line sample_rate = NUMBER.", "It says how many samples are in a second."
        )
    return rate


def _cluster_tables(folder: Path) -> list[Path]:
    info = folder / "cluster_info.tsv"
    return [info] if info.is_file() else sorted(folder.glob("cluster_*.tsv"))


def read_clusters(folder: Path, of_spike: np.ndarray) -> pd.DataFrame:
    """Return all clusters that have spikes or stand in a table, with the tables' columns."""
    clusters = pd.DataFrame({"cluster_id": np.unique(of_spike)})
    for path in _cluster_tables(folder):
        try:
            found = read_text_table(path, separator="\t")
        except Exception as error:
            # pandas raises errors of several types on damaged files.
            raise InputError(
                str(path), f"is not a readable table ({first_line(error)})."
            ) from error
        if "cluster_id" not in found and "id" in found:
            found = found.rename(columns={"id": "cluster_id"})
        names = found.get("cluster_id", pd.Series([None]))
        ids = pd.to_numeric(names, errors="coerce")
        if ids.isna().any() or ids.duplicated().any():
            raise InputError(str(path), "no column cluster_id that names each cluster once.")
        new = [name for name in found if name == "cluster_id" or name not in clusters]
        found = found.assign(cluster_id=ids.astype(np.int64))[new]
        clusters = clusters.merge(found, on="cluster_id", how="outer")
    for name in clusters:
        if not pd.api.types.is_numeric_dtype(clusters[name]):
            clusters[name] = clusters[name].astype(object).where(clusters[name].notna(), "")
    return clusters


def read_trials(path: Path) -> pd.DataFrame:
    """Return the table of trials, CSV or Parquet; without ``trial_id`` its rows count from 1."""
    trials = table.load(path, ())
    if "trial_id" in trials:
        return trials
    return trials.assign(trial_id=np.arange(1, len(trials) + 1))

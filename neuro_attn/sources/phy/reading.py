"""Folders that Phy opens: spikes sorted by Kilosort and its like, curated by hand, with trials."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from neuro_attn.configuration.sources.phy import PhyDataset
from neuro_attn.errors import InputError
from neuro_attn.guard import guarded
from neuro_attn.recording import SpikeSession
from neuro_attn.sources import table_files
from neuro_attn.sources.checks import digest_of, existing_file, session_of, subject_of
from neuro_attn.sources.phy.files import (
    CLUSTERS,
    INFO,
    cluster_tables,
    clusters_file,
    files,
    in_seconds,
    times_files,
)
from neuro_attn.sources.sorting import (
    Clusters,
    kept_clusters,
    load_clusters,
    load_vector,
    regions_of,
    trains_of,
)
from neuro_attn.sources.text_tables import read_text_table
from neuro_attn.sources.units import MOST_WHOLE

GOOD = PhyDataset.model_fields["units"].default
"""The clusters that are units by default."""
_UNCURATED = ("", "unsorted")
"""Groups of clusters that were not curated."""
_SAMPLE_RATE = re.compile(r"^[ \t]*sample_rate\b(.*)$", re.MULTILINE)
_NUMBER = re.compile(r"\s*(?::\s*\w+\s*)?=\s*([0-9_.eE+]+)\s*(?:#.*)?")
_SAME_CLOCK = 0.001
"""Tolerated difference between spike times in two files on one clock, s."""
_ROUNDED = 1e-3
"""Tolerated relative difference of numbers, which Phy rounds."""
_LISTED = 5
_STALE = (
    "Phy writes both when it saves: open the folder in Phy and save, or delete the file that is "
    f"out of date. Phy itself never reads {INFO}."
)


def read(folder: str | Path, dataset: PhyDataset) -> SpikeSession:
    """Read a session from a folder of Phy.

    Spike times are samples, divided by ``sample_rate`` of ``params.py``, which is read as text and
    never executed, or s. Clusters are those that spikes belong to; their columns (``group``,
    ``KSLabel``, ``ch``, ``depth``, ...) come from ``cluster_*.tsv``.

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
        If a file is missing or unreadable, files contradict each other, or no cluster is kept.
    """
    folder = Path(folder)
    path, times = read_times(folder, dataset.spike_times)
    of_spike = load_clusters(clusters_file(folder), len(times), path)
    found = read_clusters(folder, of_spike)
    if dataset.units is not None and "group" in dataset.units:
        found = with_groups(found)
    clusters = found.table
    if dataset.units == GOOD and not are_grouped(clusters).any():
        raise InputError(
            f"{folder}, units",
            "no cluster_*.tsv marks clusters as good: none has a group or a KSLabel.",
            "Curate the folder in Phy and save, set units to null for all clusters, or set it to "
            f"another expression. Columns: {', '.join(map(str, clusters))}.",
        )
    rows = kept_clusters(clusters, dataset.units, str(folder))
    kept = clusters.iloc[rows]
    ids = [int(each) for each in kept["cluster_id"]]
    regions = regions_of(
        kept, region=dataset.region, column=dataset.regions.column, where=str(folder)
    )
    return SpikeSession(
        session=session_of(folder),
        spike_times=trains_of(times, of_spike, ids, str(path)),
        units=pd.DataFrame({"unit_id": ids, "region": regions}),
        trials=read_trials(folder / dataset.trials),
        origin=str(folder),
        provenance={
            "file": folder.name,
            "sha256": digest_of(files(folder, dataset), folder),
            **({"subject": subject} if (subject := subject_of(folder)) else {}),
        },
        remarks=found.remarks,
        where_spikes=str(path),
    )


# --- spikes --------------------------------------------------------------------------------------


def read_times(folder: Path, wanted: str | None) -> tuple[Path, np.ndarray]:
    """Read the spike times, s.

    Parameters
    ----------
    folder : Path
        The folder.
    wanted : str or None
        The key ``spike_times``. Without it there may be several files if all are on one clock.

    Returns
    -------
    path : Path
        The file.
    times : array, shape (spike,)
        Spike times, s.

    Raises
    ------
    InputError
        If a file is missing or unreadable, samples are not whole numbers, or files are on
        different clocks and the key does not choose one.
    """
    path, *others = times_files(folder, wanted)
    times = _times(path)
    for other in others:
        apart = clocks_apart(times, _times(other))
        if apart > _SAME_CLOCK:
            raise InputError(
                f"{folder}, spike_times",
                f"{path.name} and {other.name} are on different clocks: spike times differ by up "
                f"to {apart:.3g} s.",
                "Set the key spike_times to the file on whose clock the trials are.",
            )
    return path, times


def clocks_apart(times: np.ndarray, others: np.ndarray) -> float:
    """Return the largest difference between the times of the same spikes, s."""
    if len(times) != len(others):
        return np.inf
    return float(np.abs(times - others).max(initial=0))


def _times(path: Path) -> np.ndarray:
    values = load_vector(path).astype(float)
    if in_seconds(path):
        return values
    finite = values[np.isfinite(values)]
    if (wrong := finite != np.floor(finite)).any():
        raise InputError(
            str(path),
            f"contains {finite[wrong][0]:g}, but sample numbers are whole.",
            "If these are times in s, rename the file to spike_times_sec.npy.",
        )
    return values / sampling_rate(path.parent / "params.py")


def sampling_rate(path: Path) -> float:
    """Return the sampling rate that ``params.py`` names, samples/s; the file is not executed.

    Raises
    ------
    InputError
        If the file is missing or does not name one as a plain number.
    """
    text = existing_file(path, fixed_name=True).read_text(encoding="utf-8", errors="replace")
    assigned = _SAMPLE_RATE.findall(text)
    if not assigned:
        raise InputError(
            str(path), "no line sample_rate = NUMBER.", "It gives the number of samples per second."
        )
    rates = [_plain_number(each) for each in assigned]
    if not all(0 < rate < np.inf for rate in rates):
        wrong = next(a for a, r in zip(assigned, rates, strict=True) if not 0 < r < np.inf)
        raise InputError(
            str(path),
            f"the line 'sample_rate{wrong.rstrip()}' does not give a plain positive number.",
            "The file is never executed: write the number of samples per second, as in "
            "sample_rate = 30000.0.",
        )
    # As in Python, the last line takes precedence.
    return rates[-1]


def _plain_number(text: str) -> float:
    """Return the number after "=", or NaN if it is not a number."""
    found = _NUMBER.fullmatch(text)
    try:
        return float(found[1]) if found else np.nan
    except ValueError:
        return np.nan


# --- clusters ------------------------------------------------------------------------------------


def read_clusters(folder: Path, of_spike: np.ndarray) -> Clusters:
    """Return the clusters that have spikes, with the columns of all tables.

    As in Phy, clusters without spikes are ignored: tables may still list clusters that were merged.

    Parameters
    ----------
    folder : Path
        The folder.
    of_spike : array of int, shape (spike,)
        The cluster of each spike.

    Raises
    ------
    InputError
        If a table is unreadable, does not name each cluster once, or contradicts another table or
        the spikes.
    """
    ids, n_spikes = np.unique(of_spike, return_counts=True)
    clusters = pd.DataFrame({"cluster_id": ids})
    first: dict[str, Path] = {}
    strays: set[int] = set()
    for path in cluster_tables(folder):
        found = _load_table(path).set_index("cluster_id")
        if path.name == INFO and "n_spikes" in found:
            _check_counts(path, found["n_spikes"], pd.Series(n_spikes, ids))
        strays |= set(found.index) - set(ids)
        found = found.reindex(ids)
        for name, values in found.items():
            each = values.reset_index(drop=True)
            if name in first:
                _check_agreement(str(name), clusters, each, first[str(name)], path)
                clusters[name] = clusters[name].where(clusters[name].notna(), each)
            else:
                clusters[name] = each
                first[str(name)] = path
    for name in clusters:
        if not pd.api.types.is_numeric_dtype(clusters[name]) or clusters[name].isna().all():
            clusters[name] = clusters[name].astype(object).where(clusters[name].notna(), "")
    if not strays:
        return Clusters(clusters, [])
    listed = ", ".join(map(str, sorted(strays)[:_LISTED])) + (
        ", ..." if len(strays) > _LISTED else ""
    )
    remark = (
        f"The tables name {len(strays)} clusters without a spike, which are left out: {listed}."
    )
    return Clusters(clusters, [remark])


def _load_table(path: Path) -> pd.DataFrame:
    """Return a table of clusters with whole numbers in ``cluster_id``."""
    with guarded(path, "table"):
        found = read_text_table(path, separator="\t")
    if "cluster_id" not in found and "id" in found:
        found = found.rename(columns={"id": "cluster_id"})
    if "cluster_id" not in found:
        raise InputError(
            str(path), "no column cluster_id.", f"Columns: {', '.join(map(str, found))}."
        )
    found = found.dropna(how="all")
    ids = pd.to_numeric(found["cluster_id"], errors="coerce")
    if (wrong := ids.isna() | (ids % 1 != 0) | (ids.abs() > MOST_WHOLE)).any():
        row = int(found.index[wrong][0])
        what = found["cluster_id"][row]
        said = "is empty" if pd.isna(what) else f"contains {what!r}, which is not a cluster number"
        raise InputError(
            f"{path}, cluster_id",
            f"row {row + 1} {said}.",
            "Open the folder in Phy and save, or correct the row or delete it.",
        )
    if (again := ids.duplicated()).any():
        raise InputError(f"{path}, cluster_id", f"cluster {int(ids[again].iloc[0])} occurs twice.")
    return found.assign(cluster_id=ids.astype(np.int64))


def _check_counts(path: Path, there: pd.Series, here: pd.Series) -> None:
    """Raise `InputError` if spike counts in a table are outdated."""
    there = pd.to_numeric(there, errors="coerce").dropna()
    both = pd.DataFrame({"there": there, "here": here}).fillna(0)
    wrong = both[both["there"] != both["here"]]
    if len(wrong):
        cluster, counts = next(wrong.iterrows())
        raise InputError(
            f"{path}, n_spikes",
            f"cluster {cluster} has {counts['there']:g} spikes there and {counts['here']:g} in "
            f"{CLUSTERS[0]}.",
            _STALE,
        )


def _check_agreement(
    name: str, clusters: pd.DataFrame, values: pd.Series, one: Path, other: Path
) -> None:
    """Raise `InputError` if two tables give a cluster different values.

    A group that only one of them gives is a difference as well.
    """
    before = clusters[name]
    if name == "group":
        before, values = (_words(each).replace("unsorted", "") for each in (before, values))
        differ = before != values
    elif pd.api.types.is_numeric_dtype(before) and pd.api.types.is_numeric_dtype(values):
        differ = ~np.isclose(before, values, rtol=_ROUNDED, atol=1e-6, equal_nan=True)
        differ &= (before.notna() & values.notna()).to_numpy()
    else:
        differ = (_words(before) != _words(values)) & before.notna() & values.notna()
    if differ.any():
        row = int(np.flatnonzero(differ)[0])
        raise InputError(
            f"{other}, {name}",
            f"cluster {clusters['cluster_id'][row]} is {_said(values[row])} there and "
            f"{_said(before[row])} in {one.name}.",
            _STALE,
        )


def _words(values: pd.Series) -> pd.Series:
    return values.astype(object).where(values.notna(), "").astype(str).str.strip()


def _said(value: object) -> str:
    return "without one" if value == "" else repr(value) if isinstance(value, str) else f"{value:g}"


def with_groups(found: Clusters) -> Clusters:
    """Return clusters with ``group``, and a remark unless Phy assigned a group to all.

    If nobody has curated any cluster, ``group`` is Kilosort's ``KSLabel``, which Kilosort itself
    writes into cluster_group.tsv as well (in a column ``KSLabel``). In a folder that was curated in
    part, clusters that were not curated have no group, or "unsorted", and stay so.

    Parameters
    ----------
    found : Clusters
        As `read_clusters` returns them.
    """
    clusters, remarks = found
    label = next((name for name in clusters if str(name).lower() == "kslabel"), None)
    curated = are_grouped(clusters)
    if curated.all() or (not curated.any() and label is None):
        return found
    if not curated.any():
        counts = clusters[label].value_counts()
        listed = ", ".join(f"{value or 'none'}: {n}" for value, n in counts.items())
        remark = f"No cluster was given a group in Phy; group is Kilosort's {label} ({listed})."
        return Clusters(clusters.assign(group=clusters[label]), [*remarks, remark])
    n_left = int((~curated).sum())
    remark = f"{n_left} of {len(clusters)} clusters were given no group in Phy and are not good."
    if label is not None and (n_good := int((clusters[label][~curated] == "good").sum())):
        remark += (
            f" Kilosort labels {n_good} of them good; to include these, set units to "
            f"group == 'good' or group in ['', 'unsorted'] and {label} == 'good'."
        )
    return Clusters(clusters, [*remarks, remark])


def are_grouped(clusters: pd.DataFrame) -> np.ndarray:
    """Return which clusters have a group other than "unsorted", shape (cluster,), bool."""
    if "group" not in clusters:
        return np.zeros(len(clusters), dtype=bool)
    return ~clusters["group"].isin(_UNCURATED).to_numpy()


def read_trials(path: Path) -> pd.DataFrame:
    """Return the table of trials, CSV or Parquet; without ``trial_id`` its rows count from 1."""
    trials = table_files.load(path, ())
    if "trial_id" in trials:
        return trials
    return trials.assign(trial_id=np.arange(1, len(trials) + 1))

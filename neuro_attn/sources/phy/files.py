"""The files that are read from a folder that Phy opens."""

from pathlib import Path

from neuro_attn.configuration.sources.phy import PhyDataset
from neuro_attn.errors import InputError

TIMES = ("spike_times.npy", "spike_times_sec.npy", "spike_times_sec_adj.npy")
"""Files of spike times: samples; the same in s; s on the clock of another stream (TPrime)."""
INFO = "cluster_info.tsv"
CLUSTERS = ("spike_clusters.npy", "spike_templates.npy")
"""Files of the spikes' clusters. Phy creates the first from the second on opening a folder."""


def files(folder: str | Path, dataset: PhyDataset) -> list[str]:
    """Return the files of a folder that are read."""
    folder = Path(folder)
    refuse_folder_above(folder)
    times = times_files(folder, dataset.spike_times)
    found = [*times, clusters_file(folder), folder / dataset.trials, *cluster_tables(folder)]
    if any(not in_seconds(path) for path in times):
        found.append(folder / "params.py")
    return sorted(map(str, found))


def times_files(folder: Path, wanted: str | None) -> list[Path]:
    """Return the files of spike times that are read: the first is used, others are compared."""
    if wanted is not None:
        return [folder / wanted]
    found = [folder / name for name in TIMES if (folder / name).is_file()]
    return found or [folder / TIMES[0]]


def clusters_file(folder: Path) -> Path:
    """Return the file with the cluster of each spike."""
    found = [folder / name for name in CLUSTERS if (folder / name).is_file()]
    return found[0] if found else folder / CLUSTERS[0]


def refuse_folder_above(folder: Path) -> None:
    """Raise `InputError` if a folder below, but not the folder itself, is that of a sorter."""
    if clusters_file(folder).is_file():
        return
    below = sorted({path.parent for name in CLUSTERS for path in folder.rglob(name)})
    if below:
        more = f" (and {len(below) - 1} more)" if below[1:] else ""
        raise InputError(
            str(folder),
            f"contains no {CLUSTERS[0]}; the folder {below[0].relative_to(folder)} in it "
            f"does{more}.",
            f"Name that folder: {below[0]}.",
        )


def in_seconds(path: Path) -> bool:
    """Return whether a file contains spike times in s rather than samples."""
    return "_sec" in path.stem


def cluster_tables(folder: Path) -> list[Path]:
    """Return the tables of clusters; the last one is derived by Phy from the others."""
    return sorted(folder.glob("cluster_*.tsv"), key=lambda path: (path.name == INFO, path.name))

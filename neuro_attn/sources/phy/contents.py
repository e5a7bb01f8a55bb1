"""Contents of a folder of Phy."""

from pathlib import Path
from typing import Any

import numpy as np

from neuro_attn.configuration.sources.phy import PhyDataset
from neuro_attn.errors import InputError
from neuro_attn.sources.contents import SessionContents
from neuro_attn.sources.phy import files, reading
from neuro_attn.sources.sorting import load_clusters, trains_of
from neuro_attn.sources.spike_contents import contents_of

TRIALS = PhyDataset.model_fields["trials"].default
"""The table of trials in a folder, unless the configuration names another."""


def read(path: str) -> SessionContents:
    """Return the contents of a folder of Phy: its good clusters, if clusters are marked.

    Raises
    ------
    InputError
        If a file is missing, unreadable or does not fit the others.
    """
    folder = Path(path)
    times_file, times, remarks = _times(folder)
    of_spike = load_clusters(files.clusters_file(folder), len(times), times_file)
    clusters, said = reading.with_groups(reading.read_clusters(folder, of_spike))
    keys: dict[str, Any] = {}
    also = []
    if remarks:
        keys["spike_times"] = times_file.name
    remarks += said
    if reading.are_grouped(clusters).any():
        good = clusters["group"] == "good"
        also = [f"{int((~good).sum())} of {len(clusters)} clusters that are not good"]
        clusters = clusters[good].reset_index(drop=True)
    else:
        keys["units"] = None
        remarks.append(
            "no cluster has a group or a KSLabel that marks it as good or not; all are shown. A "
            "run needs another expression as units, or units: null."
        )
    ids = [int(each) for each in clusters["cluster_id"]]
    trains = trains_of(times, of_spike, ids, str(times_file))
    trials = folder / TRIALS
    tables = {"trials": reading.read_trials(trials)} if trials.is_file() else {}
    return contents_of(
        path,
        clusters.assign(unit_id=ids),
        trains,
        tables,
        place="clusters column",
        also=also,
        keys=keys,
        remarks=remarks,
    )


def _times(folder: Path) -> tuple[Path, np.ndarray, list[str]]:
    """Return the spike times, of the last file if there are several on different clocks."""
    present = files.times_files(folder, None)
    try:
        return *reading.read_times(folder, None), []
    except InputError as error:
        if len(present) == 1:
            raise
        path, times = reading.read_times(folder, present[-1].name)
        shown = f"{error.problem} The times below are from {path.name}. {error.remedy}"
        return path, times, [shown]

"""What stands in folders of spike-sorted data: ALF and Phy."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from neuro_attn.errors import InputError
from neuro_attn.onboarding.contents import RegionColumn, SessionContents
from neuro_attn.onboarding.trains import summarize
from neuro_attn.sources import alf, alf_files, phy, phy_files
from neuro_attn.sources.checks import session_of
from neuro_attn.sources.sorting import check_distinct, load_clusters, name_of, trains_of

TRIALS = "trials.csv"
"""The table of trials in a folder of Phy, unless the configuration says otherwise."""
_QUALITY = frozenset({"group", "kslabel"})
"""Columns of text (lower case) that say how good a cluster is, not where."""


def read_alf(path: str) -> SessionContents:
    """Read what stands in an ALF folder, without choosing among its clusters.

    If a probe was sorted more than once, the sorting is shown that comes first by preference.

    Raises
    ------
    InputError
        If there are no spikes, or a file is unreadable or does not fit the others.
    """
    folder = Path(path)
    of_probes = alf_files.sortings(folder)
    every = sorted((each for of_probe in of_probes for each in of_probe), key=alf_files.preference)
    names = list(dict.fromkeys(each.name for each in every))
    remarks = [_sorted_again(of_probe, folder) for of_probe in of_probes if len(of_probe) > 1]
    sortings = alf_files.chosen(folder, names)
    parts, trains = [], []
    keys: dict[str, Any] = {"sorting": names}
    try:
        probes = list(alf.read_probes(folder, sortings, None))
    except alf.UndecidedChannelsError as error:
        keys["first_channel"] = 0
        remarks.append(f"{error.problem} Regions are shown as if from 0. {error.remedy}")
        probes = list(alf.read_probes(folder, sortings, 0))
    check_distinct([(each.name, each.times) for each in probes], path)
    for probe in probes:
        clusters = probe.clusters.table
        trains += trains_of(probe.times, probe.of_spike, clusters.index, probe.origin)
        parts.append(clusters.assign(unit_id=[f"{probe.name} {row}" for row in clusters.index]))
        remarks += probe.clusters.remarks
    tables = {"trials": alf.read_trials(folder)} if alf.has_trials(folder) else {}
    found = alf_files.revisions(alf_files.data_files(folder, sortings))
    return _contents(
        path,
        pd.concat(parts, ignore_index=True),
        trains,
        tables,
        also=[f"the newest revision of each file is read: {', '.join(found)}"] if found else [],
        keys=keys,
        remarks=remarks,
        derived={name: alf.derived_columns(folder) for name in tables},
    )


def _sorted_again(of_probe: Sequence[alf_files.Sorting], folder: Path) -> str:
    listed = ", ".join(each.place.relative_to(folder).as_posix() for each in of_probe)
    return (
        f"a probe was sorted more than once ({listed}); only the first of these is shown. A run "
        f"needs the key sorting, as in sorting: {of_probe[0].name}."
    )


def read_phy(path: str) -> SessionContents:
    """Read what stands in a folder of Phy: its good clusters, if it says which are good.

    Raises
    ------
    InputError
        If a file is missing, unreadable or does not fit the others.
    """
    folder = Path(path)
    times_file, times, remarks = _times(folder)
    of_spike = load_clusters(phy_files.clusters_file(folder), len(times), times_file)
    clusters, said = phy.with_groups(phy.read_clusters(folder, of_spike))
    keys: dict[str, Any] = {}
    also = []
    if remarks:
        keys["spike_times"] = times_file.name
    remarks += said
    if phy.are_grouped(clusters).any():
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
    tables = {"trials": phy.read_trials(trials)} if trials.is_file() else {}
    return _contents(
        path, clusters.assign(unit_id=ids), trains, tables, also=also, keys=keys, remarks=remarks
    )


def _times(folder: Path) -> tuple[Path, np.ndarray, list[str]]:
    """Return the spike times, of the last file if there are several on different clocks."""
    present = phy_files.times_files(folder, None)
    try:
        return *phy.read_times(folder, None), []
    except InputError as error:
        if len(present) == 1:
            raise
        path, times = phy.read_times(folder, present[-1].name)
        shown = f"{error.problem} The times below are from {path.name}. {error.remedy}"
        return path, times, [shown]


def _contents(
    path: str,
    clusters: pd.DataFrame,
    trains: list[np.ndarray],
    tables: dict[str, pd.DataFrame],
    *,
    also: list[str],
    keys: dict[str, Any],
    remarks: list[str],
    derived: dict[str, list[str]] | None = None,
) -> SessionContents:
    summary, sample, spikes = summarize(trains, clusters["unit_id"])
    return SessionContents(
        session=session_of(path),
        path=path,
        start=float(summary["first"].min()),
        stop=float(summary["last"].max()),
        units=pd.concat([clusters[["unit_id"]], summary], axis=1),
        unit_columns=clusters.drop(columns="unit_id"),
        region_columns=_region_columns(clusters.drop(columns="unit_id")),
        tables=tables,
        derived=derived or {},
        spikes=spikes,
        trains=sample,
        also=also,
        keys=keys,
        remarks=remarks,
    )


def _region_columns(clusters: pd.DataFrame) -> list[RegionColumn]:
    """Return columns of text, and ids of an atlas."""
    return [
        RegionColumn(
            "clusters column",
            str(name),
            ["" if pd.isna(value) else name_of(value) for value in values],
        )
        for name, values in clusters.items()
        if str(name).lower() not in _QUALITY
        and (not pd.api.types.is_numeric_dtype(values) or str(name).startswith("brainLocation"))
    ]

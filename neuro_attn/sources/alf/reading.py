"""ALF folders, as the International Brain Laboratory and Open Neurophysiology keep sessions.

`files` selects the files to read, `objects` reads their columns.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuro_attn.configuration.sources.alf import AlfDataset
from neuro_attn.errors import InputError
from neuro_attn.recording import SpikeSession
from neuro_attn.sources.alf.channels import channel_rows
from neuro_attn.sources.alf.files import (
    Sorting,
    chosen,
    data_files,
    newest,
    revisions,
    spikes_files,
)
from neuro_attn.sources.alf.objects import arrays_of, read_object
from neuro_attn.sources.checks import digest_of, session_of, subject_of
from neuro_attn.sources.sorting import (
    Clusters,
    check_distinct,
    kept_clusters,
    load_clusters,
    load_vector,
    regions_of,
    trains_of,
)

_OF_CHANNELS = ("channels", "peakChannel")
"""Attributes of clusters that name a channel; the first one present is used."""


class Probe(NamedTuple):
    """Contents of one sorting of one probe."""

    name: str
    """Its folder, relative to that of the session."""
    times: np.ndarray
    """Spike times, s."""
    of_spike: np.ndarray
    """The cluster of each spike."""
    clusters: Clusters
    """One row for each cluster, by number."""
    origin: str
    """The file of the spike times, named in errors."""


def read(folder: str | Path, dataset: AlfDataset) -> SpikeSession:
    """Read a session from an ALF folder.

    Every folder below with ``spikes.times`` and ``spikes.clusters`` is a sorting of a probe; the
    key ``sorting`` chooses one if a probe has several. Of every file the newest revision is read.
    Clusters have the columns ``clusters.*`` of one value a cluster, those of ``clusters.metrics``,
    and those of ``channels.*`` at the cluster's channel (``clusters.channels`` or
    ``clusters.peakChannel``). Trials have the columns ``trials.*`` and those of ``trials.table``;
    ``intervals`` become ``start_time`` and ``stop_time``, other columns of two values ``x_0`` and
    ``x_1``.

    Parameters
    ----------
    folder : str or Path
        The folder of the session.
    dataset : AlfDataset
        Selects clusters and sortings, and names the column of regions.

    Returns
    -------
    SpikeSession
        Units are named by their cluster's row, or by probe and row if there are several probes.

    Raises
    ------
    InputError
        If there are no spikes or trials, a probe was sorted more than once, a file is unreadable
        or does not fit the others.
    """
    folder = Path(folder)
    sortings = chosen(folder, dataset.sorting)
    probes = list(read_probes(folder, sortings, dataset.first_channel))
    check_distinct([(each.name, each.times) for each in probes], str(folder))
    spike_times: list[np.ndarray] = []
    units, remarks = [], []
    for probe in probes:
        clusters = probe.clusters.table
        where = str(folder / probe.name)
        rows = kept_clusters(clusters, dataset.units, where)
        kept = clusters.iloc[rows]
        numbers = kept.index.tolist()
        spike_times += trains_of(probe.times, probe.of_spike, numbers, probe.origin)
        ids = numbers if len(probes) == 1 else [f"{probe.name} {number}" for number in numbers]
        regions = regions_of(
            kept, region=dataset.region, column=dataset.regions.column, where=where
        )
        # In some releases all probes are in one folder.
        names = kept["probes"].astype(str) if "probes" in kept else probe.name
        units.append(pd.DataFrame({"unit_id": ids, "region": regions, "probe": names}))
        remarks += probe.clusters.remarks
    read_files = data_files(folder, sortings)
    return SpikeSession(
        session=session_of(folder),
        spike_times=spike_times,
        units=pd.concat(units, ignore_index=True),
        trials=read_trials(folder),
        origin=str(folder),
        provenance={
            "file": folder.name,
            "sha256": digest_of([file.path for file in read_files], folder),
            **({"subject": subject} if (subject := subject_of(folder)) else {}),
            **({"revisions": ", ".join(found)} if (found := revisions(read_files)) else {}),
        },
        remarks=remarks,
        where_spikes=f"{folder}, spikes.times",
    )


def read_probes(
    folder: Path, sortings: list[Sorting], first_channel: int | None
) -> Iterator[Probe]:
    """Yield the contents of the sortings of a session, one probe after another.

    Parameters
    ----------
    folder : Path
        The session.
    sortings : list of Sorting
        One of each probe, as `files.chosen` returns them.
    first_channel : int or None
        The key ``first_channel``.

    Raises
    ------
    InputError
        If a file is unreadable or does not fit the others.
    UndecidedChannelsError
        If channel numbers do not determine whether they start at 0 or 1.
    """
    for sorting in sortings:
        spikes = spikes_files(sorting.place)
        times = load_vector(spikes["times"].path).astype(float)
        of_spike = load_clusters(spikes["clusters"].path, len(times), spikes["times"].path)
        clusters = _clusters(sorting.place, of_spike, first_channel)
        name = sorting.place.relative_to(folder).as_posix()
        yield Probe(name, times, of_spike, clusters, str(spikes["times"].path))


# --- clusters ------------------------------------------------------------------------------------


def _clusters(place: Path, of_spike: np.ndarray, first_channel: int | None) -> Clusters:
    """Return the clusters of a probe with their columns, one row for each of them, by number."""
    found = newest(place, "clusters").get(place, [])
    used = np.unique(of_spike)
    clusters = read_object(found, used)
    if len(used) and used[-1] not in clusters.index:
        raise InputError(
            str(place),
            f"spikes.clusters names cluster {used[-1]} of {len(clusters)}.",
            "Clusters are numbered from 0; take spikes and clusters from the same sorting.",
        )
    attribute = next((name for name in _OF_CHANNELS if name in clusters), None)
    channels = newest(place, "channels").get(place, [])
    if attribute is None or not channels:
        return Clusters(clusters, [])
    where = next((str(f.path) for f in found if f.attribute == attribute), f"{place}, clusters")
    of_channels = read_object(channels)
    rows, remarks = channel_rows(
        clusters[attribute], len(of_channels), first_channel, where, attribute
    )
    # Clusters without a channel (-1) have missing values.
    located = of_channels.reindex(rows).set_axis(clusters.index)
    new = [name for name in located if name not in clusters]
    return Clusters(clusters.join(located[new]), remarks)


# --- trials --------------------------------------------------------------------------------------


def has_trials(folder: Path) -> bool:
    """Return whether a session has files of trials."""
    return bool(newest(folder, "trials"))


def read_trials(folder: Path) -> pd.DataFrame:
    """Return the trials of a session; ``trial_id`` counts from 1 where the files have none.

    Raises
    ------
    InputError
        If there are no trials, or their files have different numbers of rows.
    """
    places = newest(folder, "trials")
    if len(places) != 1:
        listed = ", ".join(map(str, places)) or "none"
        raise InputError(
            str(folder),
            f"trials.* in {len(places)} folders ({listed}).",
            "One folder of a session has them, as _ibl_trials.table.pqt or trials.*.npy.",
        )
    (found,) = places.values()
    trials = read_object(found)
    if trials.empty:
        raise InputError(f"{folder}, trials", "there are no trials.")
    trials = trials.rename(columns={"intervals_0": "start_time", "intervals_1": "stop_time"})
    if "trial_id" not in trials:
        trials["trial_id"] = np.arange(1, len(trials) + 1)
    return trials


def derived_columns(folder: Path) -> list[str]:
    """Return the columns ``x_0`` and ``x_1`` of trials that come from arrays of two columns."""
    found = [file for of_place in newest(folder, "trials").values() for file in of_place]
    return [
        name
        for part in arrays_of(found)
        if len(part.columns) == 2
        for name in part.columns
        if not name.startswith("intervals_")
    ]

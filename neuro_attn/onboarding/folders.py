"""What stands in folders of spike-sorted data: ALF and Phy."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from neuro_attn.onboarding.contents import RegionColumn, SessionContents
from neuro_attn.onboarding.trains import summarize
from neuro_attn.sources import alf, phy
from neuro_attn.sources.checks import session_of
from neuro_attn.sources.sorting import load_clusters, load_vector, name_of, trains_of

TRIALS = "trials.csv"
"""The table of trials in a folder of Phy, unless the configuration says otherwise."""
_QUALITY = frozenset({"group", "kslabel"})
"""Columns of text (lower case) that say how good a cluster is, not where."""


def read_alf(path: str) -> SessionContents:
    """Read what stands in an ALF folder, without choosing among its clusters.

    Raises
    ------
    InputError
        If there are no spikes, or a file is unreadable or does not fit the others.
    """
    folder = Path(path)
    parts, trains = [], []
    for place, spikes in alf.probes_of(folder).items():
        times = load_vector(spikes["times"]).astype(float)
        of_spike = load_clusters(spikes["clusters"], len(times))
        clusters = alf.read_clusters(folder, place, of_spike)
        trains += trains_of(times, of_spike, range(len(clusters)), str(spikes["times"]))
        probe = place.relative_to(folder).as_posix()
        parts.append(clusters.assign(unit_id=[f"{probe} {row}" for row in clusters.index]))
    clusters = pd.concat(parts, ignore_index=True)
    has_trials = any(Path(file).name.split(".")[0].endswith("trials") for file in alf.files(folder))
    tables = {"trials": alf.read_trials(folder)} if has_trials else {}
    return _contents(path, clusters, trains, tables)


def read_phy(path: str) -> SessionContents:
    """Read what stands in a folder of Phy: its good clusters, if it says which are good.

    Raises
    ------
    InputError
        If a file is missing, unreadable or does not fit the others.
    """
    folder = Path(path)
    times = load_vector(folder / "spike_times.npy") / phy.sampling_rate(folder / "params.py")
    of_spike = load_clusters(folder / "spike_clusters.npy", len(times))
    clusters = phy.read_clusters(folder, of_spike)
    also = []
    if "group" in clusters:
        good = clusters["group"] == "good"
        also = [f"{int((~good).sum())} of {len(clusters)} clusters that are not good"]
        clusters = clusters[good].reset_index(drop=True)
    ids = [int(each) for each in clusters["cluster_id"]]
    trains = trains_of(times, of_spike, ids, str(folder / "spike_times.npy"))
    trials = folder / TRIALS
    tables = {"trials": phy.read_trials(trials)} if trials.is_file() else {}
    return _contents(path, clusters.assign(unit_id=ids), trains, tables, also)


def _contents(
    path: str,
    clusters: pd.DataFrame,
    trains: list[np.ndarray],
    tables: dict[str, pd.DataFrame],
    also: Sequence[str] = (),
) -> SessionContents:
    summary, sample = summarize(trains)
    return SessionContents(
        session=session_of(path),
        path=path,
        start=float(summary["first"].min()),
        stop=float(summary["last"].max()),
        units=pd.concat([clusters[["unit_id"]], summary], axis=1),
        region_columns=_region_columns(clusters.drop(columns="unit_id")),
        tables=tables,
        trains=sample,
        also=list(also),
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

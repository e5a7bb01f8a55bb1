"""ALF folders, as the International Brain Laboratory and Open Neurophysiology keep sessions.

A file is named ``object.attribute.ext``, perhaps with a namespace before it (``_ibl_trials``) and
more parts before its suffix. Files of one object have one row for each spike, cluster, channel or
trial.
"""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from neuro_attn.bytestrings import text_columns
from neuro_attn.configuration import AlfDataset
from neuro_attn.errors import InputError
from neuro_attn.recording import SpikeSession
from neuro_attn.sources.checks import digest_of, first_line, session_of
from neuro_attn.sources.sorting import (
    kept_clusters,
    load_array,
    load_clusters,
    load_vector,
    regions_of,
    trains_of,
)
from neuro_attn.sources.text_tables import read_text_table

_NAME = re.compile(
    r"(?:_[A-Za-z0-9]+_)?(?P<object>[A-Za-z0-9]+)\.(?P<attribute>[A-Za-z0-9_]+)"
    r"(?:\.[^.]+)*\.(?P<suffix>npy|pqt|parquet|csv|tsv)"
)
_READ = ("spikes", "clusters", "channels", "trials")
_SPIKES = ("times", "clusters")


def files(folder: str | Path) -> list[str]:
    """Return the files of a session that are read."""
    return sorted(
        str(path)
        for each in _READ
        for place in _places(Path(folder), each).values()
        for name, path in place.items()
        if each != "spikes" or name in _SPIKES
    )


def read(folder: str | Path, dataset: AlfDataset) -> SpikeSession:
    """Read a session from an ALF folder.

    Every folder below with ``spikes.times`` and ``spikes.clusters`` is a probe. Its clusters have
    the columns ``clusters.*`` of one value a cluster, those of ``clusters.metrics``, and those of
    ``channels.*`` at the cluster's channel (``clusters.channels``). Trials have the columns
    ``trials.*`` and those of ``trials.table``; ``intervals`` become ``start_time`` and
    ``stop_time``, other columns of two values ``x_0`` and ``x_1``.

    Parameters
    ----------
    folder : str or Path
        The folder of the session.
    dataset : AlfDataset
        Says which clusters to keep and which column names regions.

    Returns
    -------
    SpikeSession
        Units are called by their row among the clusters; of several probes by probe and row.

    Raises
    ------
    InputError
        If there are no spikes or trials, a file is unreadable or does not fit the others.
    """
    folder = Path(folder)
    probes = probes_of(folder)
    spike_times: list[np.ndarray] = []
    units = []
    for place, spikes in probes.items():
        times = load_vector(spikes["times"]).astype(float)
        of_spike = load_clusters(spikes["clusters"], len(times))
        clusters = read_clusters(folder, place, of_spike)
        rows = kept_clusters(clusters, dataset, str(place))
        spike_times += trains_of(times, of_spike, rows, str(spikes["times"]))
        probe = place.relative_to(folder).as_posix()
        ids = rows if len(probes) == 1 else [f"{probe} {row}" for row in rows]
        regions = regions_of(clusters.iloc[rows], dataset, str(place))
        units.append(pd.DataFrame({"unit_id": ids, "region": regions, "probe": probe}))
    return SpikeSession(
        session=session_of(folder),
        spike_times=spike_times,
        units=pd.concat(units, ignore_index=True),
        trials=read_trials(folder),
        origin=str(folder),
        provenance={"file": folder.name, "sha256": digest_of(files(folder), folder)},
    )


def _places(folder: Path, wanted: str) -> dict[Path, dict[str, Path]]:
    """Return the files of an object by attribute, for each folder that has some."""
    found: dict[Path, dict[str, Path]] = {}
    for path in sorted(folder.rglob(f"*{wanted}.*")):
        name = _NAME.fullmatch(path.name)
        if name is None or name["object"] != wanted or not path.is_file():
            continue
        before = found.setdefault(path.parent, {}).setdefault(name["attribute"], path)
        if before != path:
            raise InputError(
                str(path), f"is {wanted}.{name['attribute']}, and so is {before.name}."
            )
    return found


def probes_of(folder: Path) -> dict[Path, dict[str, Path]]:
    """Return the folders of probes with their files of spikes.

    Raises
    ------
    InputError
        If there are none, or one lies in another: two sortings of the same spikes.
    """
    places = _places(folder, "spikes")
    probes = {place: each for place, each in places.items() if set(_SPIKES) <= set(each)}
    if not probes:
        raise InputError(str(folder), "no spikes.times.npy with spikes.clusters.npy beside it.")
    for place in probes:
        for other in probes:
            if place in other.parents and place != folder:
                raise InputError(
                    str(place), f"holds spikes, and so does {other}.", "Move one sorting away."
                )
    return probes


def read_clusters(folder: Path, place: Path, of_spike: np.ndarray) -> pd.DataFrame:
    """Return the clusters of a probe with their columns, one row for each number of a cluster."""
    found = _places(place, "clusters").get(place, {})
    arrays = {k: _column(load_array(p)) for k, p in found.items() if p.suffix == ".npy"}
    n_clusters = max([len(each) for each in arrays.values() if each.ndim] or [0])
    n_used = int(of_spike.max()) + 1 if len(of_spike) else 0
    if n_used > n_clusters:
        if n_clusters:
            raise InputError(
                str(place), f"spikes.clusters names cluster {n_used - 1} of {n_clusters}."
            )
        n_clusters = n_used
    columns = {k: each for k, each in arrays.items() if each.shape == (n_clusters,)}
    clusters = pd.DataFrame(columns, index=range(n_clusters))
    for path in found.values():
        if path.suffix != ".npy":
            clusters = _joined(clusters, _table(path), path)
    if "channels" in columns:
        clusters = _joined(clusters, _of_channels(place, columns["channels"]), place)
    return clusters


def _joined(clusters: pd.DataFrame, more: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return clusters with the columns of another table that they do not have."""
    if "cluster_id" in more:
        if more["cluster_id"].duplicated().any():
            raise InputError(str(path), "cluster_id repeats.")
        more = more.set_index("cluster_id", drop=False)
    new = [name for name in more.columns if name not in clusters.columns]
    return clusters.join(more[new])


def _of_channels(place: Path, channel: np.ndarray) -> pd.DataFrame:
    """Return the columns of channels at each cluster's channel."""
    columns: dict[str, np.ndarray] = {}
    if channel.dtype.kind not in "iu" or not len(channel):
        return pd.DataFrame(index=range(len(channel)))
    for attribute, path in _places(place, "channels").get(place, {}).items():
        if path.suffix == ".npy":
            found = {attribute: _column(load_array(path))}
        else:
            found = {str(name): each.to_numpy() for name, each in _table(path).items()}
        for name, values in found.items():
            if values.ndim != 1:
                continue
            if not (channel.min() >= 0 and channel.max() < len(values)):
                raise InputError(
                    str(path), f"{len(values)} channels; clusters.channels names {channel.max()}."
                )
            columns[name] = values[channel]
    return pd.DataFrame(columns, index=range(len(channel)))


def _column(values: np.ndarray) -> np.ndarray:
    """Return an n x 1 array, as MATLAB writes columns, as n values."""
    return values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values


def _table(path: Path) -> pd.DataFrame:
    try:
        if path.suffix in (".pqt", ".parquet"):
            table = pd.read_parquet(path)
        else:
            table = read_text_table(path, separator="\t" if path.suffix == ".tsv" else ",")
    except Exception as error:
        # pandas and pyarrow raise errors of any type on damaged files.
        raise InputError(str(path), f"is not a readable table ({first_line(error)}).") from error
    return text_columns(table, str(path))


def read_trials(folder: Path) -> pd.DataFrame:
    """Return the trials of a session; ``trial_id`` counts from 1 where the files have none.

    Raises
    ------
    InputError
        If there are no trials, or their files have different numbers of rows.
    """
    places = _places(folder, "trials")
    if len(places) != 1:
        listed = ", ".join(map(str, places)) or "none"
        raise InputError(
            str(folder),
            f"trials.* in {len(places)} folders ({listed}).",
            "One folder of a session has them, as _ibl_trials.table.pqt or trials.*.npy.",
        )
    (found,) = places.values()
    columns: dict[str, np.ndarray] = {}
    for name, path in found.items():
        if path.suffix == ".npy":
            columns |= _columns(name, load_array(path))
        else:
            columns |= {str(key): each.to_numpy() for key, each in _table(path).items()}
    lengths = {name: len(each) for name, each in columns.items()}
    if len(set(lengths.values())) > 1:
        few, many = min(lengths, key=lengths.__getitem__), max(lengths, key=lengths.__getitem__)
        raise InputError(
            f"{folder}, trials", f"{lengths[few]} of {few}, but {lengths[many]} of {many}."
        )
    trials = pd.DataFrame(columns)
    if trials.empty:
        raise InputError(f"{folder}, trials", "there are no trials.")
    trials = trials.rename(columns={"intervals_0": "start_time", "intervals_1": "stop_time"})
    if "trial_id" not in trials:
        trials["trial_id"] = np.arange(1, len(trials) + 1)
    return trials


def _columns(name: str, values: np.ndarray) -> dict[str, np.ndarray]:
    values = _column(values)
    if values.ndim == 1:
        return {name: values}
    if values.ndim == 2 and values.shape[1] == 2:
        return {f"{name}_0": values[:, 0], f"{name}_1": values[:, 1]}
    return {}

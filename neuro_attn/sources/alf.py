"""ALF folders, as the International Brain Laboratory and Open Neurophysiology keep sessions.

`alf_files` selects the files to read. Files of one object have one row for each spike, cluster,
channel or trial.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from neuro_attn.bytestrings import text_columns
from neuro_attn.configuration import AlfDataset
from neuro_attn.errors import InputError
from neuro_attn.guard import guarded
from neuro_attn.recording import SpikeSession
from neuro_attn.sources.alf_files import (
    DataFile,
    Sorting,
    chosen,
    data_files,
    newest,
    revisions,
    spikes_files,
)
from neuro_attn.sources.checks import digest_of, session_of
from neuro_attn.sources.parquet import read_parquet
from neuro_attn.sources.sorting import (
    Clusters,
    check_distinct,
    column,
    kept_clusters,
    load_array,
    load_clusters,
    load_vector,
    regions_of,
    trains_of,
)
from neuro_attn.sources.text_tables import read_text_table
from neuro_attn.sources.units import whole_numbers

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


class UndecidedChannelsError(InputError):
    """Raised if channel numbers do not determine whether they start at 0 or 1."""


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
        rows = kept_clusters(clusters, dataset, where)
        kept = clusters.iloc[rows]
        numbers = kept.index.tolist()
        spike_times += trains_of(probe.times, probe.of_spike, numbers, probe.origin)
        ids = numbers if len(probes) == 1 else [f"{probe.name} {number}" for number in numbers]
        regions = regions_of(kept, dataset, where)
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
        One of each probe, as `alf_files.chosen` returns them.
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
    clusters = _object(found, used)
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
    of_channels = _object(channels)
    rows, remarks = channel_rows(
        clusters[attribute], len(of_channels), first_channel, where, attribute
    )
    # Clusters without a channel (-1) have missing values.
    located = of_channels.reindex(rows).set_axis(clusters.index)
    new = [name for name in located if name not in clusters]
    return Clusters(clusters.join(located[new]), remarks)


def channel_rows(
    numbers: pd.Series, n_channels: int, first: int | None, where: str, attribute: str
) -> tuple[np.ndarray, list[str]]:
    """Return the row of each cluster's channel among the channels, -1 without one.

    ``clusters.channels`` is numbered from 0, like all of ALF. ``clusters.peakChannel`` is numbered
    from 1 in the release of Steinmetz et al. (2019), which MATLAB wrote, and from 0 elsewhere. We
    infer the origin from the numbers: 0 if they include 0; 1 if they include the number of
    channels; 1 if they are floats, as written by MATLAB. Otherwise the key ``first_channel`` is
    required.

    Parameters
    ----------
    numbers : pandas.Series
        The channel of each cluster; NaN without one.
    n_channels : int
        Rows of the channels.
    first : int or None
        The key ``first_channel``.
    where, attribute : str
        The file and its attribute.

    Returns
    -------
    rows : array of int, shape (cluster,)
    remarks : list of str
        The inferred origin, and the number of clusters without a channel.

    Raises
    ------
    InputError
        If a channel is not a whole number or does not exist.
    UndecidedChannelsError
        If the numbers do not determine whether they start at 0 or 1.
    """
    values = pd.to_numeric(numbers, errors="coerce").to_numpy(dtype=float)
    known = values[np.isfinite(values)]
    if numbers.notna().sum() > len(known) or (known != np.floor(known)).any():
        raise InputError(where, "channels must be whole numbers.")
    remarks = []
    if first is None:
        first, why = _counted_from(known, n_channels, attribute, numbers.dtype.kind == "f")
        if first is None:
            raise UndecidedChannelsError(
                where,
                f"channels {known.min():g} to {known.max():g} of {n_channels} may be numbered "
                "from 0 or from 1.",
                "Set the key first_channel to 0 or 1.",
            )
        if why:
            remarks.append(
                f"The channels in clusters.{attribute} are taken as numbered from {first}: {why}."
            )
    rows = np.where(np.abs(values) < 2**53, values - first, -1).astype(np.int64)
    outside = np.isfinite(values) & ((rows < 0) | (rows >= n_channels))
    if outside.any() and (attribute == "channels" or (rows[outside] < 0).any()):
        raise InputError(
            where,
            f"names channel {values[outside][0]:g}; there are {n_channels}, numbered from {first}.",
            "Take clusters and channels from the same sorting; if channels are numbered from "
            f"{1 - first}, set the key first_channel to {1 - first}.",
        )
    if outside.any():
        # Some sessions of that release name channels that are missing from its table of locations.
        remarks.append(
            f"{int(outside.sum())} of {len(values)} clusters lie on channels after the last of "
            f"{n_channels} that channels.* lists; they have none of its columns."
        )
        rows[outside] = -1
    return rows, remarks


def _counted_from(
    known: np.ndarray, n_channels: int, attribute: str, is_float: bool
) -> tuple[int | None, str]:
    """Return the number of the first channel, or None if ambiguous, and the reason if inferred."""
    if attribute == "channels" or not len(known):
        return 0, ""
    if known.min() == 0:
        return 0, ""
    if (known == n_channels).any():
        return 1, f"the highest is {n_channels}, the number of channels"
    if is_float:
        return 1, "they are floats, as in files from MATLAB"
    return None, ""


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
    trials = _object(found)
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
        for part in _arrays(found)
        if len(part.columns) == 2
        for name in part.columns
        if not name.startswith("intervals_")
    ]


# --- files of one object -------------------------------------------------------------------------


class _Part(NamedTuple):
    """The columns of one file."""

    file: DataFile
    columns: dict[str, np.ndarray]
    n_rows: int
    ids: np.ndarray | None
    """Rows of the object that the rows of a table describe, if it names them."""


def _object(found: list[DataFile], used: Sequence[int] | np.ndarray = ()) -> pd.DataFrame:
    """Return the columns of all files of an object, with one or two values per row.

    A table of clusters may omit some: ``cluster_id`` then names its rows. If two files have the
    same column, the newer revision is used. The index numbers the rows from 0; without a file of
    all rows, it has only those that a table or `used` names, since their numbers may be huge.

    Parameters
    ----------
    found : list of DataFile
        The files.
    used : sequence of int
        Rows that others refer to.

    Raises
    ------
    InputError
        If files have different numbers of rows, or two files of a revision differ in a column.
    """
    parts = [*_arrays(found), *(_table(file) for file in found if not file.is_array)]
    whole = [part for part in parts if part.ids is None]
    for part in whole:
        if part.n_rows != whole[0].n_rows:
            _raise_uneven(whole[0], part)
    named = {p.file: p.ids for p in parts if p.ids is not None and len(p.ids)}
    if whole:
        n_rows = whole[0].n_rows
        index = pd.RangeIndex(n_rows)
        for file, ids in named.items():
            each = int(ids.max())
            if each >= n_rows:
                raise InputError(
                    str(file.path),
                    f"names cluster {each}; {whole[0].file.path} has {n_rows} rows.",
                    _ONE_OBJECT,
                )
    else:
        index = pd.Index(np.unique(np.concatenate([np.array(used, np.int64), *named.values()])))
    columns: dict[str, tuple[pd.Series, DataFile]] = {}
    for part in parts:
        for name, values in part.columns.items():
            series = pd.Series(values, index=part.ids).reindex(index)
            _put(columns, name, series, part.file)
    return pd.DataFrame({name: each for name, (each, _) in columns.items()}, index=index)


_ONE_OBJECT = "Files of one object must have the same rows; move away revisions of other rows."


def _raise_uneven(one: _Part, other: _Part) -> None:
    raise InputError(
        str(other.file.path),
        f"has {other.n_rows} rows; {one.file.path} has {one.n_rows}.",
        _ONE_OBJECT,
    )


def _put(
    columns: dict[str, tuple[pd.Series, DataFile]], name: str, series: pd.Series, file: DataFile
) -> None:
    """Add a column unless a newer revision has it."""
    other, other_file = columns.setdefault(name, (series, file))
    if other_file.revision < file.revision:
        columns[name] = (series, file)
    elif other_file.revision == file.revision and name != "cluster_id" and other_file != file:
        both = other.notna() & series.notna()
        if not (other[both].astype(str) == series[both].astype(str)).all():
            raise InputError(
                f"{file.path}, {name}",
                f"differs from {name} in {other_file.path}.",
                "Move one of the two away.",
            )


def _arrays(found: list[DataFile]) -> Iterator[_Part]:
    """Yield the contents of arrays; of several values per row, only the number of rows."""
    arrays = {file: load_array(file.path) for file in found if file.is_array}
    columns = [a for a in arrays.values() if a.ndim == 1 or (a.ndim == 2 and a.shape[1] == 1)]
    n_rows = len(columns[0]) if columns else None
    for file, array in arrays.items():
        values = column(array, n_rows)
        if values.ndim:
            yield _Part(file, _named(file.attribute, values), len(values), None)


def _named(name: str, values: np.ndarray) -> dict[str, np.ndarray]:
    if values.ndim == 1:
        return {name: values}
    if values.ndim == 2 and values.shape[1] == 2:
        return {f"{name}_0": values[:, 0], f"{name}_1": values[:, 1]}
    return {}


def _table(file: DataFile) -> _Part:
    table = _load_table(file.path)
    if table.index.name == "cluster_id" and "cluster_id" not in table:
        table = table.reset_index()
    columns: dict[str, Any] = {str(name): each.to_numpy() for name, each in table.items()}
    if "cluster_id" not in table:
        return _Part(file, columns, len(table), None)
    where = f"{file.path}, cluster_id"
    numbers = pd.to_numeric(table["cluster_id"], errors="coerce")
    rows = whole_numbers(numbers.to_numpy(dtype=float, na_value=np.nan), where)
    if (rows < 0).any() or len(np.unique(rows)) < len(rows):
        raise InputError(where, "a number repeats or is below 0.", "Clusters are numbered from 0.")
    return _Part(file, columns, len(table), rows)


def _load_table(path: Path) -> pd.DataFrame:
    with guarded(path, "table"):
        if path.suffix in (".pqt", ".parquet"):
            table = read_parquet(path)
        else:
            table = read_text_table(path, separator="\t" if path.suffix == ".tsv" else ",")
        return text_columns(table, str(path))

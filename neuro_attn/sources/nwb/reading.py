"""Neurodata Without Borders files: spike times, regions and trials of one session each."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from neuro_attn.configuration.sources.nwb import NwbDataset
from neuro_attn.recording import SpikeSession, selected_units
from neuro_attn.sources.checks import digest, session_of
from neuro_attn.sources.nwb.files import Tree, opened, scalar, text
from neuro_attn.sources.nwb.intervals import read_trials
from neuro_attn.sources.nwb.regions import regions_of
from neuro_attn.sources.nwb.units import observation_intervals, units_table
from neuro_attn.sources.units import finite_spike_times, kept_units

_MAX_DESCRIPTION = 300


def read(path: str | Path, dataset: NwbDataset) -> SpikeSession:
    """Read a session from an NWB file.

    The column of regions is searched, in this order, in the units, in their electrodes, and
    (``location`` only) in their electrode groups. A prefix ``units.``, ``electrodes.`` or
    ``electrode_group.`` selects one of these. Any column that refers to electrodes is followed, one
    like ``max_electrode`` before ``electrodes``, and of several electrodes the first is used.
    Trials are the rows of the interval tables ``dataset.table``, with the id of the row as
    ``trial_id``. Spikes of units that ``dataset.units`` or their region excludes are not read. If
    the file gives the intervals in which units were observed (``obs_intervals``), so does the
    session.

    Parameters
    ----------
    path : str or Path
        The file, HDF5 or a Zarr folder; its name without suffix is that of the session.
    dataset : NwbDataset
        Names the tables of units and trials and the column of regions, and selects units.

    Returns
    -------
    SpikeSession
        Spike times and events in s on the file's clock.

    Raises
    ------
    InputError
        If the file is missing or unreadable, has no spikes, units, trials or region's column, ids
        repeat, or spike times are not finite.
    """
    session = read_undigested(path, dataset)
    return replace(session, provenance={**session.provenance, "sha256": digest(path)})


def read_undigested(path: str | Path, dataset: NwbDataset) -> SpikeSession:
    """Read as `read` does, but without the digest, which reads a large file to its end."""
    path = Path(path)
    with opened(path) as tree:
        return _session(tree, path, dataset)


def _session(tree: Tree, path: Path, dataset: NwbDataset) -> SpikeSession:
    table = units_table(tree, dataset.units_table)
    where = f"{path}, {table.name}"
    frame = table.frame() if dataset.units is not None else pd.DataFrame(index=range(len(table)))
    rows = kept_units(frame, dataset.units, where=f"{path}, units", what="unit")
    if dataset.region is not None:
        regions = [dataset.region] * len(table)
    else:
        regions = regions_of(table, dataset.regions.column, str(path))
    units = pd.DataFrame({"unit_id": table.ids, "region": regions})
    keep = np.zeros(len(table), dtype=bool)
    keep[rows] = selected_units(units.iloc[rows], dataset.regions)
    trains = [
        finite_spike_times(times, f"{where}.spike_times, unit {unit_id}")
        for unit_id, times in zip(table.ids, table.trains(keep), strict=True)
    ]
    spike_times = [trains[row] for row in rows]
    names = [dataset.table] if isinstance(dataset.table, str) else dataset.table
    trials = read_trials(tree, names, path)
    observed, remarks = observation_intervals(table.observed(), rows)
    description = _text_at(tree, "session_description")
    subject = _text_at(tree, "general/subject/subject_id")
    return SpikeSession(
        session=session_of(path),
        spike_times=spike_times,
        units=units.iloc[rows].reset_index(drop=True),
        trials=trials,
        origin=str(path),
        provenance={
            "file": path.name,
            "nwb_identifier": _text_at(tree, "identifier"),
            **({"subject": subject} if subject else {}),
            **({"description": description} if 0 < len(description) <= _MAX_DESCRIPTION else {}),
        },
        observed=observed,
        remarks=remarks,
        where_spikes=f"{where}.spike_times",
    )


def _text_at(tree: Tree, place: str) -> str:
    node = tree.at(place)
    return "" if node is None else text(scalar(node) or "")

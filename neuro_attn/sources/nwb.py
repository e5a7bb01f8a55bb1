"""Neurodata Without Borders files: spike times, regions and trials of one session each."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from neuro_attn.configuration import NwbDataset
from neuro_attn.recording import SpikeSession, selected_units
from neuro_attn.sources.checks import digest, session_of
from neuro_attn.sources.nwb_files import Tree, opened, scalar, text
from neuro_attn.sources.nwb_intervals import read_trials
from neuro_attn.sources.nwb_regions import regions_of
from neuro_attn.sources.nwb_units import observation_intervals, units_table
from neuro_attn.sources.units import finite_spike_times, kept_units

_MAX_DESCRIPTION = 300


def read(path: str | Path, dataset: NwbDataset) -> SpikeSession:
    """Read a session from an NWB file.

    A unit's region is looked for, in this order, in a column of the units, in a column of their
    electrode, and (`location` only) in their electrode group; ``units.``, ``electrodes.`` or
    ``electrode_group.`` before the column's name says which. Any column that refers to the
    electrodes leads to them, one like ``max_electrode`` before ``electrodes``, of which the first
    counts. Trials are the rows of the interval tables ``dataset.table``; ``trial_id`` is the id of
    the row. Spikes of units that are left out by ``dataset.units`` or their region are not read.
    Where the file says when units were observed (``obs_intervals``), the session does too.

    Parameters
    ----------
    path : str or Path
        The file, HDF5 or a Zarr folder; its name without suffix is that of the session.
    dataset : NwbDataset
        Names the tables of units and trials and the region's column, and says which units to keep.

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
    return SpikeSession(
        session=session_of(path),
        spike_times=spike_times,
        units=units.iloc[rows].reset_index(drop=True),
        trials=trials,
        origin=str(path),
        provenance={
            "file": path.name,
            "nwb_identifier": _text_at(tree, "identifier"),
            **({"description": description} if 0 < len(description) <= _MAX_DESCRIPTION else {}),
        },
        observed=observed,
        remarks=remarks,
        where_spikes=f"{where}.spike_times",
    )


def _text_at(tree: Tree, place: str) -> str:
    node = tree.at(place)
    return "" if node is None else text(scalar(node) or "")

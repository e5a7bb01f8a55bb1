"""A session as its source gives it: spikes, units and trials."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class SpikeSession:
    """A session as read from its source: spikes, units and trials on one clock.

    Parameters
    ----------
    session : str
        Name, unique in the data set.
    spike_times : list of array, one per unit
        Spike times in the order of the file, s.
    units : pandas.DataFrame
        One row per unit: ``unit_id``, ``region`` and any other columns.
    trials : pandas.DataFrame
        One row per trial: ``trial_id`` and every column of the source; events in s.
    origin : str
        The file, named in errors.
    provenance : dict
        Further provenance of the data (file, sha256, ...).
    observed : list of array, one per unit, shape (interval, 2), optional
        Intervals in which each unit was observed, s; None if the source does not give them.
    has_spikes : bool
        False for the outline of a simulation, whose spikes are not drawn.
    has_clock : bool
        False for trials that were cut out earlier and are concatenated on an artificial clock.
    where_spikes : str
        File and column of the spike times, named in errors; in `origin` if empty.
    remarks : list of str
        Remarks on how the files were read, which `check` and a run show.
    """

    session: str
    spike_times: list[np.ndarray]
    units: pd.DataFrame
    trials: pd.DataFrame
    origin: str
    provenance: dict = field(default_factory=dict)
    observed: list[np.ndarray] | None = None
    has_spikes: bool = True
    has_clock: bool = True
    where_spikes: str = ""
    remarks: list[str] = field(default_factory=list)

"""Settings of Phy folders."""

from typing import ClassVar, Literal

from neuro_attn.configuration.recorded import RecordedDataset
from neuro_attn.configuration.types import Expression, Files, RegionName


class PhyDataset(RecordedDataset):
    """Folders of spikes sorted by Kilosort and its like and curated in Phy, one a session."""

    TITLE: ClassVar = "Phy folder"
    SPELLINGS: ClassVar = ("kilosort", "ks", "kilosort4", "spikeinterface")

    source: Literal["phy"]
    """Format of the recordings."""
    files: Files
    """Folders or patterns, relative to `data_folder`."""
    trials: str = "trials.csv"
    """Table of the trials, CSV or Parquet, relative to each folder; events in s."""
    spike_times: str | None = None
    """File of the spike times in each folder, in samples or (`*_sec*`) s; null: the only one."""
    units: Expression | None = "group == 'good'"
    """Which clusters are units: an expression on their columns; null: all."""
    region: RegionName | None = None
    """Region of all units; null: the column `regions.column` of the clusters' tables."""

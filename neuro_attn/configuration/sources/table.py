"""Settings of plain tables."""

from typing import ClassVar, Literal

from neuro_attn.configuration.recorded import RecordedDataset
from neuro_attn.configuration.types import Expression, RegionName


class TableDataset(RecordedDataset):
    """Plain tables of spikes, trials and units, as CSV or Parquet."""

    TITLE: ClassVar = "table"
    SPELLINGS: ClassVar = ("csv", "tsv", "parquet", "tables", "pandas", "excel")

    source: Literal["table"]
    """Format of the recordings."""
    spikes: str
    """Table with columns session, unit_id, time (s), relative to `data_folder`."""
    trials: str
    """Table with columns session, trial_id and those that tasks and labels use."""
    units: str
    """Table with columns session, unit_id and the region's column."""
    units_where: Expression | None = None
    """Units to include: an expression on the columns of the units table; null: all."""
    region: RegionName | None = None
    """Region of all units; null: the column `regions.column` of the units table."""

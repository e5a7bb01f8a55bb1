"""Settings of NWB files."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from neuro_attn.configuration.recorded import RecordedDataset
from neuro_attn.configuration.types import Expression, Files, RegionName


class NwbDataset(RecordedDataset):
    """Neurodata Without Borders files, one a session."""

    TITLE: ClassVar = "NWB"
    SPELLINGS: ClassVar = ("dandi", "hdmf")

    source: Literal["nwb"]
    """Format of the recordings."""
    files: Files
    """Files or patterns, relative to `data_folder`."""
    table: str | Annotated[list[str], Field(min_length=1)] = "trials"
    """The interval table of the trials, or several; the column `table` then contains its name."""
    units_table: str | None = None
    """The units table, as `module/table`; null: the file's own, or the only one."""
    units: Expression | None = None
    """Units to include: an expression on the units' columns; null: all."""
    region: RegionName | None = None
    """Region of all units; null: `regions.column`, of the units or of their electrodes."""

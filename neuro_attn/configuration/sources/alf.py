"""Settings of ALF folders."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from neuro_attn.configuration.recorded import RecordedDataset
from neuro_attn.configuration.types import Expression, Files, RegionName


class AlfDataset(RecordedDataset):
    """ALF folders, one a session, as the International Brain Laboratory keeps them."""

    TITLE: ClassVar = "ALF folder"
    SPELLINGS: ClassVar = ("ibl", "one", "npy", "numpy")

    source: Literal["alf"]
    """Format of the recordings."""
    files: Files
    """Folders or patterns, relative to `data_folder`; probes may lie deeper."""
    sorting: str | Annotated[list[str], Field(min_length=1)] | None = None
    """Folder of the sorting to read if probes have several, or a list in order of preference."""
    first_channel: Literal[0, 1] | None = None
    """Number of the first channel in `clusters.peakChannel`; null: inferred from its numbers."""
    units: Expression | None = None
    """Which clusters are units: an expression on their columns; null: all."""
    region: RegionName | None = None
    """Region of all units; null: the column `regions.column` of the clusters or channels."""

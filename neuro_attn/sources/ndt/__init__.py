"""Shared base of the sources of rasters and binned data (Neural Decoding Toolbox, NeuroDecodeR)."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from neuro_attn.sources.options import Ask, InitOptions
from neuro_attn.sources.specification import Settings, Source

if TYPE_CHECKING:
    from neuro_attn.sources.contents import Contents

R_SUFFIXES = (".rda", ".rds", ".rdata")
"""Suffixes of R files, which can contain programs and are not read."""


class ToolboxSource(Source[Settings]):
    """Files of the toolboxes. Each names the regions of its units in its site information."""

    suffixes = (".mat", ".csv")
    needs_region = False
    comments = {"event_sample": "Sample (from 1) of the event that trials call onset."}

    def recognises(self, path: str) -> bool:
        """Return whether a file has the variables or columns of this kind of file."""
        return super().recognises(path) and kind_of(path) == self.name

    def refuse(self, path: str) -> None:
        """Raise `InputError` for a file in a format of R."""
        if Path(path).suffix.lower() in R_SUFFIXES:
            from neuro_attn.sources.ndt import neurodecoder

            raise neurodecoder.written_by_r(path)

    def own_keys(
        self, contents: "Contents", table: str, options: InitOptions, ask: Ask | None
    ) -> dict[str, Any]:
        """Return the sample of the event, if it was given."""
        return {} if options.event_sample is None else {"event_sample": options.event_sample}


def kind_of(path: str) -> Literal["raster", "binned"] | None:
    """Return the kind of a .mat or .csv file; None if it is not from one of the toolboxes."""
    if Path(path).suffix.lower() == ".csv":
        from neuro_attn.sources.ndt import neurodecoder

        return neurodecoder.kind_of(path)
    from neuro_attn.sources.mat import variables

    names = variables.names(path)
    if "binned_data" in names:
        return "binned"
    # The reader of rasters reports what is wrong with a file that cannot be read.
    return "raster" if not names or "raster_data" in names else None

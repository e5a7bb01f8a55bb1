"""Rasters of the Neural Decoding Toolbox (.mat) or NeuroDecodeR (.csv), one file a unit."""

from typing import TYPE_CHECKING

from neuro_attn.configuration.sources.raster import RasterDataset
from neuro_attn.sources.ndt import ToolboxSource
from neuro_attn.sources.options import InitOptions
from neuro_attn.sources.specification import Request

if TYPE_CHECKING:
    from neuro_attn.recording import SpikeSession
    from neuro_attn.sources.contents import SessionContents


class RasterSource(ToolboxSource[RasterDataset]):
    """Rasters: the spikes of a unit around an event, trial by trial."""

    settings = RasterDataset
    called = "raster"
    event = "onset"
    jobs = 4

    def read(self, path: str, request: Request[RasterDataset]) -> "SpikeSession":
        """Read the unit of a file as a session."""
        from neuro_attn.sources.raster import reading

        return reading.read(path, request.dataset)

    def describe(self, path: str, options: InitOptions) -> list["SessionContents"]:
        """Return the trials and the event of a file."""
        from neuro_attn.sources.raster import contents

        return [contents.read(path)]


SOURCE = RasterSource()

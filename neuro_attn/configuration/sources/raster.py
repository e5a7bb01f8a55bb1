"""Settings of rasters of the NDT and NeuroDecodeR."""

from typing import ClassVar, Literal

from neuro_attn.configuration.recorded import RecordedDataset
from neuro_attn.configuration.types import Count, Files, Positive, RegionName


class RasterDataset(RecordedDataset):
    """Rasters of the Neural Decoding Toolbox (.mat) or NeuroDecodeR (.csv), one file a unit."""

    TITLE: ClassVar = "NDT raster"
    SPELLINGS: ClassVar = ("ndt", "neurodecoder")

    source: Literal["raster"]
    """Format of the recordings."""
    files: Files
    """Files or patterns, relative to `data_folder`."""
    region: RegionName = "all"
    """Region of units whose file names none in its site information."""
    event_sample: Count | None = None
    """Sample (from 1) of the event `onset`; null: as stated in the file."""
    sampling_rate: Positive = 1000.0
    """Samples per second."""

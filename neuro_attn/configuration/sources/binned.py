"""Settings of binned data of the NDT and NeuroDecodeR."""

from typing import ClassVar, Literal

from neuro_attn.configuration.recorded import RecordedDataset
from neuro_attn.configuration.types import Files, Flag, Positive, RegionName, Seconds


class BinnedDataset(RecordedDataset):
    """Binned data of the Neural Decoding Toolbox (.mat) or NeuroDecodeR (.csv), for all sites."""

    TITLE: ClassVar = "NDT binned data"
    SPELLINGS: ClassVar = ("ndt", "neurodecoder")

    source: Literal["binned"]
    """Format of the recordings."""
    files: Files
    """Files or patterns, relative to `data_folder`."""
    values: Literal["means", "rates", "counts", "other"] = "means"
    """Unit of the values: mean spikes per sample, spikes/s, spikes per bin, or another signal."""
    region: RegionName = "all"
    """Region of sites without a region in the file's site information."""
    event_sample: Seconds | None = None
    """Sample of the event that is time zero; null: from the file."""
    sampling_rate: Positive = 1000.0
    """Samples per second of the rasters that were binned."""
    simultaneous: Flag = False
    """Whether a file's sites were recorded simultaneously; if not, each is a separate session."""

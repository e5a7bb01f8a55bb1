"""Settings of NetCDF recordings."""

from typing import ClassVar, Literal

from neuro_attn.configuration.recorded import RecordedDataset
from neuro_attn.configuration.types import Files


class NetcdfDataset(RecordedDataset):
    """Recordings that already keep the Recording contract, one NetCDF file a session."""

    TITLE: ClassVar = "NetCDF recording"
    SPELLINGS: ClassVar = ("nc", "xarray")

    source: Literal["netcdf"]
    """Format of the recordings."""
    files: Files
    """Files or patterns, relative to `data_folder`."""

"""NetCDF files that already keep the contract of a Recording, one a session."""

from typing import TYPE_CHECKING

from neuro_attn.configuration.sources.netcdf import NetcdfDataset
from neuro_attn.sources.options import InitOptions
from neuro_attn.sources.specification import Request, Source

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from neuro_attn.sources.contents import SessionContents


class NetcdfSource(Source[NetcdfDataset]):
    """Recordings in NetCDF files."""

    settings = NetcdfDataset
    called = "NetCDF recording"
    suffixes = (".nc",)
    keeps_rates = True
    region_column = "region"

    def read(self, path: str, request: Request[NetcdfDataset]) -> "xr.Dataset":
        """Read the Recording in a file."""
        from neuro_attn.sources.netcdf import reading

        return reading.read(path, request.name, request.dataset)

    def describe(self, path: str, options: InitOptions) -> list["SessionContents"]:
        """Return the trials, units and bins of a file."""
        from neuro_attn.sources.netcdf import contents

        return [contents.read(path)]

    def named_tasks(self, trials: "pd.DataFrame") -> dict[str, str]:
        """Return the tasks in the column task, if there is one."""
        if "task" not in trials:
            return {}
        return {name: f"task == {name!r}" for name in sorted(map(str, trials["task"].unique()))}


SOURCE = NetcdfSource()

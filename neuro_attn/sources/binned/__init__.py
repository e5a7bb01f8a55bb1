"""Binned data of the Neural Decoding Toolbox (.mat) or NeuroDecodeR (.csv): all sites in a file."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from neuro_attn.configuration.sources.binned import BinnedDataset
from neuro_attn.sources.ndt import ToolboxSource
from neuro_attn.sources.options import InitOptions
from neuro_attn.sources.specification import Request

if TYPE_CHECKING:
    import xarray as xr

    from neuro_attn.sources.contents import Contents, SessionContents


class BinnedSource(ToolboxSource[BinnedDataset]):
    """Binned data: rates of all sites in bins around an event."""

    settings = BinnedDataset
    called = "file of binned data"
    several_sessions = True
    keeps_rates = True

    def names_in(self, path: str, dataset: BinnedDataset) -> list[str]:
        """Return the sites, or the name of the file if they were recorded simultaneously."""
        from neuro_attn.sources.binned import reading

        with self.reading(path):
            return reading.session_names(path, dataset)

    def read_several(
        self, path: str, request: Request[BinnedDataset]
    ) -> "Iterable[Callable[[], xr.Dataset]]":
        """Return functions that return the sessions in a file."""
        from neuro_attn.sources.binned import reading

        return reading.recordings(path, request.name, request.dataset)

    def describe(self, path: str, options: InitOptions) -> list["SessionContents"]:
        """Return the trials and bins of each site."""
        from neuro_attn.sources.binned import contents

        return contents.read(path)

    def bins(self, contents: "Contents", options: InitOptions) -> tuple[float, float, float] | None:
        """Return the bins in files, aligned to the sample of the event if it was given."""
        from neuro_attn.sources.binned.contents import bins_from

        if options.event_sample is None:
            return super().bins(contents, options)
        return bins_from(contents.files[0], options.event_sample)


SOURCE = BinnedSource()

"""Neurodata Without Borders files, HDF5 or Zarr, one a session."""

from typing import TYPE_CHECKING, Any

from neuro_attn.configuration.sources.nwb import NwbDataset
from neuro_attn.sources.checks import is_zarr, zarr_files
from neuro_attn.sources.options import Ask, InitOptions, choose
from neuro_attn.sources.specification import Request, Source

if TYPE_CHECKING:
    from neuro_attn.recording import SpikeSession
    from neuro_attn.sources.contents import Contents, SessionContents


class NwbSource(Source[NwbDataset]):
    """NWB files of any version."""

    settings = NwbDataset
    called = "NWB file"
    suffixes = (".nwb",)
    folders = "NWB in Zarr"
    comments = {
        "table": "The interval table with one row a trial.",
        "units_table": "The table that lists the units, of several in the files.",
    }

    def recognises(self, path: str) -> bool:
        """Return whether a path is an NWB file or a Zarr folder."""
        return super().recognises(path) or is_zarr(path)

    def input_files(self, path: str, dataset: NwbDataset) -> list[str]:
        """Return a file, or the files of a Zarr folder that are read."""
        return zarr_files(path) or [path]

    def read(self, path: str, request: Request[NwbDataset]) -> "SpikeSession":
        """Read the session in a file; for an outline without the digest of the file."""
        from neuro_attn.sources.nwb import reading

        read = reading.read_undigested if request.outlined else reading.read
        return read(path, request.dataset)

    def describe(self, path: str, options: InitOptions) -> list["SessionContents"]:
        """Return the units and interval tables of a file."""
        from neuro_attn.sources.nwb import contents

        return [contents.read(path, options.units_table)]

    def own_keys(
        self, contents: "Contents", table: str, options: InitOptions, ask: Ask | None
    ) -> dict[str, Any]:
        """Return the tables of trials and, if there are several, of units."""
        names = list(dict.fromkeys(n for each in contents.sessions for n in each.units_tables))
        units = options.units_table
        if names and not units:
            units = choose("--units-table", "which table lists the units", names, ask)
        return {"table": table, **({"units_table": units} if units else {})}


SOURCE = NwbSource()

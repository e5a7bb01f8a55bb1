"""Folders of spikes sorted by Kilosort and its like and curated in Phy, one a session."""

from pathlib import Path
from typing import TYPE_CHECKING

from neuro_attn.configuration.sources.phy import PhyDataset
from neuro_attn.sources.checks import existing_file
from neuro_attn.sources.options import InitOptions
from neuro_attn.sources.phy.files import clusters_file, refuse_folder_above
from neuro_attn.sources.specification import Request, Source

if TYPE_CHECKING:
    from neuro_attn.recording import SpikeSession
    from neuro_attn.sources.contents import SessionContents


class PhySource(Source[PhyDataset]):
    """Folders that Phy opens, with a table of trials in each."""

    settings = PhyDataset
    called = "Phy folder"
    folders = "Phy"
    is_folder = True
    comments = {
        "spike_times": "The file of the spike times; the trials must be on its clock.",
        "units": "No table marks clusters as good or not: all are units.",
    }

    def recognises(self, path: str) -> bool:
        """Return whether a folder has the clusters of spikes."""
        return Path(path).is_dir() and clusters_file(Path(path)).is_file()

    def refuse(self, path: str) -> None:
        """Raise `InputError` for a folder above that of a sorter."""
        if Path(path).is_dir():
            refuse_folder_above(Path(path))

    def input_files(self, path: str, dataset: PhyDataset) -> list[str]:
        """Return the files of a folder that are read."""
        from neuro_attn.sources.phy import files

        with self.reading(path):
            found = files.files(path, dataset)
        return [str(existing_file(file, fixed_name=True)) for file in found]

    def read(self, path: str, request: Request[PhyDataset]) -> "SpikeSession":
        """Read the session in a folder."""
        from neuro_attn.sources.phy import reading

        return reading.read(path, request.dataset)

    def describe(self, path: str, options: InitOptions) -> list["SessionContents"]:
        """Return the clusters and trials in a folder."""
        from neuro_attn.sources.phy import contents

        return [contents.read(path)]


SOURCE = PhySource()

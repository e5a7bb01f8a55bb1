"""ALF folders, as the International Brain Laboratory keeps them, one a session."""

from pathlib import Path
from typing import TYPE_CHECKING

from neuro_attn.configuration.sources.alf import AlfDataset
from neuro_attn.sources.options import InitOptions
from neuro_attn.sources.specification import Request, Source

if TYPE_CHECKING:
    from neuro_attn.recording import SpikeSession
    from neuro_attn.sources.contents import SessionContents


class AlfSource(Source[AlfDataset]):
    """ALF folders, with probes at any depth."""

    settings = AlfDataset
    called = "ALF folder"
    folders = "ALF"
    is_folder = True
    is_general = True
    comments = {
        "sorting": "Sortings of a probe, in order of preference: the first that is there is read.",
        "first_channel": (
            "What clusters.peakChannel counts channels from. The files leave it open: 1 if a "
            "region or two are wrong by one channel."
        ),
    }

    def recognises(self, path: str) -> bool:
        """Return whether there are spike times in a folder or below it."""
        folder = Path(path)
        return folder.is_dir() and any(True for _ in folder.rglob("*spikes.times*.npy"))

    def input_files(self, path: str, dataset: AlfDataset) -> list[str]:
        """Return the newest revisions of the files of trials and of one sorting of each probe."""
        from neuro_attn.sources.alf import files

        with self.reading(path):
            return files.files(path, dataset)

    def read(self, path: str, request: Request[AlfDataset]) -> "SpikeSession":
        """Read the session in a folder."""
        from neuro_attn.sources.alf import reading

        return reading.read(path, request.dataset)

    def describe(self, path: str, options: InitOptions) -> list["SessionContents"]:
        """Return the clusters and trials in a folder."""
        from neuro_attn.sources.alf import contents

        return [contents.read(path)]


SOURCE = AlfSource()

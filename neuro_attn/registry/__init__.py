"""Known public data sets: descriptions, configurations and download.

`catalogue` describes the data sets, one file each in `datasets`, and `transfer` downloads their
files. `client` sends requests within `limits`, `listing` reads the list of files from the archive,
and `placing` writes files inside the target folder only.
"""

from neuro_attn.registry.catalogue import KnownDataset, known, names, render
from neuro_attn.registry.limits import Limits
from neuro_attn.registry.transfer import ARCHIVE, download

__all__ = ["ARCHIVE", "KnownDataset", "Limits", "download", "known", "names", "render"]

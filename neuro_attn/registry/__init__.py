"""Known public data sets: what they are, a configuration for each, and how to fetch them.

`catalogue` knows them, `transfer` fetches their files. A data set is one file in `datasets`.
"""

from neuro_attn.registry.catalogue import KnownDataset, known, names, render
from neuro_attn.registry.transfer import ARCHIVE, download

__all__ = ["ARCHIVE", "KnownDataset", "download", "known", "names", "render"]

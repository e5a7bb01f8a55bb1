"""Known public data sets: what they are, a configuration for each, and how to fetch them.

`catalogue` describes them and `transfer` fetches their files: `client` sends requests within
`limits`, `listing` reads what the archive states, and `placing` decides where files go. A data set
is one file in `datasets`.
"""

from neuro_attn.registry.catalogue import KnownDataset, known, names, render
from neuro_attn.registry.limits import Limits
from neuro_attn.registry.transfer import ARCHIVE, download

__all__ = ["ARCHIVE", "KnownDataset", "Limits", "download", "known", "names", "render"]

"""Sources of recordings: one module or package for each source, found by its file.

`specification` states what a source is. `read` and `outlines` return the recordings of a data set.
"""

from typing import TYPE_CHECKING

from neuro_attn.discovery import on_demand
from neuro_attn.sources.discovered import DESCRIBERS, READERS, SOURCES, source_of
from neuro_attn.sources.finding import (
    Part,
    as_copied,
    by_job,
    input_files,
    parts,
    session_names,
)
from neuro_attn.sources.manifest import listed

if TYPE_CHECKING:
    from neuro_attn.sources.reading import kept, outlines, read, read_part

__all__ = [
    "DESCRIBERS",
    "READERS",
    "SOURCES",
    "Part",
    "as_copied",
    "by_job",
    "input_files",
    "kept",
    "listed",
    "outlines",
    "parts",
    "read",
    "read_part",
    "session_names",
    "source_of",
]

# A workflow is parsed in every job and needs the names of files and sessions only.
__getattr__ = on_demand("neuro_attn.sources.reading", "kept", "outlines", "read", "read_part")

"""Where Recordings come from: one module for each kind of file, and the simulation."""

from typing import TYPE_CHECKING

from neuro_attn.discovery import on_demand
from neuro_attn.sources.finding import READERS, input_files, session_names

if TYPE_CHECKING:
    from neuro_attn.sources.reading import outlines, read

__all__ = ["READERS", "input_files", "outlines", "read", "session_names"]

# A workflow is parsed in every job and needs the names of files and sessions only.
__getattr__ = on_demand("neuro_attn.sources.reading", "outlines", "read")

"""Settings that all data sets of recordings share, whatever their source."""

from typing import ClassVar, Literal

from neuro_attn.configuration.analysis import Analysis
from neuro_attn.configuration.published import PublishedValue
from neuro_attn.configuration.types import Words


class RecordedDataset(Analysis):
    """Settings of all data sets that are read or simulated."""

    TITLE: ClassVar[str]
    """What the source reads, in a few words."""
    SPELLINGS: ClassVar[tuple[str, ...]] = ()
    """Other names that users give the source (lower case), for a suggestion."""

    overlapping_windows: Literal["error", "allow"] = "error"
    """Whether trials of a session may share spikes, by overlapping windows or repeated rows."""
    published: tuple[PublishedValue, ...] = ()
    """Values of a publication, in its order, to be compared with those of the run."""
    source: str
    """Format of the recordings."""
    licence: Words | None = None
    """Licence of the recordings, such as CC-BY-4.0, or its address; null: not stated."""
    citation: Words | None = None
    """Reference of the recordings: authors (year). Title. Journal. doi:...; null: not stated."""

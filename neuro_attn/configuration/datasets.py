"""The settings of data sets: those of each source of recordings, and those of networks."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from neuro_attn.configuration.analysis import Analysis
from neuro_attn.configuration.recorded import RecordedDataset
from neuro_attn.configuration.sources import SETTINGS
from neuro_attn.configuration.types import Flag, Name


class NetworkDataset(Analysis):
    """Activations of a network; made from `networks`, never written by hand."""

    source: Literal["network"] = "network"
    """Format of the recordings."""
    network: Name
    """The network's name."""
    trained: Flag
    """Whether the network was trained; an untrained one is a floor."""


if TYPE_CHECKING:
    WrittenDataset = RecordedDataset
else:
    # Types that are found by their files are none that a type checker can read.
    WrittenDataset = Annotated[reduce(or_, SETTINGS.values()), Field(discriminator="source")]
AnyDataset = RecordedDataset | NetworkDataset

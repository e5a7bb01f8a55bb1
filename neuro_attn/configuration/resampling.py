"""Settings of the decoding of trials that are resampled for each unit."""

from typing import Annotated

from pydantic import Field

from neuro_attn.configuration.types import NUMBER, Settings


class ResampledDecoding(Settings):
    """Decoding across tasks as Panichello & Buschman (2021), with trials resampled by unit."""

    trials: Annotated[int, Field(ge=2), NUMBER] = 60
    """Trials of each task and class that are drawn with replacement for each unit; sessions with
    fewer are excluded.
    """
    iterations: Annotated[int, Field(ge=20), NUMBER] = 1000
    """Number of draws; p is at least 1 / (iterations + 1)."""

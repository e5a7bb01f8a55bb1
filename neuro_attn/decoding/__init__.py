"""Decoding of populations: splits, pseudopopulations, and the transfer between tasks."""

from neuro_attn.decoding.populations import (
    POOLED,
    Population,
    populations,
    regions_table,
    sessions_left_out,
    trials_needed,
    units_per_draw,
)
from neuro_attn.decoding.transfer import decode_region

__all__ = [
    "POOLED",
    "Population",
    "decode_region",
    "populations",
    "regions_table",
    "sessions_left_out",
    "trials_needed",
    "units_per_draw",
]

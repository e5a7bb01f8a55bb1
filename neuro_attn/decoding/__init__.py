"""Decoding of populations, within and across tasks, with permutations and bootstraps."""

from neuro_attn.decoding.building import (
    POOLED,
    build_populations,
    regions_table,
    units_per_draw,
)
from neuro_attn.decoding.cross_task import decode_nulls, decode_region
from neuro_attn.decoding.population import Population
from neuro_attn.decoding.readouts import compile_decoder
from neuro_attn.decoding.sessions import left_out_table, session_units, sessions_table
from neuro_attn.decoding.tabulation import sessions_left_out, trials_needed, without_test_only

__all__ = [
    "POOLED",
    "Population",
    "build_populations",
    "compile_decoder",
    "decode_nulls",
    "decode_region",
    "left_out_table",
    "regions_table",
    "session_units",
    "sessions_left_out",
    "sessions_table",
    "trials_needed",
    "units_per_draw",
    "without_test_only",
]

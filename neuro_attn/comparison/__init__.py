"""Comparison of networks with brain regions by decoding signatures and by scores."""

from neuro_attn.comparison.distance import NetworkSignature, by_population, distances
from neuro_attn.comparison.fit import fits
from neuro_attn.comparison.leaderboard import leaderboard
from neuro_attn.comparison.matched_signatures import of_populations, of_regions
from neuro_attn.comparison.matching import Sizes, equal_sizes
from neuro_attn.comparison.model_scores import answers, check_comparable, model_scores
from neuro_attn.comparison.nearest_region import nearest
from neuro_attn.comparison.signatures import (
    Absent,
    absent_of,
    apart,
    left_out_table,
    signature,
    signature_table,
    together,
)
from neuro_attn.comparison.usable import Usable, usable

__all__ = [
    "Absent",
    "NetworkSignature",
    "Sizes",
    "Usable",
    "absent_of",
    "answers",
    "apart",
    "by_population",
    "check_comparable",
    "distances",
    "equal_sizes",
    "fits",
    "leaderboard",
    "left_out_table",
    "model_scores",
    "nearest",
    "of_populations",
    "of_regions",
    "signature",
    "signature_table",
    "together",
    "usable",
]

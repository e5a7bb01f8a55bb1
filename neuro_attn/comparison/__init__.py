"""Networks beside brains: signatures, representations, and how far apart they are."""

from neuro_attn.comparison.distance import NetworkSignature, by_population, distances
from neuro_attn.comparison.likeness import answers, check_comparable, representations
from neuro_attn.comparison.matched_signatures import of_populations, of_regions
from neuro_attn.comparison.matching import Sizes, equal_sizes
from neuro_attn.comparison.nearest_region import nearest
from neuro_attn.comparison.signatures import (
    apart,
    left_out_table,
    signature,
    signature_table,
    together,
)

__all__ = [
    "NetworkSignature",
    "Sizes",
    "answers",
    "apart",
    "by_population",
    "check_comparable",
    "distances",
    "equal_sizes",
    "left_out_table",
    "nearest",
    "of_populations",
    "of_regions",
    "representations",
    "signature",
    "signature_table",
    "together",
]

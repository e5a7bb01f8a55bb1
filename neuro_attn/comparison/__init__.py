"""Networks beside brains: signatures, representations, and how far apart they are."""

from neuro_attn.comparison.likeness import representations
from neuro_attn.comparison.signatures import signature, signature_table
from neuro_attn.comparison.similarity import NetworkSignature, distances, nearest

__all__ = [
    "NetworkSignature",
    "distances",
    "nearest",
    "representations",
    "signature",
    "signature_table",
]

"""Networks that do the pro and retro trials, and their populations as Recordings."""

from neuro_attn.networks.activations import outline, record
from neuro_attn.networks.families import FAMILIES
from neuro_attn.networks.gates import gates
from neuro_attn.networks.memory_locus import memory_locus
from neuro_attn.networks.model import Model
from neuro_attn.networks.storage import load_weights, save_weights
from neuro_attn.networks.summary import mean_report_errors
from neuro_attn.networks.training import train, untrained

__all__ = [
    "FAMILIES",
    "Model",
    "gates",
    "load_weights",
    "mean_report_errors",
    "memory_locus",
    "outline",
    "record",
    "save_weights",
    "train",
    "untrained",
]

"""Train networks on pro and retro trials and record their populations as Recordings."""

from neuro_attn.networks.activations import outline, record
from neuro_attn.networks.attention_ablation import ablate_attention
from neuro_attn.networks.families import FAMILIES
from neuro_attn.networks.model import Model
from neuro_attn.networks.qkv_swap import swap_attention
from neuro_attn.networks.storage import load_weights, save_weights
from neuro_attn.networks.summary import mean_report_errors
from neuro_attn.networks.training import train, untrained

__all__ = [
    "FAMILIES",
    "Model",
    "ablate_attention",
    "load_weights",
    "mean_report_errors",
    "outline",
    "record",
    "save_weights",
    "swap_attention",
    "train",
    "untrained",
]

"""Train networks on pro and retro trials and record their populations as Recordings.

Networks of other libraries are recorded by `record` or imported from files.
"""

from typing import TYPE_CHECKING

from neuro_attn.discovery import on_demand_from

if TYPE_CHECKING:
    from neuro_attn.networks.activations import callable_of, outline, record_replicate
    from neuro_attn.networks.attention_ablation import ablate_attention
    from neuro_attn.networks.attention_use import use_as_attribute, use_of_attention
    from neuro_attn.networks.families import FAMILIES
    from neuro_attn.networks.fixed_points import fixed_points
    from neuro_attn.networks.lesions import measure_lesions
    from neuro_attn.networks.matching import as_table, behaviour
    from neuro_attn.networks.model import Model
    from neuro_attn.networks.probe import as_attribute, probe_reports
    from neuro_attn.networks.qkv_swap import swap_attention
    from neuro_attn.networks.storage import load_weights, save_weights
    from neuro_attn.networks.training import train, untrained
from neuro_attn.networks.activation_files import read as read_activations
from neuro_attn.networks.importing import import_replicates
from neuro_attn.networks.populations import (
    Activations,
    Trials,
    draw_trials,
    held_out_trials,
    record,
)
from neuro_attn.networks.replicates import Replicate
from neuro_attn.networks.summary import mean_report_errors, why_not_learned

__all__ = [
    "FAMILIES",
    "Activations",
    "Model",
    "Replicate",
    "Trials",
    "ablate_attention",
    "as_attribute",
    "as_table",
    "behaviour",
    "callable_of",
    "draw_trials",
    "fixed_points",
    "held_out_trials",
    "import_replicates",
    "load_weights",
    "mean_report_errors",
    "measure_lesions",
    "outline",
    "probe_reports",
    "read_activations",
    "record",
    "record_replicate",
    "save_weights",
    "swap_attention",
    "train",
    "untrained",
    "use_as_attribute",
    "use_of_attention",
    "why_not_learned",
]

# JAX takes a second to import, and activations of networks of other libraries do not need it.
__getattr__ = on_demand_from(
    {
        "neuro_attn.networks.activations": ("callable_of", "outline", "record_replicate"),
        "neuro_attn.networks.attention_ablation": ("ablate_attention",),
        "neuro_attn.networks.attention_use": ("use_as_attribute", "use_of_attention"),
        "neuro_attn.networks.families": ("FAMILIES",),
        "neuro_attn.networks.fixed_points": ("fixed_points",),
        "neuro_attn.networks.lesions": ("measure_lesions",),
        "neuro_attn.networks.matching": ("as_table", "behaviour"),
        "neuro_attn.networks.model": ("Model",),
        "neuro_attn.networks.probe": ("as_attribute", "probe_reports"),
        "neuro_attn.networks.qkv_swap": ("swap_attention",),
        "neuro_attn.networks.storage": ("load_weights", "save_weights"),
        "neuro_attn.networks.training": ("train", "untrained"),
    }
)

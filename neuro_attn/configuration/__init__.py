"""The configuration: typed and validated; the only source of its keys and their descriptions."""

from neuro_attn.configuration.analysis import (
    DESCRIBING_KEYS,
    LATER_KEYS,
    MEAN_RATE,
    NUISANCE_KEYS,
    TRIAL_NUMBER,
    UNDECODED_KEYS,
    ColorColumns,
    Decoding,
    Inference,
    Regions,
    Sessions,
    Task,
    Time,
)
from neuro_attn.configuration.behaviour import BehaviourColumns
from neuro_attn.configuration.datasets import AnyDataset, NetworkDataset
from neuro_attn.configuration.experiment import (
    BLOCK_NAMES,
    NETWORK_TIMING,
    NetworkTrials,
    ProspectiveTiming,
    RetrospectiveTiming,
    SimulatedRegion,
    Simulation,
    Timing,
)
from neuro_attn.configuration.extras import check_code, check_extras
from neuro_attn.configuration.families import ATTENDED, FAMILIES, family_file, is_own
from neuro_attn.configuration.network_settings import (
    ActivationFiles,
    ImportedNetwork,
    Network,
    NetworkAnalysis,
)
from neuro_attn.configuration.network_tasks import (
    CUE,
    CUED,
    ITEMS,
    NETWORK_STEP,
    NetworkTask,
    TrialType,
)
from neuro_attn.configuration.parsing import dataset_from, parse
from neuro_attn.configuration.positions import Positions
from neuro_attn.configuration.products import check_products, results_bytes
from neuro_attn.configuration.reading import keys_and_positions, keys_of, load, read, read_keys
from neuro_attn.configuration.recorded import RecordedDataset
from neuro_attn.configuration.settings import (
    Comparison,
    Configuration,
    network_dataset,
    written,
)
from neuro_attn.configuration.skills import Captioning, ListRecall, SequenceProcessing, Translation
from neuro_attn.configuration.smoothing import Smoothing

__all__ = [
    "ATTENDED",
    "BLOCK_NAMES",
    "CUE",
    "CUED",
    "DESCRIBING_KEYS",
    "FAMILIES",
    "ITEMS",
    "LATER_KEYS",
    "MEAN_RATE",
    "NETWORK_STEP",
    "NETWORK_TIMING",
    "NUISANCE_KEYS",
    "TRIAL_NUMBER",
    "UNDECODED_KEYS",
    "ActivationFiles",
    "AnyDataset",
    "BehaviourColumns",
    "Captioning",
    "ColorColumns",
    "Comparison",
    "Configuration",
    "Decoding",
    "ImportedNetwork",
    "Inference",
    "ListRecall",
    "Network",
    "NetworkAnalysis",
    "NetworkDataset",
    "NetworkTask",
    "NetworkTrials",
    "Positions",
    "ProspectiveTiming",
    "RecordedDataset",
    "Regions",
    "RetrospectiveTiming",
    "SequenceProcessing",
    "Sessions",
    "SimulatedRegion",
    "Simulation",
    "Smoothing",
    "Task",
    "Time",
    "Timing",
    "Translation",
    "TrialType",
    "check_code",
    "check_extras",
    "check_products",
    "dataset_from",
    "family_file",
    "is_own",
    "keys_and_positions",
    "keys_of",
    "load",
    "network_dataset",
    "parse",
    "read",
    "read_keys",
    "results_bytes",
    "written",
]

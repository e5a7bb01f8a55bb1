"""The settings of networks: their training and the analysis of their activations."""

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from neuro_attn.configuration.analysis import Analysis, Sessions
from neuro_attn.configuration.decoders import DECODERS
from neuro_attn.configuration.experiment import NetworkTrials
from neuro_attn.configuration.families import Family, attended, recomputed
from neuro_attn.configuration.types import (
    NUMBER,
    AtKeyError,
    Count,
    Files,
    Flag,
    NonNegative,
    Positive,
    Settings,
)

Error = Annotated[float, Field(gt=0, lt=90), NUMBER]


class MatchErrors(Settings):
    """Mean absolute report errors of the animals (Panichello & Buschman 2021), degrees."""

    pro: Error = 46.1
    """In prospective trials."""
    retro: Error = 51.8
    """In retrospective trials."""


class Network(NetworkTrials):
    """A network to train, on the pro and retro trials of the experiment or a task of your own."""

    family: Family
    """Family of the network, or a file of your own with one (needs `--trust-code FILE`)."""
    seeds: Count = 5
    """Number of replicate networks, trained from different initialisations."""
    hidden: Count = 64
    """Hidden units per layer."""
    layers: Count = 2
    """Layers of self-attention, in families that stack them."""
    heads: Count = 4
    """Heads of multi-head attention."""
    positions: Literal["none", "sinusoidal", "learned"] = "sinusoidal"
    """Encoding of the order of steps, in families with attention alone."""
    recurrent: Flag = False
    """Whether the units of rate-adaptation are connected to each other."""
    unit_noise: NonNegative = 0.07
    """SD of the noise in the units of relu-rnn during training."""
    steps: Count = 1000
    """Training steps."""
    patience: Count | None = None
    """Stop if the held-out report error has not fallen for this many steps; null: never."""
    batch: Count = 64
    """Trials per training step."""
    learning_rate: Positive = 3e-3
    """Maximum learning rate of Adam; it decreases to 0 with a cosine schedule."""
    input_noise: NonNegative = 0.1
    """SD of the noise added to every input at every step."""
    state_noise: NonNegative = 0.0
    """SD of the noise in the state of every unit at every step, in training and recording."""
    match: Literal["behaviour"] | None = None
    """behaviour: set the noise in states such that trained replicates err as much as animals."""
    match_errors: MatchErrors = MatchErrors()
    """Mean absolute report errors to match, degrees; their mean over tasks is matched."""
    activation_noise: NonNegative = 1.0
    """SD of the noise added to recorded activations, in SDs of each unit."""
    test_trials: Annotated[int, Field(ge=40), NUMBER] = 120
    """Held-out trials of each task that are recorded and scored."""
    learned_below: Annotated[float, Field(gt=0, le=180), NUMBER] = 30.0
    """Mean report error, degrees, below which a network has learned a task; chance is 90."""

    lesions: Flag = False
    """Whether to measure reports with each unit, population and head silenced in turn."""

    @model_validator(mode="after")
    def _animals_do_its_task(self) -> "Network":
        if self.match and self.task is not None:
            raise AtKeyError(
                "match", message="errors of animals are known for the pro and the retro task only"
            )
        return self

    @property
    def is_noisy(self) -> bool:
        """Whether it is recorded with noise in its states."""
        return bool(self.state_noise or self.match)

    @property
    def attended(self) -> str | None:
        """What the network attends to; see `families.attended`."""
        return attended(self.family)

    @property
    def recomputed(self) -> tuple[str, ...]:
        """Populations that exist only when a report is asked; see `families.recomputed`."""
        return recomputed(self.family)

    @property
    def attends_to_steps(self) -> bool:
        """Whether it attends to steps of the trial: queries, keys and values can be swapped."""
        return self.attended == "step"

    @property
    def items_can_be_blocked(self) -> bool:
        """Whether attention to the items can be blocked; without attention nothing is lost."""
        return self.attended in ("step", None)


class ImportedNetwork(Settings):
    """Activations of a network that was trained elsewhere."""

    source: Literal["activations"]
    """Format of the activations."""
    files: Files
    """Files or patterns, relative to `data_folder`: one file (.nc, .npz, .csv) per replicate."""
    untrained: Files | None = None
    """The same of the untrained network, a floor for results; null: no floor."""
    trials: Files | None = None
    """Tables of trials (.csv): one for all files, or one per file; null: in the files."""
    activation_noise: NonNegative = 1.0
    """SD of the noise added to the activations, in SDs of each unit; 0 if they are noisy."""
    learned_below: Annotated[float, Field(gt=0, le=180), NUMBER] = 30.0
    """Mean report error, degrees, below which a network has learned a task; chance is 90."""


class ActivationFiles(Settings):
    """The files of a trained, or of an untrained, imported network."""

    key: str
    """Key of the network, named in errors."""
    name: Literal["files", "untrained"]
    """Key below it that names the files."""
    files: Files
    """As in `ImportedNetwork`."""
    trials: Files | None
    """As in `ImportedNetwork`."""


_TRAINED, _IMPORTED = "a network to train", "a network to import"
"""Tags, which pydantic adds to the paths of errors; no key can have such a name."""


def _kind(given: Any) -> str:
    if isinstance(given, dict):
        return _IMPORTED if "source" in given else _TRAINED
    return _IMPORTED if isinstance(given, ImportedNetwork) else _TRAINED


AnyNetwork = Annotated[
    Annotated[Network, Tag(_TRAINED)] | Annotated[ImportedNetwork, Tag(_IMPORTED)],
    Discriminator(_kind),
]
"""A network to train, or one with the key `source`, whose activations are imported."""


class NetworkAnalysis(Analysis):
    """Analysis of the activations of all networks, with the keys of a data set."""

    @model_validator(mode="after")
    def _populations_stay(self) -> "NetworkAnalysis":
        if self.regions.map:
            raise AtKeyError("regions", "map", message="a network's populations cannot be grouped")
        return self

    @model_validator(mode="after")
    def _label_has_classes(self) -> "NetworkAnalysis":
        if not self.has_classes:
            raise AtKeyError(
                "label", message="networks are compared by classes; a continuous label has none"
            )
        return self

    @model_validator(mode="after")
    def _activations_are_no_spikes(self) -> "NetworkAnalysis":
        if self.time.smoothing is not None:
            raise AtKeyError(
                "time", "smoothing", message="a network has no spikes to smooth; remove the key"
            )
        name = self.decoding.decoder
        if DECODERS[name].needs_counts:
            raise AtKeyError(
                "decoding",
                "decoder",
                message=f"{name} needs spike counts, and a network has none; give another decoder "
                "under network_analysis.decoding",
            )
        return self

    @model_validator(mode="after")
    def _replicates_stay(self) -> "NetworkAnalysis":
        if self.sessions != Sessions():
            raise AtKeyError("sessions", message="all seeds of a network are analysed")
        return self

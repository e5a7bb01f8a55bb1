"""The whole configuration, and the names that data sets and networks can have.

The models of this package are the single source of the configuration. The JSON schema for editors
(`config/schema.json`) is generated from them, `config/config.yaml` explains every key, and tests
fail if they differ.
"""

from typing import Annotated

import yaml
from pydantic import Field, model_validator

from neuro_attn.configuration.analysis import Analysis, Decoding, Inference
from neuro_attn.configuration.datasets import AnyDataset, NetworkDataset, WrittenDataset
from neuro_attn.configuration.network_settings import (
    ActivationFiles,
    AnyNetwork,
    ImportedNetwork,
    Network,
    NetworkAnalysis,
)
from neuro_attn.configuration.skills import (
    SKILLS,
    Captioning,
    ListRecall,
    SequenceProcessing,
    Skill,
    Translation,
)
from neuro_attn.configuration.types import (
    NUMBER,
    AtKeyError,
    FolderName,
    Name,
    Positive,
    Settings,
    Words,
)
from neuro_attn.files import as_on_disk, meeting, shown_apart
from neuro_attn.results import TABLES


class Comparison(Settings):
    """Comparison of networks with the regions of a data set."""

    dataset: Name
    """A data set with the same tasks and windows as `network_analysis`."""


RESERVED = (
    "networks",
    "comparison",
    "figures",
    "tables",
    "logs",
    "benchmarks",
    "checksums",
    "report.html",
    "index.html",
    "methods.txt",
    "configuration.yaml",
    "workflow.smk",
    "ro-crate-metadata.json",
)
"""What `results` contains besides the folders of data sets."""
RESERVED_NETWORKS = (
    *SKILLS,
    *sorted(
        file.removeprefix("networks/")
        for table in TABLES.values()
        for file in table.files
        if file.startswith("networks/") and file.count("/") == 1
    ),
)
"""What `results/networks` contains besides the folders of networks."""


def written(configuration: "Configuration") -> str:
    """Return the keys of a configuration that were given, as YAML; the memory budget is not."""
    given = configuration.model_dump(mode="json", exclude_unset=True, exclude={"memory"})
    text: str = yaml.safe_dump(given, sort_keys=False, allow_unicode=True)
    return text


def is_reserved(name: str) -> bool:
    """Return whether no data set can have this name."""
    return as_on_disk(name) in RESERVED or as_on_disk(name).startswith("network-")


class Configuration(Settings):
    """All settings of a run."""

    seed: Annotated[int, Field(ge=0), NUMBER] = 2021
    """Random seed; every job derives its own named random stream from it."""
    data_folder: str = "data"
    """Folder to which the files of data sets are relative."""
    author: Words | None = None
    """Who analyses the data, a person or group, for the metadata; null: not stated."""
    licence: Words | None = None
    """Licence of the results, such as CC-BY-4.0, or its address; null: not stated."""
    memory: Positive | None = None
    """Maximum memory for a job or for reading files, GB; null: 80 % of the available memory."""
    decoding: Decoding = Decoding()
    """Decoding of populations: defaults for all data sets."""
    inference: Inference = Inference()
    """Tests and confidence intervals: defaults for all data sets."""
    datasets: Annotated[dict[FolderName, WrittenDataset], Field(min_length=1)]
    """The data sets, by name."""
    networks: dict[FolderName, AnyNetwork] = {}
    """The networks, by name."""
    network_analysis: NetworkAnalysis | None = None
    """Analysis of the activations of all networks."""
    comparison: Comparison | None = None
    """Comparison of networks with the regions of a data set."""
    list_recall: ListRecall = ListRecall()
    """Networks that recall lists."""
    sequence_processing: SequenceProcessing = SequenceProcessing()
    """Networks that process sequences by recurrence, convolution or self-attention."""
    translation: Translation = Translation()
    """Networks that translate sentences."""
    captioning: Captioning = Captioning()
    """Networks that describe images."""

    @model_validator(mode="after")
    def _names_are_free(self) -> "Configuration":
        for name in self.datasets:
            if is_reserved(name):
                raise AtKeyError(
                    "datasets",
                    name,
                    message="that name is reserved for workflow output, as are "
                    f"{', '.join(RESERVED)} and network-*; choose another",
                )
        for name in self.networks:
            if as_on_disk(name) in RESERVED_NETWORKS:
                raise AtKeyError(
                    "networks",
                    name,
                    message="that name is reserved for workflow output, as are "
                    f"{', '.join(RESERVED_NETWORKS)}; choose another",
                )
        return self

    @model_validator(mode="after")
    def _names_are_different_files(self) -> "Configuration":
        for key in ("datasets", "networks"):
            if found := meeting(getattr(self, key)):
                raise AtKeyError(
                    key,
                    found[1],
                    message=f"{shown_apart(*found)} would be one folder where file names ignore "
                    "case and the encoding of accents, as on macOS and Windows; rename one",
                )
        folders = [network_dataset(name, t) for name in self.networks for t in (True, False)]
        for name in self.networks:
            both = [network_dataset(name, trained) for trained in (True, False)]
            if max(map([as_on_disk(each) for each in folders].count, map(as_on_disk, both))) > 1:
                raise AtKeyError(
                    "networks",
                    name,
                    message="results of the untrained network would be in the folder of another "
                    "network; no network can have the name of another one with -untrained",
                )
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> "Configuration":
        if self.networks and self.network_analysis is None:
            raise AtKeyError("networks", message="require the key network_analysis")
        if self.comparison is None:
            return self
        brain = self.datasets.get(self.comparison.dataset)
        if brain is None or not self.networks or self.network_analysis is None:
            raise AtKeyError(
                "comparison",
                "dataset",
                message=f"must be one of {', '.join(self.datasets)}, and networks must be given "
                f"(given: {self.comparison.dataset!r})",
            )
        if not brain.has_classes:
            raise AtKeyError(
                "comparison",
                "dataset",
                message=f"the label of {self.comparison.dataset} is continuous; networks are "
                "compared by classes",
            )
        for key in ("tasks", "windows"):
            brains, networks = set(getattr(brain, key)), set(getattr(self.network_analysis, key))
            if brains != networks:
                raise AtKeyError(
                    "comparison",
                    message=f"needs the same {key} in datasets.{self.comparison.dataset} "
                    f"({', '.join(sorted(brains))}) and in network_analysis "
                    f"({', '.join(sorted(networks))})",
                )
        return self

    def all_datasets(self) -> dict[str, AnyDataset]:
        """Return the data sets with those of the networks, trained and untrained."""
        made: dict[str, AnyDataset] = dict(self.datasets)
        for name in self.networks:
            assert self.network_analysis is not None
            shared = {key: getattr(self.network_analysis, key) for key in Analysis.model_fields}
            for trained in self._versions(name):
                made[network_dataset(name, trained)] = NetworkDataset(
                    network=name, trained=trained, **shared
                )
        return made

    def network_datasets(self) -> dict[str, tuple[str, bool]]:
        """Return the network of each data set of activations, and whether it was trained."""
        return {
            network_dataset(name, trained): (name, trained)
            for name in self.networks
            for trained in self._versions(name)
        }

    def skills(self) -> dict[str, Skill]:
        """Return the settings of the skills that networks learn, by key."""
        given: dict[str, Skill] = {key: getattr(self, key) for key in SKILLS}
        return {key: skill for key, skill in given.items() if skill.families}

    def networks_to_train(self) -> dict[str, Network]:
        """Return the networks that a run trains."""
        return {name: each for name, each in self.networks.items() if isinstance(each, Network)}

    def activation_files(self) -> dict[str, ActivationFiles]:
        """Return the files of imported networks by the names of their data sets."""
        found = {}
        for name, network in self.networks.items():
            if isinstance(network, ImportedNetwork):
                for trained in self._versions(name):
                    files = network.files if trained else network.untrained
                    assert files is not None
                    found[network_dataset(name, trained)] = ActivationFiles(
                        key=f"networks.{name}",
                        name="files" if trained else "untrained",
                        files=files,
                        trials=network.trials,
                    )
        return found

    def _versions(self, network: str) -> list[bool]:
        """Return whether each recorded version of a network was trained."""
        settings = self.networks[network]
        has_floor = isinstance(settings, Network) or settings.untrained is not None
        return [True, False] if has_floor else [True]


def network_dataset(network: str, trained: bool = True) -> str:
    """Return the name of the data set of a network's activations."""
    return f"network-{network}" + ("" if trained else "-untrained")

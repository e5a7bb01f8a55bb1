"""A replicate network, and the random streams that belong to it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neuro_attn.configuration import Network
from neuro_attn.networks.populations import Trials, trials_of
from neuro_attn.randomness import stream

if TYPE_CHECKING:
    from neuro_attn.networks.model import Model


@dataclass(frozen=True)
class Replicate:
    """A network of the configuration, trained from one of its seeds.

    Parameters
    ----------
    model : Model
        The network.
    settings : Network
        Its settings: tasks, number of trials and input noise.
    network : str
        Name of the network.
    number : int
        Number of the replicate.
    seed : int
        The seed of the configuration.
    """

    model: "Model"
    settings: Network
    network: str
    number: int
    seed: int

    def rng(self, *purpose: str) -> np.random.Generator:
        """Return the generator of a purpose, which differs between replicates."""
        return stream(self.seed, "network", self.network, f"seed{self.number}", *purpose)

    def trials(self, purpose: str) -> Trials:
        """Draw trials of the network's tasks, with its input noise."""
        return trials_of(self.settings, self.rng(purpose))

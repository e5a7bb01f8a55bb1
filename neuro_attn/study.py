"""A data set under analysis, with its settings and random streams."""

from dataclasses import dataclass, replace

import numpy as np

from neuro_attn.configuration import AnyDataset
from neuro_attn.randomness import stream


@dataclass(frozen=True)
class Study:
    """A data set under analysis.

    Parameters
    ----------
    name : str
        Name of the data set in the configuration.
    dataset : settings of a data set
        Its settings.
    seed : int
        The configuration's random seed.
    """

    name: str
    dataset: AnyDataset
    seed: int

    def rng(self, purpose: str, *names: object) -> np.random.Generator:
        """Return the random stream of this data set for a purpose.

        Parameters
        ----------
        purpose : str
            Use of the random numbers, unique to the caller.
        *names : object
            Names that distinguish streams of the same purpose, such as session and replicate.
        """
        return stream(self.seed, purpose, self.name, *names)

    def key(self, key: str) -> str:
        """Return the full path of a key of this data set, for messages."""
        return f"datasets.{self.name}.{key}"

    def with_permutations(self, permutations: int) -> "Study":
        """Return this study with another number of permutations."""
        update = {"permutations": permutations}
        inference = self.dataset.inference.model_copy(update=update)
        return replace(self, dataset=self.dataset.model_copy(update={"inference": inference}))

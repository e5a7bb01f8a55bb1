"""The settings of skills: what networks can learn besides the trials of the experiment."""

from abc import abstractmethod
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, model_validator

from neuro_attn.configuration.types import NUMBER, AtKeyError, Count, Positive, Settings


class Size(NamedTuple):
    """What determines the memory of a skill's largest job."""

    cells: float
    """Numbers that are held for one hidden unit."""
    jobs: int
    """Number of trained networks."""
    what: str
    """The largest job in words."""
    remedy: str
    """Keys to lower if it is too large."""


class Skill(Settings):
    """A skill that networks of some families learn; without families it is omitted."""

    families: tuple[str, ...] = ()
    """Families that learn the skill; an empty list omits it."""
    seeds: Count = 3
    """Number of replicate networks, trained from different initialisations."""
    hidden: Count = 32
    """Hidden units per layer."""
    steps: Count = 2000
    """Training steps."""
    batch: Count = 64
    """Examples per training step."""
    learning_rate: Positive = 1e-2
    """Maximum learning rate of Adam; it decreases to 0 with a cosine schedule."""

    @model_validator(mode="after")
    def _nothing_comes_twice(self) -> "Skill":
        for key in type(self).model_fields:
            given = getattr(self, key)
            if isinstance(given, tuple) and len(set(given)) < len(given):
                raise AtKeyError(
                    key, message=f"an entry occurs twice (given: {', '.join(map(str, given))})"
                )
        return self

    @property
    @abstractmethod
    def size(self) -> Size:
        """The size of its largest job."""


class ListRecall(Skill):
    """Networks that read lists of items and recall them: the bottleneck of a fixed context."""

    families: tuple[Literal["seq2seq", "bahdanau"], ...] = ()
    """Families that recall lists; an empty list omits this analysis."""
    lengths: Annotated[tuple[Annotated[int, Field(ge=4), NUMBER], ...], Field(min_length=1)] = (
        4,
        8,
        16,
        24,
    )
    """Numbers of items per list; one network is trained for each."""
    hidden: Count = 32
    """Hidden units per direction of the encoder, and of the decoder."""
    batch: Count = 64
    """Lists per training step."""
    test_lists: Annotated[int, Field(ge=40, le=1000), NUMBER] = 500
    """Held-out lists of each length that are scored."""

    @property
    def size(self) -> Size:
        """The size of its largest job."""
        rows, length = max(self.batch, self.test_lists), max(self.lengths)
        return Size(
            rows * length,
            self.seeds * len(self.families) * len(self.lengths),
            f"recall of {rows:,} lists of {length:,} items by {self.hidden:,} hidden units",
            "Lower hidden, batch, lengths, seeds or test_lists.",
        )


SKILLS: dict[str, type[Skill]] = {"list_recall": ListRecall}
"""The class of settings of each skill, by its key in a configuration."""

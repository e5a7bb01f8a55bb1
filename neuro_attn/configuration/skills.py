"""The settings of skills: what networks can learn besides the trials of the experiment."""

from abc import abstractmethod
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, model_validator

from neuro_attn.configuration.types import NUMBER, AtKeyError, Count, Flag, Positive, Settings

_SENTENCE = 45
"""Largest number of words and ends of a sentence in both languages together."""


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


class Translation(Skill):
    """Networks that translate English sentences into French, and whether attention explains it."""

    families: tuple[
        Literal[
            "seq2seq",
            "bahdanau",
            "bahdanau-unprimed",
            "bahdanau-words",
            "luong-general",
            "qkv",
            "transformer",
        ],
        ...,
    ] = ()
    """Families and variants that translate; an empty list omits this analysis."""
    seeds: Count = 5
    """Number of replicate networks, trained from different initialisations."""
    hidden: Annotated[int, Field(ge=4, multiple_of=4), NUMBER] = 64
    """Hidden units per layer."""
    steps: Count = 2500
    """Training steps."""
    batch: Count = 32
    """Sentences per training step."""
    learning_rate: Positive = 6e-3
    """Maximum learning rate of Adam; it decreases to 0 with a cosine schedule."""
    pairs: Annotated[int, Field(ge=500, le=50_000), NUMBER] = 6000
    """Pairs of sentences to learn from."""
    test_sentences: Annotated[int, Field(ge=40, le=2000), NUMBER] = 500
    """Held-out sentences that are translated."""
    beams: Annotated[
        tuple[Annotated[int, Field(ge=1, le=16), NUMBER], ...], Field(min_length=1)
    ] = (
        1,
        4,
    )
    """Numbers of hypotheses of the search for the most probable translation; 1 is greedy."""
    teacher_forcing: Flag = True
    """Whether the decoder receives the correct words during training."""

    @property
    def size(self) -> Size:
        """The size of its largest job."""
        rows = max(self.batch, self.test_sentences)
        return Size(
            rows * _SENTENCE * max(self.beams),
            self.seeds * len(self.families),
            f"translation of {rows:,} sentences by {self.hidden:,} hidden units",
            "Lower hidden, batch, seeds or test_sentences.",
        )


class SequenceProcessing(Skill):
    """Networks that process sequences by recurrence, convolution or self-attention."""

    families: tuple[
        Literal[
            "gru",
            "dilated-convolution",
            "undilated-convolution",
            "self-attention",
            "self-attention-without-positions",
        ],
        ...,
    ] = ()
    """Ways of processing a sequence that are compared; an empty list omits this analysis."""
    length: Annotated[int, Field(ge=8), NUMBER] = 64
    """Number of steps of the sequences on which networks are trained."""
    test_lengths: Annotated[
        tuple[Annotated[int, Field(ge=4), NUMBER], ...], Field(min_length=1)
    ] = (
        16,
        64,
        256,
    )
    """Numbers of steps of the sequences on which they are tested."""
    delays: tuple[Count, ...] = (4, 16, 32)
    """Steps from an item to its recall; one network is trained for each."""
    hidden: Count = 32
    """Hidden units of the GRU; the other networks have about as many weights."""
    steps: Count = 400
    """Training steps."""
    batch: Count = 16
    """Sequences per training step."""
    test_sequences: Annotated[int, Field(ge=40, le=1000), NUMBER] = 100
    """Held-out sequences of each length and distance that are scored."""

    @model_validator(mode="after")
    def _delays_fit(self) -> "SequenceProcessing":
        for delay in self.delays:
            if delay >= self.length:
                raise AtKeyError(
                    "delays",
                    message=f"must be below the length of {self.length} steps (given: {delay})",
                )
        return self

    @property
    def size(self) -> Size:
        """The size of its largest job."""
        longest = max(self.length, *self.test_lengths)
        rows = max(self.batch, 50)
        return Size(
            # Attention has weights for each pair of steps.
            rows * longest * max(1.0, longest / self.hidden) + self.test_sequences * longest,
            self.seeds * len(self.families) * (1 + len(self.delays)),
            f"{rows:,} sequences of {longest:,} steps in networks of {self.hidden:,} hidden units",
            "Lower hidden, batch, length, test_lengths, seeds or test_sequences.",
        )


class Captioning(Skill):
    """Networks that describe images in words, with attention over a grid of patches."""

    families: tuple[Literal["soft", "straight-through", "stochastic"], ...] = ()
    """Kinds of attention; an empty list omits this analysis."""
    seeds: Count = 5
    """Number of replicate networks, trained from different initialisations."""
    hidden: Count = 64
    """Hidden units per patch, of the attention layer and of the decoder."""
    steps: Count = 1200
    """Training steps."""
    batch: Count = 32
    """Images per training step."""
    test_images: Annotated[int, Field(ge=60, le=5000), NUMBER] = 600
    """Held-out images that are scored."""

    @property
    def size(self) -> Size:
        """The size of its largest job."""
        # The attention layer has a state for each of 9 patches and 14 words, in at most 3 samples.
        rows = max(3 * self.batch, self.test_images)
        return Size(
            rows * 9 * 14,
            self.seeds * len(self.families),
            f"captions of {rows:,} images by {self.hidden:,} hidden units",
            "Lower hidden, batch, seeds or test_images.",
        )


SKILLS: dict[str, type[Skill]] = {
    "list_recall": ListRecall,
    "sequence_processing": SequenceProcessing,
    "translation": Translation,
    "captioning": Captioning,
}
"""The class of settings of each skill, by its key in a configuration."""

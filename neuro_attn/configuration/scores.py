"""Scores: constants of each module of `decoding/scores/`, read without importing it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from neuro_attn.configuration.labels import CLASSES, LabelKind, among_kinds
from neuro_attn.configuration.types import is_among, schema_of_names
from neuro_attn.discovery import modules, stated


@dataclass(frozen=True)
class Score:
    """A score of decoders: the constants of its module.

    Parameters
    ----------
    name : str
        Name of the module, and value of the key in the configuration.
    label : str
        Its name in figures and captions (``LABEL``).
    meaning : str
        A sentence on what it measures (``MEANING``).
    label_kinds : tuple of str
        The kinds of labels that it is for (``LABEL_KINDS``); by default classes.
    unit : str
        Unit in which it is reported (``UNIT``); empty for a number without one.
    scale : tuple of float
        Offset a and factor b of the reported value a + b s, where s is the score (``SCALE``). The
        larger s, the better; a negative factor makes smaller reported values better.
    bounds : tuple of float or None
        Smallest and largest possible score (``BOUNDS``); None where there is no bound.
    module : Path
        Its file.
    """

    name: str
    label: str
    meaning: str
    label_kinds: tuple[LabelKind, ...]
    unit: str
    scale: tuple[float, float]
    bounds: tuple[float | None, float | None]
    module: Path

    @property
    def smaller_is_better(self) -> bool:
        """Whether reported values are smaller for a better decoder."""
        return self.scale[1] < 0

    def reported(self, score: Any) -> Any:
        """Return the value that is reported for a score, or for an array of scores."""
        offset, factor = self.scale
        return offset + factor * score


def specified(module: Path) -> Score:
    """Return the score of a module.

    Raises
    ------
    ValueError
        If the module lacks a constant that every score must define.
    """
    found = stated(module, {"LABEL": str, "MEANING": str})
    return Score(
        name=module.stem,
        label=found["LABEL"],
        meaning=found["MEANING"],
        label_kinds=among_kinds(module, found.get("LABEL_KINDS", (CLASSES,))),
        unit=found.get("UNIT", ""),
        scale=found.get("SCALE", (0.0, 1.0)),
        bounds=found.get("BOUNDS", (0.0, 1.0)),
        module=module,
    )


SCORES = {
    name: specified(path)
    for name, path in modules(Path(__file__).parents[1] / "decoding" / "scores").items()
}
"""All scores, by name."""


ScoreName = Annotated[
    str,
    is_among(SCORES, "score"),
    schema_of_names({name: score.meaning for name, score in SCORES.items()}),
]

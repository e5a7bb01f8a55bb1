"""Scores: constants of each module of `decoding/scores/`, read without importing it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

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
    module : Path
        Its file.
    """

    name: str
    label: str
    meaning: str
    module: Path


def specified(module: Path) -> Score:
    """Return the score of a module.

    Raises
    ------
    ValueError
        If the module lacks a constant that every score must define.
    """
    found = stated(module, {"LABEL": str, "MEANING": str})
    return Score(module.stem, found["LABEL"], found["MEANING"], module)


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

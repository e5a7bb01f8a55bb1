"""Null models: constants of each module of `decoding/nulls/`, read without importing it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from neuro_attn.discovery import constants, modules


@dataclass(frozen=True)
class NullModel:
    """A source of surrogate labels: the constants of its module.

    Parameters
    ----------
    name : str
        Name of the module, and value of the key in the configuration.
    labels : str
        Name of its labels in captions (``LABELS``).
    assumes : str
        Assumption under which the test is exact (``ASSUMES``).
    limitation : str
        What reduces its power, or makes it wrong (``LIMITATION``).
    keeps_counts : bool
        Whether every label set has as many trials of each class as the data (``KEEPS_COUNTS``).
    permutes_trials : bool
        Whether single trials of a task are permuted, so that label sets are many. Permutation can
        then be restricted to trials with equal values of trial columns (``PERMUTES_TRIALS``).
    takes_generator : bool
        Whether a function of the experimenter may generate the labels (``TAKES_GENERATOR``).
    min_sessions : int
        Minimum number of sessions (``MIN_SESSIONS``).
    module : Path
        Its file.
    """

    name: str
    labels: str
    assumes: str
    limitation: str
    keeps_counts: bool
    permutes_trials: bool
    takes_generator: bool
    min_sessions: int
    module: Path


def specified(module: Path) -> NullModel:
    """Return the null model of a module.

    Raises
    ------
    ValueError
        If the module lacks a constant that every null model must define.
    """
    stated = constants(module)
    needed = {"LABELS": str, "ASSUMES": str, "KEEPS_COUNTS": bool, "LIMITATION": str}
    for name, kind in needed.items():
        if not isinstance(stated.get(name), kind):
            raise ValueError(f"{module}: must define {', '.join(needed)}; {name} is missing")
    return NullModel(
        name=module.stem,
        labels=stated["LABELS"],
        assumes=stated["ASSUMES"],
        limitation=stated["LIMITATION"],
        keeps_counts=stated["KEEPS_COUNTS"],
        permutes_trials=stated.get("PERMUTES_TRIALS", False),
        takes_generator=stated.get("TAKES_GENERATOR", False),
        min_sessions=stated.get("MIN_SESSIONS", 1),
        module=module,
    )


NULL_MODELS = {
    name: specified(path)
    for name, path in modules(Path(__file__).parents[1] / "decoding" / "nulls").items()
}
"""All null models, by name."""


def _is_null_model(name: str) -> str:
    if name not in NULL_MODELS:
        raise PydanticCustomError("null_model", "no such null model")
    return name


NullModelName = Annotated[
    str,
    AfterValidator(_is_null_model),
    WithJsonSchema(
        {
            "type": "string",
            "enum": list(NULL_MODELS),
            "enumDescriptions": [
                f"{null.labels}; assumes that {null.assumes}" for null in NULL_MODELS.values()
            ],
        }
    ),
]

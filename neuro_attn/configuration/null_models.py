"""Null models: constants of each module of `decoding/nulls/`, read without importing it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from neuro_attn.configuration.types import is_among, schema_of_names
from neuro_attn.discovery import modules, stated


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
    needed = {"LABELS": str, "ASSUMES": str, "KEEPS_COUNTS": bool, "LIMITATION": str}
    found = stated(module, needed)
    return NullModel(
        name=module.stem,
        labels=found["LABELS"],
        assumes=found["ASSUMES"],
        limitation=found["LIMITATION"],
        keeps_counts=found["KEEPS_COUNTS"],
        permutes_trials=found.get("PERMUTES_TRIALS", False),
        takes_generator=found.get("TAKES_GENERATOR", False),
        min_sessions=found.get("MIN_SESSIONS", 1),
        module=module,
    )


NULL_MODELS = {
    name: specified(path)
    for name, path in modules(Path(__file__).parents[1] / "decoding" / "nulls").items()
}
"""All null models, by name."""


NullModelName = Annotated[
    str,
    is_among(NULL_MODELS, "null model"),
    schema_of_names(
        {name: f"{null.labels}; assumes that {null.assumes}" for name, null in NULL_MODELS.items()}
    ),
]

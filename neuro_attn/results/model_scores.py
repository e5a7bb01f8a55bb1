"""Scores of networks: constants of each module of `comparison/scores/`, which is not imported."""

from dataclasses import dataclass
from pathlib import Path

from neuro_attn.discovery import modules, stated


@dataclass(frozen=True)
class ScoreModule:
    """Specification of the scores of one module, which are computed together.

    Parameters
    ----------
    name : str
        Name of the module.
    meanings : dict of str to str
        Description of each score, by its name in tables (``SCORES``).
    labels : dict of str to str
        Label of each score in figures (``LABELS``).
    order : int
        Position of their rows in tables (``ORDER``).
    """

    name: str
    meanings: dict[str, str]
    labels: dict[str, str]
    order: int


def specified(module: Path) -> ScoreModule:
    """Return the specification of the scores of a module.

    Raises
    ------
    ValueError
        If a required constant is missing, or if scores and labels differ.
    """
    found = stated(module, {"SCORES": dict, "LABELS": dict, "ORDER": int})
    if found["SCORES"].keys() != found["LABELS"].keys():
        raise ValueError(f"{module}: SCORES and LABELS must have the same names")
    return ScoreModule(module.stem, found["SCORES"], found["LABELS"], found["ORDER"])


MODULES = tuple(
    sorted(
        map(specified, modules(Path(__file__).parents[1] / "comparison" / "scores").values()),
        key=lambda module: (module.order, module.name),
    )
)
"""Specifications of all modules of scores, in the order of the rows of tables."""


def labels() -> dict[str, str]:
    """Return the labels of all scores in figures, by name, in the order of tables."""
    return {name: label for module in MODULES for name, label in module.labels.items()}


def meanings() -> dict[str, str]:
    """Return the descriptions of all scores, by name."""
    return {name: text for module in MODULES for name, text in module.meanings.items()}

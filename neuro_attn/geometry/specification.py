"""What every measure of geometry states about itself, read from its module without importing it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from neuro_attn.discovery import constants, modules

Of = Literal["pair", "task", "times"]
"""A pair of tasks in a window; a task in a window; a task at two times."""


@dataclass(frozen=True)
class Measure:
    """Measures that are estimated together: the constants of their module.

    Parameters
    ----------
    name : str
        Name of the module.
    of : str
        What they are of: a "pair" of tasks, a "task", or a task at two "times".
    meanings : dict of str to str
        What each says, by its name in tables (``MEASURES``).
    labels : dict of str to str
        What those that are drawn are called on axes (``LABELS``).
    over_time : dict of str to str
        Those that are estimated at every time, and what they are called there; empty for one
        that is not drawn (``OVER_TIME``).
    needs_colors : bool
        Whether the data set must have `colors` (``NEEDS_COLORS``).
    bounds : tuple of float
        Limits that noise cannot push them beyond; debiased measures have none (``BOUNDS``).
    order : int
        Where their rows stand in the table (``ORDER``).
    module : Path
        Their file.
    """

    name: str
    of: Of
    meanings: dict[str, str]
    labels: dict[str, str]
    over_time: dict[str, str]
    needs_colors: bool
    bounds: tuple[float, float]
    order: int
    module: Path


def specified(module: Path) -> Measure:
    """Return the measures of a module.

    Raises
    ------
    ValueError
        If it states incompletely what they are.
    """
    stated = constants(module)
    meanings = stated.get("MEASURES", {})
    labels, over_time = stated.get("LABELS", {}), stated.get("OVER_TIME", {})
    if not meanings or stated.get("OF") not in get_args(Of) or "ORDER" not in stated:
        raise ValueError(f"{module}: a measure states MEASURES, OF {get_args(Of)} and ORDER")
    if unknown := (labels.keys() | over_time.keys()) - meanings.keys():
        raise ValueError(f"{module}: {sorted(unknown)} are not among MEASURES")
    return Measure(
        name=module.stem,
        of=stated["OF"],
        meanings=meanings,
        labels=labels,
        over_time=over_time,
        needs_colors=stated.get("NEEDS_COLORS", False),
        bounds=stated.get("BOUNDS", (float("-inf"), float("inf"))),
        order=stated["ORDER"],
        module=module,
    )


MEASURES = tuple(
    sorted(
        map(specified, modules(Path(__file__).with_name("measures")).values()),
        key=lambda measure: (measure.order, measure.name),
    )
)
"""Every module of measures, in the order of the rows of tables."""


def labels() -> dict[str, str]:
    """Return what measures that are drawn are called on axes, by name."""
    return {name: label for measure in MEASURES for name, label in measure.labels.items()}


def labels_over_time() -> dict[str, str]:
    """Return what measures that are drawn at every time are called on axes, by name."""
    return {
        name: label for measure in MEASURES for name, label in measure.over_time.items() if label
    }


def bounds() -> dict[str, tuple[float, float]]:
    """Return the limits of every measure, by name."""
    return {name: measure.bounds for measure in MEASURES for name in measure.meanings}

"""Specifications of the geometry measures, read from their modules without importing them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from neuro_attn.discovery import constants, modules

Of = Literal["pair", "task", "times"]
"""What a measure applies to: a pair of tasks or one task in a window, or one task at two times."""


@dataclass(frozen=True)
class Measure:
    """Specification of the measures of one module, which are estimated together.

    Each parameter is a constant of the module.

    Parameters
    ----------
    name : str
        Name of the module.
    of : {"pair", "task", "times"}
        What the measures apply to: a pair of tasks, a task, or a task at two times (``OF``).
    meanings : dict of str to str
        Description of each measure, by its name in tables (``MEASURES``).
    labels : dict of str to str
        Axis label of each measure that is plotted (``LABELS``).
    main : tuple of str
        Measures that the main figure of geometry shows; a second figure shows all (``MAIN``).
    over_time : dict of str to str
        Axis label of each measure that is estimated in every time bin; empty if it is not plotted
        (``OVER_TIME``).
    needs_colors : bool
        Whether the data set must define `colors` (``NEEDS_COLORS``).
    bounds : tuple of float
        Range of the measures; infinite for debiased measures (``BOUNDS``).
    order : int
        Position of their rows in the table (``ORDER``).
    module : Path
        File of the module.
    """

    name: str
    of: Of
    meanings: dict[str, str]
    labels: dict[str, str]
    main: tuple[str, ...]
    over_time: dict[str, str]
    needs_colors: bool
    bounds: tuple[float, float]
    order: int
    module: Path


def specified(module: Path) -> Measure:
    """Return the specification of the measures of a module.

    Raises
    ------
    ValueError
        If a required constant is missing, or a label has no measure.
    """
    stated = constants(module)
    meanings = stated.get("MEASURES", {})
    labels, over_time = stated.get("LABELS", {}), stated.get("OVER_TIME", {})
    if not meanings or stated.get("OF") not in get_args(Of) or "ORDER" not in stated:
        raise ValueError(f"{module}: must define MEASURES, OF (one of {get_args(Of)}) and ORDER")
    if unknown := (labels.keys() | over_time.keys()) - meanings.keys():
        raise ValueError(f"{module}: {sorted(unknown)} are not among MEASURES")
    if unknown := set(stated.get("MAIN", ())) - labels.keys():
        raise ValueError(f"{module}: {sorted(unknown)} of MAIN have no label")
    return Measure(
        name=module.stem,
        of=stated["OF"],
        meanings=meanings,
        labels=labels,
        main=stated.get("MAIN", ()),
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
"""Specifications of all modules of measures, in the order of the rows of tables."""


def labels() -> dict[str, str]:
    """Return the axis labels of the measures that are plotted, by name."""
    return {name: label for measure in MEASURES for name, label in measure.labels.items()}


def main_labels() -> dict[str, str]:
    """Return the axis labels of the measures in the main figure, by name."""
    return {name: measure.labels[name] for measure in MEASURES for name in measure.main}


def labels_over_time() -> dict[str, str]:
    """Return the axis labels of the measures that are plotted over time, by name."""
    return {
        name: label for measure in MEASURES for name, label in measure.over_time.items() if label
    }


def bounds() -> dict[str, tuple[float, float]]:
    """Return the range of every measure, by name."""
    return {name: measure.bounds for measure in MEASURES for name in measure.meanings}

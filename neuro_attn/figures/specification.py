"""Specifications of the figures, read from their modules without importing matplotlib."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from neuro_attn.discovery import constants, modules
from neuro_attn.results.sections import SECTIONS, Section

Of = Literal["dataset", "network", "networks", "comparison"]
FORMATS = ("png", "svg", "pdf")
"""Formats in which every figure is written; the first is in the report."""


@dataclass(frozen=True)
class Specification:
    """Specification of a figure: the constants of its module.

    These are ``TITLE``, ``OF``, ``SECTION``, ``NEEDS`` and optionally ``WHEN``.

    Parameters
    ----------
    name : str
        Name of the module, and of the figure's files.
    title : str
        Title in the report.
    of : {"dataset", "network", "networks", "comparison"}
        Subject: one figure per data set, one per network, one for all networks together, or one
        for the comparison.
    section : str
        Section of the report, one of `results.sections.SECTIONS`.
    needs : tuple of str
        Results that it shows, relative to the folder of results. ``{dataset}`` and ``{network}``
        stand for names, ``{n}`` for all replicate networks.
    when : str
        Setting of the data set or network without which the figure is not drawn; empty if it is
        always drawn. A figure is also omitted if a table that it needs does not exist.
    module : Path
        File of the module.
    """

    name: str
    title: str
    of: Of
    section: Section
    needs: tuple[str, ...]
    when: str
    module: Path


def specified(module: Path) -> Specification | None:
    """Return the specification of a module's figure, or None if the module is not a figure.

    Raises
    ------
    ValueError
        If a required constant is missing.
    """
    stated = constants(module)
    if "OF" not in stated:
        return None
    allowed = {"OF": get_args(Of), "SECTION": SECTIONS}
    if not {"TITLE", "NEEDS"} <= stated.keys() or any(
        stated.get(name) not in values for name, values in allowed.items()
    ):
        choices = ", ".join(f"{name} ({', '.join(values)})" for name, values in allowed.items())
        raise ValueError(f"{module}: must define TITLE, NEEDS, {choices}")
    return Specification(
        name=module.stem,
        title=stated["TITLE"],
        of=stated["OF"],
        section=stated["SECTION"],
        needs=stated["NEEDS"],
        when=stated.get("WHEN", ""),
        module=module,
    )


FIGURES = {
    name: figure
    for name, path in modules(Path(__file__).parent).items()
    if (figure := specified(path)) is not None
}
"""Specifications of all figures, by name."""

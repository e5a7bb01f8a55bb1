"""What every figure states about itself, read from its module without importing matplotlib."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from neuro_attn.discovery import constants, modules

Of = Literal["dataset", "network", "networks", "comparison"]


@dataclass(frozen=True)
class Specification:
    """A figure: the constants ``TITLE``, ``OF``, ``NEEDS`` and, if it has one, ``WHEN``.

    Parameters
    ----------
    name : str
        Name of the module, and of the figure's files.
    title : str
        What the report calls it.
    of : str
        What there is one figure of: each "dataset", each "network", all "networks" together, or
        the "comparison".
    needs : tuple of str
        Results it is drawn from, below the folder of results; ``{dataset}`` and ``{network}``
        stand for names, ``{n}`` for all replicates of the network.
    when : str
        Setting, of the data set or network, without which it is not drawn; empty if it always is.
        A figure is not drawn, either, where one of the tables that it needs does not exist.
    module : Path
        Its file.
    """

    name: str
    title: str
    of: Of
    needs: tuple[str, ...]
    when: str
    module: Path


def specified(module: Path) -> Specification | None:
    """Return the figure of a module, or None if the module is not a figure.

    Raises
    ------
    ValueError
        If it states what it draws incompletely.
    """
    stated = constants(module)
    if "OF" not in stated:
        return None
    if stated["OF"] not in get_args(Of) or not {"TITLE", "NEEDS"} <= stated.keys():
        raise ValueError(f"{module}: a figure states TITLE, OF ({', '.join(get_args(Of))}), NEEDS")
    return Specification(
        name=module.stem,
        title=stated["TITLE"],
        of=stated["OF"],
        needs=stated["NEEDS"],
        when=stated.get("WHEN", ""),
        module=module,
    )


FIGURES = {
    name: figure
    for name, path in modules(Path(__file__).parent).items()
    if (figure := specified(path)) is not None
}
"""Every figure by its name."""

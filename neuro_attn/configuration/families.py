"""Families of networks, found by their files without importing them.

A family is a module of this package; a file of the user's own (``family: my_family.py``); or one
that an installed package offers as an entry point of the group `GROUP`. Code that is not of this
package is executed only if the command line names its file (`trusted_code`).
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from neuro_attn.discovery import constants, modules

GROUP = "neuro_attn.families"
"""Entry points of families in other packages: NAME = "PACKAGE.MODULE"."""

_FILES = {
    name.replace("_", "-"): path  # "luong-general" is luong_general.py
    for name, path in modules(Path(__file__).parents[1] / "networks" / "families").items()
}

FAMILIES = tuple(sorted(_FILES))
"""The names of all families of this package."""


def family_file(family: str) -> Path:
    """Return the module of a family.

    Raises
    ------
    KeyError
        If there is no such family.
    """
    if family in _FILES:
        return _FILES[family]
    if family.endswith(".py"):
        return Path(family)
    return _offered()[family]


def is_own(family: str) -> bool:
    """Return whether a family is of this package, so that its code is trusted."""
    return family in _FILES


def attended(family: str) -> str | None:
    """Return what a family attends to: ``step``, or for example ``patch``; None without attention.

    The constant is read without executing the module.
    """
    of: str | None = _constants(family).get("ATTENDED")
    return of


def recomputed(family: str) -> tuple[str, ...]:
    """Return the populations of a family that exist only when a report is asked.

    They are recorded as if the trial ended at each step. The numbers at the ends of their names are
    left out: ``layer`` is each of ``layer1``, ``layer2`` and so on. The constant ``RECOMPUTED`` is
    read without executing the module.
    """
    return tuple(_constants(family).get("RECOMPUTED", ()))


def _constants(family: str) -> dict[str, Any]:
    path = family_file(family)
    # `check_code` reports a missing file and code that is none.
    if not is_own(family) and not path.is_file():
        return {}
    try:
        return constants(path)
    except (SyntaxError, ValueError):
        return {}


ATTENDED: dict[str, str] = {family: of for family in FAMILIES if (of := attended(family))}
"""What families of this package with attention attend to."""


@cache
def _offered() -> dict[str, Path]:
    """Return the modules of families that other packages offer, without importing them."""
    from importlib.metadata import entry_points

    found = {}
    for point in entry_points(group=GROUP):
        if point.dist is not None:
            relative = Path(*point.module.split(".")).with_suffix(".py")
            found[point.name] = Path(str(point.dist.locate_file(relative)))
    return found


def _is_family(name: str) -> str:
    if name not in FAMILIES and not name.endswith(".py") and name not in _offered():
        raise PydanticCustomError("family", "no such family")
    return name


Family = Annotated[
    str,
    AfterValidator(_is_family),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "enum": list(FAMILIES)},
                {"type": "string", "examples": ["my_family.py"]},
            ]
        }
    ),
]

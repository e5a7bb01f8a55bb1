"""The families of networks, by name, read from their files: networks are not imported for it.

Importing the modules would import JAX, which takes a second. A workflow parses its configuration
in every job.
"""

import ast
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_FOLDER = Path(__file__).parents[1] / "networks" / "families"

FAMILIES = tuple(
    sorted(path.stem.replace("_", "-") for path in _FOLDER.glob("[!_]*.py"))
)  # "luong-general" stands in luong_general.py
"""The names of all families."""


def family_file(family: str) -> Path:
    """Return the module of a family."""
    return _FOLDER / f"{family.replace('-', '_')}.py"


def _attended(family: str) -> str | None:
    """Return the literal that the module of a family assigns to ``ATTENDED``."""
    for node in ast.parse(family_file(family).read_text(encoding="utf-8")).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="ATTENDED")], value=ast.Constant(value=value)):
                return str(value)
    return None


ATTENDED = {family: of for family in FAMILIES if (of := _attended(family)) is not None}
"""What the families that have attention attend to: ``step``, or e.g. ``patch`` or ``slot``."""
FAMILIES_WITH_ATTENTION = frozenset(ATTENDED)
"""Families whose attention weights are recorded."""


def _is_family(name: str) -> str:
    if name not in FAMILIES:
        raise PydanticCustomError("family", "no such family")
    return name


Family = Annotated[
    str, AfterValidator(_is_family), WithJsonSchema({"type": "string", "enum": list(FAMILIES)})
]

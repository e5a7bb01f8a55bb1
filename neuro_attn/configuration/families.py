"""Families of networks, found by their files without importing them."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from neuro_attn.discovery import constants, modules

_FILES = {
    name.replace("_", "-"): path  # "luong-general" is luong_general.py
    for name, path in modules(Path(__file__).parents[1] / "networks" / "families").items()
}

FAMILIES = tuple(sorted(_FILES))
"""The names of all families."""


def family_file(family: str) -> Path:
    """Return the module of a family."""
    return _FILES[family]


ATTENDED: dict[str, str] = {
    family: of for family in FAMILIES if (of := constants(_FILES[family]).get("ATTENDED"))
}
"""What families with attention attend to: ``step``, or for example ``patch`` or ``slot``."""


def _is_family(name: str) -> str:
    if name not in FAMILIES:
        raise PydanticCustomError("family", "no such family")
    return name


Family = Annotated[
    str, AfterValidator(_is_family), WithJsonSchema({"type": "string", "enum": list(FAMILIES)})
]

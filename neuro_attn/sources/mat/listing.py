"""Listing of the contents of MATLAB files, including fields of structs and elements of cells."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from neuro_attn.sources.mat import nodes

_DEEPEST = 6
"""Maximum depth of nested structs in a listing."""


@dataclass(frozen=True)
class Listed:
    """The content to which a name in a file refers.

    Parameters
    ----------
    kind : str
        numbers, text, or object (which cannot be read).
    shape : tuple of int
        Of numbers, as displayed by MATLAB; of text, the number of texts.
    elements : int
        Number of arrays to which the name refers; see `variables.elements`.
    """

    kind: Literal["numbers", "text", "object"]
    shape: tuple[int, ...]
    elements: int = 1


def listed(path: str | Path, most: int | None = None) -> dict[str, Listed]:
    """Return the contents of a file, by name.

    Fields of structs are named ``struct.field``. Of an array of structs, or of cells with arrays,
    only the first element is listed.

    Parameters
    ----------
    path : str or Path
        The file.
    most : int, optional
        Largest number of variables to list.

    Raises
    ------
    InputError
        If the file is missing or unreadable.
    """
    found: dict[str, Listed] = {}
    with nodes.opened(path) as root:
        known = nodes.shapes_of_numbers(root)
        for name in islice(root, most):
            if name in known:
                found[name] = Listed("numbers", known[name])
            else:
                _list(root[name], name, found, 1, _DEEPEST)
    return found


def _list(node: Any, name: str, found: dict[str, Listed], elements: int, depth: int) -> None:
    inside = nodes.inside(node)
    if isinstance(inside, list):
        if nodes.is_cell_of_arrays(node):
            found[name] = Listed("numbers", nodes.shape(inside[0]), elements * len(inside))
        elif inside and isinstance(nodes.inside(inside[0]), Mapping):
            _list(inside[0], name, found, elements * len(inside), depth)
        else:
            found[name] = Listed("text", (len(inside),), elements)
    elif isinstance(inside, Mapping):
        for field in inside if depth else ():
            _list(inside[field], f"{name}.{field}", found, elements, depth - 1)
    else:
        kind = nodes.kind(node)
        shape = nodes.shape(node)
        found[name] = Listed(kind, shape[:1] if kind == "text" else shape, elements)

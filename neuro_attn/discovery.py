"""Modules that are found by their files and imported only where they are needed.

A workflow is parsed in every job. Importing a family of networks would import JAX, importing a
figure would import matplotlib, and each of them takes a second.
"""

import ast
import re
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any


def modules(folder: str | Path) -> dict[str, Path]:
    """Return the files of the modules in a folder by the names of the modules, sorted.

    Modules whose names start with an underscore are left out.
    """
    return {path.stem: path for path in sorted(Path(folder).glob("[!_]*.py"))}


_DEFINITION = re.compile(r"^(?:@|(?:async )?def |class )", re.MULTILINE)
_CONSTANT = re.compile(r"^[A-Z][A-Z0-9_]* *=", re.MULTILINE)


def constants(module: str | Path) -> dict[str, Any]:
    """Return the literals that a module assigns to names in capitals.

    Parameters
    ----------
    module : str or Path
        A Python file.

    Returns
    -------
    dict of str to object
        Strings, numbers, tuples, lists and dicts of literals. What is computed is left out.
    """
    found = {}
    for node in _statements(Path(module).read_text(encoding="utf-8")):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name.isupper():
                try:
                    found[name] = ast.literal_eval(value)
                except ValueError:
                    continue
    return found


def _statements(text: str) -> list[ast.stmt]:
    """Return the statements of a module: those before its first function, if they suffice.

    Parsing functions would take most of the time of importing the configuration.
    """
    head, *rest = _DEFINITION.split(text, maxsplit=1)
    if not any(map(_CONSTANT.search, rest)):
        try:
            return ast.parse(head).body
        except SyntaxError:
            pass  # a line of a docstring began like a definition
    return ast.parse(text).body


def stated(module: str | Path, needed: Mapping[str, type]) -> dict[str, Any]:
    """Return the constants of a module that must define some of them.

    Parameters
    ----------
    module : str or Path
        A Python file.
    needed : mapping of str to type
        Types of the constants that it must define.

    Raises
    ------
    ValueError
        If one of them is missing or of another type.
    """
    found = constants(module)
    for name, kind in needed.items():
        if not isinstance(found.get(name), kind):
            raise ValueError(f"{module}: must define {', '.join(needed)}; {name} is missing")
    return found


def on_demand(module: str, *names: str) -> Callable[[str], Any]:
    """Return a ``__getattr__`` with which a package offers names that it does not import (PEP 562).

    Parameters
    ----------
    module : str
        The module that defines the names; it is imported when one of them is used.
    *names : str
        The names.
    """
    return on_demand_from({module: names})


def on_demand_from(places: Mapping[str, Collection[str]]) -> Callable[[str], Any]:
    """Return what `on_demand` does, for names of several modules of a package.

    Parameters
    ----------
    places : mapping of str to collection of str
        The names that each module defines.
    """
    module_of = {name: module for module, names in places.items() for name in names}
    package = next(iter(places)).rpartition(".")[0]

    def find(name: str) -> Any:
        if name in module_of:
            return getattr(import_module(module_of[name]), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return find

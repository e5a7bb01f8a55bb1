"""The source code on which the results of a rule depend, so that an edit reruns what it reaches.

A digest covers a script and all modules of the package that it imports, directly or indirectly.
Comments, docstrings, descriptions of settings and layout do not count. What the configuration
chooses (readers of sources, families of networks, figures) counts only if it is chosen.
"""

import ast
import hashlib
import json
import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from neuro_attn.errors import InputError
from neuro_attn.files import write_text
from neuro_attn.locations import INSTALLED

STORE = Path(".snakemake/neuro-attn")
"""Folder of the caches of a run about source code, relative to the folder of the run."""
_PACKAGE = Path(__file__).parent
_PARSED = f"parsed-{hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]}.json"
"""Cache of parsed modules; another version of this module may parse them differently."""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
"""Fields of a syntax tree that contain statements or blocks."""
_IGNORED = frozenset({"ctx", "kind", "type_comment"})
"""Fields of a syntax tree that are redundant or have no effect."""


class Module(NamedTuple):
    """Contribution of a file to digests.

    Parameters
    ----------
    code : str
        Digest of its code.
    imports, late : list of str
        Names that it imports: when it is imported itself, and when its functions are called or for
        type checkers. A name that ends in ``.*`` means all modules of a package, of which one is
        found by name.
    """

    code: str
    imports: list[str]
    late: list[str]


class Sources:
    """The modules on which scripts depend; each is parsed once.

    Parameters
    ----------
    store : Path, optional
        Folder of two caches: of parsed modules, by their content, since every job of a run needs
        them; and of the modules covered by each digest, so that a later run can name changes.
    on_demand : collection of Path
        Modules that functions import, or find by name, only if the configuration chooses them. They
        count if they are passed to `digest`, or imported outside functions.
    package : Path
        Folder of the package.
    """

    def __init__(
        self,
        store: Path | None = None,
        on_demand: Collection[Path] = (),
        package: Path = _PACKAGE,
    ):
        self._store, self._on_demand, self._package = store, frozenset(on_demand), package
        self._modules: dict[Path, Module] = {}
        self._imported: dict[Path, set[Path]] = {}
        self._digests: dict[frozenset[Path], str] = {}
        self._names: dict[Path, str] = {}
        self._parsed = {} if store is None else _read(store / _PARSED)

    def digest(self, *files: str | Path) -> str:
        """Return a digest of the code of files and of all modules that they import.

        Parameters
        ----------
        *files : str or Path
            Python files: a script, and the modules that it imports by name.

        Returns
        -------
        str
            Sixteen hexadecimal digits, the same for every location of the project and version of
            Python.
        """
        start = frozenset(Path(file).resolve() for file in files)
        if start not in self._digests:
            n_parsed = len(self._parsed)
            codes = {self._name(path): self._module(path).code for path in self._reached(start)}
            digest = _sha256(json.dumps(codes, sort_keys=True))[:16]
            self._digests[start] = digest
            if self._store is not None:
                if len(self._parsed) > n_parsed:
                    _write(self._store / _PARSED, self._parsed)
                if not (modules := self._store / f"{digest}.json").exists():
                    _write(modules, codes)
        return self._digests[start]

    def files(self, *files: str | Path) -> set[Path]:
        """Return files and all modules of the package that they import, directly or indirectly."""
        return self._reached({Path(file).resolve() for file in files})

    def _reached(self, start: Iterable[Path]) -> set[Path]:
        found: set[Path] = set()
        waiting = set(start)
        while waiting:
            path = waiting.pop()
            found.add(path)
            waiting |= self._imports(path) - found
        return found

    def _name(self, path: Path) -> str:
        if path not in self._names:
            # An installed package contains the scripts of the workflow, too.
            inside = path.is_relative_to(self._package)
            is_script = path.is_relative_to(self._package / INSTALLED.name)
            of_package = inside and not is_script
            place = path.relative_to(self._package.parent).as_posix() if of_package else path.name
            self._names[path] = place
        return self._names[path]

    def _module(self, path: Path) -> Module:
        if path not in self._modules:
            source = path.read_bytes()
            key = _sha256(source)
            if key not in self._parsed:
                self._parsed[key] = _parsed(source)
            self._modules[path] = Module(*self._parsed[key])
        return self._modules[path]

    def _imports(self, path: Path) -> set[Path]:
        """Return the files of the package that a module imports."""
        if path not in self._imported:
            module = self._module(path)
            late = self._files_of(module.late) - self._on_demand
            self._imported[path] = self._files_of(module.imports) | late
        return self._imported[path]

    def _files_of(self, names: Iterable[str]) -> set[Path]:
        """Return the files that are imported for these names: those of packages and modules."""
        files: set[Path] = set()
        for name in names:
            package, *parts = name.split(".")
            if package == self._package.name:
                for part in ["", *parts]:
                    package = f"{package}.{part}" if part else package
                    files |= self._places.get(package, set())
        return files

    @cached_property
    def _places(self) -> dict[str, set[Path]]:
        """The file of every module and package, and as ``package.*`` those of all in a package."""
        places: dict[str, set[Path]] = {}
        root = f"{self._package.parent}{os.sep}"
        # Strings are much faster than paths, and every job does this.
        for folder, _, files in os.walk(self._package):
            inside = folder.removeprefix(root).replace(os.sep, ".")
            for file in files:
                stem, extension = os.path.splitext(file)
                if extension != ".py":
                    continue
                path = Path(folder, file)
                name = inside if stem == "__init__" else f"{inside}.{stem}"
                places.setdefault(name, set()).add(path)
                places.setdefault(f"{inside}.*", set()).add(path)
                if stem == "__init__":
                    places.setdefault(f"{inside.rpartition('.')[0]}.*", set()).add(path)
        return places


def changed_modules(store: Path, before: str, now: str) -> list[str]:
    """Return the modules that differ between two digests, sorted; none if one is not recorded.

    Parameters
    ----------
    store : Path
        As in `Sources`.
    before, now : str
        Return values of `Sources.digest`.
    """
    old, new = _read(store / f"{before}.json"), _read(store / f"{now}.json")
    if not (old and new):
        return []
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def _parsed(source: bytes) -> Module:
    tree = ast.parse(source)
    imports: dict[bool, set[str]] = {False: set(), True: set()}
    for node, in_function in _statements(tree.body):
        imports[in_function] |= set(_imported(node))
    if b"import_module(" in source:
        imports[True] |= set(_found_by_name(tree))
    return Module(_sha256(_written(tree))[:16], *(sorted(imports[late]) for late in (False, True)))


def _statements(block: Iterable[Any], in_function: bool = False) -> Iterator[tuple[Any, bool]]:
    """Yield all statements in a block, and whether each is in a function.

    Imports for type checkers, which do not happen, are treated like those in functions.
    """
    for node in block:
        yield node, in_function
        for field in _BLOCKS:
            inner = getattr(node, field, ())
            yield from _statements(inner, in_function or _is_later(node))


def _is_later(node: Any) -> bool:
    """Return whether statements in a node are not executed when its module is imported."""
    match node:
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case _:
            return isinstance(node, _FUNCTIONS)


def _imported(node: Any) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(module), names=names, level=0):
            return [module, *(f"{module}.{alias.name}" for alias in names)]
        case _:
            return []


def _found_by_name(tree: ast.AST) -> Iterator[str]:
    """Yield packages whose modules are found by name: ``import_module(f"package.{name}")``."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Name(id="import_module"),
                args=[ast.JoinedStr(values=[ast.Constant(value=str(prefix)), *_])],
            ):
                yield f"{prefix.rpartition('.')[0]}.*"


def _written(node: object) -> str:
    """Write a syntax tree without documentation, the same for all versions of Python.

    `ast.dump` differs between versions: it writes empty fields, and newer versions add some.
    """
    if isinstance(node, list):
        return f"[{','.join(_written(each) for each in node if not _is_documentation(each))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = [
        _written(value) if name in node._fields[:1] else f"{name}={_written(value)}"
        for name, value in ast.iter_fields(node)
        if name not in _IGNORED and value is not None and value != []
    ]
    return f"{type(node).__name__}({','.join(fields)})"


def _is_documentation(node: object) -> bool:
    """Return whether a node is a docstring, or the description of a setting."""
    match node:
        case ast.Expr(value=ast.Constant(value=str())) | ast.keyword(arg="description"):
            return True
        case _:
            return False


def _sha256(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def _read(path: Path) -> dict[str, Any]:
    with suppress(OSError, ValueError):
        read = json.loads(path.read_text(encoding="utf-8"))
        return read if isinstance(read, dict) else {}
    return {}


def _write(path: Path, content: dict[str, Any]) -> None:
    # If the cache cannot be written, modules are parsed each time.
    with suppress(InputError):
        write_text(json.dumps(content), path)

"""Which package sources a script stands on, so that an edit reruns what it must and no more."""

import ast
import hashlib
from pathlib import Path

_PACKAGE = Path(__file__).parent


def source_digest(script: str | Path) -> str:
    """Return a digest of a script and of all package modules that it imports, directly or not.

    Parameters
    ----------
    script : str or Path
        A Python file.

    Returns
    -------
    str
        Sixteen hexadecimal digits; they change if and only if one of these files does.
    """
    digest = hashlib.sha256()
    for path in sorted(source_files(script)):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def source_files(script: str | Path) -> set[Path]:
    """Return a script and all package modules that it imports, directly or not."""
    found: set[Path] = set()
    waiting = [Path(script).resolve()]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _imports(path)
    return found


def _imports(path: Path) -> list[Path]:
    modules: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules.append(node.module)
            modules += [f"{node.module}.{alias.name}" for alias in node.names]
    files = []
    for module in modules:
        parts = module.split(".")
        if parts[0] != _PACKAGE.name:
            continue
        for depth in range(1, len(parts) + 1):
            place = _PACKAGE.joinpath(*parts[1:depth])
            files += [p for p in (place.with_suffix(".py"), place / "__init__.py") if p.is_file()]
    return files

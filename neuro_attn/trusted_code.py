"""Python files of a user that a run may execute: only those that the command line names.

A configuration can name a file with code, but it is executed only if the option ``--trust-code``
names the same file. The digest of its contents is taken at the start of the command, and jobs
execute nothing else: neither another file of that name nor a later version of the file.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from importlib.abc import InspectLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType

from neuro_attn.errors import InputError, of_the_system

VARIABLE = "NEURO_ATTN_TRUSTED_CODE"
"""Environment variable with the trusted files and their digests, which jobs receive."""


def as_variable(paths: Iterable[str]) -> str:
    """Return the value of `VARIABLE` for files that the command line names.

    Raises
    ------
    InputError
        If a file cannot be read.
    """
    return json.dumps({str(Path(path).resolve()): _digest(_content(path)) for path in paths})


def trusted_source(path: str | Path, where: str) -> bytes:
    """Return the contents of a file whose execution the command line allows.

    Parameters
    ----------
    path : str or Path
        The file.
    where : str
        The key that names it.

    Raises
    ------
    InputError
        If the command line does not name the file, or the file has changed since.
    """
    content = _content(path)
    known = json.loads(os.environ.get(VARIABLE) or "{}")
    digest = known.get(str(Path(path).resolve()))
    if digest is None:
        raise InputError(
            where,
            f"{path} is a program, which a configuration alone may not execute.",
            f"Read it; if you trust it, add --trust-code {path} to the command.",
        )
    if digest != _digest(content):
        raise InputError(
            where,
            f"{path} has changed since the command started.",
            "Do not edit it during a run; run again.",
        )
    return content


def load(path: str | Path, where: str) -> ModuleType:
    """Execute a trusted file as a module.

    Raises
    ------
    InputError
        As `trusted_source`; or if the code raises an exception.
    """
    content = trusted_source(path, where)

    class Verified(InspectLoader):
        """Executes the contents that were verified, never a compiled copy beside the file."""

        def get_source(self, fullname: str) -> str:
            return content.decode("utf-8")

        def get_filename(self, fullname: str) -> str:
            return str(path)

        def get_code(self, fullname: str) -> CodeType:
            return self.source_to_code(content, str(path))

    spec = spec_from_loader(f"trusted_{_digest(content)[:8]}", Verified())
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise InputError(where, f"{path} cannot be executed ({error!r}).") from error
    return module


def _content(path: str | Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise of_the_system(error, str(path)) from None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

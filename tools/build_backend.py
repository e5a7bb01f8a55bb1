"""Build backend of pyproject.toml: flit's, with the files of the workflow inside the package.

Snakefile, workflow, profiles and config are beside the package in the repository. A wheel contains
them in `neuro_attn/project`, from where `neuro-attn` runs them in any folder.
"""

import contextlib
import shutil
import tempfile
from pathlib import Path

from flit_core import buildapi
from flit_core.buildapi import (
    build_editable,
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

PACKAGE = Path("neuro_attn")
NEEDED = ("pyproject.toml", "README.md", "LICENSE")
"""Further files that flit reads."""
PROJECT = ("Snakefile", "workflow", "profiles", "config")
"""Files of the workflow; `neuro_attn.locations` finds them."""


def build_wheel(
    wheel_directory: str,
    config_settings: dict | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Build a wheel in a folder; return its name (PEP 517)."""
    target = str(Path(wheel_directory).absolute())
    with tempfile.TemporaryDirectory() as staged:
        for name in (*NEEDED, PACKAGE):
            _copy(Path(name), Path(staged, name))
        for name in PROJECT:
            _copy(Path(name), Path(staged, PACKAGE, "project", name))
        with contextlib.chdir(staged):
            return buildapi.build_wheel(target, config_settings, metadata_directory)


def _copy(source: Path, target: Path) -> None:
    """Copy a file or a folder with its times, which flit writes into the wheel."""
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)

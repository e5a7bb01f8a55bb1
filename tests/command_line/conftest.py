"""Folders with a workflow of a few lines, for tests of how the command line runs Snakemake."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.workflow.conftest import SMALL

ROOT = Path(__file__).parents[2]
CONFIGURATION = yaml.safe_dump(SMALL, sort_keys=False)
"""A configuration that needs no files."""
COMMAND = [sys.executable, "-m", "neuro_attn.command_line"]


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a command that runs in a folder without the package."""
    kept = {k: v for k, v in os.environ.items() if k != "NEURO_ATTN_DATA"}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


def make_project(folder: Path, rules: str) -> None:
    """Write a Snakefile that the command line runs, since the folder looks like the repository."""
    (folder / "Snakefile").write_text(rules)
    # Without modules, it does not hide the package.
    (folder / "neuro_attn").mkdir(exist_ok=True)


@pytest.fixture
def workflow(tmp_path) -> Callable[[str], Path]:
    """Return what makes a project, with a configuration that the command line accepts."""

    def write(rules: str) -> Path:
        make_project(tmp_path, rules)
        (tmp_path / "mine.yaml").write_text(CONFIGURATION)
        return tmp_path

    return write

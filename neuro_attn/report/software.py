"""The software of a run: packages with their versions, and the commit of this one."""

import subprocess
from importlib.metadata import version
from pathlib import Path

from neuro_attn.locations import PACKAGE

PACKAGES = ("neuro-attn", "numpy", "scipy", "scikit-learn", "pandas", "xarray", "snakemake")
"""Packages whose versions are listed."""


def versions() -> dict[str, str]:
    """Return the version of each package in `PACKAGES`."""
    return {name: version(name) for name in PACKAGES}


def commit(folder: Path = PACKAGE.parent) -> str:
    """Return the commit of a copy of the repository; empty if the package was installed by a wheel.

    ``-dirty`` at the end means that files differ from the commit.
    """
    # Without this check, git would find a repository in which the package is merely installed.
    if not (folder / ".git").exists():
        return ""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        found = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 else ""

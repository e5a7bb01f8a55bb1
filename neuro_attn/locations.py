"""Where the files of the workflow are: Snakefile, workflow, profiles and config.

In a copy of the repository they are beside the package. In a wheel they are inside it, because a
wheel can only install files into the package (`tools/build_backend.py`).
"""

from pathlib import Path

PACKAGE = Path(__file__).parent
INSTALLED = PACKAGE / "project"
"""Folder of the workflow's files in an installed package; absent in a copy of the repository."""
PROJECT = INSTALLED if INSTALLED.is_dir() else PACKAGE.parent
"""Folder of the workflow's files that belong to this package."""
SNAKEFILE = PROJECT / "Snakefile"


def is_project(folder: Path) -> bool:
    """Return whether a folder is a copy of the repository, with a workflow and a package."""
    return (folder / "Snakefile").is_file() and (folder / PACKAGE.name).is_dir()


def project_of_run() -> Path:
    """Return the folder of the workflow's files that a run in the current folder uses.

    In a copy of the repository it is that copy, and elsewhere that of this package, even if the
    current folder has a Snakefile of another project.
    """
    here = Path()
    return here if is_project(here) else PROJECT

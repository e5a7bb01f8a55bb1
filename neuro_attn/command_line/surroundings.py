"""Alternative folders for a run, if the usual ones are missing or cannot be written to.

Snakemake, Matplotlib and Numba keep files in the user's home folder or beside the package. A
container or a cluster may have neither: a user without a home folder or without a name, or a
package in a folder that only its owner may write to. A run then keeps these files below
`.snakemake`, in the folder of the run.
"""

import getpass
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from neuro_attn import locations

_OWN = Path(".snakemake")


def replacements(environment: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the environment variables that a run needs, and a remark on each.

    Parameters
    ----------
    environment : mapping of str
        The variables of the command.

    Returns
    -------
    variables : dict of str
        Empty if the usual folders can be used.
    remarks : list of str
        Statements on which folder replaces which.
    """
    variables: dict[str, str] = {}
    remarks: list[str] = []
    own = _OWN.absolute()

    def replace(variable: str, folder: Path, why: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        variables[variable] = str(folder)
        remarks.append(f"{why}; {folder.relative_to(own.parent)} is used instead")

    home = environment.get("HOME") or os.path.expanduser("~")
    if not os.path.isdir(home):
        replace("HOME", own / "home", "the user has no home folder")
    else:
        cache = Path(environment.get("XDG_CACHE_HOME") or Path(home, ".cache"))
        if not _writable(cache):
            replace("XDG_CACHE_HOME", own / "cache", f"{cache} cannot be written to")
        settings = Path(environment.get("XDG_CONFIG_HOME") or Path(home, ".config"), "matplotlib")
        if "MPLCONFIGDIR" not in environment and not _writable(settings):
            replace("MPLCONFIGDIR", own / "matplotlib", f"{settings} cannot be written to")
    # In a copy of the repository, jobs import its package.
    name = locations.PACKAGE.name
    package = Path(name) if locations.is_project(Path()) else locations.PACKAGE
    if "NUMBA_CACHE_DIR" not in environment and not _writable(package / "decoding/__pycache__"):
        replace("NUMBA_CACHE_DIR", own / "numba", f"the package in {package} cannot be written to")
    try:
        getpass.getuser()
    except (KeyError, OSError):  # Python before and from 3.13
        variables["LOGNAME"] = f"user{os.getuid()}"
    return variables, remarks


def _writable(folder: Path) -> bool:
    """Return whether files can be written to a folder; a missing folder is created."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False

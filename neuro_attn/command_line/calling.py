"""Calls of Snakemake: the command, its environment, and whether it computes or only prints."""

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from neuro_attn import budget, locations, trusted_code
from neuro_attn.command_line.surroundings import replacements
from neuro_attn.sources import manifest

SNAKEMAKE = "neuro_attn.command_line.scheduling"
"""The module that runs Snakemake."""
DATA_VARIABLE = "NEURO_ATTN_DATA"
PROFILES = "workflow/profiles/"
"""Folder of the profiles for clusters, relative to the project."""
SHOW = (
    *("--dry-run", "--dryrun", "--summary", "--detailed-summary", "--dag", "--rulegraph"),
    *("--filegraph", "--d3dag", "--list", "--list-rules", "--list-target-rules", "--lt"),
    *("--list-changes", "--lc", "--list-input-changes", "--li", "--list-params-changes", "--lp"),
    *("--list-untracked", "--lu", "--list-conda-envs", "--lint", "--print-compilation"),
    *("--version", "--help"),
)
"""Options with which Snakemake only prints and does not change results."""
_SHOW_LETTERS = re.compile(r"-[pqkF]*[nSDlhv][a-zA-Z0-9]*$")


@dataclass(frozen=True)
class Run:
    """Arguments of a run.

    Parameters
    ----------
    config : str
        The configuration file.
    data : str, optional
        Folder of the data, which overrides that of the configuration.
    cores : int
        Cores to use.
    others : sequence of str
        Further arguments, for Snakemake.
    verify : bool
        Whether to verify results against their checksums first, and recompute those that differ.
    memory : float, optional
        Maximum memory of a job, GB, which overrides that of the configuration.
    manifest : str, optional
        Digest of the manifest that Snakemake reads instead of searching for files.
    trusted : str, optional
        Python files that a run may execute; see `trusted_code.as_variable`.
    """

    config: str
    data: str | None
    cores: int
    others: Sequence[str] = field(default=())
    verify: bool = False
    memory: float | None = None
    manifest: str | None = None
    trusted: str | None = None


def command(what: Run, arguments: Sequence[str]) -> list[str]:
    """Return the command that runs Snakemake with further arguments."""
    project = locations.project_of_run()
    profile = project / "profiles/default"
    return [
        *(sys.executable, "-m", SNAKEMAKE, "--snakefile", str(project / "Snakefile")),
        # Snakemake would otherwise use a profile of this name in the current folder.
        *("--workflow-profile", str(profile) if profile.is_dir() else "none"),
        # --configfile takes all arguments up to the next option, so an option must follow it.
        *("--configfile", what.config, "--cores", str(what.cores)),
        *_with_profiles(arguments, project),
    ]


def _with_profiles(arguments: Sequence[str], project: Path) -> list[str]:
    """Return arguments in which names of our profiles for clusters are valid in any folder."""
    return [
        str(project / each)
        if each.startswith(PROFILES) and not Path(each).exists() and (project / each).exists()
        else each
        for each in arguments
    ]


def environment(what: Run) -> dict[str, str]:
    """Return the environment variables of Snakemake."""
    # Snakemake reads and writes files and pipes in UTF-8, whatever the terminal's encoding is.
    utf8 = {"PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"}
    own, _ = replacements(os.environ)
    if not locations.is_project(Path()):
        # Python would otherwise import modules from the current folder, such as a random.py.
        own["PYTHONSAFEPATH"] = "1"
    given = {
        DATA_VARIABLE: what.data,
        budget.VARIABLE: what.memory,
        manifest.VARIABLE: what.manifest,
        trusted_code.VARIABLE: what.trusted,
    }
    return {
        **os.environ,
        **own,
        **utf8,
        **{name: str(value) for name, value in given.items() if value},
    }


def shows(arguments: Sequence[str]) -> bool:
    """Return whether Snakemake's arguments request information rather than results."""
    return any(
        _SHOW_LETTERS.match(argument)
        # Snakemake accepts unambiguous abbreviations of options.
        or (len(argument) >= 5 and any(option.startswith(argument) for option in SHOW))
        for argument in arguments
    )

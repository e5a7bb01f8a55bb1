"""Calls of Snakemake: the command, its environment, and whether it computes or only prints."""

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from neuro_attn import budget
from neuro_attn.command_line.surroundings import replacements

DATA_VARIABLE = "NEURO_ATTN_DATA"
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
    """

    config: str
    data: str | None
    cores: int
    others: Sequence[str] = field(default=())
    verify: bool = False
    memory: float | None = None


def command(what: Run, arguments: Sequence[str]) -> list[str]:
    """Return the command that runs Snakemake with further arguments."""
    # --configfile takes all arguments up to the next option, so an option must follow it.
    command = [sys.executable, "-m", "snakemake", "--configfile", what.config]
    return [*command, "--cores", str(what.cores), *arguments]


def environment(what: Run) -> dict[str, str]:
    """Return the environment variables of Snakemake."""
    # Snakemake reads and writes files and pipes in UTF-8, whatever the terminal's encoding is.
    utf8 = {"PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"}
    own, _ = replacements(os.environ)
    given = {DATA_VARIABLE: what.data, budget.VARIABLE: what.memory}
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

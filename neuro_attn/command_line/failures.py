"""Reasons why Snakemake failed: messages of jobs, or messages for its own errors."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from neuro_attn.configuration import Positions
from neuro_attn.errors import PREFIX, InputError

_LINES_SHOWN = 30
_KNOWN = {
    "Directory cannot be locked": (
        "Snakemake is running here, or was killed here.",
        "If none is running, run neuro-attn run CONFIG -- --unlock, then retry.",
    ),
    "No space left on device": (
        "the disk is full.",
        "Free some space, then retry: complete results are kept.",
    ),
}
"""Errors of Snakemake itself, each with the problem and remedy of our message."""
_UNKNOWN_NAME = re.compile(r"KeyError: '(.+)'\nWildcards:\n  (dataset|network)=")
_NO_RULE = re.compile(r"No rule to produce (.+?)(?: \(if you use|$)")
_REFUSED = re.compile(r"(?:snakemake|__main__\.py): error: (.+)")


class WorkflowError(Exception):
    """Raised if Snakemake failed.

    Parameters
    ----------
    messages : sequence of str
        The reasons.
    log : sequence of str
        The last lines of its log, if the reasons are unknown.
    """

    def __init__(self, messages: Sequence[str], log: Sequence[str] = ()):
        self.messages, self.log = messages, log
        super().__init__("; ".join(messages))


@contextmanager
def located(positions: Positions, config: str) -> Iterator[None]:
    """Add the file and line to messages of Snakemake that concern a key."""
    try:
        yield
    except WorkflowError as error:
        found = [positions.located(each, config) for each in error.messages]
        raise WorkflowError(found, error.log) from None


def failure(lines: Sequence[str], otherwise: str) -> WorkflowError:
    """Return why Snakemake failed, or its last output after the text `otherwise`."""
    if reasons := _reasons(lines):
        return WorkflowError(reasons)
    return WorkflowError([otherwise], lines[-_LINES_SHOWN:])


def _reasons(lines: Sequence[str]) -> list[str]:
    """Return why Snakemake failed: messages of jobs, or messages for its own errors."""
    told = [line[line.index(PREFIX) + len(PREFIX) :].strip() for line in lines if PREFIX in line]
    if told:
        return list(dict.fromkeys(told))
    text = "".join(lines)
    reasons: list[InputError] = []
    if found := _REFUSED.search(text):
        reasons.append(
            InputError(
                "after --",
                f"Snakemake does not accept these arguments: {found[1]}.",
                "snakemake --help lists its options.",
            )
        )
    elif found := _UNKNOWN_NAME.search(text):
        kind = "data set" if found[2] == "dataset" else "network"
        reasons.append(
            InputError(
                "after --",
                f"the configuration has no {kind} {found[1]!r}.",
                "neuro-attn run CONFIG -- --summary lists all results.",
            )
        )
    elif found := _NO_RULE.search(text):
        reasons.append(
            InputError(
                "after --",
                f"{found[1]} is not a result of this workflow.",
                "neuro-attn run CONFIG -- --summary lists all results.",
            )
        )
    else:
        reasons += [InputError(os.getcwd(), *ours) for said, ours in _KNOWN.items() if said in text]
    return list(map(str, reasons))

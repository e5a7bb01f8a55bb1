"""Reasons why Snakemake failed: messages of jobs, or messages for its own errors."""

import errno
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from neuro_attn.configuration import Positions
from neuro_attn.errors import PREFIX, InputError, of_the_system

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
_OF_THE_MACHINE = tuple(
    str(of_the_system(error, "x")).removeprefix("x")
    for error in (OSError(errno.ENOSPC, ""), MemoryError())
)
"""Ends of messages about what jobs share, so several jobs can fail for one reason."""
_NAMED = 3
"""Places that a message names before it counts the others."""
_UNKNOWN_NAME = re.compile(r"KeyError: '(.+)'\nWildcards:\n  (dataset|network)=")
_NO_RULE = re.compile(r"No rule to produce (.+?)(?: \(if you use|$)")
_REFUSED = re.compile(r"snakemake: error: (.+)")


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
        return _joined(list(dict.fromkeys(told)))
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


def _joined(messages: Sequence[str]) -> list[str]:
    """Return messages in which all places with one problem of the machine share a message."""
    joined: dict[str, list[str]] = {}
    for message in messages:
        end = next((end for end in _OF_THE_MACHINE if message.endswith(end)), "")
        joined.setdefault(end or message, []).append(message.removesuffix(end))
    found = []
    for end, places in joined.items():
        if end not in _OF_THE_MACHINE:
            found.append(end)
            continue
        if (more := len(places) - _NAMED) > 0:
            places[_NAMED:] = [f"{more} more"]
        found.append(" and ".join(filter(None, [", ".join(places[:-1]), places[-1]])) + end)
    return found

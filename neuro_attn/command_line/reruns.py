"""Reasons why jobs run again, from Snakemake's log."""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from neuro_attn.provenance import STORE, changed_modules

_RULE = re.compile(r"(?:local)?(?:rule|checkpoint) (\S+):$")
_OUTPUT = "    output: "
_REASON = re.compile(r"    reason: (.+)$")
_EXPECTED = re.compile(r"Missing output files: |Forced execution")
"""Reasons of jobs that have no results yet, or that the user requested."""
_FILES = re.compile(r"Updated input files: (.+?)(?:; [A-Z]|$)")
_PARAMS = re.compile(
    r"Params have changed since last execution: .*?before: (.*) now: (.*?) *(?:; |$)"
)
_RECOMPUTED = "the input is computed again"
_PHRASES = {
    "Incomplete output files": "the results are incomplete",
    "Set of input files has changed": "the list of input files changed",
    "Code has changed": "the script changed",
    "Software environment definition has changed": "the software environment changed",
    "Input files updated by another job": _RECOMPUTED,
}
"""Beginnings of Snakemake's reasons, with our wording."""
_NOTHING = "<nothing exclusive>"
_DIGEST = re.compile(r"[0-9a-f]{16}")
_MOST_NAMED, _LONGEST_VALUE = 3, 40
"""Maximum number of modules, files or settings that are named, and length of a value."""


class Reruns:
    """The jobs that run although their results exist, by rule and cause.

    Parameters
    ----------
    store : Path, optional
        Where `provenance.Sources` records the modules behind each digest.
    """

    def __init__(self, store: Path = STORE):
        self.jobs: Counter[tuple[str, str]] = Counter()
        self._store, self._rule, self._has_output = store, "", False

    def read(self, line: str) -> str | None:
        """Parse a line of Snakemake's log; return a new cause, unless it follows from another."""
        line = line.rstrip("\n")
        if found := _RULE.match(line):
            self._rule, self._has_output = found[1], False
        elif line.startswith(_OUTPUT):
            self._has_output = True
        elif self._has_output and (found := _REASON.match(line)) and not _EXPECTED.search(line):
            cause = self._cause(found[1])
            is_new = cause != _RECOMPUTED and all(cause != known for _, known in self.jobs)
            self.jobs[self._rule, cause] += 1
            if is_new:
                return f"{cause}: what depends on it runs again, beginning with {self._rule}"
        return None

    def summary(self, verb: str) -> str:
        """Return how many jobs run again, and for each cause its rules with their jobs; or "".

        Parameters
        ----------
        verb : str
            Verb phrase for the jobs, such as "ran again".
        """
        if not (n := self.jobs.total()):
            return ""
        return "\n".join([f"{n} {'job' if n == 1 else 'jobs'} {verb}:", *self._by_cause()])

    def _by_cause(self) -> Iterator[str]:
        causes: dict[str, list[str]] = {}
        # Snakemake lists jobs in an order that differs between runs.
        for (rule, cause), n in sorted(self.jobs.items()):
            causes.setdefault(cause, []).append(rule if n == 1 else f"{n} {rule}")
        for cause, rules in sorted(causes.items(), key=lambda each: each[0] == _RECOMPUTED):
            yield f"  {', '.join(rules)}: {cause}"

    def _cause(self, reason: str) -> str:
        causes = []
        if found := _PARAMS.search(reason):
            causes.append(self._of_params(*found.groups()))
        if found := _FILES.search(reason):
            causes.append(f"{_listed(found[1].split(', '), 'files')} changed")
        # Recomputed input follows from another cause, which is named if there is one.
        causes += [ours for said, ours in _PHRASES.items() if said in reason]
        return next(iter(causes), reason)

    def _of_params(self, before: str, now: str) -> str:
        """Return what changed in the parameters of a job: modules of the package, or settings."""
        old, new = _values(before), _values(now)
        digests = [[each for each in side if _is_digest(each)] for side in (old, new)]
        told = []
        if all(len(side) == 1 for side in digests):
            modules = changed_modules(self._store, digests[0][0], digests[1][0])
            told.append(f"{_listed(modules, 'modules') or 'the code'} changed")
        old, new = ([each for each in side if not _is_digest(each)] for side in (old, new))
        changed = list(_changed_settings(old, new))
        if changed:
            told.append(f"changed settings: {_listed(changed, 'settings')}")
        return "; ".join(told) or "the settings changed"


def _values(text: str) -> list[Any]:
    """Return the values that Snakemake lists, or none if they cannot be read."""
    if text.startswith(_NOTHING):
        return []
    try:
        return list(ast.literal_eval(f"[{text}]"))
    except (ValueError, SyntaxError):
        return []


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def _changed_settings(old: Iterable[Any], new: Iterable[Any]) -> Iterator[str]:
    """Yield keys whose values differ between two lists of settings, with the values."""
    before, now = (dict(each for value in side for each in _flat(value)) for side in (old, new))
    for key in before | now:
        if before.get(key) != now.get(key):
            values = " -> ".join(_short(side.get(key, "absent")) for side in (before, now))
            yield f"{key} ({values})" if key else values


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield the values in nested settings as text, with their keys joined by dots."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _flat(inner, f"{key}.{name}" if key else str(name))
    else:
        yield key, str(value)


def _short(value: str) -> str:
    return value if len(value) <= _LONGEST_VALUE else f"{value[: _LONGEST_VALUE - 3]}..."


def _listed(names: list[str], what: str) -> str:
    left = len(names) - _MOST_NAMED
    more = f" and {left} more {what}" if left > 0 else ""
    return ", ".join(names[:_MOST_NAMED]) + more

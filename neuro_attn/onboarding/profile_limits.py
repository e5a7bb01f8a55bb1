"""Limits of a Snakemake profile below what jobs are expected to need.

A profile can set the memory and time that jobs of a rule request (``set-resources``), and what all
jobs that run together may use (``resources``). If this is too little, jobs are killed or never
start.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from neuro_attn.cautions import Caution
from neuro_attn.errors import InputError
from neuro_attn.onboarding.needs import Need

ALL = ""
"""Name for all rules together."""
_RULES = {"decode_nulls": "decode"}
"""Rules whose jobs need what those of another rule need."""
_MEMORY: dict[str, float] = {
    "": 1e6,
    "mb": 1e6,
    "gb": 1e9,
    "tb": 1e12,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
}
_TIME: dict[str, float] = {"": 60, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_UNITS: dict[str, dict[str, float]] = {
    "mem_mb": {"": 1e6},
    "mem_mib": {"": 2**20},
    "mem": _MEMORY,
    "runtime": _TIME,
}
"""Units of the resources, in bytes and seconds."""


class Limit(NamedTuple):
    """A limit of a profile.

    Parameters
    ----------
    rule : str
        The rule whose jobs it limits, or ``ALL``.
    resource : str
        Name of the resource.
    given : str
        What the profile states.
    value : float
        The same in bytes or seconds.
    """

    rule: str
    resource: str
    given: str
    value: float


def limits_of(profile: str | Path) -> list[Limit]:
    """Return the limits on memory and time that a profile states.

    Limits that are expressions of Snakemake are skipped.

    Parameters
    ----------
    profile : str or Path
        A folder with ``config.yaml`` or ``config.v8+.yaml``, or this file.

    Raises
    ------
    InputError
        If there is no such file, or it is not YAML.
    """
    path = _file_of(Path(profile))
    try:
        keys = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(str(path), "is not YAML.", "Correct the profile.") from error
    if not isinstance(keys, dict):
        raise InputError(str(path), "contains no keys.", "Give a profile of Snakemake.")
    found = [(ALL, *each) for each in _pairs(keys.get("resources"))]
    set_by_rule = keys.get("set-resources") or {}
    if isinstance(set_by_rule, dict):
        for rule, resources in set_by_rule.items():
            found += [(str(rule), *each) for each in _pairs(resources)]
    else:
        for text in set_by_rule:
            rule, _, assigned = str(text).partition(":")
            found += [(rule, *each) for each in _pairs([assigned])]
    return [
        Limit(rule, resource, given, value)
        for rule, resource, given in found
        if (value := _value(resource, given)) is not None
    ]


def too_small(
    limits: Sequence[Limit], needs: Sequence[Need], permutations: int, profile: str
) -> list[Caution]:
    """Return a caution for each limit that is below the largest need of the jobs it limits.

    Parameters
    ----------
    limits : sequence of Limit
        From `limits_of`.
    needs : sequence of Need
        The jobs of a data set.
    permutations : int
        Number of permutations of the data set.
    profile : str
        The profile, for the messages.
    """
    found = []
    for limit in limits:
        is_time = limit.resource == "runtime"
        if is_time and limit.rule == ALL:
            continue
        expected = {
            need: (need.time if is_time else need.memory).at(need.permutations(permutations))
            for need in needs
            if limit.rule in (ALL, need.rule) or _RULES.get(limit.rule) == need.rule
        }
        largest = max(expected, key=lambda need: expected[need], default=None)
        if largest is None or expected[largest] <= limit.value:
            continue
        amount = expected[largest]
        shown = f"{amount / 60:,.0f} minutes" if is_time else f"{amount / 1e9:.1f} GB"
        key = "resources" if limit.rule == ALL else f"set-resources: {limit.rule}"
        found.append(
            Caution(
                profile,
                f"{key}: {limit.resource} is {limit.given}, and {largest} is expected to need "
                f"{shown}.",
                "Raise it, or remove it, so that jobs request what they are expected to need.",
            )
        )
    return found


def _file_of(profile: Path) -> Path:
    if profile.is_file():
        return profile
    # Snakemake prefers the file for its version.
    for path in [*sorted(profile.glob("config.v*+.yaml"), reverse=True), profile / "config.yaml"]:
        if path.is_file():
            return path
    raise InputError(
        str(profile),
        "there is no config.yaml in this folder.",
        "Give a profile of Snakemake, such as workflow/profiles/slurm.",
    )


def _pairs(resources: Any) -> Iterator[tuple[str, str]]:
    """Yield names and values of resources, from a mapping or a list of NAME=VALUE."""
    if isinstance(resources, dict):
        yield from ((str(name), str(value)) for name, value in resources.items())
    elif isinstance(resources, list):
        for text in resources:
            name, _, value = str(text).partition("=")
            yield name.strip(), value.strip()


def _value(resource: str, given: str) -> float | None:
    """Return a limit in bytes or seconds; None if it is another resource or an expression."""
    units = _UNITS.get(resource, {})
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*", given)
    if match is None or match[2].lower() not in units:
        return None
    return float(match[1]) * units[match[2].lower()]

"""Validation of the keys of a YAML file, and messages for invalid keys."""

import difflib
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from neuro_attn.configuration import allowed
from neuro_attn.configuration.datasets import AnyDataset, NetworkDataset
from neuro_attn.configuration.label_rules import shared_decoding
from neuro_attn.configuration.network_tasks import NetworkTask
from neuro_attn.configuration.positions import Positions
from neuro_attn.configuration.settings import Configuration
from neuro_attn.configuration.sources import SETTINGS, meant
from neuro_attn.configuration.types import AtKeyError
from neuro_attn.errors import MOST_LISTED, InputError, did_you_mean, listing_problems

_RENAMED = {
    ("inference", "null"): "null_model",
    ("inference", "within"): "permute_within",
    ("inference", "sustained"): "min_consecutive_bins",
    ("simulation", "regions", "*", "shared"): "selection_axis_cosine",
    ("simulation", "regions", "*", "selection"): "selection_sd",
    ("simulation", "regions", "*", "color"): "color_sd",
    ("simulation", "regions", "*", "visual"): "cue_sd",
}
"""New names of keys, by the last keys of their path, where * is any name."""
_OWN = {"datasets": 2, "network_analysis": 1}
"""Number of leading keys to drop from a path that is also valid at the top level."""
_IN_TASK = ("networks", "NAME", "task")
"""Place of the keys of a task in a configuration, if they are not in a file."""
_HOLDS: dict[Any, str] = {str: "text", list: "a list"}
_MOST_JUDGED = 1000
"""Maximum number of errors for which remedies are determined; the others are counted."""
_LONGEST_TOLD = 200


def parse(
    keys: dict[str, Any], origin: str = "config", positions: Positions | None = None
) -> Configuration:
    """Validate a configuration and fill in its defaults.

    The top-level `decoding` and `inference` are the defaults of every data set's.

    Parameters
    ----------
    keys : dict
        The configuration as read from YAML.
    origin : str
        The file that contains it, named in errors.
    positions : Positions, optional
        Lines of the keys in that file, also named in errors.

    Returns
    -------
    Configuration

    Raises
    ------
    InputError
        With the path of every invalid key, the given value and the allowed values.
    """
    if not isinstance(keys, dict):
        raise InputError(
            origin,
            f"{_held(keys)}.",
            "A configuration consists of lines KEY: VALUE; neuro-attn examples default explains "
            "every key, and neuro-attn init writes a configuration for your files.",
        )
    keys = _with_null_named(keys)
    if isinstance(keys.get("datasets"), dict):
        keys["datasets"] = {k: _with_defaults(v, keys) for k, v in keys["datasets"].items()}
    if "network_analysis" in keys:
        keys["network_analysis"] = _with_defaults(keys["network_analysis"], keys)
    try:
        return Configuration.model_validate(keys)
    except ValidationError as error:
        raise _refused(error, _Given(keys, origin, positions or Positions())) from None


def parse_task(keys: Any, origin: str, positions: Positions) -> NetworkTask:
    """Validate the contents of the file of a task.

    Parameters
    ----------
    keys, origin, positions
        As in `parse`.

    Raises
    ------
    InputError
        As in `parse`.
    """
    if not isinstance(keys, dict):
        raise InputError(
            origin,
            f"{_held(keys)}.",
            f"A task has the keys {' and '.join(NetworkTask.model_fields)} (docs/own_tasks.md).",
        )
    try:
        return NetworkTask.model_validate(keys)
    except ValidationError as error:
        raise _refused(error, _Given(keys, origin, positions, _IN_TASK)) from None


def _held(keys: Any) -> str:
    """Return what a file contains instead of keys."""
    return "is empty" if keys is None else f"contains only {_HOLDS.get(type(keys), 'one value')}"


def dataset_from(keys: dict[str, Any]) -> AnyDataset:
    """Return the settings of a data set from the output of `model_dump`."""
    return SETTINGS.get(keys["source"], NetworkDataset).model_validate(keys)


def _with_null_named(keys: Any) -> Any:
    """Return keys in which unquoted null, which YAML reads as None, is the name "null"."""
    if not isinstance(keys, dict):
        return keys
    return {"null" if key is None else key: _with_null_named(value) for key, value in keys.items()}


def _with_defaults(dataset: Any, keys: dict[str, Any]) -> Any:
    """Return a data set's keys with the top-level `decoding` and `inference` below its own."""
    if not isinstance(dataset, dict):
        return dataset
    defaults = {key: keys[key] for key in ("decoding", "inference") if key in keys}
    if isinstance(defaults.get("decoding"), dict):
        defaults["decoding"] = shared_decoding(defaults["decoding"], dataset.get("label"))
    shared = {
        key: {**default, **(dataset.get(key) or {})}
        for key, default in defaults.items()
        if isinstance(default, dict) and isinstance(dataset.get(key) or {}, dict)
    }
    return {**dataset, **shared}


# --- messages ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Problem:
    """A problem at a key.

    Parameters
    ----------
    path : tuple of str
        The key.
    text : str
        Problem and remedy.
    is_of_value : bool
        Whether the value has a form that the key does not allow.
    meant : str
        The key that was probably intended.
    """

    path: tuple[str, ...]
    text: str
    is_of_value: bool = False
    meant: str = ""


@dataclass(frozen=True)
class _Given:
    """What a user wrote.

    Parameters
    ----------
    keys : dict
        The keys.
    origin : str
        The file that contains them.
    positions : Positions
        Lines of the keys in this file.
    within : tuple of str
        Keys of a configuration below which these keys would be.
    """

    keys: dict[str, Any]
    origin: str
    positions: Positions
    within: tuple[str, ...] = ()


def _refused(error: ValidationError, given: _Given) -> InputError:
    """Return one message that lists all problems of a file."""
    origin, positions = given.origin, given.positions
    errors = error.errors()
    found = dict.fromkeys(_problem(each, given) for each in errors[:_MOST_JUDGED])
    # For a key that allows several forms, pydantic reports each: keep the most deeply nested.
    above = {problem.path[:n] for problem in found for n in range(len(problem.path))}
    # A missing key was probably mistyped if an unknown key resembles it.
    meant = {(*each.path[:-1], each.meant) for each in found if each.meant}
    problems = [
        problem
        for problem in found
        if not (problem.is_of_value and problem.path in above)
        and not _is_inherited(problem, found)
        and problem.path not in meant
    ]
    if len(problems) == 1:
        (problem,) = problems
        place = [positions.where(origin, problem.path), ".".join(problem.path)]
        return InputError(", ".join(filter(None, place)), problem.text)
    n_problems = len(problems) + len(errors[_MOST_JUDGED:])
    texts = []
    for problem in problems[:MOST_LISTED]:
        line = positions.line(problem.path)
        place = [f"line {line}" if line else "", ".".join(problem.path)]
        texts.append(f"{', '.join(filter(None, place))}: {problem.text}")
    return listing_problems(origin, texts, n_problems=n_problems)


def _is_inherited(problem: _Problem, found: Iterable[_Problem]) -> bool:
    """Return whether a data set has a problem from the top-level `decoding` or `inference`."""
    own = problem.path[_OWN.get(problem.path[0], 0) if problem.path else 0 :]
    return own != problem.path and any(other.path == own for other in found)


def _problem(problem: Any, given: _Given) -> _Problem:
    """Return the problem described by an error of pydantic."""
    loc = list(problem["loc"])
    path = _path(loc, given.keys)
    kind, is_name = problem["type"], loc[-1:] == ["[key]"]
    if kind == "extra_forbidden":
        return _unknown(path, given)
    if kind == "missing" and isinstance(loc[-1], str):
        path = (*path, loc[-1])
        return _Problem(path, f"the key is missing; give {allowed.described(_at(path, given))}.")
    if kind == "union_tag_not_found":
        text = f"the key is missing; give {_or(list(SETTINGS))}."
        return _Problem((*path, "source"), text)
    if kind == "union_tag_invalid":
        source = problem["input"]["source"]
        return _Problem((*path, "source"), _must_be(list(SETTINGS), source, _source_meant(source)))
    if kind == "value_error":
        error = problem["ctx"]["error"]
        text = str(error)
        if isinstance(error, InputError):
            return _Problem(path, text)  # of another file
        if not is_name and not isinstance(problem["input"], dict):
            text += f" (given: {_shown(problem['input'], path, given.positions)})"
        at = error.path if isinstance(error, AtKeyError) else ()
        return _Problem((*path, *at), text if text.endswith((".", "?")) else f"{text}.")
    if is_name:
        return _Problem(path, "a name must be text that is not empty.")
    return _Problem(path, _wrong(problem["input"], path, given), is_of_value=True)


def _at(path: Sequence[str], given: _Given) -> list[allowed.Node]:
    """Return the schema of a key, for the source of its data set or network."""
    source, keys = None, given.keys
    if given.within:
        return allowed.at((*given.within, *path))
    if path[:1] in (("datasets",), ("networks",)) and len(path) > 1:
        members = keys[path[0]]
        one = members.get(path[1]) if isinstance(members, dict) else None
        source = one.get("source") if isinstance(one, dict) else None
        if path[0] == "networks" and isinstance(one, dict) and "source" in one:
            source = str(source)  # whatever it is, the network is not one to train
    return allowed.at(path, source)


def _unknown(path: tuple[str, ...], given: _Given) -> _Problem:
    known = allowed.keys(_at(path[:-1], given))
    name = path[-1]
    if new := _new_name(path):
        return _Problem(path, f"unknown key. It is now {new}.", meant=new)
    below = [key for key in known if name in allowed.keys(_at((*path[:-1], key), given))]
    if below:
        return _Problem(path, f"unknown key here. It belongs below {' or '.join(below)}.")
    if close := difflib.get_close_matches(name, known, n=1):
        return _Problem(path, f"unknown key. Did you mean {close[0]}?", meant=close[0])
    return _Problem(path, f"unknown key. Allowed: {', '.join(known)}.")


def _new_name(path: Sequence[str]) -> str:
    """Return the new name of a key that was renamed; empty for other keys."""
    for old, new in _RENAMED.items():
        last = path[-len(old) :]
        if len(last) == len(old) and all(o in ("*", key) for o, key in zip(old, last, strict=True)):
            return new
    return ""


def _must_be(words: Sequence[str], given: Any, hint: str = "") -> str:
    hint = hint or did_you_mean(str(given), words)
    return f"must be {_or(words)} (given: {_yaml(given)}). {hint}".strip()


def _source_meant(given: Any) -> str:
    """Return a question that suggests the sources that are also called by a name."""
    sources = meant(str(given))
    if len(sources) == 1:
        return f"Did you mean {sources[0]}?"
    titled = [f"{source} ({SETTINGS[source].TITLE})" for source in sources]
    return f"Did you mean {_or(titled)}?" if titled else ""


def _or(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _wrong(value: Any, path: tuple[str, ...], given: _Given) -> str:
    """Describe the allowed values, the given value and how to correct it."""
    nodes, positions = _at(path, given), given.positions
    verb = "contain" if allowed.kinds(nodes) <= {"object", "null"} else "be"
    said = f"must {verb} {allowed.described(nodes)} (given: {_shown(value, path, positions)})."
    return " ".join(filter(None, (said, _remedy(value, nodes, path, positions))))


def _remedy(
    given: Any, nodes: list[allowed.Node], path: tuple[str, ...], positions: Positions
) -> str:
    kinds = allowed.kinds(nodes)
    written = positions.written(path) or _yaml(given)
    words = allowed.choices(nodes)
    if given is None:
        return "Give a value, indent the lines that belong to the key, or remove the key."
    if isinstance(given, float) and not math.isfinite(given):
        return "It must be finite."
    if isinstance(given, bool):
        reads = f"YAML reads {written} as {str(given).lower()}."
        if "string" in kinds:
            return f'{reads} Quote it: "{written}".'
        return reads if written not in ("true", "false") else ""
    if isinstance(given, str):
        if hint := did_you_mean(given, words):
            return hint
        if not kinds & {"number", "integer"}:
            return ""
        if found := re.fullmatch(r"([-+]?[\d.]+) ?ms", given):
            return f"Times are in s: {float(found[1]) / 1000:g}." if _is_number(found[1]) else ""
        if found := re.fullmatch(r"([-+]?[\d.]+) ?[a-zA-Z%/]+", given):
            return f"Leave out the unit: {found[1]}."
        if re.fullmatch(r"[-+]?\d+,\d+", given):
            return f"Write a decimal point: {given.replace(',', '.')}."
        return ""
    if "string" in kinds and not isinstance(given, (dict, list)):
        return f'Quote it: "{written}".'
    return ""


def _is_number(text: str) -> bool:
    return text.count(".") <= 1 and text.strip("+-.") != ""


def _shown(given: Any, path: tuple[str, ...], positions: Positions) -> str:
    """Return a value as written in the file."""
    if given is None:
        return "nothing"
    if isinstance(given, dict):
        return "keys" if given else "{}"
    shown = positions.written(path) if not isinstance(given, (str, list, tuple)) else None
    return _short(shown or _yaml(given))


def _yaml(value: Any) -> str:
    """Return a value as YAML on one line; text in quotes."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return repr(value)
    plain = list(value) if isinstance(value, tuple) else value
    try:
        text = yaml.safe_dump(plain, default_flow_style=True, width=float("inf"))
    except yaml.YAMLError:
        text = str(plain)
    return text.removesuffix("\n").removesuffix("\n...")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TOLD else f"{text[:_LONGEST_TOLD]}..."


def _path(loc: Sequence[int | str], keys: dict[str, Any]) -> tuple[str, ...]:
    """Return the path of a problem in the user's keys.

    Pydantic's own path also contains the tags of unions and the types it tried, which are not keys.
    """
    path: list[str] = []
    here: Any = keys
    if loc[:1] == ["datasets"] and len(loc) > 2 and loc[2] in SETTINGS:
        # The tag of the data set's source, which may be named like one of its keys.
        loc = [*loc[:2], *loc[3:]]
    for part in loc:
        inside = isinstance(here, dict) and part in here
        if isinstance(here, (list, tuple)) and isinstance(part, int):
            inside = part < len(here)
        if inside:
            path.append(str(part))
            here = here[part]
    return tuple(path)

"""From the keys of a YAML file to a checked `Configuration`, or one message that says why not."""

import difflib
from typing import Any

from pydantic import TypeAdapter, ValidationError

from neuro_attn.configuration.settings import AnyDataset, Configuration
from neuro_attn.errors import InputError

SOURCES = ("simulation", "nwb", "raster", "binned", "table", "netcdf", "matlab", "alf", "phy")
_MOST_TOLD = 10
_LONGEST_TOLD = 200


def parse(keys: dict[str, Any], origin: str = "config") -> Configuration:
    """Check a configuration and fill in its defaults.

    The top-level `decoding` and `inference` are the defaults of every data set's.

    Parameters
    ----------
    keys : dict
        The configuration as read from YAML.
    origin : str
        The file it came from, named in errors.

    Returns
    -------
    Configuration

    Raises
    ------
    InputError
        Naming every wrong key with its path, what was given and what is allowed.
    """
    if not isinstance(keys, dict):
        raise InputError(origin, f"holds {type(keys).__name__}, not keys and values.")
    keys = _with_null_named(keys)
    if isinstance(keys.get("datasets"), dict):
        keys["datasets"] = {k: _with_defaults(v, keys) for k, v in keys["datasets"].items()}
    if "network_analysis" in keys:
        keys["network_analysis"] = _with_defaults(keys["network_analysis"], keys)
    try:
        return Configuration.model_validate(keys)
    except ValidationError as error:
        found = error.errors()
        problems = list(dict.fromkeys(_explain(each, keys) for each in found[:_MOST_TOLD]))
        if len(found) > _MOST_TOLD:
            problems.append(f"and {len(found) - _MOST_TOLD} more")
        text = "; ".join(problems)
        raise InputError(origin, text if text.endswith("?") else f"{text}.") from None


def dataset_from(keys: dict[str, Any]) -> AnyDataset:
    """Return the settings of a data set from what `model_dump` made of them."""
    return TypeAdapter(AnyDataset).validate_python(keys)


def _with_null_named(keys: Any) -> Any:
    """Return keys with the name "null" where YAML read null, unquoted, as nothing."""
    if not isinstance(keys, dict):
        return keys
    return {"null" if key is None else key: _with_null_named(value) for key, value in keys.items()}


def _with_defaults(dataset: Any, keys: dict[str, Any]) -> Any:
    """Return a data set's keys with the top-level `decoding` and `inference` below its own."""
    if not isinstance(dataset, dict):
        return dataset
    shared = {
        key: {**keys[key], **(dataset.get(key) or {})}
        for key in ("decoding", "inference")
        if isinstance(keys.get(key), dict) and isinstance(dataset.get(key) or {}, dict)
    }
    return {**dataset, **shared}


def _explain(problem: Any, keys: dict[str, Any]) -> str:
    """Say one of pydantic's problems with the key's path, what was given and what is allowed."""
    where = ".".join(_path(problem, keys)) or "top level"
    given = problem.get("input")
    shown = "" if isinstance(given, dict) else f" (given: {_short(given)})"
    match problem["type"]:
        case "extra_forbidden":
            allowed = _allowed_keys(problem["loc"])
            close = difflib.get_close_matches(str(problem["loc"][-1]), allowed, n=1)
            hint = f"did you mean {close[0]}?" if close else f"allowed: {', '.join(allowed)}"
            return f"unknown key {where}; {hint}"
        case "missing":
            return f"key {where} is missing"
        case "union_tag_invalid" | "union_tag_not_found":
            source = given.get("source") if isinstance(given, dict) else given
            return f"{where}.source: allowed: {', '.join(SOURCES)} (given: {_short(source)})"
        case "value_error":
            return f"{where}: {problem['ctx']['error']}{shown}"
        case _:
            message = problem["msg"]
            return f"{where}: {message[0].lower()}{message[1:]}{shown}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_TOLD else f"{text[:_LONGEST_TOLD]}..."


def _path(problem: Any, keys: dict[str, Any]) -> list[str]:
    """Return the path of a problem in the user's keys.

    Pydantic's own path also holds the tags of unions and the types it tried, which are no keys.
    """
    path: list[str] = []
    here: Any = keys
    loc = list(problem["loc"])
    if loc[:1] == ["datasets"] and len(loc) > 2 and loc[2] in SOURCES:
        # The tag of the data set's source, which may be named like one of its keys.
        del loc[2]
    for part in loc:
        if isinstance(here, dict) and part in here:
            path.append(str(part))
            here = here[part]
        elif isinstance(here, list) and isinstance(part, int):
            path.append(str(part))
            here = here[part] if part < len(here) else None
    if problem["type"] == "missing":
        path.append(str(problem["loc"][-1]))
    return path


def _allowed_keys(loc: tuple[int | str, ...]) -> list[str]:
    """Return the keys allowed where the unknown key at `loc` stands."""
    schema = Configuration.model_json_schema()

    def resolve(node: dict) -> dict:
        reference = node.get("$ref") or next(
            (o["$ref"] for o in node.get("anyOf", []) if "$ref" in o), None
        )
        return schema["$defs"][reference.split("/")[-1]] if reference else node

    here: dict = schema
    for part in loc[:-1]:
        if "discriminator" in here:
            here = resolve({"$ref": here["discriminator"]["mapping"][str(part)]})
        elif part in here.get("properties", {}):
            here = resolve(here["properties"][part])
        elif isinstance(here.get("additionalProperties"), dict):
            here = resolve(here["additionalProperties"])
    return list(here.get("properties", {}))

"""Descriptions of the allowed values of a configuration key, from the schema of the models."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from neuro_attn.configuration.settings import Configuration

Node = dict[str, Any]
_MOST_KEYS = 8


@cache
def _schema() -> Node:
    return Configuration.model_json_schema()


def at(path: Sequence[str], source: str | None = None) -> list[Node]:
    """Return the schema of the value at a path of keys.

    Parameters
    ----------
    path : sequence of str
        Keys, names and numbers of items.
    source : str, optional
        The source of the data set or network on the path. Without it, data sets of all sources are
        allowed, and networks to train.

    Returns
    -------
    list of dict
        Alternative parts of the schema; empty for an unknown key.
    """
    nodes = _options(_schema(), source)
    for part in path:
        # A key is not the name of a class, of which any is allowed.
        nodes = [node for node in nodes if part in node.get("properties", {})] or nodes
        nodes = [deeper for node in nodes for deeper in _options(_inner(node, part), source)]
    return nodes


def keys(nodes: Iterable[Node]) -> dict[str, Node]:
    """Return the keys in parts of the schema, by name."""
    return {key: node for each in nodes for key, node in each.get("properties", {}).items()}


def choices(nodes: Iterable[Node]) -> list[str]:
    """Return the words that parts of the schema allow."""
    return [str(word) for node in nodes for word in _words(node)]


def kinds(nodes: Iterable[Node]) -> set[str]:
    """Return the JSON schema types that parts of the schema allow."""
    return {node["type"] for node in nodes if "type" in node}


def described(nodes: Sequence[Node]) -> str:
    """Describe the allowed values, such as "a whole number of at least 1, or null"."""
    words = choices(nodes)
    parts = [_listed(words, "or")] if words else []
    others = [_described(node) for node in nodes if not _words(node) and "properties" not in node]
    parts += [each for each in others if each != "null"]
    if below := list(keys(nodes)):
        shown = below if len(below) <= _MOST_KEYS else [*below[:_MOST_KEYS], "others"]
        parts.append(f"the keys {_listed(shown, 'and')}, one a line below it")
    parts = list(dict.fromkeys([*parts, *others]))
    return parts[0] if len(parts) == 1 else ", or ".join([", ".join(parts[:-1]), parts[-1]])


def _inner(node: Node, part: str) -> Node | None:
    """Return the part of the schema below a key, a name or an item."""
    if part in node.get("properties", {}):
        return node["properties"][part]
    if isinstance(node.get("additionalProperties"), dict):
        return node["additionalProperties"]
    if part.isdigit() and "prefixItems" in node:
        return node["prefixItems"][min(int(part), len(node["prefixItems"]) - 1)]
    return node.get("items") if part.isdigit() else None


def _options(node: Node | None, source: str | None) -> list[Node]:
    """Return the alternatives of a part of the schema, with references resolved."""
    if node is None:
        return []
    if "$ref" in node:
        return _options(_schema()["$defs"][node["$ref"].rsplit("/")[-1]], source)
    if "discriminator" in node:
        mapping = node["discriminator"]["mapping"]
        chosen = [mapping[source]] if source in mapping else mapping.values()
        return [each for reference in chosen for each in _options({"$ref": reference}, source)]
    if "anyOf" in node:
        return [each for option in node["anyOf"] for each in _options(option, source)]
    if "oneOf" in node:
        found = [each for option in node["oneOf"] for each in _options(option, source)]
        if not any("source" in keys([each]) for each in found):
            return found
        # Networks are trained or, with a source, imported.
        return [each for each in found if ("source" in keys([each])) == (source is not None)]
    return [node]


def _words(node: Node) -> list[str]:
    return node["enum"] if "enum" in node else [node["const"]] if "const" in node else []


def _listed(words: Sequence[str], last: str) -> str:
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def _described(node: Node) -> str:
    match node.get("type"):
        case "integer" | "number" as kind:
            return f"a {_NUMBERS[kind]}{_range(node)}"
        case "boolean":
            return "true or false"
        case "null":
            return "null"
        case "array" if "prefixItems" in node:
            return "two numbers, such as [0.1, 0.5]"
        case "array":
            some = "one or more " if node.get("minItems") else ""
            if node.get("minItems") == node.get("maxItems") == 2:
                some = "two "
            item, *others = _options(node.get("items"), None)
            if item.get("type") in _NUMBERS and not others:
                return f"a list of {some}{_NUMBERS[item['type']]}s{_range(item)}"
            if item.get("type") == "array":
                inner = _described(item).removeprefix("a list of ")
                return f"a list of {some}lists of {inner.replace('[a, b]', '[[a, b]]')}"
            if words := _words(item):
                return f"a list of {some}these: {', '.join(words)}"
            return f"a list of {some}names, such as [a, b]"
        case "object":
            least = node.get("minProperties", 0)
            number = {0: "", 1: "one or more ", 2: "two or more "}.get(least, f"{least} or more ")
            if node.get("maxProperties") == least:
                number = "two "
            value, *_ = _options(node["additionalProperties"], None)
            return f"{number}lines NAME: {_example(value)} below it"
    if "examples" in node:
        return f"a file of your own, such as {node['examples'][0]}"
    return "text that is not empty" if node.get("minLength") else "text"


_NUMBERS = {"integer": "whole number", "number": "number"}


def _example(value: Node) -> str:
    match value.get("type"):
        case "integer" | "number":
            return "NUMBER"
        case "array":
            return "[START, STOP]"
        case "object":
            return "KEYS"
    return "TEXT"


def _range(node: Node) -> str:
    """Return the limits of a number."""
    low = [f" of at least {_number(node['minimum'])}"] if "minimum" in node else []
    low += [f" above {_number(node['exclusiveMinimum'])}"] if "exclusiveMinimum" in node else []
    high = [f" of at most {_number(node['maximum'])}"] if "maximum" in node else []
    high += [f" below {_number(node['exclusiveMaximum'])}"] if "exclusiveMaximum" in node else []
    if "minimum" in node and "maximum" in node:
        return f" from {_number(node['minimum'])} to {_number(node['maximum'])}"
    return " and".join([*low, *high])


def _number(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:g}"

"""Configurations that are wrong in ways that the schema suggests, and texts that are no YAML."""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

from tests.fuzzing import values

ROOT = Path(__file__).parents[2]
SHIPPED = tuple(sorted(path.name for path in (ROOT / "config").glob("*.yaml")))

Path_ = tuple[Any, ...]


@cache
def _schema() -> dict[str, Any]:
    return json.loads((ROOT / "config/schema.json").read_text(encoding="utf-8"))


@cache
def _shipped(name: str) -> str:
    return (ROOT / "config" / name).read_text(encoding="utf-8")


def damaged(draw: Random, right: dict[str, Any]) -> tuple[bytes, list[str]]:
    """Return the content of a configuration file, and what was done to it.

    Parameters
    ----------
    draw : random.Random
        Decides everything.
    right : dict
        The keys of a configuration without a mistake, where its files are.
    """
    done = []
    if draw.random() < 0.05:
        name = draw.choice(SHIPPED)
        right, done = yaml.safe_load(_shipped(name)), [name]
    keys = copy.deepcopy(right)
    n_changes = draw.choice((0, 1, 1, 1, 1, 1, 2, 4))
    for change in draw.choices(_CHANGES, k=n_changes):
        change(draw, keys)
        done.append(change.__name__.strip("_"))
    text = yaml.dump(keys, sort_keys=False, allow_unicode=True, Dumper=_Dumper)
    n_rewritings = draw.choice((0, 0, 0, 0, 1)) if n_changes else draw.choice((1, 1, 2))
    for rewriting in draw.choices(_REWRITINGS, k=n_rewritings):
        text = rewriting(draw, text)
        done.append(rewriting.__name__.strip("_"))
    content = text.encode("utf-8", "surrogatepass")
    if draw.random() < 0.05:
        content = draw.choice(_ENCODINGS)(draw, content, text)
        done.append("encoded")
    return content, done


class _Dumper(yaml.SafeDumper):
    """Writes what is shared twice, without anchors."""

    def ignore_aliases(self, data: object) -> bool:
        return True


# --- places in the keys ---------------------------------------------------------------------------


def _places(node: Any, path: Path_ = ()) -> Iterator[Path_]:
    items = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from _places(value, (*path, key))


def _place(draw: Random, keys: dict[str, Any]) -> tuple[Any, Any, Path_] | None:
    """Return the container, the key in it, and the path of a random place; None if all are gone."""
    if not (places := list(_places(keys))):
        return None
    path = draw.choice(places)
    return _at(keys, path[:-1]), path[-1], path


def _at(node: Any, path: Path_) -> Any:
    for key in path:
        node = node[key]
    return node


def _schemas_at(path: Path_) -> list[dict[str, Any]]:
    """Return what the schema says of a place, by each of its alternatives."""
    found = _alternatives(_schema())
    for key in path:
        below = []
        for each in found:
            if isinstance(key, int):
                of_all = [each["items"]] if "items" in each else []
                below += each.get("prefixItems", [])[key : key + 1] or of_all
            elif key in each.get("properties", {}):
                below.append(each["properties"][key])
            elif isinstance(each.get("additionalProperties"), dict):
                below.append(each["additionalProperties"])
        found = [one for each in below for one in _alternatives(each)]
    return found


def _alternatives(schema: dict[str, Any]) -> list[dict[str, Any]]:
    if "$ref" in schema:
        return _alternatives(_schema()["$defs"][schema["$ref"].split("/")[-1]])
    if nested := schema.get("anyOf") or schema.get("oneOf"):
        return [one for each in nested for one in _alternatives(each)]
    return [schema]


def _drawn(draw: Random, schema: dict[str, Any], depth: int = 0) -> Any:
    """Return a value that the schema allows, or just not."""
    schema = draw.choice(_alternatives(schema))
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return draw.choice(schema["enum"])
    match schema.get("type"):
        case "integer" | "number":
            bounds = [
                schema[each]
                for each in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
                if each in schema
            ]
            near = [bound + step for bound in bounds for step in (-1, 0, 1, 1e-9, 0.5)]
            return draw.choice([*near, *values.NUMBERS])
        case "string":
            return draw.choice(draw.choice((values.TEXTS, values.EXPRESSIONS, ("side", "cue"))))
        case "boolean":
            return draw.choice((True, False, "yes", 1, 0, None))
        case "array" if depth < 4:
            items = schema.get("prefixItems") or [schema.get("items", {})] * draw.randint(0, 3)
            return [_drawn(draw, each, depth + 1) for each in items]
        case "object" if depth < 4:
            required = schema.get("required", [])
            made = {
                name: _drawn(draw, each, depth + 1)
                for name, each in schema.get("properties", {}).items()
                if (name in required) == (draw.random() < 0.9)
            }
            if isinstance(more := schema.get("additionalProperties"), dict):
                for name in draw.sample(("a", "b", "side", "V4", "left", "x y"), 2):
                    made[name] = _drawn(draw, more, depth + 1)
            return made
        case _:
            return values.anything(draw)


# --- changes of keys ------------------------------------------------------------------------------


def _nasty_value(draw: Random, keys: dict[str, Any]) -> None:
    if place := _place(draw, keys):
        within, key, _ = place
        within[key] = values.anything(draw)


def _value_of_the_schema(draw: Random, keys: dict[str, Any]) -> None:
    if (place := _place(draw, keys)) and (schemas := _schemas_at(place[2])):
        within, key, _ = place
        within[key] = _drawn(draw, draw.choice(schemas))


def _key_of_the_schema(draw: Random, keys: dict[str, Any]) -> None:
    """Add a key that the schema knows and the configuration does not have yet."""
    paths = [path for path in [(), *_places(keys)] if isinstance(_at(keys, path), dict)]
    path = draw.choice(paths)
    known = [each for each in _schemas_at(path) if each.get("properties")]
    if known:
        key, schema = draw.choice(sorted(draw.choice(known)["properties"].items()))
        _at(keys, path)[key] = _drawn(draw, schema)


def _unknown_key(draw: Random, keys: dict[str, Any]) -> None:
    paths = [path for path in [(), *_places(keys)] if isinstance(_at(keys, path), dict)]
    _at(keys, draw.choice(paths))[values.scalar(draw)] = values.anything(draw)


def _without_a_key(draw: Random, keys: dict[str, Any]) -> None:
    if place := _place(draw, keys):
        within, key, _ = place
        del within[key]


def _renamed_key(draw: Random, keys: dict[str, Any]) -> None:
    if (place := _place(draw, keys)) and isinstance(place[0], dict):
        within, key, _ = place
        name = str(key)
        new = (name[:-1], name * 2, name.upper(), f"{name} ", values.scalar(draw), name[::-1])
        within[draw.choice(new)] = within.pop(key)


def _swapped(draw: Random, keys: dict[str, Any]) -> None:
    one, other = _place(draw, keys), _place(draw, keys)
    if one and other:
        first, second = (copy.deepcopy(each[0][each[1]]) for each in (one, other))
        one[0][one[1]] = second
        # The first may have been part of what the second replaces.
        other[0][other[1]] = first


def _another_level(draw: Random, keys: dict[str, Any]) -> None:
    if place := _place(draw, keys):
        within, key, _ = place
        value = within[key]
        below = list(value.values()) if isinstance(value, dict) else value
        inside = [below[0]] if isinstance(below, list) and below else []
        within[key] = draw.choice([[value], {"x": value}, {key: value}, [value, value], *inside])


def _scaled(draw: Random, keys: dict[str, Any]) -> None:
    numbers = [path for path in _places(keys) if type(_at(keys, path)) in (int, float)]
    if numbers:
        path = draw.choice(numbers)
        number = _at(keys, path)
        factor = draw.choice((-1, 0, 2, 10, 1000, 10**6, 10**12, 0.1, 1e-6, 1.0000001))
        with suppress(OverflowError):
            _at(keys, path[:-1])[path[-1]] = number * factor


_CHANGES: tuple[Callable[[Random, dict[str, Any]], None], ...] = (
    *(_nasty_value, _nasty_value, _value_of_the_schema, _value_of_the_schema, _key_of_the_schema),
    *(_key_of_the_schema, _unknown_key, _without_a_key, _renamed_key, _swapped, _another_level),
    *(_scaled, _scaled),
)


# --- changes of the text --------------------------------------------------------------------------

ODDITIES = (
    *("!!int x", "!!int '1:99'", "!!float x", "!!bool x", "!!null x", "!!timestamp x"),
    *("!!binary é",),
    *("!!set {a, b}", "!!omap [a: 1]", "!!pairs [a: 1]", "!!seq {}", "!!map []", "!!str [x]"),
    *("!x y",),
    *("!!python/name:os.system", "!!merge x", "! x", "!<tag:x> 1", "!!int {}", "!!timestamp [1]"),
    *("1:30", "1:30:59.5", "-1:30", "190:20:30", "010", "0o17", "0x_", "0b1", "1_000", "+1", ".5"),
    *("1.",),
    *(".inf", "-.INF", ".NaN", "1e3", "1.0e+400", "9" * 5000, "0x" + "f" * 5000, "1." + "1" * 5000),
    *("yes", "No", "ON", "~", "NULL", "Null", "=", "<<", "2020-01-01", "2020-02-30", "12:00"),
    *("9999-99-99",),
    *("*a", "*nothing", "&a x", "&a [*a]", "&a {x: *a}", "{? [a]: 1}", "{[a]: 1}", "{{a: 1}: 1}"),
    *("{*a: 1}", "{<<: 1}", "{<<: [1]}", "{<<: {a: 1}}", "{<<: *a}", "{a: 1, a: 2}"),
    *("{~: 1, null: 2}",),
    *("{1: 1, 1.0: 2}", "{yes: 1, true: 2}", "{.nan: 1, .nan: 2}", "[", "{", "]", "'", '"', "|"),
    *(">-",),
    *("%", "@x", "`x`", "- x", "? x", ": x", "# x", "a: b: c", "x # y", "[a, b", "'a' b", "\\"),
    *("!!", "&"),
    *('"\\ud800"', '"\\x00"', '"\\x1b"', '"\\u202e"', '"\\q"', '"\\U00110000"', "\x00", "\x01"),
    *("\x7f",),
    *("\x85", "\u2028", "\ufeff", "\ufffe", "\U0001f600", "é", "\t", "\t x", "|\n\n  x", ">9\n x"),
)
LINES = (
    *("---", "...", "--- x", "%YAML 1.1", "%YAML 9.9", "%TAG ! tag:x,2020:", "<<: *a"),
    *("<<: {seed: 1}",),
    *("__use_yte__: true", "? x", ": x", "- x", "x", "x:", "x: &a [1]", "y: *a", "\tx: 1"),
    *(" x: 1", "#"),
    *("seed: 1", "seed: 1\nseed: 2", "null: 1\n~: 2", "? [a]\n: 1", "'': 1", "1: 1"),
    *("x: |\n  y\n z", "}"),
)


def _odd_value(draw: Random, text: str) -> str:
    """Put another text where a value stands."""
    lines = text.split("\n")
    with_value = [number for number, line in enumerate(lines) if ": " in line]
    if not with_value:
        return text + draw.choice(ODDITIES)
    number = draw.choice(with_value)
    lines[number] = lines[number].split(": ")[0] + ": " + draw.choice(ODDITIES)
    return "\n".join(lines)


def _odd_line(draw: Random, text: str) -> str:
    lines = text.split("\n")
    number = draw.randint(0, len(lines))
    before = lines[min(number, len(lines) - 1)]
    indent = " " * draw.choice((0, len(before) - len(before.lstrip())))
    new = draw.choice(LINES).replace("\n", f"\n{indent}")
    return "\n".join([*lines[:number], indent + new, *lines[number:]])


def _lines_moved(draw: Random, text: str) -> str:
    lines = text.split("\n")
    number = draw.randrange(len(lines))
    line = lines[number]
    new = ([], [line, line], [f" {line}"], [line[1:]], [f"\t{line}"], [line[: len(line) // 2]])
    lines[number : number + 1] = draw.choice(new)
    return "\n".join(lines)


def _characters_changed(draw: Random, text: str) -> str:
    place = draw.randint(0, len(text))
    new = draw.choice((*"{}[]:,&*#?|-<>=!%@`'\" \t\n\x00\x1b\u2028é", "", "\r\n"))
    return text[:place] + new + text[place + draw.choice((0, 1, 1, 20)) :]


def _anchored(draw: Random, text: str) -> str:
    """Turn a value into an anchor, and another into its alias."""
    lines = text.split("\n")
    with_colon = [number for number, line in enumerate(lines) if ":" in line]
    if len(with_colon) < 2:
        return text
    first, second = sorted(draw.sample(with_colon, 2))
    name, _, value = lines[first].partition(":")
    lines[first] = f"{name}: &a{value}"
    lines[second] = lines[second].split(":")[0] + draw.choice((": *a", ": [*a, *a]", ": {<<: *a}"))
    return "\n".join(lines)


def _cut(draw: Random, text: str) -> str:
    return text[: draw.randint(0, len(text))]


_REWRITINGS: tuple[Callable[[Random, str], str], ...] = (
    *(_odd_value, _odd_value, _odd_line, _lines_moved, _characters_changed, _anchored, _cut),
)
_ENCODINGS: tuple[Callable[[Random, bytes, str], bytes], ...] = (
    lambda draw, content, text: text.encode("utf-16", "surrogatepass"),
    lambda draw, content, text: text.encode("utf-32", "surrogatepass"),
    lambda draw, content, text: text.encode("latin-1", "replace"),
    lambda draw, content, text: b"\xef\xbb\xbf" + content,
    lambda draw, content, text: content.replace(b"\n", b"\r\n"),
    lambda draw, content, text: content.replace(b"\n", b"\r"),
    lambda draw, content, text: draw.randbytes(draw.randint(0, 300)),
    lambda draw, content, text: b"",
)

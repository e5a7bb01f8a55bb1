"""From a YAML file to keys, without running or unfolding anything that stands in it."""

from pathlib import Path
from typing import Any

import yaml

from neuro_attn.configuration.parsing import parse
from neuro_attn.configuration.settings import Configuration
from neuro_attn.errors import InputError

TEMPLATE_KEY = "__use_yte__"
"""The key that makes Snakemake run a configuration as a template, with Python in it."""
_MAX_BYTES = 1_000_000
_MAX_VALUES = 100_000
"""Keys and values of a configuration, with those counted again that YAML's anchors repeat."""


def load(path: str | Path) -> Configuration:
    """Read and check a configuration file.

    Raises
    ------
    InputError
        If the file is missing, is no YAML or breaks the configuration's rules.
    """
    return parse(read_keys(path), str(path))


def read_keys(path: str | Path) -> Any:
    """Return what a YAML file holds; nothing in it is executed.

    Raises
    ------
    InputError
        If the file is missing, or as in `keys_of`.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(str(path), "no such configuration file.")
    if (size := path.stat().st_size) > _MAX_BYTES:
        raise InputError(
            str(path), f"has {size:,} bytes.", f"A configuration has at most {_MAX_BYTES:,}."
        )
    try:
        return keys_of(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise InputError(
            str(path), f"is not YAML: byte {byte:#x} at {error.start} is not UTF-8."
        ) from None


def keys_of(content: str, where: str) -> Any:
    """Return what a YAML text holds; nothing in it is executed.

    Raises
    ------
    InputError
        If it is no YAML, gives a key twice, is a template, or unfolds to too much.
    """
    try:
        keys = yaml.load(content, Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" in line {mark.line + 1}" if mark is not None else ""
        said = getattr(error, "problem", None) or str(error) or type(error).__name__
        raise InputError(
            where,
            f"is not YAML: {said.splitlines()[0][:200]}{line}.",
            "Indent with spaces; quote text that holds : or #.",
        ) from None
    if isinstance(keys, dict) and TEMPLATE_KEY in keys:
        raise InputError(
            where,
            f"the key {TEMPLATE_KEY} makes a template of the file, which would run code.",
            "Write the values out.",
        )
    if _values(keys) > _MAX_VALUES:
        raise InputError(
            where,
            f"its anchors unfold to more than {_MAX_VALUES:,} values.",
            "Write the values out.",
        )
    return keys


class _Loader(yaml.SafeLoader):
    """Plain values only, and no key twice: the first one would be lost without a word."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and (key.tag, key.value) in seen:
                raise yaml.composer.ComposerError(
                    None, None, f"the key {key.value!r} is there twice", key.start_mark
                )
            seen.add((key.tag, str(key.value)))
        return node

    def flatten_mapping(self, node: Any) -> None:
        super().flatten_mapping(node)
        if len(node.value) > _MAX_VALUES:
            raise yaml.constructor.ConstructorError(
                None, None, "merges of too many keys", node.start_mark
            )


def _values(keys: Any) -> float:
    """Return how many keys and values there are; infinitely many where a value holds itself."""
    known: dict[int, float] = {}

    def count(value: Any) -> float:
        if not isinstance(value, (dict, list, tuple, set)):
            return 1
        if id(value) not in known:
            known[id(value)] = float("inf")
            parts = value.values() if isinstance(value, dict) else value
            known[id(value)] = 1 + len(value) + sum(map(count, parts))
        return known[id(value)]

    try:
        return count(keys)
    except RecursionError:
        return float("inf")

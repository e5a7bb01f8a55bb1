"""Reading of YAML files, without executing tags or expanding anchors."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from neuro_attn.configuration.parsing import parse
from neuro_attn.configuration.positions import Positions
from neuro_attn.configuration.settings import Configuration
from neuro_attn.configuration.syntax import Refused, fault
from neuro_attn.errors import InputError, did_you_mean_file

TEMPLATE_KEY = "__use_yte__"
"""The key that makes Snakemake execute a configuration as a template with Python code."""
_MAX_BYTES = 1_000_000
_MAX_VALUES = 100_000
"""Maximum number of keys and values, including those that YAML anchors repeat."""
_DEEPEST = 50
"""Maximum depth of keys and lists."""
_LONGEST_NUMBER = 100
"""Maximum length of a number in characters. Python's time grows with its square."""
_NO_CHARACTER = re.compile("[\0\ud800-\udfff\ufeff]")
"""Characters that file names cannot contain, and the invisible byte order mark."""
_TAG = "tag:yaml.org,2002:"


def load(path: str | Path) -> Configuration:
    """Read and check a configuration file.

    Raises
    ------
    InputError
        If the file is missing, is not YAML or is not a valid configuration.
    """
    keys, positions = read(path)
    return parse(keys, str(path), positions)


def read_keys(path: str | Path) -> Any:
    """Return the contents of a YAML file; nothing in it is executed.

    Raises
    ------
    InputError
        If the file is missing, or as in `keys_of`.
    """
    return read(path)[0]


def read(path: str | Path) -> tuple[Any, Positions]:
    """Return the contents of a YAML file, as `read_keys`, and the line of each key."""
    path = Path(path)
    if path.is_dir():
        found = ", ".join(sorted(file.name for file in path.glob("*.yaml"))[:10])
        raise InputError(
            str(path),
            "is a folder, not a configuration file.",
            f"Configurations in it: {found}." if found else "It contains no .yaml file.",
        )
    if not path.is_file():
        raise InputError(str(path), "the configuration file does not exist.", _like(path))
    if (size := path.stat().st_size) > _MAX_BYTES:
        raise InputError(
            str(path), f"has {size:,} bytes.", f"A configuration has at most {_MAX_BYTES:,}."
        )
    try:
        content = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        byte, line = error.object[error.start], error.object[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path}, line {line}",
            f"is not UTF-8: byte {byte:#x} at {error.start}.",
            "Save the file as plain text (UTF-8).",
        ) from None
    return keys_and_positions(content, str(path))


def keys_of(content: str, where: str) -> Any:
    """Return the contents of a YAML text; nothing in it is executed.

    Raises
    ------
    InputError
        If it is not valid YAML, repeats a key, is a template, or expands to too many values.
    """
    return keys_and_positions(content, where)[0]


def _like(path: Path) -> str:
    """Return a hint that names the probable file, or the existing ones."""
    if hint := did_you_mean_file(path):
        return hint
    if there := ", ".join(str(file) for file in sorted(path.parent.glob("*.y*ml"))[:10]):
        return f"Configurations in its folder: {there}."
    return "neuro-attn init writes a configuration for your files."


def keys_and_positions(content: str, where: str) -> tuple[Any, Positions]:
    """Return the contents of a YAML text, as `keys_of`, and the line of each key."""
    try:
        loader = _Loader(content)
        root = loader.get_single_node()
        keys = None if root is None else loader.construct_document(root)
    except (yaml.YAMLError, ValueError, ArithmeticError, RecursionError) as error:
        found = fault(error, content)
        line = f"line {found.line or loader.line + 1}"
        place = ", ".join(filter(None, (where, line, found.key)))
        raise InputError(place, found.problem, found.remedy) from None
    positions = Positions(root)
    if isinstance(keys, dict) and TEMPLATE_KEY in keys:
        raise InputError(
            positions.where(where, [TEMPLATE_KEY]),
            f"the key {TEMPLATE_KEY} makes the file a template, which would execute code.",
            "Write the values out.",
        )
    if _values(keys) > _MAX_VALUES:
        raise InputError(
            where,
            f"its anchors expand to more than {_MAX_VALUES:,} values.",
            "Write the values out.",
        )
    return keys, positions


class _Loader(yaml.SafeLoader):
    """A loader of plain values that refuses ambiguous and excessive YAML.

    Duplicate keys are refused, since YAML would drop the first one. So are names that YAML reads
    as another type, numbers that it reads in another base, tags, and what no configuration needs:
    very deep nesting, very many values and very long numbers, which take time and memory.
    """

    def __init__(self, content: str):
        super().__init__(content)
        self._path: list[str] = []
        self._n_nodes = 0

    def compose_node(self, parent: Any, index: Any) -> yaml.Node:
        event = self.peek_event()
        # A key that is a list or has keys is refused later; as text, its anchors would expand.
        named = index.value if isinstance(index, yaml.ScalarNode) else index
        self._path.append("" if named is None or isinstance(named, yaml.Node) else str(named))
        try:
            self._check(event)
            return super().compose_node(parent, index)
        finally:
            self._path.pop()

    def _check(self, event: Any) -> None:
        """Refuse a node before it is composed."""
        self._n_nodes += 1
        if len(self._path) > _DEEPEST:
            raise Refused(
                f"is nested more than {_DEEPEST} deep.", "Write the values out.", event.start_mark
            )
        if self._n_nodes > _MAX_VALUES:
            raise Refused(
                f"has more than {_MAX_VALUES:,} values.",
                "Use patterns and expressions instead of lists.",
                event.start_mark,
            )
        if (tag := getattr(event, "tag", None)) is not None:
            raise Refused(
                f"the tag {tag.replace(_TAG, '!!')!r} is not allowed.",
                "Use plain values only; quote text that begins with !.",
                event.start_mark,
                self._key(),
            )

    def compose_scalar_node(self, anchor: Any) -> yaml.ScalarNode:
        node = super().compose_scalar_node(anchor)
        if wrong := _NO_CHARACTER.search(node.value):
            raise Refused(
                f"contains the character U+{ord(wrong[0]):04X}.",
                "Remove this character.",
                node.start_mark,
                self._key(),
            )
        if node.tag not in _NUMBERS:
            return node
        if len(node.value) > _LONGEST_NUMBER:
            raise Refused(
                f"is a number of {len(node.value):,} characters ({node.value[:20]}...).",
                f"Give at most {_LONGEST_NUMBER}, or quote it if it is text.",
                node.start_mark,
                self._key(),
            )
        if re.search(r":|^[-+]?0\d", node.value.replace("_", "")):
            read = self.construct_object(node)
            raise Refused(
                f"YAML reads {node.value} as the number {read:g}.",
                f'Write {read:g}, or quote it if it is text: "{node.value}".',
                node.start_mark,
                self._key(),
            )
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise Refused(
                    "a key is a list or has keys itself.",
                    "Quote text that begins with a bracket.",
                    key.start_mark,
                    self._key(),
                )
            if read_as := _TAKEN_FOR.get(key.tag):
                raise Refused(
                    f"YAML reads {read_as.format(key.value)}.",
                    f'Quote names: "{key.value}": ...',
                    key.start_mark,
                    self._key(),
                )
            # All spellings of null, such as ~, are the same name: see `parsing`.
            name = (f"{_TAG}str", "null") if key.tag == f"{_TAG}null" else (key.tag, key.value)
            if (line := seen.get(name)) is not None:
                spelled = "" if key.value == name[1] else f" (written {key.value!r})"
                raise Refused(
                    f"the key {name[1]!r}{spelled} occurs twice, first on line {line}.",
                    "Remove one.",
                    key.start_mark,
                    self._key(),
                )
            seen[name] = key.start_mark.line + 1
        return node

    def _key(self) -> str:
        return ".".join(filter(None, self._path))

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, ArithmeticError):
            raise Refused(
                f"{node.value} is not a valid number or date.",
                f'Quote it if it is text: "{node.value}".',
                node.start_mark,
            ) from None

    def flatten_mapping(self, node: Any) -> None:
        # Merging follows anchors into anchors, through mappings that are not composed again.
        merged = [value for key, value in node.value if key.tag == f"{_TAG}merge"]
        for value in merged:
            parts = value.value if isinstance(value, yaml.SequenceNode) else [value]
            if not all(isinstance(part, yaml.MappingNode) for part in parts):
                raise Refused(
                    "<< is followed by something other than an anchor with keys.",
                    "Write the keys out.",
                    value.start_mark,
                )
        super().flatten_mapping(node)
        if len(node.value) > _MAX_VALUES:
            raise Refused("merges too many keys.", "Write the values out.", node.start_mark)


_NUMBERS = (f"{_TAG}int", f"{_TAG}float")
_TAKEN_FOR = {
    f"{_TAG}bool": "yes/no as true/false",
    f"{_TAG}int": "the name {} as a number",
    f"{_TAG}float": "the name {} as a number",
    f"{_TAG}timestamp": "the name {} as a date",
}
"""How YAML interprets an unquoted key, by its tag."""


def _values(keys: Any) -> float:
    """Return the number of keys and values; infinity if a value contains itself."""
    known: dict[int, float] = {}

    def count(value: Any) -> float:
        if not isinstance(value, (dict, list, tuple, set)):
            return 1
        if id(value) not in known:
            known[id(value)] = float("inf")
            parts: Sequence[Any] | Any = value.values() if isinstance(value, dict) else value
            known[id(value)] = 1 + len(value) + sum(map(count, parts))
        return known[id(value)]

    try:
        return count(keys)
    except RecursionError:
        return float("inf")

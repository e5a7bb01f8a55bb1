"""Lines of the keys of a configuration in its file."""

import re
from collections.abc import Sequence

import yaml

_SHARED = ("decoding.", "inference.")
"""Keys of the top level that data sets inherit."""


class Positions:
    """The lines of a YAML file's keys, and their values as written.

    Keys are looked up one at a time, so repeated anchors are not expanded.

    Parameters
    ----------
    root : yaml.Node, optional
        The file's composed tree; without it, no key is found.
    """

    def __init__(self, root: yaml.Node | None = None):
        self._root = root

    def line(self, path: Sequence[str]) -> int | None:
        """Return the line (from 1) of a key or an item of a list, or of the last one above it."""
        line, here = None, self._root
        for part in path:
            if (found := _child(here, part)) is None:
                break
            at, here = found
            line = at.start_mark.line + 1
        return line

    def written(self, path: Sequence[str]) -> str | None:
        """Return an unquoted value as written in the file; otherwise None."""
        here = self._root
        for part in path:
            if (found := _child(here, part)) is None:
                return None
            here = found[1]
        plain = isinstance(here, yaml.ScalarNode) and here.style is None
        return str(here.value) if plain and here is not None else None

    def where(self, file: str, path: Sequence[str]) -> str:
        """Return a file with the line of a key, and the data set that it is inherited from."""
        line = self.line(path)
        if line is None:
            return file
        return f"{file}, line {line}{self._inherited('.'.join(path), line)}"

    def located(self, message: str, file: str) -> str:
        """Return a message that begins with keys, preceded by the file and their line.

        Parameters
        ----------
        message : str
            As ``datasets.mine.tasks.visual.align: ...``; or ``a.nwb, tasks.visual.align: ...``,
            where the line follows in brackets if only one data set has such a key. A key of
            ``decoding`` or ``inference`` that a data set has from the top level is named there. A
            key from another data set (``<<: *other``) is marked as inherited from it.
        file : str
            The configuration's file.
        """
        message = self._shared(message)
        if (line := self._line_of_text(message, self._root)) is not None:
            return f"{file}, line {line}{self._inherited(message, line)}, {message}"
        for found in re.finditer(r", (?=(?:tasks|label|regions|units)[.:])", message):
            inner = message[found.end() :]
            found_in = [
                self._line_of_text(inner, dataset, whole=True) for _, dataset in self._datasets()
            ]
            lines = [line for line in found_in if line is not None]
            end = found.end() + len(inner.partition(":")[0])
            if len(lines) == 1:
                return f"{message[:end]} ({file}, line {lines[0]}){message[end:]}"
        return message

    def _inherited(self, message: str, line: int) -> str:
        """Return a remark if a message is about a data set and its line is in another data set."""
        about = message.removeprefix("datasets.")
        if not any(_begins(about, key) for key, _ in self._datasets()):
            return ""
        above = [each for each in self._datasets() if each[0].start_mark.line < line]
        if not above or _begins(about, above[-1][0]):
            return ""
        key, end = above[-1][0], above[-1][1].end_mark
        # A block ends where the next one begins, braces end behind the last.
        is_inside = line <= end.line + (end.column > 0)
        return f" (inherited from data set {key.value!r})" if is_inside else ""

    def _datasets(self) -> list[tuple[yaml.Node, yaml.Node]]:
        """Return the names of data sets and their keys."""
        found = _child(self._root, "datasets")
        if found is None or not isinstance(found[1], yaml.MappingNode):
            return []
        return found[1].value

    def _shared(self, message: str) -> str:
        """Return a message with a data set's key replaced by that of the top level that decides."""
        for key, dataset in self._datasets():
            own = message.removeprefix(f"datasets.{getattr(key, 'value', '')}.")
            if own == message or not own.startswith(_SHARED):
                continue
            line = self._line_of_text(own, self._root, whole=True)
            if line is not None and self._line_of_text(own, dataset, whole=True) is None:
                return own
        return message

    def _line_of_text(self, text: str, here: yaml.Node | None, whole: bool = False) -> int | None:
        """Return the line of the last key of those that a text begins with, joined by dots."""
        line = None
        while isinstance(here, yaml.MappingNode):
            # Merged keys come first: keys of the mapping itself take precedence.
            fits = [(key, value) for key, value in reversed(here.value) if _begins(text, key)]
            if not fits:
                break
            key, here = max(fits, key=lambda each: len(each[0].value))
            line, text = key.start_mark.line + 1, text[len(key.value) :]
            if not text.startswith("."):
                return line
            text = text[1:]
        return None if whole else line


def _begins(text: str, key: yaml.Node) -> bool:
    """Return whether a text begins with a key, and not with a longer name."""
    return (
        isinstance(key, yaml.ScalarNode)
        and text.startswith(key.value)
        and text[len(key.value) : len(key.value) + 1] in ("", ".", ",", ":")
    )


def _child(node: yaml.Node | None, part: str) -> tuple[yaml.Node, yaml.Node] | None:
    """Return a key and its value, or an item of a list twice."""
    if isinstance(node, yaml.MappingNode):
        # Merged keys come first, so the keys of the mapping itself take precedence.
        for key, value in reversed(node.value):
            if isinstance(key, yaml.ScalarNode) and key.value == part:
                return key, value
    if isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
        return node.value[int(part)], node.value[int(part)]
    return None

"""Configurations that come with the workflow: the default run, and others to copy and change."""

import re
import textwrap
from pathlib import Path

from neuro_attn import locations
from neuro_attn.errors import InputError, did_you_mean

DEFAULT = "config/config.yaml"
"""The configuration of a run for which none is given."""
_SCHEMA = re.compile(r"# yaml-language-server:.*\n#\n")
"""First lines of a configuration with the schema for editors beside it."""
_SENTENCE = re.compile(r".+?\.(?= |$)")
_WIDTH = 92


def default_config() -> str:
    """Return the default configuration: that of the current folder, or else of the package."""
    if Path(DEFAULT).exists() or locations.is_project(Path()):
        return DEFAULT
    return str(locations.PROJECT / DEFAULT)


def listed() -> str:
    """Return all examples as text: the name of each, and the first sentence of its comment."""
    files = _files()
    indent = max(map(len, files)) + 2
    lines = (f"{name:{indent}}{_title(path)}" for name, path in files.items())
    return "".join(
        f"{textwrap.fill(line, _WIDTH, subsequent_indent=' ' * indent)}\n" for line in lines
    )


def text_of(name: str) -> str:
    """Return an example as it would be written to a folder of one's own.

    Raises
    ------
    InputError
        If there is no example of this name.
    """
    files = _files()
    if name not in files:
        raise InputError(
            f"neuro-attn examples {name}",
            "is not an example.",
            did_you_mean(name, files) or f"Examples: {', '.join(files)}.",
        )
    return _SCHEMA.sub("", files[name].read_text(encoding="utf-8"), count=1)


def _files() -> dict[str, Path]:
    """Return the files of all examples by name, the default run first."""
    default = locations.PROJECT / DEFAULT
    others = sorted(path for path in default.parent.glob("*.yaml") if path != default)
    return {"default": default, **{path.stem: path for path in others}}


def _title(path: Path) -> str:
    comment = _SCHEMA.sub("", path.read_text(encoding="utf-8"), count=1)
    lines = [line.removeprefix("#").strip() for line in comment.splitlines()]
    paragraph = " ".join(lines[: lines.index("")])
    sentence = _SENTENCE.match(paragraph)
    return sentence[0] if sentence else paragraph

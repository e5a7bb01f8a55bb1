"""Decoders: what each module of `decoding/decoders/` states, read without importing it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, create_model

from neuro_attn.configuration.labels import CLASSES, LabelKind, among_kinds
from neuro_attn.configuration.types import (
    Count,
    Flag,
    Fraction,
    Positive,
    Settings,
    is_among,
    schema_of_names,
)
from neuro_attn.discovery import modules, stated

_KINDS: dict[str, Any] = {
    "positive": Positive,
    "candidates": Positive | Annotated[list[Positive], Field(min_length=1)],
    "fraction": Fraction,
    "count": Count,
    "flag": Flag,
}
"""Types of the settings of decoders. Of several candidates, training trials select one."""


@dataclass(frozen=True)
class Decoder:
    """A linear decoder: the constants of its module.

    Parameters
    ----------
    name : str
        Name of the module, and value of the key in the configuration.
    label : str
        Its name in captions, with its settings in braces (``LABEL``).
    method : str
        A sentence on how it is fitted, with its source (``METHOD``).
    method_of_classes : str
        A further one that concerns classes alone (``METHOD_OF_CLASSES``, if there is one).
    settings : dict of str to tuple
        The keys of `decoding` that only such decoders use, each with its kind (a name in `_KINDS`),
        default and description (``SETTINGS``, if it has any).
    label_kinds : tuple of str
        The kinds of labels that it decodes (``LABEL_KINDS``); by default classes.
    needs : tuple of str
        What else a fit to classes takes (``NEEDS``, if anything); see `decoding.decoders`.
    module : Path
        Its file.
    """

    name: str
    label: str
    method: str
    method_of_classes: str
    settings: dict[str, tuple[str, Any, str]]
    label_kinds: tuple[LabelKind, ...]
    needs: tuple[str, ...]
    module: Path

    @property
    def needs_counts(self) -> bool:
        """Whether rates must be spike counts in bins of known width."""
        return "widths" in self.needs

    def described(self, values: dict[str, Any]) -> str:
        """Return the name of the decoder with the values of its settings, for captions."""
        return self.label.format(**{name: _written(value) for name, value in values.items()})


def specified(module: Path) -> Decoder:
    """Return the decoder of a module.

    Raises
    ------
    ValueError
        If the module lacks a constant that every decoder must define.
    """
    found = stated(module, {"LABEL": str, "METHOD": str})
    settings = found.get("SETTINGS", {})
    for name, setting in settings.items():
        if not (isinstance(setting, tuple) and len(setting) == 3 and setting[0] in _KINDS):
            raise ValueError(
                f"{module}: setting {name} needs a kind ({', '.join(_KINDS)}), a default and a "
                "description"
            )
    kinds = among_kinds(module, found.get("LABEL_KINDS", (CLASSES,)))
    needs = found.get("NEEDS", ())
    words = found["LABEL"], found["METHOD"], found.get("METHOD_OF_CLASSES", "")
    return Decoder(module.stem, *words, settings, kinds, needs, module)


def _written(value: Any) -> str:
    if isinstance(value, list):
        return f"{', '.join(map(_written, value))}, selected on training trials"
    return f"{value:g}" if isinstance(value, float) else str(value)


DECODERS = {
    name: specified(path)
    for name, path in modules(Path(__file__).parents[1] / "decoding" / "decoders").items()
}
"""All decoders, by name."""


DecoderName = Annotated[
    str,
    is_among(DECODERS, "decoder"),
    schema_of_names({name: decoder.method for name, decoder in DECODERS.items()}),
]


def _fields() -> dict[str, Any]:
    """Return the settings of all decoders as fields of a model; decoders may share one."""
    settings: dict[str, tuple] = {}
    used_by: dict[str, list[str]] = {}
    for name, decoder in DECODERS.items():
        for key, setting in decoder.settings.items():
            if settings.setdefault(key, setting) != setting:
                raise ValueError(f"{decoder.module}: another decoder has another setting {key}")
            used_by.setdefault(key, []).append(name)
    return {
        key: (
            _KINDS[kind],
            Field(default, description=f"{text} (decoder: {' or '.join(used_by[key])})."),
        )
        for key, (kind, default, text) in settings.items()
    }


if TYPE_CHECKING:
    DecoderSettings = Settings
else:
    DecoderSettings = create_model("DecoderSettings", __base__=Settings, **_fields())
    """The settings that only some decoders use."""

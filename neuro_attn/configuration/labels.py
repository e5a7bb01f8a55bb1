"""The decoded variable: classes, or a continuous trial column."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import Discriminator, Field, Tag

from neuro_attn.configuration.types import Expression, Name, Settings

ContinuousKind = Literal["circular", "linear"]
LabelKind = Literal["classes", "circular", "linear"]
CLASSES: LabelKind = "classes"
KINDS: tuple[LabelKind, ...] = get_args(LabelKind)
CONTINUOUS: tuple[LabelKind, ...] = get_args(ContinuousKind)


class ContinuousLabel(Settings):
    """A trial column that is decoded by regression."""

    column: Name
    """Trial column with a number on each trial; circular: an angle in rad."""
    kind: ContinuousKind
    """An angle, which repeats after one turn (circular), or any other quantity (linear)."""


# Paths of errors contain tags, so no key can have one of these names.
_COLUMN, _CLASSES, _CONTINUOUS = "a column", "expressions of classes", "a continuous column"


def _form(label: Any) -> str:
    """Return the form of a label; "column" and "kind" together are no classes."""
    if isinstance(label, ContinuousLabel):
        return _CONTINUOUS
    if not isinstance(label, Mapping):
        return _COLUMN
    is_continuous = "kind" in label and (
        "column" in label or label["kind"] in get_args(ContinuousKind)
    )
    return _CONTINUOUS if is_continuous else _CLASSES


def _any_of(schema: dict[str, Any]) -> None:
    # An editor would refuse what fits two forms: the keys of a column could name classes.
    schema["anyOf"] = schema.pop("oneOf")


Label = Annotated[
    Annotated[Name, Tag(_COLUMN)]
    | Annotated[dict[Name, Expression], Field(min_length=2), Tag(_CLASSES)]
    | Annotated[ContinuousLabel, Tag(_CONTINUOUS)],
    Discriminator(_form),
    Field(json_schema_extra=_any_of),
]
"""A trial column of classes, an expression for each class, or a continuous column."""


def kind_of(label: Any) -> LabelKind:
    """Return the kind of a label, as given in a configuration or validated."""
    if isinstance(label, ContinuousLabel):
        return label.kind
    kind = label.get("kind") if isinstance(label, Mapping) and _form(label) == _CONTINUOUS else ""
    return kind if kind in CONTINUOUS else CLASSES


def among_kinds(module: Any, given: Iterable[str]) -> tuple[LabelKind, ...]:
    """Return the kinds of labels that a module states to be for, in their order.

    Raises
    ------
    ValueError
        If it states none, or another name.
    """
    stated = set(given)
    if not stated or not stated <= set(KINDS):
        raise ValueError(f"{module}: LABEL_KINDS must contain some of {', '.join(KINDS)}")
    return tuple(kind for kind in KINDS if kind in stated)

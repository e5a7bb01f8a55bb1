"""What a kind of label requires of other keys."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from neuro_attn.configuration.decoders import DECODERS, DecoderSettings
from neuro_attn.configuration.labels import CLASSES, LabelKind, kind_of
from neuro_attn.configuration.null_models import NULL_MODELS
from neuro_attn.configuration.scores import SCORES
from neuro_attn.configuration.types import AtKeyError

if TYPE_CHECKING:
    from neuro_attn.configuration.analysis import Analysis

DEFAULTS: dict[LabelKind, dict[str, str]] = {
    "circular": {"decoder": "ridge", "score": "circular_error"},
    "linear": {"decoder": "ridge", "score": "r2"},
}
"""Decoder and score of continuous labels, where the configuration names none."""
_CHOICES: dict[str, Mapping[str, Any]] = {"decoder": DECODERS, "score": SCORES}
OF_CLASSES = (
    "colors",
    "confounds",
    "balance",
    "reference_tasks",
    "single_units",
    "resampled_decoding",
)
"""Keys of analyses that compare classes."""


def shared_decoding(decoding: Mapping[str, Any], label: Any) -> dict[str, Any]:
    """Return the top-level `decoding` without what is for another kind of label.

    Data sets with classes and with continuous labels can then be in one configuration.

    Parameters
    ----------
    decoding : mapping
        The keys at the top level.
    label : object
        The label of a data set, as given.
    """
    kind = kind_of(label)
    others = {
        key
        for key, choices in _CHOICES.items()
        if decoding.get(key) in list(choices) and kind not in choices[decoding[key]].label_kinds
    }
    of_kind = [each for each in DECODERS.values() if kind in each.label_kinds]
    others |= set(DecoderSettings.model_fields) - {key for each in of_kind for key in each.settings}
    return {key: value for key, value in decoding.items() if key not in others}


def with_decoder_of_label(keys: Any) -> Any:
    """Return the keys of a data set with the defaults of a continuous label below its own."""
    kind = kind_of(keys.get("label")) if isinstance(keys, Mapping) else CLASSES
    if kind not in DEFAULTS:
        return keys
    defaults, decoding = DEFAULTS[kind], keys.get("decoding", {})
    if not isinstance(decoding, Mapping):
        return keys
    return {**keys, "decoding": {**defaults, **decoding}}


def check_label(analysis: "Analysis") -> None:
    """Raise `AtKeyError` if another key does not fit the kind of the label."""
    kind, decoding = analysis.label_kind, analysis.decoding
    needs = "a label of classes" if kind == CLASSES else f"a label of kind {kind}"
    for key, choices in _CHOICES.items():
        given = getattr(decoding, key)
        fitting = [name for name, each in choices.items() if kind in each.label_kinds]
        if given not in fitting:
            raise AtKeyError(
                "decoding",
                key,
                message=f"{given} is not for {needs}; give {' or '.join(fitting)}, or remove the "
                "key",
            )
    if kind == CLASSES:
        return
    for key in OF_CLASSES:
        if getattr(analysis, key):
            raise AtKeyError(
                key, message=f"needs a label of classes (given: kind {kind}); remove the key"
            )
    if decoding.population == "pseudopopulation":
        raise AtKeyError(
            "decoding",
            "population",
            message="pseudopopulation combines trials of a class, and the label has none; give "
            "simultaneous, or an expression for each class of label",
        )
    if decoding.pseudotrials != "auto":
        raise AtKeyError(
            "decoding",
            "pseudotrials",
            message="combines trials of a class, and the label has none (given: "
            f"{decoding.pseudotrials}); remove the key",
        )
    if decoding.splits == "blocks" and decoding.block is None:
        raise AtKeyError(
            "decoding",
            "block",
            message="splits: blocks needs a trial column here, because a continuous label has no "
            "runs",
        )
    able = [null.name for null in NULL_MODELS.values() if null.permutes_trials]
    if analysis.inference.null_model not in able:
        raise AtKeyError(
            "inference",
            "null_model",
            message=f"{analysis.inference.null_model} needs a label of classes (given: kind "
            f"{kind}); give {' or '.join(able)}",
        )

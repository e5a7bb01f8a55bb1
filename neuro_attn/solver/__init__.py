"""Batched logistic regression: ridge-penalised fits for many times and label sets at once.

A scikit-learn estimator that imports nothing else of this package.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from neuro_attn.solver.standardization import constant_units, standardize, unstandardized

if TYPE_CHECKING:
    from neuro_attn.solver.cross_validation import cross_validated_accuracy
    from neuro_attn.solver.estimator import LogisticDecoder

__all__ = [
    "LogisticDecoder",
    "constant_units",
    "cross_validated_accuracy",
    "standardize",
    "unstandardized",
]

_WITH_SCIKIT_LEARN = {
    "LogisticDecoder": "neuro_attn.solver.estimator",
    "cross_validated_accuracy": "neuro_attn.solver.cross_validation",
}
"""Names whose modules are imported when they are used: scikit-learn takes a second, which the fits
themselves do not need."""


def __getattr__(name: str) -> Any:
    if name in _WITH_SCIKIT_LEARN:
        return getattr(import_module(_WITH_SCIKIT_LEARN[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Batched decoders: ridge-penalised fits for many times and label sets at once.

`LogisticDecoder` is a scikit-learn estimator of classes, `cross_validated_accuracy` decodes
thousands of label sets, and `fit_tuned` fits arrays of many data sets. `CircularRidge` decodes
angles, and `cross_validated_circular_error` does so for thousands of permutations. The room imports
nothing else of this package; README.md beside this file describes the algorithm and its cost.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from neuro_attn.solver.batched_fit import FitSettings, Solution
from neuro_attn.solver.penalty_tuning import fit_tuned
from neuro_attn.solver.standardization import constant_units, standardize, unstandardized

if TYPE_CHECKING:
    from neuro_attn.solver.circular_ridge import CircularRidge, cross_validated_circular_error
    from neuro_attn.solver.cross_validation import cross_validated_accuracy
    from neuro_attn.solver.estimator import LogisticDecoder

__all__ = [
    "CircularRidge",
    "FitSettings",
    "LogisticDecoder",
    "Solution",
    "constant_units",
    "cross_validated_accuracy",
    "cross_validated_circular_error",
    "fit_tuned",
    "standardize",
    "unstandardized",
]

_WITH_SCIKIT_LEARN = {
    "CircularRidge": "neuro_attn.solver.circular_ridge",
    "cross_validated_circular_error": "neuro_attn.solver.circular_ridge",
    "LogisticDecoder": "neuro_attn.solver.estimator",
    "cross_validated_accuracy": "neuro_attn.solver.cross_validation",
}
"""Names whose modules are imported at their first use: they need scikit-learn, which takes a second
to import, and fits do not."""


def __getattr__(name: str) -> Any:
    if name in _WITH_SCIKIT_LEARN:
        return getattr(import_module(_WITH_SCIKIT_LEARN[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Batched logistic regression: ridge-penalised fits for many times and label sets at once.

A scikit-learn estimator that imports nothing else of this package.
"""

from neuro_attn.solver.cross_validation import cross_validated_accuracy
from neuro_attn.solver.estimator import LogisticDecoder
from neuro_attn.solver.standardization import constant_units, standardize, unstandardized

__all__ = [
    "LogisticDecoder",
    "constant_units",
    "cross_validated_accuracy",
    "standardize",
    "unstandardized",
]

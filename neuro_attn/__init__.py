"""Do working memory and attention share a code? Cross-task decoding of brains and networks."""

from typing import Any

__version__ = "0.1.0"
__all__ = ["CrossTask", "CrossTaskPrediction", "cross_task", "predict_across_tasks"]


def __getattr__(name: str) -> Any:
    """Import what is offered to notebooks when it is used: jobs import this package often."""
    if name in __all__:
        from importlib import import_module

        return getattr(import_module("neuro_attn.arrays"), name)
    raise AttributeError(f"module 'neuro_attn' has no attribute {name!r}")

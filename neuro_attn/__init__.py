"""Do working memory and attention share a code? Cross-task decoding of brains and networks."""

from neuro_attn.discovery import on_demand

__version__ = "0.1.0"
__all__ = ["CrossTask", "cross_task"]

# Jobs import this package often, and need what is offered to notebooks never.
__getattr__ = on_demand("neuro_attn.arrays", "CrossTask", "cross_task")

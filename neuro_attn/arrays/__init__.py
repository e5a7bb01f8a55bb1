"""The analysis of the workflow, for arrays in memory: `cross_task`."""

from neuro_attn.arrays.analysis import cross_task
from neuro_attn.arrays.tables import CrossTask

__all__ = ["CrossTask", "cross_task"]

"""The analysis of the workflow, for arrays in memory: `cross_task`, `predict_across_tasks`."""

from neuro_attn.arrays.analysis import cross_task
from neuro_attn.arrays.prediction import CrossTaskPrediction, predict_across_tasks
from neuro_attn.arrays.tables import CrossTask

__all__ = ["CrossTask", "CrossTaskPrediction", "cross_task", "predict_across_tasks"]

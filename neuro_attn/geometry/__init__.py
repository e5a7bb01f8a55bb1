"""How codes lie in the space of units: coding axes of tasks, planes of colours."""

from neuro_attn.geometry.measures import COLUMNS, measure

__all__ = ["COLUMNS", "measure"]

"""How codes lie in the space of units: coding axes of tasks, subspaces of colours, abstraction."""

from neuro_attn.geometry.measures import COLUMNS, Geometry, measure

__all__ = ["COLUMNS", "Geometry", "measure"]

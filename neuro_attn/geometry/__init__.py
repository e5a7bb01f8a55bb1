"""How codes lie in the space of units: coding axes of tasks, subspaces of colours, abstraction."""

from neuro_attn.geometry.measures import COLUMNS, Geometry, measure
from neuro_attn.geometry.planes import plane_angle_cosine, variance_fractions

__all__ = ["COLUMNS", "Geometry", "measure", "plane_angle_cosine", "variance_fractions"]

"""Geometry of population codes: coding axes of tasks, colour subspaces and abstraction."""

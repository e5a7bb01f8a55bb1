"""Benchmarks of this project and of its peers, e.g. `python -m benchmarks.solver`."""

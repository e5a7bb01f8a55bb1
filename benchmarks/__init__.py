"""Peers and this project, measured in one run: `python -m benchmarks.solver` and others."""

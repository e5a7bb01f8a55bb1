"""Peers and this project, measured in one run: `python -m benchmarks.decoding` and others."""

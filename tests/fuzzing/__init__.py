"""Damaged and hostile inputs of every kind, drawn from a seed, and what must hold for each.

`configurations` draws configurations, `files` draws damaged files of every format, and `trial`
sends them through the commands. The suite tries a few hundred; ``python -m benchmarks.fuzz`` tries
as many as wanted, in processes with limits of memory and time.
"""

"""Measures of geometry, one module each, found by their files.

A module states ``MEASURES`` (what each of its measures says, by name), ``OF`` (a "pair" of tasks, a
"task", or a task at two "times") and ``ORDER``, and optionally ``LABELS``, ``OVER_TIME``,
``NEEDS_COLORS`` and ``BOUNDS``: see `neuro_attn.geometry.specification.Measure`. Its function
``estimate(population, place, context)`` returns an `Estimate` for each of its measures, by name,
and raises `UndefinedError` where the population has none.
"""

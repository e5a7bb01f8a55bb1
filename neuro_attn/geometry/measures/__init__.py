"""Measures of geometry: one module per group of measures, discovered by file name.

Each module defines ``MEASURES`` (description of each measure, by name), ``OF`` (a "pair" of tasks,
a "task", or a task at two "times") and ``ORDER``. ``LABELS``, ``OVER_TIME``, ``NEEDS_COLORS`` and
``BOUNDS`` are optional: see `neuro_attn.geometry.specification.Measure`. The function
``estimate(population, place, context)`` returns one `Estimate` per measure, by name, and raises
`UndefinedError` if the measures are not defined in the population.
"""

"""Null models, one module each, found by their files.

A module states ``LABELS`` (name of its labels in captions), ``ASSUMES`` (when the test is exact)
and ``KEEPS_COUNTS`` (whether every label set has the counts of the data). It may state
``PERMUTES_TRIALS``, ``TAKES_GENERATOR`` and ``MIN_SESSIONS``: see
`neuro_attn.configuration.null_models.NullModel`. Its function ``surrogate_labels(population,
study)`` returns a function that draws a label set: from the trials of a session and the number of
the replicate to the class numbers of these trials.
"""

"""Scores of the similarity of a network population and a region; one module a score.

`results.model_scores` finds the modules. Each states ``SCORES`` (names and meanings), ``LABELS``
(for figures) and ``ORDER`` (of the rows), and has a function ``score``. It receives the responses
of a region and of a network (`responses.Drawn`) and returns an array over draws for each name, in
which 1 is the largest possible similarity and NaN means undefined. A module can also have a
function ``ceiling`` with the same arguments. Without it, the ceiling is the score of two disjoint
random halves of the region's own units.
"""

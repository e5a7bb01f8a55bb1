"""Scores of decoders, one module each.

A module has two functions. ``score(decision, truth)`` returns the score of decision values
(replicate, test_bin, row, train_bin, output) against the true classes (row,), for every pair of
bins: (replicate, train_bin, test_bin). It counts trials, so that equal counts give equal scores
to the last bit. ``chance(n_classes)`` returns the expected score of a decoder without information.
"""

"""Linear decoders, one module each, found by their files.

A module states ``LABEL`` (its name in captions, with its settings in braces), ``METHOD`` (a
sentence on how it is fitted) and, if it has any, ``SETTINGS`` (the keys of `decoding` that only
such decoders use: kind, default and description of each). See
`neuro_attn.configuration.decoders.Decoder`. It has two functions:

- ``fit(X, y, n_classes, **settings)`` fits a decoder for every problem and label set, and returns
  their `neuro_attn.decoding.readouts.Readouts`. X (problem, row, unit) has mean 0 over rows and, if
  `decoding.standardize` is set, SD 1; constant units are 0. y (row, label set) contains class
  numbers from 0, and each class is equally frequent. The result of a problem and label set does
  not depend on the other problems, to the last bit, nor on other label sets but for rounding.
- ``seconds(rows, units, outputs)`` estimates the time of a fit, for `check`: rows of training data,
  units, and outputs (1 for two classes, otherwise one for each class).

``fit`` also takes what ``NEEDS`` names: ``copies`` (problem, row), the number of rows of each row's
trial, which is above 1 in resamples; ``rates`` (problem, row, unit), X before it was standardised;
``units``, how it was (`neuro_attn.solver.standardization.Units`); ``widths`` (problem,), the widths
of bins or windows in s, with which rates must be spike counts.

A decoder of continuous labels (``LABEL_KINDS``) predicts, by a third function:
``fit_targets(X, y, copies=copies, **settings)`` takes targets y (row, label set, output). Its
decision values are the predictions, in double precision. ``seconds_of_targets`` estimates the time
of a label set, all of which share their trials.

Decision values of classes are the log odds of the second of two classes, or the logarithms of the
probabilities of the classes up to a constant, because the confidence is computed from them.
"""

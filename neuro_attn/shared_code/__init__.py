"""Whether two tasks share a code: in the units recorded, and in the region they come from.

Two questions are kept apart. `these_units` asks whether the codes of exactly these units overlap;
trials are the sample. `sessions` asks whether the codes of the region overlap; sessions are the
sample. `verdicts` states one conclusion at the highest level that the data support.
"""

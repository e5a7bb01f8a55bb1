"""Tests of whether two tasks share a code, in the recorded units and in their region.

We test two hypotheses. `these_units` tests whether the codes of exactly these units overlap;
trials are the sample. `sessions` tests whether the codes of the region overlap; sessions are the
sample. `verdicts` states one conclusion at the highest level that the data support.
"""

"""Inference: p-values and corrections, intervals, onsets, and the tables that hold them."""

"""Inference: p-values and corrections, intervals, onsets, and their tables."""

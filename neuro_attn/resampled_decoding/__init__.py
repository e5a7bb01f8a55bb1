"""Decoding across tasks from trials that are drawn with replacement for each unit by itself."""

"""The report that a run ends with."""

"""The HTML report, the last output of a run."""

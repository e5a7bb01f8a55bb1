"""Settings of the analysis of behaviour."""

from typing import Annotated

from pydantic import Field

from neuro_attn.configuration.types import Settings

TrialColumn = Annotated[str, Field(min_length=1)]


class BehaviourColumns(Settings):
    """Trial columns of a report of a circular variable, for errors, swaps and guesses."""

    report: TrialColumn
    """Trial column with the reported angle, rad; trials without one are excluded."""
    target: TrialColumn
    """Trial column with the angle to report, rad."""
    non_targets: list[TrialColumn] = []
    """Trial columns with the angles of the other items, rad; empty where a trial has none."""

"""Settings of the analysis of behaviour."""

from typing import Annotated

from pydantic import Field

from neuro_attn.configuration.types import Settings

ColumnName = Annotated[str, Field(min_length=1)]


class BehaviourColumns(Settings):
    """Trial columns of a report on a circle, for errors, swaps and guesses."""

    report: ColumnName
    """Trial column with the reported angle, rad; trials without one are left out."""
    target: ColumnName
    """Trial column with the angle to report, rad."""
    non_targets: list[ColumnName] = []
    """Trial columns with the angles of the other items, rad; empty where a trial has none."""

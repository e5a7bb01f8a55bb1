"""Settings of arrays in MATLAB files."""

from typing import Annotated, ClassVar, Literal

from pydantic import model_validator

from neuro_attn.configuration.recorded import RecordedDataset
from neuro_attn.configuration.types import (
    NUMBER,
    AtKeyError,
    Files,
    Flag,
    Name,
    Positive,
    RegionName,
    Seconds,
)

OWN_COLUMNS = (
    "trial_id",
    "task",
    "label",
    "event_time",
    "unit_id",
    "region",
    "session",
    "rates",
)
"""Names in recordings that are not allowed for axes of conditions."""


class MatlabDataset(RecordedDataset):
    """Arrays of binned activity in MATLAB files (7.3 or older), one session each."""

    TITLE: ClassVar = "MATLAB arrays"
    SPELLINGS: ClassVar = ("mat", "m", "hdf5", "h5")

    source: Literal["matlab"]
    """Format of the recordings."""
    files: Files
    """Files or patterns, relative to `data_folder`."""
    variable: str
    """The array or field, as `data.rates`; each element of an array of structs is a session."""
    axes: list[Name] = ["unit", "condition", "time", "trial"]
    """The array's axes in order: unit, time, trial; any other is a condition, a trial column."""
    levels: dict[Name, str | list[str | Annotated[int, NUMBER] | Annotated[float, NUMBER]]] = {}
    """Values along an axis of conditions, or the variable that contains them; default: 1, 2, ..."""
    values: Literal["rates", "counts", "other"] = "rates"
    """Contents of the array: spikes/s, spikes per sample, or other values, such as z scores."""
    start: Seconds
    """Left edge of the first sample, s from the event."""
    sample: Positive
    """Width of a sample, s."""
    region: RegionName | None = None
    """Region of all units; null: the variable `regions.column` names each unit's."""
    simultaneous: Flag = True
    """Whether a file's units were recorded together; if not, each is a session of its own."""

    @model_validator(mode="after")
    def _axes_are_known(self) -> "MatlabDataset":
        for axis in ("unit", "time", "trial"):
            if self.axes.count(axis) != 1:
                raise AtKeyError(
                    "axes", message=f"must name {axis!r} once (given: {', '.join(self.axes)})"
                )
        factors = self.factors()
        for axis in factors:
            if factors.count(axis) > 1:
                raise AtKeyError(
                    "axes", message=f"{axis!r} occurs twice; give each axis a unique name"
                )
            if axis in OWN_COLUMNS:
                raise AtKeyError(
                    "axes",
                    message=f"an axis of conditions cannot be named {axis!r}: recordings have a "
                    f"{axis} of their own; choose another name, as {axis}_given, in axes, levels "
                    "and expressions",
                )
        if unknown := set(self.levels) - set(factors):
            raise AtKeyError(
                "levels",
                min(unknown),
                message=f"is not an axis of conditions (axes: {', '.join(self.axes)})",
            )
        return self

    def factors(self) -> list[str]:
        """Return the axes of conditions."""
        return [axis for axis in self.axes if axis not in ("unit", "time", "trial")]

"""Settings that select units, by region, and sessions."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from neuro_attn.configuration.types import AtKeyError, Count, RegionName, Settings


class Regions(Settings):
    """Assignment of units to regions."""

    column: str = "location"
    """Column with the region of each unit, in the table of units or (NWB) of electrodes."""
    include: list[RegionName] | None = None
    """Analyse only these regions; one with too few units is then an error."""
    exclude: list[RegionName] = []
    """Exclude these regions, by name; for grouped regions, by the name of the group."""
    map: dict[RegionName, RegionName | list[RegionName]] = {}
    """Groups of regions, by name or pattern (`VIS*`); other regions remain ungrouped."""
    min_units: Count = 1
    """Exclude regions with fewer units (per session; in total for pseudopopulations)."""

    @model_validator(mode="after")
    def _groups_exclude_each_other(self) -> "Regions":
        first: dict[str, str] = {}
        for group, members in self.groups().items():
            for member in members:
                if (other := first.setdefault(member, group)) != group:
                    raise AtKeyError(
                        "map", message=f"{member!r} is in groups {other!r} and {group!r}; keep one"
                    )
        return self

    def groups(self) -> dict[str, list[str]]:
        """Return the names and patterns of each group of `map`."""
        return {k: [v] if isinstance(v, str) else v for k, v in self.map.items()}


class Sessions(Settings):
    """Selection of sessions."""

    include: Annotated[list[str], Field(min_length=1)] | None = None
    """Analyse only these sessions, by name; null: all sessions in the files."""
    exclude: list[str] = []
    """Exclude these sessions, by name; if a session is a file, that file is not read."""
    min_trials: Count = 1
    """Exclude sessions with fewer trials of any task and class; at least `folds` are required."""
    on_error: Literal["stop", "leave_out"] = "stop"
    """If a session cannot be read: stop the run, or leave the session out and report it."""

    def take(self, session: str) -> bool:
        """Return whether a session of this name is analysed."""
        return session not in self.exclude and (self.include is None or session in self.include)

"""Tasks of networks: trial types with epochs, items, a cue and a target, described by the user."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from neuro_attn.configuration.types import (
    NUMBER,
    AtKeyError,
    ColumnName,
    Duration,
    Flag,
    Settings,
)

NETWORK_STEP = 0.1
"""Length of a network's time step, s."""
ITEMS, CUE, CUED, REPORT = "items", "cue", "cued", "report"
"""Words of a task: what is shown (all items, the cue), the target that is cued, and the report."""
_MOST_ITEMS = 6
_TAKEN = (ITEMS, CUE, CUED, "target", "distractor", "cos", "sin")
"""Names that an item cannot have: words of a task, and the beginnings of columns of trials."""
_CHANNELS = (CUE, "rule")
"""Names that a trial type cannot have: the beginnings of names of channels."""


def is_whole_steps(duration: tuple[float, float]) -> tuple[float, float]:
    """Return a duration or window if it consists of whole steps."""
    if any(abs(each / NETWORK_STEP - round(each / NETWORK_STEP)) > 1e-6 for each in duration):
        raise ValueError(f"must be a whole number of steps of {NETWORK_STEP:g} s")
    return duration


def is_seen(duration: tuple[float, float]) -> tuple[float, float]:
    """Return a duration if it lasts at least a step."""
    if duration[0] < NETWORK_STEP:
        raise ValueError(f"must last at least one step of {NETWORK_STEP:g} s")
    return duration


Steps = Annotated[Duration, AfterValidator(is_whole_steps)]
"""Shortest and longest duration in s, in whole steps."""
_Load = Annotated[int, Field(ge=1, le=_MOST_ITEMS), NUMBER]


class TaskEpoch(Settings):
    """An epoch of a trial."""

    name: ColumnName
    """Its name; the last epoch is report."""
    duration: Steps
    """Shortest and longest duration, s, in whole steps of 0.1 s; drawn for each trial."""
    show: tuple[ColumnName, ...] = ()
    """What is on the screen: items (all of them), items by name, and cue."""


class TrialType(Settings):
    """A type of trial."""

    epochs: Annotated[tuple[TaskEpoch, ...], Field(min_length=2)]
    """The epochs, in order; the last is report."""
    set_size: Annotated[tuple[_Load, ...], Field(min_length=1)] | None = None
    """Numbers of items of a trial, in equal numbers of trials; null: all items."""
    target: ColumnName = CUED
    """Item whose colour is reported: cued (drawn for each trial), or the name of an item."""
    rotate: Annotated[float, Field(ge=-180, le=180), NUMBER] = 0.0
    """Angle that is added to the colour of the target, degrees; 180: the opposite colour."""

    @property
    def encoded_steps(self) -> int:
        """Steps of the longest trial before its report."""
        return round(sum(each.duration[1] for each in self.epochs[:-1]) / NETWORK_STEP)

    @property
    def report_steps(self) -> int:
        """Steps of the report."""
        return round(self.epochs[-1].duration[0] / NETWORK_STEP)

    @model_validator(mode="after")
    def _ends_with_a_report(self) -> "TrialType":
        names = [epoch.name for epoch in self.epochs]
        if len(set(names)) < len(names):
            raise AtKeyError("epochs", message=f"an epoch occurs twice ({', '.join(names)})")
        if names[-1] != REPORT:
            raise AtKeyError(
                "epochs", message=f"the last epoch must be report (given: {names[-1]})"
            )
        report, last = self.epochs[-1], str(len(names) - 1)
        if report.show:
            raise AtKeyError(
                "epochs", last, "show", message="nothing can be shown during the report"
            )
        if report.duration[0] != report.duration[1] or self.report_steps < 1:
            raise AtKeyError(
                *("epochs", last, "duration"),
                message="a report has a fixed duration of one step or more: give the same number "
                "twice",
            )
        for number, epoch in enumerate(self.epochs):
            if epoch.show and epoch.duration[0] < NETWORK_STEP:
                raise AtKeyError(
                    *("epochs", str(number), "duration"),
                    message=f"an epoch that shows something must last at least one step of "
                    f"{NETWORK_STEP:g} s",
                )
        return self


class NetworkTask(Settings):
    """A task of your own for networks: items, a cue and a report, in one or more trial types."""

    items: Annotated[tuple[ColumnName, ...], Field(min_length=1, max_length=_MOST_ITEMS)]
    """Names of the items, one for each location, 1 to 6."""
    trials: Annotated[dict[ColumnName, TrialType], Field(min_length=1)]
    """The trial types, by name, in equal numbers of trials."""
    rule_inputs: Flag = False
    """Whether an input for each trial type is on until the report."""

    def __hash__(self) -> int:
        # Settings of networks are static arguments of compiled functions.
        return hash(self.model_dump_json())

    @model_validator(mode="after")
    def _names_fit(self) -> "NetworkTask":
        if taken := [name for name in self.items if name in _TAKEN]:
            raise AtKeyError(
                "items",
                message=f"no item can be called {taken[0]}: {', '.join(_TAKEN)} have a meaning of "
                "their own",
            )
        if len(set(self.items)) < len(self.items):
            raise AtKeyError("items", message=f"an item occurs twice ({', '.join(self.items)})")
        for name, kind in self.trials.items():
            if name in _CHANNELS:
                raise AtKeyError(
                    *("trials", name),
                    message=f"no trial type can be called {' or '.join(_CHANNELS)}, with which "
                    "names of input channels begin",
                )
            self._check(name, kind)
        if len({kind.report_steps for kind in self.trials.values()}) > 1:
            raise AtKeyError(
                "trials", message="the report must have the same duration in all trial types"
            )
        return self

    def _check(self, name: str, kind: TrialType) -> None:
        """Raise `AtKeyError` if a trial type cannot be shown or answered."""
        known = (ITEMS, CUE, *self.items)
        for number, epoch in enumerate(kind.epochs):
            if wrong := [what for what in epoch.show if what not in known]:
                raise AtKeyError(
                    *("trials", name, "epochs", str(number), "show"),
                    message=f"must contain {', '.join(known[:-1])} or {known[-1]} (given: "
                    f"{wrong[0]})",
                )
        if kind.target not in (CUED, *self.items):
            raise AtKeyError(
                *("trials", name, "target"),
                message=f"must be cued or an item: {', '.join(self.items)} (given: {kind.target})",
            )
        if max(kind.set_size or (0,)) > len(self.items):
            raise AtKeyError(
                *("trials", name, "set_size"),
                message=f"a trial cannot have more items than the {len(self.items)} of the task "
                f"(given: {max(kind.set_size or (0,))})",
            )
        shown = {what for epoch in kind.epochs for what in epoch.show}
        if missing := [item for item in self.items if not shown & {item, ITEMS}]:
            raise AtKeyError(
                *("trials", name, "epochs"),
                message=f"no epoch shows {', '.join(missing)}; add show: [items] to one",
            )
        if (CUE in shown) != (kind.target == CUED):
            problem = (
                "no epoch shows the cue, so the network cannot find the target; add show: [cue] to "
                "one, or give an item as target"
                if kind.target == CUED
                else f"the target is always {kind.target}, so no epoch can show a cue"
            )
            raise AtKeyError("trials", name, "epochs", message=problem)


def read_task(path: str) -> NetworkTask:
    """Read the file of a task.

    Raises
    ------
    InputError
        If the file is missing, is not YAML or is not a valid task.
    """
    # These modules read whole configurations, of which tasks are a part.
    from neuro_attn.configuration.parsing import parse_task
    from neuro_attn.configuration.reading import read

    keys, positions = read(path)
    return parse_task(keys, path, positions)


def _read(given: Any) -> Any:
    return read_task(given) if isinstance(given, str) else given


_File = Annotated[str, WithJsonSchema({"type": "string", "examples": ["my_task.yaml"]})]
TaskOrFile = Annotated[
    NetworkTask | None, BeforeValidator(_read, json_schema_input_type=NetworkTask | _File | None)
]
"""A task, or the file that describes it, which is read at once."""

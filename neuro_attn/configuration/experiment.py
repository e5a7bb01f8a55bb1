"""Settings of the experiment and of its simulation."""

from typing import Annotated, Final, Literal, get_args

from pydantic import AfterValidator, Field, model_validator

from neuro_attn.configuration.network_tasks import (
    NETWORK_STEP,
    Steps,
    TaskOrFile,
    is_seen,
    is_whole_steps,
)
from neuro_attn.configuration.types import (
    NUMBER,
    AtKeyError,
    Count,
    Duration,
    Flag,
    Fraction,
    Interval,
    NonNegative,
    Positive,
    RegionName,
    Settings,
)

EITHER: Final = "either"
"""Key of the durations of which one is drawn for each trial."""
EpochDuration = (
    Duration
    | Annotated[
        dict[Literal["either"], Annotated[list[NonNegative], Field(min_length=1)]],
        Field(min_length=1),
    ]
)
"""Shortest and longest duration of an epoch, or the durations of which one is drawn."""


def extremes(duration: EpochDuration) -> tuple[float, float]:
    """Return the shortest and the longest duration of an epoch, s.

    Examples
    --------
    >>> extremes((0.5, 0.7)), extremes({"either": [1.0, 0.5]})
    ((0.5, 0.7), (0.5, 1.0))
    """
    if isinstance(duration, dict):
        return min(duration[EITHER]), max(duration[EITHER])
    return duration


class ProspectiveTiming(Settings):
    """Shortest and longest duration of each epoch of a prospective trial, in s, in order."""

    fixation: EpochDuration = (0.3, 0.5)
    """Fixation before the cue."""
    cue: EpochDuration = (0.3, 0.3)
    """Cue, before any item is seen."""
    cue_delay: EpochDuration = (0.2, 0.6)
    """Delay between cue and items."""
    stimuli: EpochDuration = (0.5, 0.5)
    """The coloured squares."""
    memory_delay: EpochDuration = (1.3, 2.0)
    """Delay between items and report."""
    report: EpochDuration = (0.5, 0.5)
    """Colour wheel and report."""


class RetrospectiveTiming(Settings):
    """Shortest and longest duration of each epoch of a retrospective trial, in s, in order."""

    fixation: EpochDuration = (0.3, 0.5)
    """Fixation before the items."""
    stimuli: EpochDuration = (0.5, 0.5)
    """The coloured squares."""
    memory_delay: EpochDuration = (0.5, 1.0)
    """Delay between items and cue, during which both items are remembered."""
    cue: EpochDuration = (0.3, 0.3)
    """Cue, after the items are gone."""
    selection_delay: EpochDuration = (0.5, 0.7)
    """Delay between cue and report: one item is selected."""
    report: EpochDuration = (0.5, 0.5)
    """Colour wheel and report."""


class Timing(Settings):
    """Durations of the epochs of a trial (Panichello & Buschman 2021, task code)."""

    pro: ProspectiveTiming = ProspectiveTiming()
    """Prospective trials: cue, then items."""
    retro: RetrospectiveTiming = RetrospectiveTiming()
    """Retrospective trials: items, then cue."""


_MOST_STEPS = 1000


def _is_fixed(duration: tuple[float, float]) -> tuple[float, float]:
    if duration[0] != duration[1]:
        raise ValueError("a report must have a fixed duration: give the same number twice")
    return duration


_Window = Annotated[Interval, AfterValidator(is_whole_steps)]
_Shown = Annotated[Steps, AfterValidator(is_seen)]
_Answer = Annotated[_Shown, AfterValidator(_is_fixed)]


class NetworkProspectiveTiming(ProspectiveTiming):
    """Shortest and longest duration of each epoch of a network's prospective trials, in s."""

    fixation: Steps = (0.3, 0.5)
    """Fixation before the cue."""
    cue: _Shown = (0.3, 0.3)
    """Cue, before any item is seen."""
    cue_delay: Steps = (0.2, 0.6)
    """Delay between cue and items."""
    stimuli: _Shown = (0.5, 0.5)
    """The coloured squares."""
    memory_delay: Steps = (1.3, 2.0)
    """Delay between items and report."""
    report: _Answer = (0.5, 0.5)
    """Report; the same in all tasks."""


class NetworkRetrospectiveTiming(RetrospectiveTiming):
    """Shortest and longest duration of each epoch of a network's retrospective trials, in s."""

    fixation: Steps = (0.3, 0.5)
    """Fixation before the items."""
    stimuli: _Shown = (0.5, 0.5)
    """The coloured squares."""
    memory_delay: Steps = (0.5, 1.0)
    """Delay between items and cue, during which both items are remembered."""
    cue: _Shown = (0.3, 0.3)
    """Cue, after the items are gone."""
    selection_delay: Steps = (0.5, 0.7)
    """Delay between cue and report: one item is selected."""
    report: _Answer = (0.5, 0.5)
    """Report; the same in all tasks."""


class NetworkTiming(Timing):
    """Durations of the epochs of a network's trial, in whole steps; by default the experiment's."""

    pro: NetworkProspectiveTiming = NetworkProspectiveTiming()
    """Prospective trials: cue, then items."""
    retro: NetworkRetrospectiveTiming = NetworkRetrospectiveTiming()
    """Retrospective trials: items, then cue."""


NETWORK_TIMING = NetworkTiming()
"""Default trials of networks, those of the experiment: at most 44 steps of 0.1 s."""


class NetworkTrials(Settings):
    """Trials on which a network is trained and recorded."""

    task: TaskOrFile = None
    """A task of your own instead of the pro and the retro task: a file (.yaml), or its keys."""
    timing: NetworkTiming = NETWORK_TIMING
    """Durations of the epochs; a duration with a range is drawn for each trial."""
    tasks: Annotated[tuple[Literal["pro", "retro"], ...], Field(min_length=1)] = ("pro", "retro")
    """Trial types, in equal numbers."""
    shared_cue: Flag = False
    """Whether pro and retro cues come through the same channels; a control."""
    show_fixation: Flag = True
    """Whether a fixation input is on until the report; otherwise it contains only noise."""
    color_count: Annotated[int, Field(ge=3, le=1000), NUMBER] | None = None
    """Number of colours, evenly spaced around the circle; null: any colour."""
    random_report: Flag = True
    """Whether training trials end at a random time after cue and items; a wait is not learned."""
    loss_window: _Window | None = None
    """Part of the report that enters the training loss, s from its start; null: all."""

    @model_validator(mode="after")
    def _is_one_task(self) -> "NetworkTrials":
        if self.task is not None:
            if self.tasks != ("pro", "retro"):
                raise AtKeyError("tasks", message="a task of your own has its own trial types")
            if self.timing != NETWORK_TIMING:
                raise AtKeyError("timing", message="a task of your own has its own durations")
        return self

    @model_validator(mode="after")
    def _is_one_trial(self) -> "NetworkTrials":
        if len(set(self.tasks)) < len(self.tasks):
            raise ValueError(f"tasks contains a task twice ({', '.join(self.tasks)})")
        reports = {getattr(self.timing, task).report for task in self.tasks}
        if self.task is None and len(reports) > 1:
            raise ValueError("timing: report must have the same duration in pro and retro trials")
        if self.encoded_steps + self.report_steps > _MOST_STEPS:
            key = "timing" if self.task is None else "task"
            raise ValueError(f"{key}: a trial has more than {_MOST_STEPS} steps")
        first, end = self.loss_steps
        if first < 0 or end > self.report_steps:
            raise ValueError(
                f"loss_window: {list(self.loss_window or ())} s reaches outside the report: "
                f"it lies in [0, {self.report_steps * NETWORK_STEP:g}] s from the report's start"
            )
        return self

    @property
    def trial_types(self) -> tuple[str, ...]:
        """Names of the trial types."""
        return self.tasks if self.task is None else tuple(self.task.trials)

    @property
    def encoded_steps(self) -> int:
        """Steps from the start of a trial to its report: those of the longest trial."""
        if self.task is not None:
            return max(kind.encoded_steps for kind in self.task.trials.values())
        return max(_steps_before_report(getattr(self.timing, task)) for task in self.tasks)

    @property
    def report_steps(self) -> int:
        """Steps of the report."""
        if self.task is not None:
            return next(iter(self.task.trials.values())).report_steps
        return round(getattr(self.timing, self.tasks[0]).report[0] / NETWORK_STEP)

    @property
    def loss_steps(self) -> tuple[int, int]:
        """First step of the report that counts in the training loss, and the one after the last."""
        if self.loss_window is None:
            return 0, self.report_steps
        start, stop = self.loss_window
        return round(start / NETWORK_STEP), round(stop / NETWORK_STEP)


def _steps_before_report(timing: ProspectiveTiming | RetrospectiveTiming) -> int:
    epochs = [epoch for epoch in type(timing).model_fields if epoch != "report"]
    return round(sum(getattr(timing, epoch)[1] for epoch in epochs) / NETWORK_STEP)


BlockName = Literal["pro", "retro_1", "retro_2"]
BLOCK_NAMES: tuple[BlockName, ...] = ("pro", "retro_1", "retro_2")
TypeName = Literal["pro", "retro", "single"]


def _has_all_types(values: dict[TypeName, float]) -> dict[TypeName, float]:
    if missing := [name for name in get_args(TypeName) if name not in values]:
        raise ValueError(f"no value for {' and '.join(missing)}; give pro, retro and single")
    return values


_HAS_ALL_TYPES = AfterValidator(_has_all_types)
Degree = Annotated[float, Field(ge=0, le=90), NUMBER]


def of_trial_type(value: float | dict[TypeName, float], kind: TypeName) -> float:
    """Return the value of a type of trial, if types differ."""
    return value[kind] if isinstance(value, dict) else value


class SimulatedRegion(Settings):
    """One simulated region: its size and its planted truth."""

    units: Annotated[int, Field(ge=4), NUMBER] = 40
    """Units of the region, spread evenly over the sessions."""
    selection_onset: NonNegative = 0.2
    """When the selection signal starts, s after cue onset."""
    selection_axis_cosine: Annotated[float, Field(ge=-1, le=1), NUMBER] = 0.0
    """Cosine between the tasks' selection axes: 1 is a shared code, 0 independent codes."""
    selection_sd: NonNegative = 1.5
    """SD over units of the selection signal, spikes/s (for a unit of mean baseline)."""
    color_sd: NonNegative = 2.5
    """SD over units of the colour tuning, spikes/s (for a unit of mean baseline)."""
    cue_sd: NonNegative = 1.0
    """SD over units of the response to the appearance of the cue, spikes/s."""
    generalisation_onset: NonNegative | None = None
    """When the retro axis gets its cosine with the pro axis, s after cue onset; until then the two
    are orthogonal. null: both have their axes from the start.
    """
    color_plane_angles: tuple[Degree, Degree] = (90.0, 0.0)
    """Angle between the colour planes of the two items, degrees: before selection, and of the
    selected items after it.
    """


class Simulation(Settings):
    """The generative model of Poisson populations with planted truth."""

    sessions: Count = 8
    """Recording sessions, each with its own units and trials."""
    subjects: Count = 2
    """Subjects that the sessions are divided among, in order."""
    cycles: Count = 8
    """Repetitions of the three blocks (pro, retro cue set 1, retro cue set 2) per session."""
    block_trials: dict[str, Count] = {"pro": 60, "retro_1": 30, "retro_2": 30}
    """Trials per block."""
    single_fraction: Fraction = 0.2
    """Fraction of the trials of every block that show one item only."""
    upper_fraction: Annotated[float, Field(gt=0, lt=1), NUMBER] = 0.5
    """Fraction of the trials of every block that select the upper location."""
    selection_run: Count = 1
    """Consecutive trials that select the same location; the order of such runs is random."""
    shuffle_selected: Flag = False
    """Shuffle the selected location over the trials of a block after drawing their spikes."""
    timing: Timing = Timing()
    """Durations of the epochs of a trial."""
    regions: Annotated[dict[RegionName, SimulatedRegion], Field(min_length=1)] = {
        "LPFC": SimulatedRegion(selection_onset=0.10, selection_axis_cosine=1.0, cue_sd=0.5),
        "FEF": SimulatedRegion(selection_onset=0.20),
        "parietal": SimulatedRegion(selection_onset=0.30),
        "V4": SimulatedRegion(selection_onset=0.40, color_sd=4.0),
    }
    """The regions, by name."""
    selection_rise: Positive = 0.03
    """Time constant of the rise of the selection signal from its onset, s."""
    baseline: Annotated[float, Field(ge=2, allow_inf_nan=False), NUMBER] = 10.0
    """Mean firing rate at rest, spikes/s; the part above 2 is gamma distributed over units."""
    overdispersion: NonNegative = 0.0
    """Variance over trials of the gain of each unit; 0 for Poisson spikes."""
    noise_correlation: Annotated[float, Field(ge=0, lt=1), NUMBER] = 0.0
    """Correlation of these gains between the units of a session."""
    drift: NonNegative = 0.0
    """SD over units of the change in log rate over a session, a random walk."""
    report_error: Positive | Annotated[dict[TypeName, Positive], _HAS_ALL_TYPES] = 20.0
    """SD of the error of the report, degrees; or an SD for pro, retro and single (item) trials."""
    swap_fraction: Fraction | Annotated[dict[TypeName, Fraction], _HAS_ALL_TYPES] = 0.02
    """Fraction of two-item trials on which the other item is reported; or one for each type."""
    guess_fraction: Fraction | Annotated[dict[TypeName, Fraction], _HAS_ALL_TYPES] = 0.0
    """Fraction of trials on which a random colour is reported; or one for each type."""
    selection_fails_beyond: Positive | None = None
    """Absolute error of the report, degrees, beyond which selection was absent; null: never."""
    stream: Annotated[str, Field(min_length=1)] | None = None
    """Name of the random streams. Data sets with the same one and the same settings have the same
    trials, units and spikes. null: the name of the data set.
    """

    @model_validator(mode="after")
    def _reports_have_one_cause(self) -> "Simulation":
        for kind in get_args(TypeName):
            swaps, guesses = (
                of_trial_type(each, kind) for each in (self.swap_fraction, self.guess_fraction)
            )
            if swaps + guesses > 1:
                raise AtKeyError(
                    "guess_fraction",
                    message=f"swaps ({swaps:g}) and guesses ({guesses:g}) of {kind} trials are "
                    "together more than all; lower one of the fractions",
                )
        return self

    @property
    def session_names(self) -> list[str]:
        """The names of the simulated sessions."""
        return [f"session{number:02d}" for number in range(1, self.sessions + 1)]

    def subject_of(self, session: str) -> str:
        """Return the subject of a session."""
        place = self.session_names.index(session) * min(self.subjects, self.sessions)
        return f"subject{place // self.sessions + 1}"

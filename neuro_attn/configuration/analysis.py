"""Settings of an analysis: tasks, time, regions, sessions, decoding and inference."""

from itertools import combinations, product
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from neuro_attn.configuration.behaviour import BehaviourColumns
from neuro_attn.configuration.decoders import DECODERS, DecoderName, DecoderSettings
from neuro_attn.configuration.label_rules import check_label, with_decoder_of_label
from neuro_attn.configuration.labels import (
    CLASSES,
    ContinuousLabel,
    Label,
    LabelKind,
    kind_of,
)
from neuro_attn.configuration.null_models import NULL_MODELS, NullModelName
from neuro_attn.configuration.resampling import ResampledDecoding
from neuro_attn.configuration.scores import SCORES, ScoreName
from neuro_attn.configuration.selection import Regions, Sessions
from neuro_attn.configuration.time_bins import Time
from neuro_attn.configuration.types import (
    NUMBER,
    AtKeyError,
    ColumnName,
    Count,
    Expression,
    Flag,
    Interval,
    Name,
    RegionName,
    Settings,
)

TRIAL_NUMBER, MEAN_RATE = "trial_number", "mean_rate"
"""Nuisance variables other than trial columns: order of trials, and mean rate of the region."""
NUISANCE_KEYS = {"confounds", "balance"}
"""Keys of a data set that only the table of confounds depends on."""
DESCRIBING_KEYS = {"licence", "citation"}
"""Keys of a data set on which no number depends, only the answer page, methods and metadata."""
UNDECODED_KEYS = {
    *NUISANCE_KEYS,
    *DESCRIBING_KEYS,
    "behaviour",
    "single_units",
    "resampled_decoding",
    "published",
}
"""Keys of a data set on which neither decoding nor the drawing of figures depends."""
LATER_KEYS = {*UNDECODED_KEYS, "reference_tasks", "compared_regions"}
"""Keys of a data set that neither its recordings nor their decoding depend on."""
RegionPair = Annotated[list[RegionName], Field(min_length=2, max_length=2)]


class Task(Settings):
    """A task: its trials, and the event that defines time zero."""

    trials: Expression
    """Restricted expression on trial columns that is true for the trials of the task."""
    align: str | None = None
    """Trial column with the time of the event, s; not for netcdf, matlab and binned (aligned)."""


class ColorColumns(Settings):
    """Columns with the colours of the two items, for the geometry of colour planes."""

    items: Annotated[dict[Name, str], Field(min_length=2, max_length=2)]
    """Trial columns with the colours of the two items, rad; a class of that name cues the item."""
    bins: Annotated[int, Field(ge=3), NUMBER] = 4
    """Number of colour bins per item."""


class Decoding(DecoderSettings):
    """Decoding of populations."""

    decoder: DecoderName = "logistic_regression"
    """Linear decoder that is trained and tested."""
    score: ScoreName = "balanced_accuracy"
    """Score of the decoder on test trials."""
    population: Literal["simultaneous", "pseudopopulation"] = "simultaneous"
    """Decode each session separately, or the units of all sessions together."""
    standardize: Flag = True
    """Divide each unit by its SD over the training trials."""
    folds: Annotated[int, Field(ge=2), NUMBER] = 2
    """Folds of cross-validation; 2 trains on one half of the trials and tests on the other."""
    splits: Literal["stratified", "blocks"] = "stratified"
    """Folds of single trials, stratified by task and class, or of whole blocks of trials."""
    block: str | None = None
    """Trial column whose runs of equal values are blocks for `splits`; null: runs of the label."""
    draws: Count = 5
    """Random draws of splits, units and pseudotrials, over which accuracy is averaged."""
    units: Literal["matched", "all"] | Annotated[int, Field(ge=1), NUMBER] = "matched"
    """Units per draw: as many as the smallest region has (matched), all, or a number."""
    pseudotrials: Literal["auto"] | Annotated[int, Field(ge=1), NUMBER] = "auto"
    """Training pseudotrials per class: as many as sessions have (auto), or a number (resampled)."""
    unit_counts: list[Count] = [5, 10, 20, 40, 80, 160, 320]
    """Numbers of units for accuracy as a function of the number of units."""
    trial_counts: list[Count] = [5, 10, 20, 40, 80, 160, 320]
    """Training trials of a class for accuracy as a function of the number of training trials."""

    @model_validator(mode="after")
    def _blocks_are_used(self) -> "Decoding":
        if self.block is not None and self.splits != "blocks":
            raise AtKeyError("block", message=f"{self.block} needs splits: blocks")
        return self

    @model_validator(mode="after")
    def _settings_of_other_decoders_are_defaults(self) -> "Decoding":
        own = DECODERS[self.decoder].settings
        for key, field in DecoderSettings.model_fields.items():
            if key not in own and getattr(self, key) != field.default:
                users = [each.name for each in DECODERS.values() if key in each.settings]
                raise AtKeyError(
                    key,
                    message=f"needs decoder: {' or '.join(users)} (given: {self.decoder}); "
                    "remove the key",
                )
        return self

    @property
    def decoder_settings(self) -> dict[str, Any]:
        """The settings that the decoder alone uses."""
        return {key: getattr(self, key) for key in DECODERS[self.decoder].settings}

    @property
    def decoder_label(self) -> str:
        """The decoder and its settings, for captions."""
        return DECODERS[self.decoder].described(self.decoder_settings)

    @property
    def score_label(self) -> str:
        """The score, for figures and captions."""
        return SCORES[self.score].label

    @property
    def smaller_is_better(self) -> bool:
        """Whether the score is reported as an error."""
        return SCORES[self.score].smaller_is_better

    @property
    def score_axis(self) -> str:
        """The score with its unit, for axes."""
        score = SCORES[self.score]
        return f"{score.label} ({score.unit})" if score.unit else score.label


class Inference(Settings):
    """Permutation tests and confidence intervals."""

    null_model: NullModelName = "shuffle"
    """Source of the surrogate labels: shuffled trials, reordered blocks, or other sessions."""
    permute_within: list[str] = []
    """Columns: labels are shuffled only among trials with equal values (null_model: shuffle)."""
    permutations: Count = 200
    """Number of label sets of the null; p is at least 1 / (permutations + 1). Confounds and
    geometry use at most 1,000.
    """
    bootstraps: Annotated[int, Field(ge=20), NUMBER] = 100
    """Number of bootstrap resamples of trials and units for each confidence interval."""
    confidence: Annotated[float, Field(gt=0.5, lt=1), NUMBER] = 0.95
    """Coverage of the confidence intervals."""
    alpha: Annotated[float, Field(gt=0, lt=0.5), NUMBER] = 0.05
    """Level of the tests: a result is significant if p < alpha."""
    correction: Literal["max", "cluster", "fdr"] = "max"
    """Correction of p over times: by the maximum, cluster mass, or the false discovery rate."""
    correct_over: list[Literal["regions", "task_pairs"]] = []
    """Correct p over all regions or all pairs of tasks, too, where a table does not."""
    overlap_bound: Annotated[float, Field(gt=0, lt=1), NUMBER] = 0.3
    """Overlap of two codes below which they count as task-specific (equivalence test)."""
    min_consecutive_bins: Count = 3
    """Number of consecutive significant bins required for an onset."""

    @model_validator(mode="after")
    def _permutation_can_be_restricted(self) -> "Inference":
        able = [null.name for null in NULL_MODELS.values() if null.permutes_trials]
        if self.permute_within and self.null_model not in able:
            raise AtKeyError(
                "permute_within",
                message=f"needs null_model: {' or '.join(able)} (given: {self.null_model})",
            )
        return self


class Analysis(Settings):
    """Settings of an analysis."""

    label: Label
    """Decoded variable: a trial column, an expression for each class, or a continuous column."""
    columns: dict[ColumnName, Expression] = {}
    """Trial columns to compute in each session, by name: restricted expressions of others."""
    tasks: Annotated[dict[Name, Task], Field(min_length=1)]
    """The tasks, by name."""
    test_only: dict[Name, Task] = {}
    """Further tasks, by name, on which decoders are tested and never trained, such as errors."""
    time: Time
    """The time bins."""
    windows: Annotated[dict[Name, Interval], Field(min_length=1)]
    """Named analysis windows, [start, stop] in s; rates are averaged over each."""
    regions: Regions = Regions()
    """Assignment of units to regions."""
    sessions: Sessions = Sessions()
    """Selection of sessions."""
    reference_tasks: Annotated[list[Name], Field(min_length=2, max_length=2)] | None = None
    """Two tasks whose overlap is the reference of that of all other pairs; null: none."""
    compared_regions: Literal["all"] | list[RegionPair] = "all"
    """Pairs of regions whose overlaps and onsets are compared; all: every pair; []: none."""
    colors: ColorColumns | None = None
    """Colours of the two items, if the data set has them."""
    behaviour: BehaviourColumns | None = None
    """Trial columns of reports of a circular variable; null: behaviour is not analysed."""
    single_units: Flag = False
    """Whether to test single units, and to correlate their sensitivity between tasks."""
    resampled_decoding: ResampledDecoding | None = None
    """Decoding across tasks from trials that are resampled by unit; null: not computed."""
    confounds: list[Name] = []
    """Nuisance variables to test as confounds: trial columns, trial_number or mean_rate."""
    balance: list[Name] = []
    """Trial columns or trial_number to balance: equally many trials of each class and value."""
    decoding: Decoding = Decoding()
    """Overrides of the top-level `decoding` settings."""
    inference: Inference = Inference()
    """Overrides of the top-level `inference` settings."""

    @property
    def label_kind(self) -> LabelKind:
        """The kind of the label."""
        return kind_of(self.label)

    @property
    def has_classes(self) -> bool:
        """Whether the label has classes, which measures of codes and axes compare."""
        return self.label_kind == CLASSES

    @property
    def has_continuous_label(self) -> bool:
        """Whether the label is a number on each trial."""
        return not self.has_classes

    @property
    def label_column(self) -> str:
        """The trial column that is decoded; empty if classes are expressions."""
        if isinstance(self.label, ContinuousLabel):
            return self.label.column
        return self.label if isinstance(self.label, str) else ""

    @property
    def label_expressions(self) -> dict[str, str]:
        """The expressions of classes, by class; empty for a column."""
        return self.label if isinstance(self.label, dict) else {}

    @property
    def nuisance_variables(self) -> list[str]:
        """Return the nuisance variables that are tested or balanced."""
        return [*self.confounds, *self.balance]

    @property
    def task_pairs(self) -> list[tuple[str, str]]:
        """Return all pairs of tasks, in the order of the tasks."""
        return list(combinations(self.tasks, 2))

    @property
    def tested_tasks(self) -> dict[str, Task]:
        """Return all tasks on which decoders are tested; those of `test_only` are the last."""
        return {**self.tasks, **self.test_only}

    def key_of(self, task: str) -> str:
        """Return the key of a task, such as ``tasks.pro``."""
        return f"{'tasks' if task in self.tasks else 'test_only'}.{task}"

    @property
    def transfers(self) -> list[tuple[str, str]]:
        """Return all pairs of a task on which decoders are trained and another one."""
        return [pair for pair in product(self.tasks, self.tested_tasks) if pair[0] != pair[1]]

    @property
    def test_pairs(self) -> list[tuple[str, str]]:
        """Return the pairs of tasks whose accuracies are compared: one or both are only tested."""
        pairs = combinations(self.tested_tasks, 2)
        return [pair for pair in pairs if not self.test_only.keys().isdisjoint(pair)]

    @model_validator(mode="before")
    @classmethod
    def _decoder_is_that_of_the_label(cls, keys: Any) -> Any:
        return with_decoder_of_label(keys)

    @model_validator(mode="after")
    def _label_can_be_decoded(self) -> "Analysis":
        check_label(self)
        return self

    @model_validator(mode="after")
    def _counts_are_left(self) -> "Analysis":
        name = self.decoding.decoder
        if not DECODERS[name].needs_counts:
            return self
        if self.time.smoothing is not None:
            raise AtKeyError(
                "time",
                "smoothing",
                message=f"decoder: {name} needs spike counts, and smoothed rates are not counts; "
                "remove the key, or give another decoder",
            )
        for key in ("confounds", "balance"):
            if getattr(self, key):
                raise AtKeyError(
                    key,
                    message=f"decoder: {name} needs spike counts, and the controls for nuisance "
                    "variables decode from other values; remove the key, or give another decoder",
                )
        return self

    @model_validator(mode="after")
    def _test_only_is_apart(self) -> "Analysis":
        for name in self.test_only:
            if name in self.tasks:
                raise AtKeyError(
                    "test_only", name, message="is also under tasks; rename or remove one of them"
                )
        if self.test_only and self.decoding.splits == "blocks":
            raise AtKeyError(
                "test_only",
                message="needs decoding.splits: stratified (given: blocks), because such trials "
                "are tested in every fold, also those between training trials of a block",
            )
        return self

    @model_validator(mode="after")
    def _reference_is_a_pair_of_several(self) -> "Analysis":
        if self.reference_tasks is None:
            return self
        key, listed = "reference_tasks", ", ".join(self.tasks)
        for name in self.reference_tasks:
            if name not in self.tasks:
                raise AtKeyError(key, message=f"no task {name!r}; tasks are {listed}")
        if len(set(self.reference_tasks)) < 2:
            raise AtKeyError(key, message=f"{self.reference_tasks[0]} twice; give two tasks")
        if len(self.tasks) < 3:
            raise AtKeyError(
                key,
                message=f"{listed} are all tasks, so no other pair can be related to them; add a "
                "task or remove the key",
            )
        return self

    @model_validator(mode="after")
    def _resampled_tasks_are_two(self) -> "Analysis":
        if self.resampled_decoding is not None and len(self.tasks) < 2:
            raise AtKeyError(
                "resampled_decoding",
                message="decodes across tasks, and there is one task; add a task or remove the key",
            )
        return self

    @model_validator(mode="after")
    def _compared_regions_differ(self) -> "Analysis":
        key, before = "compared_regions", set()
        for one, other in self.compared_regions if self.compared_regions != "all" else []:
            if one == other:
                raise AtKeyError(key, message=f"{one} twice in a pair; give two regions")
            if frozenset((one, other)) in before:
                raise AtKeyError(key, message=f"the pair {one}, {other} is listed twice")
            before.add(frozenset((one, other)))
        return self

    @model_validator(mode="after")
    def _balance_can_be_kept(self) -> "Analysis":
        able = [null.name for null in NULL_MODELS.values() if null.permutes_trials]
        if self.balance and self.inference.null_model not in able:
            raise AtKeyError(
                "balance",
                message=f"needs null_model: {' or '.join(able)} (given: "
                f"{self.inference.null_model}), which shuffles labels within each value",
            )
        if MEAN_RATE in self.balance:
            raise AtKeyError(
                "balance",
                message=f"{MEAN_RATE} is computed from the units and cannot be balanced; list it "
                "under confounds",
            )
        return self

    @model_validator(mode="after")
    def _windows_lie_in_time(self) -> "Analysis":
        time = self.time
        for name, (start, stop) in self.windows.items():
            window, wrong = f"window {name} [{start:g}, {stop:g}]", ""
            bins = time.bins_in((start, stop))
            if start < time.start - 1e-9 or stop > time.stop + 1e-9:
                wrong = f"{window} reaches outside time [{time.start:g}, {time.stop:g}]"
            elif stop - start < time.bin - 1e-9:
                wrong = f"{window} is narrower than a bin of {time.bin:g} s; times are in s"
            elif bins.start >= bins.stop:
                wrong = (
                    f"{window} contains no whole bin: bins of {time.bin:g} s begin at "
                    f"{time.start:g}"
                )
            if wrong:
                raise AtKeyError("windows", name, message=f"{wrong}; change the window or time")
        return self

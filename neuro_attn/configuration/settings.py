"""Every key of the configuration: its type, its default and what it means.

These models are the single source of the configuration. The JSON schema for editors
(`config/schema.json`) is generated from them, `config/config.yaml` explains every key, and tests
fail when they drift apart.
"""

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from neuro_attn.configuration.experiment import NetworkTrials, Simulation
from neuro_attn.configuration.families import ATTENDED, Family
from neuro_attn.configuration.types import (
    NUMBER,
    AtKeyError,
    Count,
    Expression,
    Files,
    Flag,
    FolderName,
    Interval,
    Name,
    NonNegative,
    Positive,
    RegionName,
    Seconds,
    Settings,
)
from neuro_attn.files import as_on_disk, meeting, shown_apart

_MOST_BINS = 10_000
_LONG_BIN, _LONG_TIME = 5.0, 100.0
"""Implausibly long bins and times, s, which were probably given in ms."""
_ROUNDING = 1e-6
"""Tolerated error of edges, as a fraction of a bin."""

# --- what every data set has -------------------------------------------------------------------


class Regions(Settings):
    """Which units form a region."""

    column: str = "location"
    """Column with the names of regions, of the units or (NWB) of their electrodes."""
    include: list[RegionName] | None = None
    """Analyse only these regions; one with too few units is then an error."""
    exclude: list[RegionName] = []
    """Exclude these regions, by their name in the file or, if grouped, that of the group."""
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
    """Which sessions are analysed."""

    include: Annotated[list[str], Field(min_length=1)] | None = None
    """Analyse only these sessions, by name; null: all sessions in the files."""
    exclude: list[str] = []
    """Exclude these sessions, by name; if a session is a file, that file is not read."""
    min_trials: Count = 1
    """Exclude sessions with fewer trials of any task and class; at least `folds` are required."""

    def take(self, session: str) -> bool:
        """Return whether a session of this name is analysed."""
        return session not in self.exclude and (self.include is None or session in self.include)


class Task(Settings):
    """A task: which trials belong to it, and the event that is its time zero."""

    trials: Expression
    """Restricted expression on the trial columns, true on the trials of the task."""
    align: str | None = None
    """Trial column with the event's time, s; not for netcdf, matlab, binned: these are aligned."""


class Time(Settings):
    """The time bins of the rates, in s from the task's event."""

    start: Seconds
    """Left edge of the first bin."""
    stop: Seconds
    """Right edge of the last bin."""
    bin: Positive
    """Width of a bin; start to stop must hold a whole number of bins."""

    @model_validator(mode="after")
    def _holds_whole_bins(self) -> "Time":
        bins = (self.stop - self.start) / self.bin
        if self.bin >= _LONG_BIN and max(abs(self.start), abs(self.stop)) >= _LONG_TIME:
            raise ValueError(
                f"bins of {self.bin:g} s from {self.start:g} to {self.stop:g} s seem to be in ms; "
                f"times are in s: {{start: {self.start / 1000:g}, stop: {self.stop / 1000:g}, "
                f"bin: {self.bin / 1000:g}}}"
            )
        if self.stop > self.start and self.bin > (self.stop - self.start) * (1 + _ROUNDING):
            raise AtKeyError(
                "bin",
                message=f"a bin of {self.bin:g} s is longer than the time from {self.start:g} to "
                f"{self.stop:g} s; times are in s, so a bin of {self.bin:g} ms is "
                f"{self.bin / 1000:g}",
            )
        if bins > _MOST_BINS:
            raise ValueError(f"{bins:g} bins of {self.bin:g} s; at most {_MOST_BINS} are possible")
        if self.stop <= self.start or abs(bins - round(bins)) > 1e-6:
            raise ValueError(
                f"start {self.start:g} to stop {self.stop:g} is not a whole number of bins "
                f"of {self.bin:g} s"
            )
        return self

    @property
    def n_bins(self) -> int:
        """Number of bins."""
        return round((self.stop - self.start) / self.bin)

    def bins_in(self, window: tuple[float, float]) -> slice:
        """Return the bins that lie in a window (s) from edge to edge."""
        first, last = ((edge - self.start) / self.bin for edge in window)
        return slice(math.ceil(first - _ROUNDING), math.floor(last + _ROUNDING))


class ColorColumns(Settings):
    """Where the two items' colours stand, for the geometry of colour planes."""

    items: Annotated[dict[Name, str], Field(min_length=2, max_length=2)]
    """Trial columns with the colours of the two items, rad; classes of these names cue them."""
    bins: Annotated[int, Field(ge=3), NUMBER] = 4
    """Colour bins of each item."""


class Decoding(Settings):
    """How populations are decoded."""

    population: Literal["simultaneous", "pseudopopulation"] = "simultaneous"
    """Decode each session's units by themselves, or units of all sessions put together."""
    C: Positive | Annotated[list[Positive], Field(min_length=1)] = 1.0
    """Inverse strength of the ridge, as in scikit-learn; from several, training trials choose."""
    standardize: Flag = True
    """Divide each unit by its SD over the training trials."""
    folds: Annotated[int, Field(ge=2), NUMBER] = 2
    """Parts a task's trials are cut into; 2 trains on one half and tests on the other."""
    splits: Literal["stratified", "blocks"] = "stratified"
    """Cut trial by trial within task and class, or leave whole blocks of trials out."""
    block: str | None = None
    """Trial column whose runs of one value are the blocks of `splits`; else runs of the label."""
    draws: Count = 5
    """Random choices of split, unit subset and pseudotrials that accuracy is averaged over."""
    units: Literal["matched", "all"] | Annotated[int, Field(ge=1), NUMBER] = "matched"
    """Units a draw takes from a region: as many as the smallest region has, all, or a number."""
    pseudotrials: Literal["auto"] | Annotated[int, Field(ge=1), NUMBER] = "auto"
    """Training pseudotrials of a class: what the sessions have, or a number (then resampled)."""
    unit_counts: list[Count] = [5, 10, 20, 40, 80, 160, 320]
    """Population sizes at which accuracy is shown against the number of units."""

    @model_validator(mode="after")
    def _blocks_are_used(self) -> "Decoding":
        if self.block is not None and self.splits != "blocks":
            raise AtKeyError("block", message=f"{self.block} needs splits: blocks")
        return self


class Inference(Settings):
    """How sure the results are."""

    null: Literal["shuffle", "pseudosession", "session_swap"] = "shuffle"
    """Where the labels of the null come from: shuffled, their runs reordered, other sessions'."""
    within: list[str] = []
    """Trial columns within whose values labels are shuffled (null: shuffle only)."""
    permutations: Count = 200
    """Label orders of the null; p is at least 1 / (permutations + 1)."""
    bootstraps: Annotated[int, Field(ge=20), NUMBER] = 100
    """Resamples of trials and units behind each interval."""
    confidence: Annotated[float, Field(gt=0.5, lt=1), NUMBER] = 0.95
    """Coverage of the intervals."""
    alpha: Annotated[float, Field(gt=0, lt=0.5), NUMBER] = 0.05
    """Level of the tests: a result is significant if p < alpha."""
    correction: Literal["max", "cluster", "fdr"] = "max"
    """How p is corrected over times: by the maximum, by cluster mass, for false discoveries."""
    sustained: Count = 3
    """Number of consecutive significant bins required for an onset."""

    @model_validator(mode="after")
    def _only_shuffles_have_conditions(self) -> "Inference":
        if self.within and self.null != "shuffle":
            raise AtKeyError("within", message=f"needs null: shuffle (given: {self.null})")
        return self


class Analysis(Settings):
    """What is analysed, and how."""

    label: Name | Annotated[dict[Name, Expression], Field(min_length=2)]
    """What is decoded: a trial column, or a restricted expression for each class."""
    tasks: Annotated[dict[Name, Task], Field(min_length=1)]
    """The tasks, by name."""
    time: Time
    """The time bins."""
    windows: Annotated[dict[Name, Interval], Field(min_length=1)]
    """Named analysis windows, [start, stop] in s; rates are averaged over each."""
    regions: Regions = Regions()
    """Which units form a region."""
    sessions: Sessions = Sessions()
    """Which sessions are analysed."""
    colors: ColorColumns | None = None
    """Colours of the two items, where the data set has them."""
    confounds: list[Name] = []
    """Trial columns, trial_number or mean_rate: are they decoded, and do they tell the label?"""
    decoding: Decoding = Decoding()
    """What differs from the top-level `decoding`."""
    inference: Inference = Inference()
    """What differs from the top-level `inference`."""

    @model_validator(mode="after")
    def _windows_lie_in_time(self) -> "Analysis":
        time = self.time
        for name, (start, stop) in self.windows.items():
            window, wrong = f"window {name} [{start:g}, {stop:g}]", ""
            bins = time.bins_in((start, stop))
            if start < time.start - 1e-9 or stop > time.stop + 1e-9:
                wrong = f"{window} reaches outside time [{time.start:g}, {time.stop:g}]"
            elif stop - start < time.bin - 1e-9:
                wrong = f"{window} is narrower than a bin of {time.bin:g} s"
            elif bins.start >= bins.stop:
                wrong = (
                    f"{window} holds no whole bin: bins of {time.bin:g} s begin at {time.start:g}"
                )
            if wrong:
                raise AtKeyError("windows", name, message=f"{wrong}; change the window or time")
        return self


# --- data sets, by source ----------------------------------------------------------------------


class _Recorded(Analysis):
    """Settings of all data sets that are read or simulated."""

    overlapping_windows: Literal["error", "allow"] = "error"
    """Whether trials of a session may share spikes, by overlapping windows or repeated rows."""


class SimulationDataset(_Recorded):
    """Simulated recordings with planted truth."""

    source: Literal["simulation"]
    """Format of the recordings."""
    simulation: Simulation = Simulation()
    """The generative model."""


class NwbDataset(_Recorded):
    """Neurodata Without Borders files, one a session."""

    source: Literal["nwb"]
    """Format of the recordings."""
    files: Files
    """Files or patterns, relative to `data_folder`."""
    table: str | Annotated[list[str], Field(min_length=1)] = "trials"
    """The interval table that lists the trials, or several; the column `table` then says which."""
    units_table: str | None = None
    """The units table, as `module/table`; null: the file's own, or the only one."""
    units: Expression | None = None
    """Units to include: an expression on the units' columns; null: all."""
    region: RegionName | None = None
    """Region of all units; null: `regions.column`, of the units or of their electrodes."""


class RasterDataset(_Recorded):
    """Rasters of the Neural Decoding Toolbox (.mat) or NeuroDecodeR (.csv), one file a unit."""

    source: Literal["raster"]
    """Format of the recordings."""
    files: Files
    """Files or patterns, relative to `data_folder`."""
    region: RegionName = "all"
    """Region of units whose file names none in its site information."""
    event_sample: Count | None = None
    """Sample (from 1) of the event that trials call `onset`; from the file where it says so."""
    sampling_rate: Positive = 1000.0
    """Samples per second."""


class BinnedDataset(_Recorded):
    """Binned data of the Neural Decoding Toolbox (.mat) or NeuroDecodeR (.csv), for all sites."""

    source: Literal["binned"]
    """Format of the recordings."""
    files: Files
    """Files or patterns, relative to `data_folder`."""
    values: Literal["means", "rates", "counts", "other"] = "means"
    """Unit of the values: mean spikes per sample, spikes/s, spikes per bin, or another signal."""
    region: RegionName = "all"
    """Region of sites without a region in the file's site information."""
    event_sample: Seconds | None = None
    """Sample of the event that is time zero; null: from the file."""
    sampling_rate: Positive = 1000.0
    """Samples per second of the rasters that were binned."""
    simultaneous: Flag = False
    """Whether a file's sites were recorded simultaneously; if not, each is a separate session."""


class TableDataset(_Recorded):
    """Plain tables of spikes, trials and units, as CSV or Parquet."""

    source: Literal["table"]
    """Format of the recordings."""
    spikes: str
    """Table with columns session, unit_id, time (s), relative to `data_folder`."""
    trials: str
    """Table with columns session, trial_id and whatever tasks and labels use."""
    units: str
    """Table with columns session, unit_id and the region's column."""
    units_where: Expression | None = None
    """Units to include: an expression on the columns of the units table; null: all."""
    region: RegionName | None = None
    """Region of all units; null: the column `regions.column` of the units table."""


class NetcdfDataset(_Recorded):
    """Recordings that already keep the Recording contract, one NetCDF file a session."""

    source: Literal["netcdf"]
    """Format of the recordings."""
    files: Files
    """Files or patterns, relative to `data_folder`."""


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


class MatlabDataset(_Recorded):
    """Arrays of binned activity in MATLAB files (7.3 or older), one session each."""

    source: Literal["matlab"]
    """Format of the recordings."""
    files: Files
    """Files or patterns, relative to `data_folder`."""
    variable: str
    """The array or field, as `data.rates`; each element of an array of structs is a session."""
    axes: list[Name] = ["unit", "condition", "time", "trial"]
    """The array's axes in order: unit, time, trial; any other is a condition, a trial column."""
    levels: dict[Name, str | list[str | Annotated[int, NUMBER] | Annotated[float, NUMBER]]] = {}
    """Values along an axis of conditions, or the variable that holds them; else 1, 2, ..."""
    values: Literal["rates", "counts", "other"] = "rates"
    """What the array holds: spikes/s, spikes a sample, or anything else, as z scores."""
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


class AlfDataset(_Recorded):
    """ALF folders, one a session, as the International Brain Laboratory keeps them."""

    source: Literal["alf"]
    """Format of the recordings."""
    files: Files
    """Folders or patterns, relative to `data_folder`; probes may lie deeper."""
    sorting: str | Annotated[list[str], Field(min_length=1)] | None = None
    """Folder of the sorting to read if probes have several, or a list in order of preference."""
    first_channel: Literal[0, 1] | None = None
    """Number of the first channel in `clusters.peakChannel`; null: inferred from its numbers."""
    units: Expression | None = None
    """Which clusters are units: an expression on their columns; null: all."""
    region: RegionName | None = None
    """Region of all units; null: the column `regions.column` of the clusters or channels."""


class PhyDataset(_Recorded):
    """Folders of spikes sorted by Kilosort and its like and curated in Phy, one a session."""

    source: Literal["phy"]
    """Format of the recordings."""
    files: Files
    """Folders or patterns, relative to `data_folder`."""
    trials: str = "trials.csv"
    """Table of the trials, CSV or Parquet, relative to each folder; events in s."""
    spike_times: str | None = None
    """File of the spike times in each folder, in samples or (`*_sec*`) s; null: the only one."""
    units: Expression | None = "group == 'good'"
    """Which clusters are units: an expression on their columns; null: all."""
    region: RegionName | None = None
    """Region of all units; null: the column `regions.column` of the clusters' tables."""


class NetworkDataset(Analysis):
    """Activations of a network; made from `networks`, never written by hand."""

    source: Literal["network"] = "network"
    """Format of the recordings."""
    network: Name
    """The network's name."""
    trained: Flag
    """Whether the network was trained; an untrained one is a floor."""


RecordedDataset = (
    SimulationDataset
    | NwbDataset
    | RasterDataset
    | BinnedDataset
    | TableDataset
    | NetcdfDataset
    | MatlabDataset
    | AlfDataset
    | PhyDataset
)
WrittenDataset = Annotated[RecordedDataset, Field(discriminator="source")]
AnyDataset = RecordedDataset | NetworkDataset

# --- networks and comparison -------------------------------------------------------------------


class Network(NetworkTrials):
    """A network to train on the pro and retro trials of the experiment."""

    family: Family
    """The kind of network."""
    seeds: Count = 3
    """Networks trained from different random starts; they are the unit of replication."""
    hidden: Count = 64
    """Hidden units of each layer."""
    layers: Count = 2
    """Layers of self-attention, where a family stacks them."""
    heads: Count = 4
    """Heads of multi-head attention."""
    positions: Literal["none", "sinusoidal", "learned"] = "sinusoidal"
    """How families that only attend know the order of steps."""
    recurrent: Flag = False
    """Whether the units of rate-adaptation are connected to each other."""
    unit_noise: NonNegative = 0.07
    """SD of the noise in the units of relu-rnn while they learn."""
    steps: Count = 1000
    """Training steps."""
    patience: Count | None = None
    """Stop when the held-out report error has not fallen for so many steps; null: never."""
    batch: Count = 64
    """Trials of a training step."""
    learning_rate: Positive = 3e-3
    """Highest learning rate of Adam; it falls to 0 along a cosine."""
    input_noise: NonNegative = 0.1
    """SD of the noise added to every input at every step."""
    activation_noise: NonNegative = 1.0
    """SD of the noise added to recorded activations, in SDs of each unit."""
    test_trials: Annotated[int, Field(ge=40), NUMBER] = 120
    """Held-out trials of each task that are recorded and scored."""

    @property
    def attended(self) -> str | None:
        """What the network attends to, as `ATTENDED` says; None without attention."""
        return ATTENDED.get(self.family)

    @property
    def attends_to_steps(self) -> bool:
        """Whether it attends to steps of the trial: queries, keys and values can be swapped."""
        return self.attended == "step"

    @property
    def items_can_be_blocked(self) -> bool:
        """Whether attention to the items can be blocked; without attention nothing is lost."""
        return self.attended in ("step", None)


class ListRecall(Settings):
    """Networks that read lists of items and recall them: the bottleneck of a fixed context."""

    families: tuple[Literal["seq2seq", "bahdanau"], ...] = ()
    """Families that recall lists; none: nothing is done."""
    lengths: Annotated[tuple[Annotated[int, Field(ge=4), NUMBER], ...], Field(min_length=1)] = (
        4,
        8,
        16,
        24,
    )
    """Items of a list; a network is trained for each length."""
    seeds: Count = 3
    """Networks trained from different random starts."""
    hidden: Count = 32
    """Hidden units of each direction of the encoder, and of the decoder."""
    steps: Count = 2000
    """Training steps."""
    batch: Count = 64
    """Lists of a training step."""
    learning_rate: Positive = 1e-2
    """Highest learning rate of Adam; it falls to 0 along a cosine."""
    test_lists: Annotated[int, Field(ge=40, le=1000), NUMBER] = 500
    """Held-out lists of each length that are scored."""

    @model_validator(mode="after")
    def _nothing_comes_twice(self) -> "ListRecall":
        for key in ("families", "lengths"):
            given = getattr(self, key)
            if len(set(given)) < len(given):
                raise AtKeyError(
                    key, message=f"an entry occurs twice (given: {', '.join(map(str, given))})"
                )
        return self


class NetworkAnalysis(Analysis):
    """How activations are analysed: what a data set says, for all networks alike."""

    @model_validator(mode="after")
    def _populations_stay(self) -> "NetworkAnalysis":
        if self.regions.map:
            raise AtKeyError("regions", "map", message="a network's populations cannot be grouped")
        return self

    @model_validator(mode="after")
    def _replicates_stay(self) -> "NetworkAnalysis":
        if self.sessions != Sessions():
            raise AtKeyError("sessions", message="all seeds of a network are analysed")
        return self


class Comparison(Settings):
    """Which data set the networks are laid beside."""

    dataset: Name
    """A data set with the same tasks and windows as `network_analysis`."""


RESERVED = (
    "networks",
    "comparison",
    "figures",
    "tables",
    "logs",
    "benchmarks",
    "checksums",
    "report.html",
)
"""What `results` contains besides the folders of data sets."""
RESERVED_NETWORKS = (
    *("training.csv", "report_error.csv", "memory_locus.csv", "gates.csv"),
    *("list_recall", "list_recall.csv"),
)
"""What `results/networks` contains besides the folders of networks."""


def is_reserved(name: str) -> bool:
    """Return whether no data set can have this name."""
    return as_on_disk(name) in RESERVED or as_on_disk(name).startswith("network-")


class Configuration(Settings):
    """A whole run."""

    seed: Annotated[int, Field(ge=0), NUMBER] = 2021
    """The one random seed; every job derives its own stream from it and from names."""
    data_folder: str = "data"
    """Folder that the files of data sets are relative to."""
    memory: Positive | None = None
    """Memory that reading files or a job may take, GB; null: 80 % of what is available."""
    decoding: Decoding = Decoding()
    """How populations are decoded, unless a data set says otherwise."""
    inference: Inference = Inference()
    """How sure results are, unless a data set says otherwise."""
    datasets: Annotated[dict[FolderName, WrittenDataset], Field(min_length=1)]
    """The data sets, by name."""
    networks: dict[FolderName, Network] = {}
    """The networks, by name."""
    network_analysis: NetworkAnalysis | None = None
    """How the networks' activations are analysed."""
    comparison: Comparison | None = None
    """Networks against regions."""
    list_recall: ListRecall = ListRecall()
    """Networks that recall lists."""

    @model_validator(mode="after")
    def _names_are_free(self) -> "Configuration":
        for name in self.datasets:
            if is_reserved(name):
                raise AtKeyError(
                    "datasets",
                    name,
                    message="that name is reserved for workflow output, as are "
                    f"{', '.join(RESERVED)} and network-*; choose another",
                )
        for name in self.networks:
            if as_on_disk(name) in RESERVED_NETWORKS:
                raise AtKeyError(
                    "networks",
                    name,
                    message="that name is reserved for workflow output, as are "
                    f"{', '.join(RESERVED_NETWORKS)}; choose another",
                )
        return self

    @model_validator(mode="after")
    def _names_are_different_files(self) -> "Configuration":
        for key in ("datasets", "networks"):
            if found := meeting(getattr(self, key)):
                raise AtKeyError(
                    key,
                    found[1],
                    message=f"{shown_apart(*found)} would be one folder where file names ignore "
                    "case and the encoding of accents, as on macOS and Windows; rename one",
                )
        folders = [network_dataset(name, t) for name in self.networks for t in (True, False)]
        for name in self.networks:
            both = [network_dataset(name, trained) for trained in (True, False)]
            if max(map([as_on_disk(each) for each in folders].count, map(as_on_disk, both))) > 1:
                raise AtKeyError(
                    "networks",
                    name,
                    message="results of the untrained network would be in the folder of another "
                    "network; no network can have the name of another one with -untrained",
                )
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> "Configuration":
        if self.networks and self.network_analysis is None:
            raise AtKeyError("networks", message="require the key network_analysis")
        if self.comparison is None:
            return self
        brain = self.datasets.get(self.comparison.dataset)
        if brain is None or not self.networks or self.network_analysis is None:
            raise AtKeyError(
                "comparison",
                "dataset",
                message=f"must be one of {', '.join(self.datasets)}, and networks must be given "
                f"(given: {self.comparison.dataset!r})",
            )
        for key in ("tasks", "windows"):
            brains, networks = set(getattr(brain, key)), set(getattr(self.network_analysis, key))
            if brains != networks:
                raise AtKeyError(
                    "comparison",
                    message=f"needs the same {key} in datasets.{self.comparison.dataset} "
                    f"({', '.join(sorted(brains))}) and in network_analysis "
                    f"({', '.join(sorted(networks))})",
                )
        return self

    def all_datasets(self) -> dict[str, AnyDataset]:
        """Return the data sets with those of the networks, trained and untrained."""
        made: dict[str, AnyDataset] = dict(self.datasets)
        for name in self.networks:
            assert self.network_analysis is not None
            shared = {key: getattr(self.network_analysis, key) for key in Analysis.model_fields}
            for trained in (True, False):
                made[network_dataset(name, trained)] = NetworkDataset(
                    network=name, trained=trained, **shared
                )
        return made

    def network_datasets(self) -> dict[str, tuple[str, bool]]:
        """Return the network of each data set of activations, and whether it was trained."""
        return {
            network_dataset(name, trained): (name, trained)
            for name in self.networks
            for trained in (True, False)
        }


def network_dataset(network: str, trained: bool = True) -> str:
    """Return the name of the data set that holds a network's activations."""
    return f"network-{network}" + ("" if trained else "-untrained")

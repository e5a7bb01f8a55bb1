"""The settings of data sets: one class for each source of recordings."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from neuro_attn.configuration.analysis import Analysis
from neuro_attn.configuration.experiment import Simulation
from neuro_attn.configuration.types import (
    NUMBER,
    AtKeyError,
    Count,
    Expression,
    Files,
    Flag,
    Name,
    Positive,
    RegionName,
    Seconds,
)


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

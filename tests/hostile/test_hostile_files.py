"""Data that are damaged, wrong or hostile end in one message that names file, table and column.

`CASES` is the table: the format, what is done to a good set of its files, keys that differ, and
what the message must say. `FINE` is odd too, but right.
"""

import contextlib
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pynwb import NWBHDF5IO

from neuro_attn import configuration, recording, sources
from neuro_attn.errors import InputError
from neuro_attn.files import as_filename
from tests.hostile.conftest import CANARY, keys
from tests.onboarding.conftest import (
    spike_trains,
    write_netcdf,
    write_nwb,
    write_raster,
    write_tables,
)


class Hostile:
    """Runs a command when it is unpickled."""

    def __reduce__(self):
        return (open, (CANARY, "w"))


def pickled(path: Path) -> None:
    path.write_bytes(pickle.dumps(Hostile()))


KEYS: dict[str, dict[str, Any]] = {
    "nwb": {"files": "*.nwb"},
    "raster": {
        "source": "raster",
        "files": "*.mat",
        "tasks": {
            rule: {"trials": f"rule == '{rule}'", "align": "onset"}
            for rule in ("visual", "auditory")
        },
        "time": {"start": -0.2, "stop": 0.4, "bin": 0.1},
        "windows": {"late": [0.2, 0.4]},
        "decoding": {"population": "pseudopopulation"},
    },
    "table": {
        "source": "table",
        "files": None,
        "spikes": "spikes.csv",
        "trials": "trials.csv",
        "units": "units.csv",
    },
    "netcdf": {
        "source": "netcdf",
        "files": "*.nc",
        "tasks": {rule: {"trials": f"rule == '{rule}'"} for rule in ("visual", "auditory")},
    },
}


def dataset_keys(kind: str, **changes: object) -> dict[str, Any]:
    made = keys(**{**KEYS[kind], **changes})
    mine = made["datasets"]["mine"]
    made["datasets"]["mine"] = {key: value for key, value in mine.items() if value is not None}
    return made


def read(kind: str, folder: Path, **changes: object):
    """Do what a run does with files: find them, name the sessions, read and check them."""
    dataset = configuration.parse(dataset_keys(kind, **changes)).datasets["mine"]
    names = sources.session_names("mine", dataset, folder)
    recordings = sources.read("mine", dataset, folder, 0)
    assert [made.attrs["session"] for made in recordings] == names
    return recordings


@pytest.fixture(scope="module")
def good(tmp_path_factory) -> dict[str, dict[str, bytes]]:
    """The files of each format, small and right."""
    folder = tmp_path_factory.mktemp("good")
    write_nwb(folder / "a.nwb", trains=spike_trains(6))
    write_raster(folder / "a.mat")
    write_netcdf(folder / "a.nc")
    made = {
        "nwb": ["a.nwb"],
        "raster": ["a.mat"],
        "netcdf": ["a.nc"],
        "table": [path.name for path in write_tables(folder)],
    }
    return {
        kind: {name: (folder / name).read_bytes() for name in names} for kind, names in made.items()
    }


# --- what is done to files ---------------------------------------------------------------------

Change = Callable[[Path], object]


def unspoiled(folder: Path) -> None:
    """Leave the files as they are: the keys are wrong."""


def cut(name: str, part: float) -> Change:
    """Keep only the first part of a file."""

    def change(folder: Path) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: int(len(content) * part)])

    return change


def holding(name: str, content: bytes) -> Change:
    return lambda folder: (folder / name).write_bytes(content)


def hdf5(name: str, change: Callable[[h5py.File], object]) -> Change:
    def changed(folder: Path) -> None:
        with h5py.File(folder / name, "r+") as file:
            change(file)

    return changed


def put(name: str, place: str, value: object, where: object = ...) -> Change:
    """Write a value into a data set of an HDF5 file."""
    return hdf5(name, lambda file: file[place].__setitem__(where, value))


def replaced(name: str, place: str, value: object) -> Change:
    """Replace a data set of an HDF5 file by one of another type or shape."""

    def change(file: h5py.File) -> None:
        attributes = dict(file[place].attrs)
        del file[place]
        file[place] = value
        file[place].attrs.update(
            {
                k: v
                for k, v in attributes.items()
                if k in ("namespace", "neurodata_type", "object_id", "description")
            }
        )

    return hdf5(name, change)


_OF_THE_TYPE = ("namespace", "neurodata_type", "object_id", "description")


def csv(name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Change:
    def changed(folder: Path) -> None:
        table = pd.read_csv(folder / f"{name}.csv")
        change(table).to_csv(folder / f"{name}.csv", index=False)

    return changed


def at(column: str, row: int, value: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Return what puts a value into a table."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        table = table.astype({column: object})
        table.loc[row, column] = value
        return table

    return change


def mat(**changes: object) -> Change:
    """Change the variables of the raster; one that is None is left out."""

    def change(folder: Path) -> None:
        parts = scipy.io.loadmat(folder / "a.mat", spmatrix=False)
        parts = {key: value for key, value in parts.items() if not key.startswith("__")}
        for key, value in changes.items():
            parts[key] = value(parts[key]) if callable(value) else value
        scipy.io.savemat(folder / "a.mat", {k: v for k, v in parts.items() if v is not None})

    return change


def first(value: float) -> Callable[[np.ndarray], np.ndarray]:
    def change(counts: np.ndarray) -> np.ndarray:
        counts = counts.astype(float)
        counts[0, 0] = value
        return counts

    return change


def pickled_as(name: str) -> Change:
    return lambda folder: pickled(folder / name)


def pickled_parquet(folder: Path) -> None:
    """Write a Parquet table whose schema names a Python type by a pickle, as old pyarrow did."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(pd.read_csv(folder / "units.csv"))
    field = table.schema.field("unit_id").with_metadata(
        {
            b"ARROW:extension:name": b"arrow.py_extension_type",
            b"ARROW:extension:metadata": pickle.dumps(Hostile()),
        }
    )
    schema = table.schema.set(table.schema.get_field_index("unit_id"), field)
    pq.write_table(table.cast(schema), folder / "units.parquet")


NWB, NC = "a.nwb", "a.nc"
SPIKES = "units/spike_times"

CASES: dict[str, tuple[str, Change, dict[str, Any], list[str]]] = {
    # --- NWB ---
    "NWB cut in half": ("nwb", cut(NWB, 0.5), {}, [NWB, "not a readable NWB file"]),
    "NWB cut after its first bytes": ("nwb", cut(NWB, 0.001), {}, [NWB, "not a readable NWB"]),
    "NWB of no bytes": ("nwb", holding(NWB, b""), {}, [NWB, "not a readable NWB file"]),
    "NWB that is text": ("nwb", holding(NWB, b"spikes\n"), {}, [NWB, "not a readable NWB file"]),
    "NWB that is a pickle": ("nwb", pickled_as(NWB), {}, [NWB, "not a readable NWB file"]),
    "NWB that is HDF5 only": (
        "nwb",
        hdf5(NWB, lambda file: [file.__delitem__(name) for name in list(file)]),
        {},
        [NWB, "the file has no units"],
    ),
    "NWB without attributes": (
        "nwb",
        hdf5(NWB, lambda file: [file.attrs.__delitem__(name) for name in list(file.attrs)]),
        {},
        [NWB, "not a readable NWB file"],
    ),
    "NWB without units": (
        "nwb",
        hdf5(NWB, lambda f: f.__delitem__("units")),
        {},
        [NWB, "no units"],
    ),
    "NWB without trials": (
        "nwb",
        hdf5(NWB, lambda f: f.__delitem__("intervals")),
        {},
        [NWB, "no interval table 'trials'"],
    ),
    "spike times that are all NaN": (
        "nwb",
        put(NWB, SPIKES, np.nan),
        {},
        [NWB, "units.spike_times, unit 0", "spike 0 has the time nan"],
    ),
    "a spike time that is infinite": (
        "nwb",
        put(NWB, SPIKES, np.inf, 3),
        {},
        [NWB, "unit 0", "spike 3 has the time inf"],
    ),
    "spike times that are text": (
        "nwb",
        replaced(NWB, SPIKES, np.array([b"x"] * 10)),
        {},
        [NWB],
    ),
    "spike times in milliseconds": (
        "nwb",
        hdf5(NWB, lambda f: f[SPIKES].__setitem__(..., f[SPIKES][:] * 1000)),
        {},
        [NWB, "milliseconds"],
    ),
    "spikes before all trials": (
        "nwb",
        hdf5(NWB, lambda f: f[SPIKES].__setitem__(..., f[SPIKES][:] - 1e6)),
        {},
        [NWB, "spike_times", "lie outside the recording"],
    ),
    "huge spike times": ("nwb", put(NWB, SPIKES, 1e300), {}, [NWB, "spike"]),
    "unit ids used twice": (
        "nwb",
        put(NWB, "units/id", 0),
        {},
        [NWB, "units.id", "unit id 0 is used more than once"],
    ),
    "trial ids used twice": (
        "nwb",
        put(NWB, "intervals/trials/id", 7),
        {},
        [NWB, "trial_id 7 is used more than once"],
    ),
    "spike index that points outside": (
        "nwb",
        put(NWB, "units/spike_times_index", 60_000),
        {},
        [NWB, "spike_times_index: points outside units.spike_times"],
    ),
    "events that are all NaN": (
        "nwb",
        put(NWB, "intervals/trials/stimulus", np.nan),
        {},
        [NWB, "column stimulus", "no time of the event of task"],
    ),
    "an event that is infinite": (
        "nwb",
        put(NWB, "intervals/trials/stimulus", np.inf, 5),
        {},
        [NWB, "column stimulus", "on trial 5"],
    ),
    "an event that is no column": (
        "nwb",
        unspoiled,
        {"tasks": {"visual": {"trials": "rule == 'visual'", "align": "../../etc"}}},
        [NWB, "tasks.visual.align", "no trial column '../../etc'", "stimulus"],
    ),
    "an event in a column of text": (
        "nwb",
        unspoiled,
        {"tasks": {"visual": {"trials": "rule == 'visual'", "align": "side"}}},
        [NWB, "tasks.visual.align", "'side' contains no times"],
    ),
    "a condition with one class": (
        "nwb",
        unspoiled,
        {"label": {"left": "side == 'left'", "right": "side == 'up'"}},
        ["datasets.mine.label", "one class only, 'left'"],
    ),
    "a task without trials": (
        "nwb",
        unspoiled,
        {"tasks": {"none": {"trials": "rule == 'smell'", "align": "stimulus"}}},
        ["datasets.mine.tasks.none.trials", "has no trials"],
    ),
    "a label that is no column": (
        "nwb",
        unspoiled,
        {"label": "__class__"},
        [NWB, "label", "no trial column '__class__'"],
    ),
    "a region without units": (
        "nwb",
        unspoiled,
        {"regions": {"include": ["V1"]}},
        ["datasets.mine.regions.include", "region 'V1' has 0 units", "FEF (3)"],
    ),
    "all regions excluded": (
        "nwb",
        unspoiled,
        {"regions": {"exclude": ["V4", "FEF"]}},
        ["datasets.mine.regions", "no region has 1 unit."],
    ),
    "a region column that is none": (
        "nwb",
        unspoiled,
        {"regions": {"column": "__dict__"}},
        [NWB, "no column '__dict__'", "location"],
    ),
    "a region with a name too long for a file": (
        "nwb",
        put(NWB, "units/location", "é" * 90, 0),
        {},
        [f"{NWB}, region", "'ééé", "has 90 characters", "At most 250"],
    ),
    "an interval table that is none": (
        "nwb",
        unspoiled,
        {"table": "../trials"},
        [NWB, "no interval table '../trials'"],
    ),
    "a session with a name too long for a file": (
        "nwb",
        lambda folder: (folder / NWB).rename(folder / f"{'é' * 60}.nwb"),
        {},
        ["datasets.mine, session", "'ééé", "has 60 characters"],
    ),
    "a pattern with a zero character": (
        "nwb",
        unspoiled,
        {"files": "a\0.nwb"},
        ["mine.files"],
    ),
    "a file whose name is a wildcard": (
        "nwb",
        lambda folder: (folder / NWB).rename(folder / "{session}.nwb"),
        {},
        ["datasets.mine.files", "{session}.nwb' contains one of { } < >", "Rename"],
    ),
    "a pattern that matches a folder": (
        "nwb",
        lambda folder: (folder / "b.dir").mkdir(),
        {"files": "*.dir"},
        ["datasets.mine.files", "'*.dir' matches no file"],
    ),
    "two sessions of one name": (
        "nwb",
        lambda folder: (
            (folder / "again").mkdir(),
            (folder / "again" / NWB).write_bytes((folder / NWB).read_bytes()),
        ),
        {"files": ["*.nwb", "again/*.nwb"]},
        ["datasets.mine.files", "would both be the session 'a'"],
    ),
    # --- rasters ---
    "a raster cut in half": ("raster", cut("a.mat", 0.5), {}, ["a.mat", "not a readable .mat"]),
    "a raster of no bytes": ("raster", holding("a.mat", b""), {}, ["a.mat", "not a readable .mat"]),
    "a raster that is a pickle": ("raster", pickled_as("a.mat"), {}, ["a.mat", "not a readable"]),
    "a raster without data": ("raster", mat(raster_data=None), {}, ["a.mat", "no variable raster"]),
    "a raster of text": ("raster", mat(raster_data="text"), {}, ["a.mat, raster_data", "numbers"]),
    "a raster without samples": (
        "raster",
        mat(raster_data=np.zeros((80, 0))),
        {},
        ["a.mat, raster_data", "(80, 0)"],
    ),
    "a raster with NaN": ("raster", mat(raster_data=first(np.nan)), {}, ["raster_data", "nan in"]),
    "a raster with negative counts": ("raster", mat(raster_data=first(-1)), {}, ["-1 in trial 1"]),
    "a raster with huge counts": ("raster", mat(raster_data=first(1e300)), {}, ["raster_data"]),
    "a raster with too few labels": (
        "raster",
        mat(raster_data=lambda counts: counts[:-1]),
        {},
        ["a.mat, raster_labels.", "80 labels for 79 trials"],
    ),
    "a raster without labels": (
        "raster",
        mat(raster_labels=None),
        {},
        ["a.mat, raster_labels", "the struct with the labels of the trials is missing"],
    ),
    "a raster shorter than the time": (
        "raster",
        unspoiled,
        {"time": {"start": -5.0, "stop": 5.0, "bin": 0.1}},
        ["a.mat, raster_data", "reaches outside the raster"],
    ),
    "a raster whose event is nowhere": (
        "raster",
        mat(raster_site_info={"alignment_event_time": "soon"}),
        {},
        ["a.mat, raster_site_info.alignment_event_time", "sample soon"],
    ),
    # --- tables ---
    "a table of no bytes": (
        "table",
        holding("units.csv", b""),
        {},
        ["units.csv", "the first line is empty"],
    ),
    "a table that is a pickle": ("table", pickled_as("units.csv"), {}, ["units.csv"]),
    "a pickle in the place of a table": (
        "table",
        pickled_as("units.pkl"),
        {"units": "units.pkl"},
        ["units.pkl", "suffix '.pkl'", ".csv, .parquet"],
    ),
    "a table with zero bytes": (
        "table",
        holding("units.csv", b"session,unit_id\0,location\n" * 9),
        {},
        ["units.csv"],
    ),
    "a table with its header only": (
        "table",
        csv("units", lambda t: t[:0]),
        {},
        ["units.csv", "the table has no rows"],
    ),
    "a table without a column": (
        "table",
        csv("units", lambda t: t.drop(columns="location")),
        {},
        ["units.csv", "no column 'location'", "Columns: unit_id, session"],
    ),
    "a table with rows of different length": (
        "table",
        holding("units.csv", b"session,unit_id,location\na,b\n1,2,3,4,5\n"),
        {},
        ["units.csv, line 3", "has 5 fields; the first line names 3 columns"],
    ),
    "a table that is not there": (
        "table",
        unspoiled,
        {"units": "u.csv"},
        ["mine.units", "u.csv"],
    ),
    "a spike time that is text": (
        "table",
        csv("spikes", at("time", 2, "soon")),
        {},
        ["spikes.csv, time", "row 3 contains 'soon'"],
    ),
    "a spike time that is missing": (
        "table",
        csv("spikes", at("time", 2, np.nan)),
        {},
        ["spikes.csv, time", "row 3 contains nan"],
    ),
    "spike times in a table that are infinite": (
        "table",
        csv("spikes", at("time", 0, "inf")),
        {},
        ["spikes.csv, time", "row 1"],
    ),
    "a trial without an id": (
        "table",
        csv("trials", at("trial_id", 4, None)),
        {},
        ["trials.csv, trial_id", "row 5 is empty"],
    ),
    "a trial that is there twice": (
        "table",
        csv("trials", lambda t: pd.concat([t, t[:1]])),
        {},
        ["trials.csv, trial_id", "used more than once in session 'monday'"],
    ),
    "a unit that is there twice": (
        "table",
        csv("units", lambda t: pd.concat([t, t[:1]])),
        {},
        ["units.csv, unit_id", "'u0' is used more than once"],
    ),
    "spikes of nobody": (
        "table",
        csv("spikes", at("unit_id", 0, "stray")),
        {},
        ["spikes.csv, unit_id", "without a row", "'stray'", "units.csv"],
    ),
    "a session without units": (
        "table",
        csv("units", lambda t: t[t["session"] == "monday"]),
        {},
        ["units.csv, session", "session 'tuesday' has no units"],
    ),
    "a session that leaves the folder": (
        "table",
        lambda folder: [
            csv(name, lambda t: t.replace("monday", f"../{'x' * 300}"))(folder)
            for name in ("spikes", "trials", "units")
        ],
        {},
        ["session", "'../xxx", "has 303 characters"],
    ),
    "a Parquet table that is none": (
        "table",
        holding("units.parquet", b"PAR1" + bytes(100) + b"PAR1"),
        {"units": "units.parquet"},
        ["units.parquet", "not a readable table"],
    ),
    "a Parquet table that is a pickle": (
        "table",
        pickled_as("units.parquet"),
        {"units": "units.parquet"},
        ["units.parquet", "not a readable table"],
    ),
    # --- NetCDF ---
    "NetCDF cut in half": ("netcdf", cut(NC, 0.5), {}, [NC, "not a readable NetCDF4 file"]),
    "NetCDF that is a pickle": ("netcdf", pickled_as(NC), {}, [NC, "not a readable NetCDF4 file"]),
    "NetCDF of version 3": (
        "netcdf",
        holding(NC, b"CDF\x01" + bytes(60)),
        {},
        [NC, "not a readable"],
    ),
    "NetCDF without rates": (
        "netcdf",
        hdf5(NC, lambda file: file.move("rates", "other")),
        {},
        [NC, "no variable rates", "Variables: other"],
    ),
    "NetCDF without regions": (
        "netcdf",
        hdf5(NC, lambda file: file.__delitem__("region")),
        {},
        [NC, "no coordinate region on unit"],
    ),
    "rates that are all NaN": (
        "netcdf",
        put(NC, "rates", np.nan),
        {},
        [NC, "rates", "nan at trial"],
    ),
    "a rate that is infinite": (
        "netcdf",
        put(NC, "rates", np.inf, (3, 2, 1)),
        {},
        ["inf at trial 3"],
    ),
    "rates that are negative": ("netcdf", put(NC, "rates", -1), {}, [NC, "negative firing rates"]),
    "ids of NetCDF used twice": (
        "netcdf",
        put(NC, "unit_id", 3),
        {},
        [NC, "unit_id 3 is used more than once"],
    ),
    "bins that NetCDF does not have": (
        "netcdf",
        unspoiled,
        {"time": {"start": -0.2, "stop": 0.6, "bin": 0.05}},
        [f"{NC}, time", "does not contain the bins of 0.05 s", "bins of 0.1 s"],
    ),
    "times that are all NaN": ("netcdf", put(NC, "time", np.nan), {}, [f"{NC}, time", "bins"]),
}


@pytest.mark.parametrize("case", CASES)
def test_it_ends_in_one_message(good, tmp_path, monkeypatch, unchanged, case):
    kind, change, changes, expected = CASES[case]
    monkeypatch.chdir(tmp_path)
    for name, content in good[kind].items():
        (tmp_path / name).write_bytes(content)
    change(tmp_path)
    assert unchanged()
    with pytest.raises(InputError) as error:
        read(kind, tmp_path, **changes)
    message = str(error.value)
    assert message.isprintable()
    assert len(message) < 3000
    for part in expected:
        assert part in message
    assert unchanged()


def test_the_files_are_right_before_they_are_spoiled(good, tmp_path):
    for kind, made in good.items():
        for name, content in made.items():
            (tmp_path / name).write_bytes(content)
        assert read(kind, tmp_path)


# --- odd, but right ------------------------------------------------------------------------------


def shifted(seconds: float) -> Change:
    """Shift the clock of a session."""

    def change(file: h5py.File) -> None:
        trials = file["intervals/trials"]
        for times in (file[SPIKES], trials["start_time"], trials["stop_time"], trials["stimulus"]):
            times[...] = times[:] + seconds

    return hdf5(NWB, change)


def overlapping(file: h5py.File) -> None:
    stop = file["intervals/trials/stop_time"]
    stop[...] = stop[:] + 5


def sessions_named(name: str) -> Change:
    """Give the first session of the tables another name."""

    def change(folder: Path) -> None:
        for table in ("spikes", "trials", "units"):
            csv(table, lambda t: t.replace("monday", name))(folder)

    return change


REGIONS = ["../../V4", "V4 / layer 2", "{wildcards}", f"$(touch {CANARY})", "領域", "-rf"]

FINE: dict[str, tuple[str, Change, dict[str, Any]]] = {
    "regions whose names are no file names": (
        "nwb",
        hdf5(NWB, lambda file: file["units/location"].__setitem__(..., REGIONS)),
        {},
    ),
    "a session whose name is a command": (
        "nwb",
        lambda folder: (folder / NWB).rename(folder / f"$(touch {CANARY}) & x.nwb"),
        {},
    ),
    "a folder with spaces and brackets": (
        "nwb",
        lambda folder: (
            (folder / "my data [1]").mkdir(),
            (folder / NWB).rename(folder / "my data [1]" / "a b.nwb"),
        ),
        {"files": "my data [[]1]/*.nwb"},
    ),
    "spikes that are not sorted": (
        "nwb",
        hdf5(NWB, lambda file: file[SPIKES].__setitem__(slice(0, 900), file[SPIKES][:900][::-1])),
        {},
    ),
    "times that are negative": ("nwb", shifted(-1000.0), {}),
    "trials that overlap": ("nwb", hdf5(NWB, overlapping), {}),
    "a unit without a region": ("nwb", put(NWB, "units/location", "", 0), {}),
    "a session in tables whose name leaves the folder": ("table", sessions_named("../../x"), {}),
}


@pytest.mark.parametrize("case", FINE)
def test_what_is_odd_but_right_is_read_and_stays_in_its_folder(
    good, tmp_path, monkeypatch, unchanged, case
):
    kind, change, changes = FINE[case]
    monkeypatch.chdir(tmp_path)
    for name, content in good[kind].items():
        (tmp_path / name).write_bytes(content)
    change(tmp_path)
    assert unchanged()
    for made in read(kind, tmp_path, **changes):
        assert np.isfinite(made["rates"].values).all()
        assert (made["rates"].values > 0).any()
        for name in (made.attrs["session"], *set(made["region"].values)):
            path = tmp_path / f"{as_filename(name)}.nc"
            assert path.parent.resolve() == tmp_path.resolve()
            recording.save(made, path)
            path.unlink()
    assert unchanged()


def test_unsorted_spikes_are_the_same_spikes(good, tmp_path):
    (tmp_path / NWB).write_bytes(good["nwb"][NWB])
    (before,) = read("nwb", tmp_path)
    FINE["spikes that are not sorted"][1](tmp_path)
    (after,) = read("nwb", tmp_path)
    # Spikes 1 to 900 are those of the first unit, which has about 1,600.
    np.testing.assert_array_equal(before["rates"].values, after["rates"].values)


def test_a_pickle_in_the_schema_of_a_parquet_table_is_not_run(good, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in good["table"].items():
        (tmp_path / name).write_bytes(content)
    pickled_parquet(tmp_path)
    with contextlib.suppress(InputError):
        read("table", tmp_path, units="units.parquet")
    assert not (tmp_path / CANARY).exists()


def test_a_pickle_in_a_zarr_folder_is_not_run(tmp_path, monkeypatch):
    hdmf_zarr = pytest.importorskip("hdmf_zarr")
    monkeypatch.chdir(tmp_path)
    write_nwb(tmp_path / "a.nwb", trains=spike_trains(4), place="electrodes", regions=["V4"] * 4)
    zarr = str(tmp_path / "a.nwb.zarr")
    with NWBHDF5IO(tmp_path / "a.nwb", "r") as source, hdmf_zarr.NWBZarrIO(zarr, "w") as io:
        io.export(src_io=source, write_args={"link_data": False})
    assert read("nwb", tmp_path, files="*.zarr")
    array = "general/extracellular_ephys/electrodes/location"
    place = tmp_path / "a.nwb.zarr" / array
    about = json.loads((place / ".zarray").read_text())
    about.update(filters=[{"id": "pickle", "protocol": 5}], compressor=None, dtype="|O")
    (place / ".zarray").write_text(json.dumps(about))
    pickled(place / "0")
    if (index := tmp_path / "a.nwb.zarr/.zmetadata").exists():
        content = json.loads(index.read_text())
        content["metadata"][f"{array}/.zarray"] = about
        index.write_text(json.dumps(content))
    unread = r"a\.nwb\.zarr, /\S+/electrodes/location: its values are a pickle"
    with pytest.raises(InputError, match=unread):
        read("nwb", tmp_path, files="*.zarr")
    assert not (tmp_path / CANARY).exists()


def test_a_pickle_that_were_loaded_would_be_noticed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pickled(tmp_path / "a")
    pickle.loads((tmp_path / "a").read_bytes()).close()
    assert (tmp_path / CANARY).exists()


# --- any bytes -----------------------------------------------------------------------------------


def spoiled(folder: Path, files: dict[str, bytes], name: str, content: bytes) -> None:
    folder.mkdir(exist_ok=True)
    for each, right in files.items():
        (folder / each).write_bytes(content if each == name else right)


@given(data=st.data())
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@pytest.mark.parametrize("kind", KEYS)
def test_damaged_files_are_read_or_refused(kind, good, tmp_path_factory, data):
    """Bytes of a good file are overwritten, or the file cut: an answer or a message, no more."""
    folder = tmp_path_factory.getbasetemp() / f"damaged-{kind}"
    name = data.draw(st.sampled_from(sorted(good[kind])))
    content = bytearray(good[kind][name])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        patch = data.draw(st.binary(min_size=1, max_size=16))
        content[place : place + len(patch)] = patch
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    spoiled(folder, good[kind], name, bytes(content))
    try:
        recordings = read(kind, folder)
    except InputError:
        return
    assert all(np.isfinite(made["rates"].values).all() for made in recordings)


@given(content=st.binary(max_size=300))
@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@pytest.mark.parametrize("kind", KEYS)
def test_any_bytes_are_refused(kind, good, tmp_path_factory, content):
    folder = tmp_path_factory.getbasetemp() / f"bytes-{kind}"
    spoiled(folder, good[kind], sorted(good[kind])[-1], content)
    with pytest.raises(InputError):
        read(kind, folder)

"""Whatever goes wrong while files are read, one message names the file, and no traceback is shown.

The first tests break the code that reads each source on purpose, because files that we can think
of are fewer than those that exist. The last ones show what such files are like.
"""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.io
import yaml

from neuro_attn import recording, sources
from neuro_attn.configuration import parse
from neuro_attn.errors import InputError, UnreadableError, report_user_errors
from neuro_attn.guard import guarded
from neuro_attn.onboarding import remarks
from neuro_attn.recording import cutting
from neuro_attn.sources import contents
from neuro_attn.sources.matlab import contents as onboarding_matlab
from neuro_attn.sources.matlab import reading as matlab
from neuro_attn.sources.raster import reading as raster
from tests import formats
from tests.matlab_files import write_hdf5
from tests.onboarding.conftest import command as command

FAILURES: dict[str, Exception] = {
    "a value": ValueError("buffer is too small"),
    "a type": TypeError("unhashable type: 'list'"),
    "a key": KeyError("time"),
    "an index": IndexError("index 3 is out of bounds"),
    "an attribute": AttributeError("'NoneType' object has no attribute 'shape'"),
    "a number": OverflowError("int too large to convert to float"),
    "a division": ZeroDivisionError("division by zero"),
    "an assertion": AssertionError(),
    "a library": RuntimeError("Unable to get group info (bad symbol table node signature)"),
    "text": UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    "a file": OSError("Unable to synchronously open file (truncated file)"),
    "a seek": OSError(errno.EINVAL, "Invalid argument"),
    "the end": EOFError("Compressed file ended before the end-of-stream marker was reached"),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_any_exception_ends_in_one_message(failure):
    raised = FAILURES[failure]
    with pytest.raises(UnreadableError) as error, guarded("a.nwb, trials.side", "column"):
        raise raised
    message = str(error.value)
    assert message.startswith("a.nwb, trials.side: is not a readable column (")
    assert "copy, download or save it again" in message
    assert message.isprintable()
    assert error.value.__cause__ is raised
    assert type(raised).__name__ in error.value.original()


def test_very_deep_nesting_is_said_in_words():
    with pytest.raises(UnreadableError, match="it is nested too deeply"), guarded("a", "table"):
        raise RecursionError("maximum recursion depth exceeded")


def test_the_innermost_guard_names_the_place_and_better_messages_pass():
    with (
        pytest.raises(UnreadableError, match=r"^a\.nwb, trials\.side: is not a readable column"),
        guarded("a.nwb", "NWB file"),
        guarded("a.nwb, trials.side", "column"),
    ):
        raise TypeError
    with pytest.raises(InputError) as error, guarded("a.nwb", "NWB file"):
        raise InputError("a.nwb, units", "has no spikes.")
    assert type(error.value) is InputError


@pytest.mark.parametrize("line", ["a_name_that_does_not_exist", "del x; x"])
def test_names_that_our_code_lacks_are_not_taken_for_damage(line):
    ours, other = {"__name__": "neuro_attn.sources.nwb", "x": 1}, {"__name__": "scipy", "x": 1}
    with pytest.raises(NameError), guarded("a.nwb", "NWB file"):
        exec(line, ours)
    with pytest.raises(UnreadableError), guarded("a.nwb", "NWB file"):
        exec(line, other)


def test_warnings_are_not_taken_for_damage():
    with pytest.raises(RuntimeWarning), guarded("a.nwb", "NWB file"):
        raise RuntimeWarning


def test_numbers_that_overflow_are_refused_in_a_message_and_not_in_warnings():
    with guarded("a.nwb", "NWB file"):
        assert np.isinf(np.array([1e300]) * np.array([1e300])).all()
        assert np.isnan(np.array([np.inf]) - np.array([np.inf])).all()


def test_a_name_that_scipy_lacks_is_damage(tmp_path):
    """SciPy uses a variable before it has a value where the class of an array is unknown."""
    scipy.io.savemat(tmp_path / "a.mat", {"raster_data": np.ones((2, 3))})
    content = bytearray((tmp_path / "a.mat").read_bytes())
    assert content[144] == 6  # mxDOUBLE_CLASS
    content[144] = 0
    (tmp_path / "a.mat").write_bytes(content)
    with pytest.raises(UnreadableError, match=r"a\.mat: is not a readable \.mat file"):
        raster.load(tmp_path / "a.mat")


def test_an_interrupt_passes():
    with pytest.raises(KeyboardInterrupt), guarded("a.nwb", "NWB file"):
        raise KeyboardInterrupt


def test_lack_of_memory_is_no_damage():
    with (
        pytest.raises(
            InputError, match=r"^a\.nwb: reading it takes more memory than the budget"
        ) as error,
        guarded("a.nwb", "NWB file"),
    ):
        raise MemoryError("Unable to allocate 8 PiB")
    assert not isinstance(error.value, UnreadableError)


def test_what_the_system_refuses_is_no_damage():
    with (
        pytest.raises(InputError, match=r"^a\.nwb: .*Check the permissions") as error,
        guarded("a.nwb", "NWB file"),
    ):
        raise PermissionError(errno.EACCES, "Permission denied")
    assert not isinstance(error.value, UnreadableError)


# --- every source --------------------------------------------------------------------------------


def session() -> formats.Session:
    return formats.planted(n_trials=16, n_units=2)


def fail(*arguments: object, **settings: object) -> None:
    raise KeyError("what a library says")


def configured(folder: Path, keys: dict[str, Any]) -> None:
    inference = {"permutations": 19, "bootstraps": 20}
    config = {"data_folder": "data", "datasets": {"mine": keys}, "inference": inference}
    (folder / "mine.yaml").write_text(yaml.safe_dump(config, sort_keys=False))


@pytest.mark.parametrize("source", formats.EVERY)
def test_a_run_and_check_name_the_file_whatever_fails(source, command, tmp_path, monkeypatch):
    keys = formats.write(source, tmp_path / "data", session())
    configured(tmp_path, keys)
    # What every source calls once its file is open; the sources have imported it by name.
    for module in (recording, cutting, matlab):
        if hasattr(module, "assign_tasks"):
            monkeypatch.setattr(module, "assign_tasks", fail)
    checked = command("check", "mine.yaml")
    assert checked.code == 1
    assert "Traceback" not in checked.out + checked.err
    assert "(KeyError: 'what a library says')" in " ".join(checked.out.split())
    dataset = parse({"datasets": {"mine": keys}}).datasets["mine"]
    with pytest.raises(UnreadableError) as error:
        sources.read("mine", dataset, tmp_path / "data", 0)
    assert error.value.where.startswith(str(tmp_path / "data"))
    assert "is not a readable" in error.value.problem


@pytest.mark.parametrize("source", formats.EVERY)
def test_inspect_and_init_name_the_file_whatever_fails(source, command, tmp_path, monkeypatch):
    formats.write(source, tmp_path / "data", session())
    files = sorted(map(str, (tmp_path / "data").iterdir()))
    # By module, so that all of them are imported: one that a command imported later would take the
    # replacement for the function, and keep it for the tests after this one.
    for module in (contents, remarks):
        monkeypatch.setattr(module, "columns", fail)
    monkeypatch.setattr(onboarding_matlab, "_advice", fail)
    for arguments in (
        ["inspect", *files],
        ["init", *files, "--label", "side", "--output", "mine.yaml"],
    ):
        message = command(*arguments).message
        assert message.startswith(files[0])
        assert "(KeyError: 'what a library says')" in message
    assert not (tmp_path / "mine.yaml").exists()


def test_the_traceback_is_shown_on_request(command, tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1" + bytes(100) + b"PAR1")
    assert "is not a readable table" in command("inspect", path).message
    monkeypatch.setenv("NEURO_ATTN_TRACEBACK", "1")
    shown = command("inspect", path)
    assert shown.code == 1
    assert "Traceback (most recent call last)" in shown.err
    assert "pyarrow" in shown.err


def test_a_job_keeps_the_traceback_in_its_log(tmp_path, capsys):
    log = tmp_path / "log"
    with (
        pytest.raises(SystemExit),
        report_user_errors(str(log)),
        guarded("a.nwb", "NWB file"),
    ):
        fail()
    assert "Traceback" not in capsys.readouterr().err
    written = log.read_text()
    assert written.startswith("neuro-attn: error: a.nwb: is not a readable NWB file")
    assert "Traceback (most recent call last)" in written
    assert "in fail" in written


# --- files that had no message, or none that named the place -------------------------------------


def hdf5(name: str, change: Callable[[h5py.File], object]) -> Callable[[Path], None]:
    def changed(folder: Path) -> None:
        with h5py.File(folder / name, "r+") as file:
            change(file)

    return changed


def with_type(name: str, dtype: object, n_rows: int = 16) -> Callable[[Path], None]:
    """Replace a variable of the NetCDF recording by an empty one of another type."""

    def change(file: h5py.File) -> None:
        del file[name]
        file.create_dataset(name, (n_rows,), dtype=dtype)

    return hdf5("planted.nc", change)


def column(name: str, values: pa.Array) -> Callable[[Path], None]:
    """Replace a column of the trials by Arrow values that pandas may not know."""

    def change(folder: Path) -> None:
        table = pq.read_table(folder / "trials.parquet").replace_schema_metadata(None)
        place = table.schema.get_field_index(name)
        pq.write_table(table.set_column(place, name, values), folder / "trials.parquet")

    return change


def not_utf8(n_rows: int = 16) -> pa.Array:
    """Return Arrow text whose bytes are not UTF-8, which Arrow itself does not check."""
    offsets = np.arange(n_rows + 1, dtype=np.int32).tobytes()
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"\xff" * n_rows)]
    return pa.Array.from_buffers(pa.string(), n_rows, buffers)


def widths(value: float) -> Callable[[Path], None]:
    """Change the widths of the bins of binned data."""

    def change(folder: Path) -> None:
        (path,) = folder.glob("*.mat")
        parts = scipy.io.loadmat(path)
        parameters = parts["binned_site_info"]["binning_parameters"][0, 0]
        parameters["the_bin_widths"][0, 0][...] = value
        scipy.io.savemat(path, {k: v for k, v in parts.items() if not k.startswith("__")})

    return change


def values(name: str, new: Any) -> Callable[[Path], None]:
    """Replace the values of a data set of the NWB file, or its type; keep its attributes."""

    def change(file: h5py.File) -> None:
        attributes, shape = dict(file[name].attrs), file[name].shape
        del file[name]
        if isinstance(new, np.dtype):
            file.create_dataset(name, shape, new)
        else:
            file[name] = new
        file[name].attrs.update(attributes)

    return hdf5("planted.nwb", change)


def circular(file: h5py.File) -> None:
    del file["intervals/trials/cue"]
    file["intervals/trials/cue"] = h5py.SoftLink("/intervals/trials/cue")


def series(file: h5py.File) -> None:
    """Add time series of which only the data are right."""
    for number, rate in enumerate((b"fast", 0.0, np.nan, np.arange(3.0))):
        group = file.create_group(f"acquisition/series{number}")
        group["data"] = np.zeros(5)
        group["starting_time"] = b"soon" if number == 1 else 0.0
        group["starting_time"].attrs["rate"] = rate
    for number, times in enumerate((np.full(5, b"x"), np.zeros((0, 2)), np.zeros((5, 2)))):
        group = file.create_group(f"acquisition/stamped{number}")
        group["data"], group["timestamps"] = np.zeros(5), times


def first_time(name: str) -> Callable[[Path], None]:
    """Rename the first bin of each table of NeuroDecodeR."""

    def change(folder: Path) -> None:
        for path in folder.iterdir():
            header, rows = path.read_text().split("\n", 1)
            columns = header.split(",")
            number = next(n for n, each in enumerate(columns) if each.startswith("time."))
            columns[number] = name
            path.write_text(",".join(columns) + "\n" + rows)

    return change


def clusters(value: float) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (path,) = folder.rglob("clusters.metrics.pqt")
        table = pd.read_parquet(path).astype({"cluster_id": float})
        table.loc[0, "cluster_id"] = value
        table.to_parquet(path)

    return change


def no_character(folder: Path) -> None:
    """Write a text of which a character has a number that is none, as version 7.3."""
    path = folder / "unit0.mat"
    labels = {name: ["left", "right"] * 8 for name in ("side", "order")}
    site = {"alignment_event_time": 101.0, "region": "V4"}
    parts = {"raster_data": np.zeros((16, 600)), "raster_labels": labels, "raster_site_info": site}
    write_hdf5(path, parts)
    with h5py.File(path, "r+") as file:
        del file["raster_site_info/region"]
        file["raster_site_info/region"] = np.full((2, 1), -(2**63))
        file["raster_site_info/region"].attrs["MATLAB_class"] = np.bytes_("char")


FILES: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "ids of NetCDF that are lists": (
        "netcdf",
        with_type("trial_id", h5py.vlen_dtype(np.float64)),
        "planted.nc",
    ),
    "units of rates that are several numbers": (
        "netcdf",
        hdf5("planted.nc", lambda file: file["rates"].attrs.__setitem__("units", np.arange(4))),
        "",
    ),
    "text of Parquet that is not UTF-8": ("parquet", column("side", not_utf8()), "trials.parquet"),
    "lists in a column of Parquet": (
        "parquet",
        column("side", pa.array([[1.0, 2.0]] * 16)),
        "trials.parquet",
    ),
    "empty lists in a column of Parquet": (
        "parquet",
        column("order", pa.array([[]] * 16, pa.list_(pa.float64()))),
        "several values a row, for example []",
    ),
    "dates that pandas cannot hold": (
        "parquet",
        column("cue", pa.array([2**61] * 16, pa.timestamp("us"))),
        "trials.parquet",
    ),
    "bins of no width": ("binned", widths(0.0), "bin 1 starts at 1 and is 0 samples wide"),
    "bins far narrower than a sample": (
        "binned",
        widths(1e-4),
        "bin 1 starts at 1 and is 0.0001 samples wide. Both must be finite, and a width at least",
    ),
    "a bin far narrower than a sample": (
        "binned csv",
        first_time("time.0_0.0001"),
        "time.0_0.0001: the bin starts at 0 and stops at 0.0001. Both must be finite",
    ),
    "a sample that never ends": (
        "raster csv",
        first_time("time.-100_1e999"),
        "time.-100_1e999: the bin starts at -100 and stops at inf. Both must be finite",
    ),
    "an index that no integer holds": (
        "nwb",
        values("units/spike_times_index", [2.0**63, 2.0**63]),
        "units.spike_times_index: value 1 is 9.22",
    ),
    "an index that is text": (
        "nwb",
        values("units/spike_times_index", ["a", "b"]),
        "units.spike_times_index: contains values of type object. Values must be whole numbers",
    ),
    "an index of another number of rows": (
        "nwb",
        values("units/spike_times_index", np.arange(5)),
        "units.spike_times_index: has 5 rows; the table has 2",
    ),
    "an index that points outside": (
        "nwb",
        values("units/spike_times_index", [10**6, 10**7]),
        "units.spike_times_index: points outside units.spike_times",
    ),
    "spike times that are text": (
        "nwb",
        values("units/spike_times", ["x"] * 10**4),
        "units.spike_times, unit 0: the times are values of type object",
    ),
    "ids of NWB that are lists": (
        "nwb",
        values("intervals/trials/id", h5py.vlen_dtype(np.float64)),
        "trials.id: contains object. Ids must be numbers or text",
    ),
    "regions that are lists": (
        "nwb",
        values("units/location", h5py.vlen_dtype(np.float64)),
        "units, regions.column: the column 'location' has arrays",
    ),
    "a link that leads to itself": (
        "nwb",
        hdf5("planted.nwb", circular),
        "planted.nwb, /intervals/trials/cue: is not a readable part of an NWB file",
    ),
    "time series that no run reads": ("nwb", hdf5("planted.nwb", series), ""),
    "the number of a cluster that no integer holds": (
        "alf",
        clusters(1e300),
        "clusters.metrics.pqt, cluster_id: value 1 is 1e+300. Values must be whole numbers",
    ),
    "the number of a cluster below 0": (
        "alf",
        clusters(-1.0),
        "clusters.metrics.pqt, cluster_id: a number repeats or is below 0",
    ),
    "a number that no computer can hold, in a text of MATLAB 7.3": (
        "raster",
        no_character,
        "unit0.mat, raster_site_info.region: is not a readable variable of MATLAB",
    ),
    "bins of infinite width": ("binned", widths(np.inf), "bin 1 starts at 1 and is inf samples"),
}


@pytest.mark.parametrize("case", FILES)
def test_it_is_answered_by_every_command(case, command, tmp_path):
    source, change, expected = FILES[case]
    keys = formats.write(source, tmp_path / "data", session())
    configured(tmp_path, keys)
    change(tmp_path / "data")
    files = sorted(map(str, (tmp_path / "data").iterdir()))
    inspected = command("inspect", *files)
    assert "Traceback" not in inspected.err
    assert inspected.code == 0 or inspected.message
    checked = command("check", "mine.yaml")
    assert "Traceback" not in checked.out + checked.err
    dataset = parse({"datasets": {"mine": keys}}).datasets["mine"]
    if not expected:
        assert inspected.code == checked.code == 0
        assert sources.read("mine", dataset, tmp_path / "data", 0)
        return
    assert checked.code == 1
    with pytest.raises(InputError) as error:
        sources.read("mine", dataset, tmp_path / "data", 0)
    assert expected in str(error.value)

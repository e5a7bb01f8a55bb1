"""`neuro-attn inspect` says what stands in files, and what is odd there."""

import h5py
import numpy as np
import pandas as pd
import pytest
from pynwb.base import TimeSeries
from pynwb.epoch import TimeIntervals

from neuro_attn.sources.nwb import units as nwb_units
from neuro_attn.sources.nwb.files import opened
from tests.onboarding.conftest import (
    N_TRIALS,
    N_UNITS,
    spike_trains,
    trials_table,
    write_nwb,
    write_raster,
    write_tables,
)


def columns_of(found, table="trials"):
    (only,) = [each for each in found["tables"] if each["name"] == table]
    return {column["name"]: column for column in only["columns"]}


def units_of(found, region_column=0):
    return {each["region"]: each["n_units"] for each in found["regions"][region_column]["units"]}


def test_every_format_is_shown_on_lines_that_fit_a_terminal(command, files):
    done = command("inspect", *files)
    assert done.code == 0, done.err
    assert max(map(len, done.out.splitlines())) <= 100
    assert "Interval table 'trials'" in done.out
    for word in ("visual (", "auditory (", "left (", "right ("):
        assert word in done.out


def test_every_format_says_its_units_trials_and_values(described, files):
    found = described(*files)
    n_units = sum(session["n_units"] for session in found["sessions"])
    assert n_units == (len(files) if found["kind"] == "raster" else 2 * N_UNITS)
    sides = columns_of(found)["side"]
    assert set(sides["values"]) == {"left", "right"}
    assert sum(sides["values"].values()) == sum(s["n_rows"]["trials"] for s in found["sessions"])
    assert sides["n_distinct"] == 2
    if found["kind"] != "raster":
        assert units_of(found) == {"V4": N_UNITS, "FEF": N_UNITS}


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("units", "units column"),
        ("electrodes", "electrodes column"),
        ("electrode_group", "electrode_group"),
    ],
)
def test_regions_are_found_where_nwb_files_keep_them(described, tmp_path, place, shown):
    found = described(write_nwb(tmp_path / "a.nwb", place=place))
    assert (found["regions"][0]["place"], found["regions"][0]["column"]) == (shown, "location")
    assert units_of(found) == {"V4": N_UNITS // 2, "FEF": N_UNITS // 2}


def test_a_usual_column_counts_also_where_every_unit_has_its_own_region(described, tmp_path):
    regions = [f"area {n}" for n in range(N_UNITS)]
    assert len(units_of(described(write_nwb(tmp_path / "a.nwb", regions=regions)))) == N_UNITS


def test_spike_times_are_the_same_in_blocks_of_any_size(described, tmp_path, monkeypatch):
    trains = [np.empty(0), *spike_trains(6), np.empty(0), np.empty(0)]
    path = write_nwb(tmp_path / "a.nwb", trains=trains)
    for block in (1, 2000, 10**9):
        monkeypatch.setattr(nwb_units, "BLOCK", block)
        with opened(path) as tree:
            read = list(nwb_units.units_table(tree, None).trains())
        assert [len(train) for train in read] == [len(train) for train in trains]
        assert all(map(np.array_equal, read, trains))


def test_rates_and_length_are_those_of_the_spikes(described, tmp_path):
    trains = spike_trains()
    found = described(write_nwb(tmp_path / "a.nwb", trains=trains))
    (session,) = found["sessions"]
    first, last = min(t[0] for t in trains), max(t[-1] for t in trains)
    assert session["start_s"] == pytest.approx(first)
    assert session["stop_s"] == pytest.approx(last)
    mean = sum(map(len, trains)) / N_UNITS / (last - first)
    assert session["mean_rate"] == pytest.approx(mean, abs=1e-3)


def test_events_are_told_from_other_numbers(described, tmp_path):
    trials = trials_table().assign(
        contrast=np.tile([0.0, 0.25, 0.5, 1.0], N_TRIALS // 4),
        reaction_time=np.linspace(0.2, 0.9, N_TRIALS),
        wheel=np.random.default_rng(0).normal(size=N_TRIALS),
    )
    found = columns_of(described(write_nwb(tmp_path / "a.nwb", trials)))
    used = {name: column["use"] for name, column in found.items() if column["use"]}
    assert used == {
        "start_time": "event",
        "stop_time": "event",
        "stimulus": "event",
        "reaction_time": "from start?",
    }


def test_all_interval_tables_and_columns_of_several_values_are_named(described, tmp_path):
    def add(file):
        passive = TimeIntervals(name="passive", description="without a task")
        passive.add_interval(start_time=1.0, stop_time=2.0)
        file.add_time_intervals(passive)
        file.add_trial_column("licks", "times", data=[[1.0, 2.0]] * N_TRIALS, index=True)
        file.add_trial_column("gaze", "trace", data=np.zeros((N_TRIALS, 50)))

    found = described(write_nwb(tmp_path / "a.nwb", add=add))
    assert [table["name"] for table in found["tables"]] == ["trials", "passive"]
    assert found["tables"][0]["unusable"] == ["gaze"]
    names = {column["name"] for column in found["tables"][0]["columns"]}
    assert {"licks_count", "licks_first", "licks_last"} <= names


def test_derived_columns_are_marked_and_never_proposed_as_events(command, described, tmp_path):
    trials = trials_table().drop(columns="stimulus")
    inside = trials["start_time"].to_numpy() + 0.5

    def add(file):
        licks = [[time, time + 0.1] for time in inside]
        file.add_trial_column("licks", "times", data=licks, index=True)
        file.add_trial_column("shown", "from, to", data=np.stack([inside, inside + 0.3], axis=1))
        file.add_trial_column("licks_seen", "not derived", data=inside)

    path = write_nwb(tmp_path / "a.nwb", trials, add=add)
    found = columns_of(described(path))
    derived = {"licks_count", "licks_first", "licks_last", "shown_0", "shown_1"}
    assert {name for name, column in found.items() if column["derived"]} == derived
    events = {name for name, column in found.items() if column["use"]}
    assert events == {"start_time", "stop_time", "licks_seen"}
    assert "number, derived" in command("inspect", path).out
    # The only event inside the trial is no derived column, so nobody has to choose.
    options = ("-o", "config/mine.yaml", "--label", "side")
    assert command("init", path, *options).code == 0
    assert "align: licks_seen" in (tmp_path / "config/mine.yaml").read_text()


def test_raw_traces_are_named_and_never_read(command, tmp_path, monkeypatch):
    n_samples = 50_000

    def add(file):
        raw = np.zeros((n_samples, 4), dtype=np.int16)
        file.add_acquisition(TimeSeries(name="probe", data=raw, unit="V", rate=100.0))
        amplitudes = [np.ones(len(train)) for train in spike_trains()]
        file.add_unit_column("spike_amplitudes", "uV", data=amplitudes, index=True)
        file.add_unit_column("waveform", "uV", data=np.zeros((N_UNITS, 50)))

    path = write_nwb(tmp_path / "a.nwb", add=add)
    read = []
    original = h5py.Dataset.__getitem__

    def watched(self, key, *rest, **named):
        read.append(self.name)
        return original(self, key, *rest, **named)

    monkeypatch.setattr(h5py.Dataset, "__getitem__", watched)
    done = command("inspect", path)
    assert "TimeSeries 'probe' (50000 x 4 samples, not read)" in done.out
    assert "0.0 to 500.0" in done.out  # the recording is as long as its longest series
    assert "/units/spike_times" in read
    for never in ("/acquisition/probe/data", "/units/spike_amplitudes", "/units/waveform"):
        assert never not in read


def warned(found, text):
    return [warning for warning in found["warnings"] if text in warning]


def test_a_sound_file_gives_no_warning(described, tmp_path):
    trials = trials_table().drop(columns="correct")
    assert described(write_nwb(tmp_path / "a.nwb", trials))["warnings"] == []


def test_spike_times_in_milliseconds(described, tmp_path):
    trains = [times * 1000 for times in spike_trains()]
    found = described(write_nwb(tmp_path / "a.nwb", trains=trains))
    (warning,) = warned(found, "spike times seem to be in milliseconds")
    assert str(tmp_path / "a.nwb") in warning


def test_units_without_region(described, tmp_path):
    regions = ["", "", ""] + ["V4"] * (N_UNITS - 3)
    found = described(write_nwb(tmp_path / "a.nwb", regions=regions))
    assert warned(found, f"3 of {N_UNITS} units without a region in location (a)")
    assert units_of(found) == {"": 3, "V4": N_UNITS - 3}


def test_no_column_of_regions(described, tmp_path):
    found = described(write_nwb(tmp_path / "a.nwb", place=""))
    assert warned(found, "no column names the units' regions")


def test_trials_outside_the_recording(described, tmp_path):
    trials = trials_table()
    trials.loc[N_TRIALS - 5 :, ["start_time", "stop_time", "stimulus"]] += 1000.0
    found = described(write_nwb(tmp_path / "a.nwb", trials))
    assert warned(found, "trials, column start_time: 5 of 80 rows lie outside the recording")


def test_duplicated_ids_of_units(described, tmp_path):
    ids = [7, 7, *range(100, 100 + N_UNITS - 2)]
    found = described(write_nwb(tmp_path / "a.nwb", ids=ids))
    assert warned(found, "duplicated ids of units: 7; a run refuses them")


def test_duplicated_ids_of_trials(described, tmp_path):
    paths = write_tables(tmp_path, trials=lambda t: t.assign(trial_id=t["trial_id"].replace(5, 4)))
    assert warned(described(*paths), "duplicated ids of trials: 4")


def test_empty_units(described, tmp_path):
    trains = [np.empty(0), np.empty(0), *spike_trains(N_UNITS - 2)]
    found = described(write_nwb(tmp_path / "a.nwb", trains=trains))
    assert warned(found, f"2 of {N_UNITS} units without a spike (a: 2)")


def test_spike_times_that_are_no_times(described, tmp_path):
    trains = spike_trains()
    trains[3][7] = np.nan
    found = described(write_nwb(tmp_path / "a.nwb", trains=trains))
    assert warned(found, "NaN or infinite among the spike times: 1")


def test_unequal_counts_between_conditions(described, tmp_path):
    found = described(write_nwb(tmp_path / "a.nwb"))
    (warning,) = warned(found, "unequal counts between conditions")
    assert "correct (True: 70, False: 10)" in warning
    assert "side" not in warning


def test_times_from_the_start_of_the_trial(described, tmp_path):
    trials = trials_table().assign(go_onset=np.linspace(0.1, 0.9, N_TRIALS))
    found = described(write_nwb(tmp_path / "a.nwb", trials))
    assert warned(found, "go_onset may be durations, or times from the start of the trial")


def test_a_table_alone_is_shown_and_the_others_are_missed(described, tmp_path):
    spikes, trials, _ = write_tables(tmp_path)
    assert warned(described(trials), "no table of spikes and units was given")
    assert described(spikes)["sessions"][0]["n_units"] == N_UNITS


def test_no_units_and_no_trials(described, tmp_path):
    empty = trials_table()[:0][["start_time", "stop_time"]]
    found = described(write_nwb(tmp_path / "a.nwb", empty, []))
    assert warned(found, "no units; sorted spikes are needed")
    assert warned(found, "no interval table")


def test_names_cannot_steer_the_terminal(command, tmp_path):
    regions = ["V4\x1b[2J", "région µ"] * (N_UNITS // 2)
    done = command("inspect", write_nwb(tmp_path / "a.nwb", regions=regions))
    assert "\x1b" not in done.out
    assert "région µ" in done.out


def test_long_names_are_cut_to_the_width(command, tmp_path):
    trials = trials_table().assign(**{"x" * 200: "y" * 300})
    done = command("inspect", write_nwb(tmp_path / "a.nwb", trials))
    assert done.code == 0
    assert max(map(len, done.out.splitlines())) <= 100


BAD = {
    "missing": (None, "no such file"),
    "notes.txt": (b"hello", "suffix '.txt'. Files that can be read: .csv, .mat, .nc"),
    "damaged.nwb": (b"not HDF5", "is not a readable NWB file"),
    "damaged.nc": (b"not HDF5", "is not a readable NetCDF4 file"),
    "damaged.mat": (b"not MATLAB", "is not a readable .mat file"),
    "damaged.parquet": (b"not Parquet", "is not a readable table"),
    "empty.csv": (b"", "the first line is empty"),
    "other.csv": (b"a,b\n1,2\n", "columns a, b. A table of spikes has session, unit_id and time"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_read_gives_one_message(command, tmp_path, name):
    content, expected = BAD[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    message = command("inspect", name).message
    assert message.startswith(name)
    assert expected in message


def test_a_truncated_nwb_file_gives_one_message(command, tmp_path):
    whole = write_nwb(tmp_path / "whole.nwb").read_bytes()
    for part in (0.3, 0.6, 0.95):
        (tmp_path / "cut.nwb").write_bytes(whole[: int(part * len(whole))])
        assert "is not a readable NWB file" in command("inspect", "cut.nwb").message


def test_a_netcdf_file_that_is_no_recording(command, tmp_path):
    pd.DataFrame({"a": [1.0]}).to_xarray().to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    message = command("inspect", "other.nc").message
    assert "no variable rates with dimensions trial, unit, time" in message


def test_two_tables_of_one_kind(command, tmp_path):
    (tmp_path / "more").mkdir()
    first, *_ = write_tables(tmp_path)
    second, *_ = write_tables(tmp_path / "more")
    assert "is a table of spikes, and so is" in command("inspect", first, second).message


def test_files_of_several_kinds_are_shown_one_kind_after_another(command, tmp_path):
    done = command("inspect", write_nwb(tmp_path / "a.nwb"), write_raster(tmp_path / "u.mat", "IT"))
    assert [line.split(":")[0] for line in done.out.splitlines() if line.endswith("1 file")] == [
        "NWB",
        "NDT raster",
    ]
    assert "from the site information 'region'" in done.out

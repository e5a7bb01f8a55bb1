import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pynwb import NWBHDF5IO, NWBFile
from pynwb.epoch import TimeIntervals

from neuro_attn.errors import InputError
from neuro_attn.sources import nwb

N_TRIALS = 12
STARTS = 10.0 + 2.0 * np.arange(N_TRIALS)
Fill = Callable[[NWBFile], Any]


def empty_file() -> NWBFile:
    return NWBFile(
        session_description="a small session",
        identifier="small-1",
        session_start_time=datetime(2021, 1, 1, tzinfo=UTC),
    )


def spikes(n_units: int = 3, scale: float = 1.0, rate: float = 20.0) -> list[np.ndarray]:
    """Return Poisson spikes of a whole session, times `scale`."""
    rng = np.random.default_rng(0)
    end = STARTS[-1] + 5
    return [np.sort(rng.uniform(0, end, rng.poisson(rate * end))) * scale for _ in range(n_units)]


def add_trials(file: NWBFile) -> None:
    for column in ("order", "side", "cue", "correct"):
        file.add_trial_column(column, column)
    for n, start in enumerate(STARTS):
        file.add_trial(
            start_time=start,
            stop_time=start + 1.5,
            order="retro" if n % 2 else "pro",
            side="right" if n // 2 % 2 else "left",
            cue=start + 0.5,
            correct=bool(n % 3),
        )


def add_electrodes(file: NWBFile, locations: list[str]) -> None:
    device = file.create_device("probe")
    group = file.create_electrode_group("shank", "a shank", "somewhere", device)
    for location in locations:
        file.add_electrode(location=location, group=group)


def add_units(file: NWBFile, times: list[np.ndarray] | None = None) -> None:
    """Add units whose first electrodes lie in V4, FEF and LIP."""
    add_electrodes(file, ["LIP", "FEF", "V4"])
    for n, train in enumerate(times if times is not None else spikes()):
        file.add_unit(spike_times=train, electrodes=[2 - n % 3, 0])


def add_units_with_regions(file: NWBFile, times: list[np.ndarray] | None = None) -> None:
    """Add units that say themselves where they are."""
    file.add_unit_column("area", "brain area")
    for n, train in enumerate(times if times is not None else spikes()):
        file.add_unit(spike_times=train, area=f"area{n}")


@pytest.fixture
def write(tmp_path):
    """Write a file to which each of the given functions adds something; return its path."""

    def write(*fill: Fill, name: str = "mouse1.nwb") -> Path:
        file = empty_file()
        for add in fill:
            add(file)
        with NWBHDF5IO(tmp_path / name, "w") as io:
            io.write(file)
        return tmp_path / name

    return write


@pytest.fixture
def small(dataset):
    return dataset(source="nwb", files="*.nwb")


def problem(path, settings) -> str:
    with pytest.raises(InputError) as error:
        nwb.read(path, settings)
    return str(error.value)


# --- what is read ------------------------------------------------------------------------------


def test_spikes_regions_and_trials_are_read_as_they_were_written(write, small):
    path = write(add_trials, add_units)
    session = nwb.read(path, small)
    assert session.session == "mouse1"
    assert session.origin == str(path)
    for read, written in zip(session.spike_times, spikes(), strict=True):
        assert read.dtype == np.float64
        np.testing.assert_array_equal(read, written)
    assert session.units["unit_id"].tolist() == [0, 1, 2]
    assert session.units["region"].tolist() == ["V4", "FEF", "LIP"]
    trials = session.trials
    assert trials["trial_id"].tolist() == list(range(N_TRIALS))
    assert trials["order"].tolist() == ["pro", "retro"] * (N_TRIALS // 2)
    assert trials["correct"].dtype == bool
    np.testing.assert_allclose(trials["cue"], STARTS + 0.5)
    np.testing.assert_allclose(trials["stop_time"] - trials["start_time"], 1.5)


def test_the_file_can_be_found_again(write, small):
    path = write(add_trials, add_units)
    provenance = nwb.read(path, small).provenance
    assert provenance == {
        "file": "mouse1.nwb",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "nwb_identifier": "small-1",
        "description": "a small session",
    }


def test_the_region_may_stand_with_the_units_themselves(write, dataset):
    path = write(add_trials, add_units_with_regions)
    session = nwb.read(path, dataset(source="nwb", files="*", regions={"column": "area"}))
    assert session.units["region"].tolist() == ["area0", "area1", "area2"]


def test_the_region_may_be_the_location_of_the_electrode_group(write, small):
    def units(file):
        device = file.create_device("probe")
        for n, train in enumerate(spikes()):
            group = file.create_electrode_group(f"shank{n}", "a shank", f"area{n}", device)
            file.add_unit(spike_times=train, electrode_group=group)

    assert nwb.read(write(add_trials, units), small).units["region"].tolist() == [
        "area0",
        "area1",
        "area2",
    ]


def test_the_units_own_column_wins_over_that_of_their_electrodes(write, small):
    def units(file):
        add_electrodes(file, ["V4"])
        file.add_unit_column("location", "of the soma")
        file.add_unit(spike_times=spikes()[0], electrodes=[0], location="FEF")

    assert nwb.read(write(add_trials, units), small).units["region"].tolist() == ["FEF"]


def test_a_unit_without_electrode_has_no_region(write, small):
    def units(file):
        add_electrodes(file, ["V4"])
        file.add_unit(spike_times=spikes()[0], electrodes=[])
        file.add_unit(spike_times=spikes()[1], electrodes=[0])

    assert nwb.read(write(add_trials, units), small).units["region"].tolist() == ["", "V4"]


def test_columns_of_several_values_a_trial_are_left_out(write, small):
    def ragged(file):
        file.add_trial_column("licks", "times", index=True, data=[[1.0, 2.0]] * N_TRIALS)
        file.add_trial_column("position", "x, y", data=np.zeros((N_TRIALS, 2)))

    columns = set(nwb.read(write(add_trials, ragged, add_units), small).trials.columns)
    assert columns == {"trial_id", "start_time", "stop_time", "order", "side", "cue", "correct"}


@pytest.mark.parametrize("name", ["epochs", "stimulus_presentations"])
def test_any_interval_table_can_list_the_trials(name, write, dataset):
    def intervals(file):
        if name == "epochs":
            for n, start in enumerate(STARTS[:4]):
                file.add_epoch(start, start + 1, tags=[f"tag{n}"])
        else:
            table = TimeIntervals(name=name, description="gratings")
            table.add_column("angle", "degrees")
            for n, start in enumerate(STARTS[:4]):
                table.add_row(start_time=start, stop_time=start + 1, angle=45.0 * n)
            file.add_time_intervals(table)

    path = write(add_trials, intervals, add_units)
    trials = nwb.read(path, dataset(source="nwb", files="*", table=name)).trials
    np.testing.assert_array_equal(trials["start_time"], STARTS[:4])
    assert ("angle" in trials) == (name != "epochs")


def test_trial_ids_are_those_of_the_file(write, small):
    def trials(file):
        file.add_trial_column("order", "order")
        for n, start in enumerate(STARTS):
            file.add_trial(start_time=start, stop_time=start + 1, order="pro", id=100 + n)

    assert nwb.read(write(trials, add_units), small).trials["trial_id"].tolist() == [
        100 + n for n in range(N_TRIALS)
    ]


def test_spike_times_out_of_order_are_sorted(write, small):
    shuffled = [np.random.default_rng(1).permutation(train) for train in spikes()]
    session = nwb.read(write(add_trials, lambda file: add_units(file, shuffled)), small)
    for read, written in zip(session.spike_times, spikes(), strict=True):
        np.testing.assert_array_equal(read, written)


def test_a_silent_unit_is_kept(write, small):
    times = [spikes()[0], np.empty(0), spikes()[1]]
    session = nwb.read(write(add_trials, lambda file: add_units(file, times)), small)
    assert [len(train) for train in session.spike_times] == [len(times[0]), 0, len(times[2])]


@pytest.mark.parametrize("rate", [0.05, 1.0, 50.0])
def test_spikes_long_after_the_last_trial_are_no_milliseconds(write, small, rate):
    rng = np.random.default_rng(0)
    end = 100 * STARTS[-1]
    times = [np.sort(rng.uniform(0, end, int(rate * end))) for _ in range(2)]
    # Sparse units fire in bursts, as neurons do.
    times = [np.sort(np.concatenate([train, train + 0.01, train + 0.02])) for train in times]
    nwb.read(write(add_trials, lambda file: add_units(file, times)), small)


# --- what is refused ---------------------------------------------------------------------------


def test_a_missing_file_is_named(tmp_path, small):
    assert problem(tmp_path / "no.nwb", small) == f"{tmp_path / 'no.nwb'}: no such file."


def test_a_truncated_file_is_named(write, small):
    path = write(add_trials, add_units)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert problem(path, small).startswith(f"{path}: is not a readable NWB file (OSError: ")


def test_a_file_that_is_no_hdf5_is_named(tmp_path, small):
    path = tmp_path / "text.nwb"
    path.write_text("trial,side\n1,left\n")
    assert problem(path, small).startswith(f"{path}: is not a readable NWB file (")


def test_an_hdf5_file_that_is_no_nwb_is_named(tmp_path, small):
    import h5py

    path = tmp_path / "other.nwb"
    with h5py.File(path, "w") as file:
        file["rates"] = np.zeros(3)
    assert problem(path, small).startswith(f"{path}: is not a readable NWB file (")


@given(content=st.binary(max_size=300), keep=st.integers(0, 3000), place=st.integers(0, 200_000))
@settings(deadline=None, max_examples=40)
def test_damaged_bytes_are_an_input_error_or_harmless(content, keep, place, damaged, dataset):
    good, path = damaged.read_bytes(), damaged.with_stem("damaged")
    place = min(place, len(good))
    settings = dataset(source="nwb", files="*")
    for mangled in (content, good[:keep] + content, good[:place] + content + good[place:]):
        path.write_bytes(mangled)
        try:
            named = nwb.read(path, settings).session
        except InputError as error:
            named = error.where
        assert named == "damaged" or named.startswith(str(path))


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    file = empty_file()
    add_trials(file)
    add_units(file)
    path = tmp_path_factory.mktemp("nwb") / "good.nwb"
    with NWBHDF5IO(path, "w") as io:
        io.write(file)
    return path


def test_a_file_without_units_is_refused(write, small):
    path = write(add_trials)
    assert problem(path, small) == (
        f"{path}, units: the file has no units. Sorted spikes are needed."
    )


def test_units_without_spike_times_are_refused(write, small):
    def units(file):
        file.add_unit_column("area", "brain area")
        file.add_unit(area="V4")

    path = write(add_trials, units)
    assert problem(path, small) == (
        f"{path}, units: no column spike_times. Columns of units: area."
    )


def test_a_missing_interval_table_is_answered_with_those_there(write, dataset):
    path = write(add_trials, lambda file: file.add_epoch(1.0, 2.0), add_units)
    text = problem(path, dataset(source="nwb", files="*", table="trails"))
    assert text.startswith(f"{path}, intervals: no interval table 'trails' (table). ")
    assert "Interval tables: " in text
    assert {"trials", "epochs"} <= set(text.split("tables: ")[1].rstrip(".").split(", "))


def test_a_file_without_trials_is_refused(write, small):
    path = write(add_units)
    assert problem(path, small) == (
        f"{path}, intervals: no interval table 'trials' (table). Interval tables: none."
    )


def test_a_missing_region_column_is_answered_with_those_there(write, dataset):
    path = write(add_trials, add_units)
    text = problem(path, dataset(source="nwb", files="*", regions={"column": "area"}))
    assert text == (
        f"{path}, units: no column 'area' (regions.column) in the units or their electrodes. "
        "Columns of units: electrodes. Columns of electrodes: location, group, group_name."
    )


def test_spike_times_in_milliseconds_are_recognised(write, small):
    in_ms = spikes(scale=1000.0)
    path = write(add_trials, lambda file: add_units(file, in_ms))
    last = max(train[-1] for train in in_ms)
    assert problem(path, small) == (
        f"{path}, units.spike_times: the last spike is at {last:g}, the last trial of trials "
        f"stops at {STARTS[-1] + 1.5:g} s: spike times seem to be in milliseconds. "
        "NWB keeps them in s."
    )


def test_spikes_on_another_clock_than_the_trials_are_refused(write, small):
    later = [train + 100 for train in spikes()]
    path = write(add_trials, lambda file: add_units(file, later))
    text = problem(path, small)
    assert text.startswith(f"{path}, units.spike_times: no spike falls into any trial of trials (")
    assert "10 to 33.5 s; spikes: 100" in text
    assert text.endswith("Spikes and trials must be on one clock, in s.")


def test_units_that_never_fire_are_refused(write, small):
    path = write(add_trials, lambda file: add_units(file, [np.empty(0), np.empty(0)]))
    assert problem(path, small) == f"{path}, units.spike_times: no unit has a spike."


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_spike_time_that_is_no_time_is_named_with_its_unit(write, small, value):
    times = spikes()
    times[1][4] = value
    path = write(add_trials, lambda file: add_units(file, times))
    assert problem(path, small) == (
        f"{path}, units.spike_times, unit 1: spike 4 has the time {value}. In s, and finite."
    )


def test_unit_ids_may_not_repeat(write, small):
    def units(file):
        file.add_unit_column("location", "region")
        for train in spikes(2):
            file.add_unit(spike_times=train, location="V4", id=7)

    path = write(add_trials, units)
    assert problem(path, small) == f"{path}, units.id: unit id 7 is used more than once."

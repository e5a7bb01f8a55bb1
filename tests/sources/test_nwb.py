import hashlib
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pynwb import NWBHDF5IO, NWBFile
from pynwb.epoch import TimeIntervals
from pynwb.file import Subject

from neuro_attn import sources
from neuro_attn.errors import InputError
from neuro_attn.recording import cut, from_spikes
from neuro_attn.sources.nwb import reading as nwb
from neuro_attn.sources.nwb import units as nwb_units

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


def test_the_subject_is_that_of_the_file(write, small):
    def of_mouse(file: NWBFile) -> None:
        file.subject = Subject(subject_id="mouse7", species="Mus musculus")

    assert nwb.read(write(add_trials, add_units, of_mouse), small).provenance["subject"] == "mouse7"
    assert "subject" not in nwb.read(write(add_trials, add_units), small).provenance


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


def test_a_place_before_the_column_says_which_of_one_name_counts(write, dataset):
    def units(file):
        device = file.create_device("probe")
        groups = [
            file.create_electrode_group(f"shank{n}", "a shank", f"group{n}", device)
            for n in range(2)
        ]
        for n, group in enumerate(groups):
            file.add_electrode(location=f"electrode{n}", group=group)
        file.add_unit_column("location", "of the soma")
        for n in range(2):
            file.add_unit(spike_times=spikes()[n], electrodes=[1 - n], location=f"unit{n}")

    path = write(add_trials, units)
    for column, expected in {
        "location": ["unit0", "unit1"],
        "units.location": ["unit0", "unit1"],
        "electrodes.location": ["electrode1", "electrode0"],
        "electrode_group.location": ["group1", "group0"],
    }.items():
        settings = dataset(source="nwb", files="*", regions={"column": column})
        assert nwb.read(path, settings).units["region"].tolist() == expected


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


def test_columns_of_several_values_a_trial_become_columns_of_one(write, small):
    licks = [[], [1.0], [1.0, 2.5], [3.0, 4.0, 5.0]] * (N_TRIALS // 4)

    def ragged(file):
        file.add_trial_column("licks", "times", index=True, data=licks)
        file.add_trial_column("words", "text", index=True, data=[["a", "b"]] * N_TRIALS)
        file.add_trial_column("position", "x, y", data=np.arange(2.0 * N_TRIALS).reshape(-1, 2))
        file.add_trial_column("trace", "of the pupil", data=np.zeros((N_TRIALS, 50)))

    trials = nwb.read(write(add_trials, ragged, add_units), small).trials
    own = {"trial_id", "start_time", "stop_time", "order", "side", "cue", "correct"}
    made = {"licks_count", "licks_first", "licks_last", "words_count", "position_0", "position_1"}
    assert set(trials.columns) == own | made
    assert trials["licks_count"].tolist()[:4] == [0, 1, 2, 3]
    np.testing.assert_array_equal(trials["licks_first"][:4], [np.nan, 1.0, 1.0, 3.0])
    np.testing.assert_array_equal(trials["licks_last"][:4], [np.nan, 1.0, 2.5, 5.0])
    assert trials["position_1"].tolist() == list(range(1, 2 * N_TRIALS, 2))


def test_several_interval_tables_are_one_after_another(write, dataset):
    def intervals(file):
        for name, column, value in (("gratings", "angle", 45.0), ("images", "picture", "face")):
            table = TimeIntervals(name=name, description=name)
            table.add_column(column, column)
            for start in STARTS[:3]:
                table.add_row(start_time=start, stop_time=start + 1, **{column: value})
            file.add_time_intervals(table)

    path = write(add_trials, intervals, add_units)
    trials = nwb.read(path, dataset(source="nwb", files="*", table=["gratings", "images"])).trials
    assert trials["table"].tolist() == ["gratings"] * 3 + ["images"] * 3
    assert trials["trial_id"].tolist()[2:4] == ["gratings 2", "images 0"]
    np.testing.assert_array_equal(trials["angle"], [45.0] * 3 + [np.nan] * 3)
    assert trials["picture"].tolist() == [""] * 3 + ["face"] * 3


def test_interval_tables_of_processing_modules_are_found(write, dataset):
    def swipes(file):
        module = file.create_processing_module("behavior", "behaviour")
        table = TimeIntervals(name="swipes", description="of the arm")
        for start in STARTS[:3]:
            table.add_row(start_time=start, stop_time=start + 1)
        module.add(table)

    path = write(add_trials, swipes, add_units)
    assert len(nwb.read(path, dataset(source="nwb", files="*", table="swipes")).trials) == 3


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
    for read, written in zip(cut(session, small).spike_times, spikes(), strict=True):
        np.testing.assert_array_equal(read, written)


def test_a_silent_unit_is_kept(write, small):
    times = [spikes()[0], np.empty(0), spikes()[1]]
    session = nwb.read(write(add_trials, lambda file: add_units(file, times)), small)
    assert [len(train) for train in session.spike_times] == [len(times[0]), 0, len(times[2])]


@pytest.mark.parametrize("rate", [0.05, 1.0, 10.0])
def test_spikes_long_after_the_last_trial_are_no_milliseconds(write, small, rate):
    rng = np.random.default_rng(0)
    end = 100 * STARTS[-1]
    times = [np.sort(rng.uniform(0, end, int(rate * end))) for _ in range(2)]
    # Sparse units fire in bursts, as neurons do.
    times = [np.sort(np.concatenate([train, train + 0.01, train + 0.02])) for train in times]
    session = nwb.read(write(add_trials, lambda file: add_units(file, times)), small)
    cut(session, small)


def test_units_know_when_they_were_observed(write, small):
    intervals = [[[0.0, 40.0]], [[0.0, 20.0], [25.0, 40.0]], [[0.0, 15.0]]]

    def units(file):
        add_electrodes(file, ["V4"])
        for train, observed in zip(spikes(), intervals, strict=True):
            file.add_unit(spike_times=train, electrodes=[0], obs_intervals=observed)

    session = nwb.read(write(add_trials, units), small)
    assert [each.tolist() for each in session.observed] == intervals
    # Trials start every 2 s from 10 s; the cue is 0.5 s later, and 0.4 s of it are analysed.
    made = from_spikes(session, "small", small)
    # The last unit is lost for most trials; then three trials are left that not both saw.
    assert made["unit_id"].values.tolist() == [0, 1]
    assert made.sizes["trial"] == N_TRIALS - 3


def test_a_run_says_what_was_not_observed_and_a_check_finds_the_same(write, small, capsys):
    def units(file):
        add_electrodes(file, ["V4"])
        for train in spikes():
            file.add_unit(spike_times=train, electrodes=[0], obs_intervals=[[0.0, 31.0]])

    path = write(add_trials, units)
    (made,) = sources.read("small", small, path.parent, 0)
    said = "1 trial of 12 and 0 units of 3 are left out: not observed from 0 to 0.4 s."
    assert f"{path}: {said}" in capsys.readouterr().err
    (outline,) = sources.outlines("small", small, path.parent, 0)
    assert outline.attrs["remarks"] == made.attrs["remarks"] == said
    assert outline["trial_id"].equals(made["trial_id"])


def test_without_intervals_of_observation_nothing_is_said_of_it(write, small):
    assert nwb.read(write(add_trials, add_units), small).observed is None


def test_spikes_of_units_that_are_left_out_are_not_read(write, dataset, monkeypatch):
    monkeypatch.setattr(nwb_units, "BLOCK", 700)
    settings = dataset(source="nwb", files="*", regions={"exclude": ["FEF"]})
    session = nwb.read(write(add_trials, add_units), settings)
    assert session.units["region"].tolist() == ["V4", "FEF", "LIP"]
    for read, written, n in zip(session.spike_times, spikes(), [1, 0, 1], strict=True):
        np.testing.assert_array_equal(read, written[: n * len(written)])


# --- Zarr --------------------------------------------------------------------------------------


@pytest.fixture
def zarr_folder(tmp_path):
    hdmf_zarr = pytest.importorskip("hdmf_zarr")
    file = empty_file()
    add_trials(file)
    add_units(file)
    path = tmp_path / "mouse1.nwb.zarr"
    with hdmf_zarr.NWBZarrIO(str(path), "w") as io:
        io.write(file)
    return path


def test_a_zarr_folder_holds_the_same_session_as_an_hdf5_file(zarr_folder, write, small, dataset):
    one, other = nwb.read(zarr_folder, small), nwb.read(write(add_trials, add_units), small)
    assert one.session == other.session == "mouse1"
    pd.testing.assert_frame_equal(one.trials, other.trials, check_like=True)
    pd.testing.assert_frame_equal(one.units, other.units)
    for read, written in zip(one.spike_times, other.spike_times, strict=True):
        np.testing.assert_array_equal(read, written)
    settings = dataset(source="nwb", files="*.zarr")
    watched = sources.input_files("small", settings, zarr_folder.parent)
    assert str(zarr_folder / "units" / "spike_times" / "0") in watched
    assert sources.session_names("small", settings, zarr_folder.parent) == ["mouse1"]


def test_electrode_groups_are_found_in_zarr_whose_references_are_pickled(zarr_folder, dataset):
    regions = {"column": "electrode_group.location"}
    session = nwb.read(zarr_folder, dataset(source="nwb", files="*.zarr", regions=regions))
    assert session.units["region"].tolist() == ["somewhere"] * 3


def test_the_digest_of_a_zarr_folder_is_that_of_its_content(zarr_folder, small):
    before = nwb.read(zarr_folder, small).provenance["sha256"]
    assert nwb.read(zarr_folder, small).provenance["sha256"] == before
    (zarr_folder / "note.txt").write_text("more")
    assert nwb.read(zarr_folder, small).provenance["sha256"] != before


def test_a_damaged_zarr_folder_is_named(zarr_folder, small):
    for chunk in (zarr_folder / "units" / "spike_times").iterdir():
        chunk.write_bytes(b"damaged")
    where = f"{zarr_folder}, /units/spike_times"
    assert problem(zarr_folder, small).startswith(f"{where}: is not a readable part of an NWB file")


def test_zarr_without_its_package_is_one_message(tmp_path, small, monkeypatch):
    path = tmp_path / "mouse1.nwb.zarr"
    path.mkdir()
    (path / ".zgroup").write_text("{}")
    monkeypatch.setitem(sys.modules, "zarr", None)
    assert problem(path, small) == (
        f"{path}: NWB in Zarr needs other packages. pip install 'zarr<3' 'numcodecs>=0.15.2'"
    )


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
@settings(max_examples=40)
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
        f"{path}, units, regions.column: no column 'area' in the units or their electrodes. "
        "Columns of units: electrodes. Columns of electrodes: location, group, group_name. "
        "Columns of electrode_group: location. Or give the key region, one for all units."
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_spike_time_that_is_no_time_is_named_with_its_unit(write, small, value):
    times = spikes()
    times[1][4] = value
    path = write(add_trials, lambda file: add_units(file, times))
    assert problem(path, small) == (
        f"{path}, units.spike_times, unit 1: spike 4 has the time {value}. "
        "Spike times are finite, s."
    )


def test_unit_ids_may_not_repeat(write, small):
    def units(file):
        file.add_unit_column("location", "region")
        for train in spikes(2):
            file.add_unit(spike_times=train, location="V4", id=7)

    path = write(add_trials, units)
    assert problem(path, small) == f"{path}, units.id: unit id 7 is used more than once."

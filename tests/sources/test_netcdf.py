import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro_attn import recording, sources
from neuro_attn.errors import InputError
from neuro_attn.sources.netcdf import reading as netcdf

TASKS = {name: {"trials": f"task == '{name}'"} for name in ("pro", "retro")}


@pytest.fixture
def kept(dataset, tmp_path):
    """Return a Recording and the file that keeps it: 8 trials, 3 units, 0 to 0.4 s."""
    rng = np.random.default_rng(0)
    number = np.arange(8)
    session = recording.SpikeSession(
        session="first",
        spike_times=[np.sort(rng.uniform(0, 10, 300)) for _ in range(3)],
        units=pd.DataFrame({"unit_id": ["a", "b", "c"], "region": ["FEF", "root", "V4"]}).assign(
            depth=[1.0, 2.0, 3.0]
        ),
        trials=pd.DataFrame(
            {
                "trial_id": number,
                "order": np.where(number % 2, "retro", "pro"),
                "side": np.where(number // 2 % 2, "right", "left"),
                "cue": 1.0 + number,
            }
        ),
        origin="first.nwb",
    )
    made = recording.from_spikes(session, "origin", dataset(source="nwb", files="*"))
    recording.save(made, tmp_path / "mouse1.nc")
    return made, tmp_path / "mouse1.nc"


@pytest.fixture
def small(dataset):
    return dataset(source="netcdf", files="*.nc", tasks=TASKS)


def problem(path, settings) -> str:
    with pytest.raises(InputError) as error:
        netcdf.read(path, "again", settings)
    return str(error.value)


def test_event_times_that_are_text_are_named(kept, small):
    made, path = kept
    times = ("trial", [f"cue {n}" for n in range(made.sizes["trial"])])
    recording.save(made.assign_coords(event_time=times), path)
    message = f"{path}, event_time: column 'event_time' contains no times in s but, for example"
    assert problem(path, small).startswith(message)


def test_the_same_settings_give_the_same_recording(kept, small):
    made, path = kept
    again = netcdf.read(path, "again", small)
    xr.testing.assert_equal(again.drop_vars("session"), made.drop_vars("session"))
    assert again.attrs["session"] == "mouse1"
    assert again.attrs["dataset"] == "again"
    assert again.attrs["origin"] == str(path)
    assert set(again["session"].values) == {"mouse1"}
    assert again["rates"].attrs == made["rates"].attrs


def test_tasks_labels_regions_and_time_are_applied_anew(kept, dataset):
    made, path = kept
    again = netcdf.read(
        path,
        "again",
        dataset(
            source="netcdf",
            files="*",
            tasks={"late": {"trials": "task == 'retro' and cue > 3"}},
            label={"L": "label == 'left'", "R": "side == 'right'"},
            regions={"exclude": ["root"]},
            time={"start": 0.1, "stop": 0.3, "bin": 0.1},
            windows={"all": [0.1, 0.3]},
        ),
    )
    assert again["trial_id"].values.tolist() == [3, 5, 7]
    assert again["label"].values.tolist() == ["R", "L", "R"]
    assert again["unit_id"].values.tolist() == ["a", "c"]
    np.testing.assert_array_equal(again["event_time"], made["event_time"][[3, 5, 7]])
    expected = made["rates"].values[[3, 5, 7]][:, [0, 2], 1:3]
    np.testing.assert_array_equal(again["rates"], expected)


def test_activations_keep_their_units(kept, small, tmp_path):
    made, _ = kept
    made["rates"].attrs["units"] = "a.u."
    recording.save(made, tmp_path / "network.nc")
    assert netcdf.read(tmp_path / "network.nc", "n", small)["rates"].attrs["units"] == "a.u."


def test_the_subject_is_kept(kept, small, tmp_path):
    made, path = kept
    recording.save(made.assign_attrs(subject="mouse7"), tmp_path / "day1.nc")
    assert netcdf.read(tmp_path / "day1.nc", "n", small).attrs["subject"] == "mouse7"
    assert "subject" not in netcdf.read(path, "n", small).attrs


def test_a_file_without_event_times_or_bin_width_is_read(kept, small, tmp_path):
    made, _ = kept
    plain = made.drop_vars("event_time")
    del plain["time"].attrs["bin_width"]
    recording.save(plain, tmp_path / "plain.nc")
    again = netcdf.read(tmp_path / "plain.nc", "again", small)
    np.testing.assert_array_equal(again["rates"], made["rates"])
    assert "event_time" not in again.coords


# --- what is refused ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "time",
    [
        {"start": 0.0, "stop": 0.4, "bin": 0.2},
        {"start": 0.05, "stop": 0.35, "bin": 0.1},
        {"start": -0.1, "stop": 0.4, "bin": 0.1},
        {"start": 0.0, "stop": 0.5, "bin": 0.1},
        {"start": 2.0, "stop": 2.5, "bin": 0.1},
    ],
)
def test_bins_that_the_file_does_not_have_are_refused(kept, dataset, time):
    _, path = kept
    windows = {"all": [time["start"], time["stop"]]}
    settings = dataset(source="netcdf", files="*", tasks=TASKS, time=time, windows=windows)
    assert problem(path, settings) == (
        f"{path}, time: does not contain the bins of {time['bin']:g} s from {time['start']:g} to "
        f"{time['stop']:g} s. The file has bins of 0.1 s: 0 to 0.4 s."
    )


def test_a_gap_in_the_files_time_is_no_bin(kept, small, tmp_path):
    made, _ = kept
    recording.save(made.isel(time=[0, 1, 3]), tmp_path / "gap.nc")
    assert "does not contain the bins of 0.1 s" in problem(tmp_path / "gap.nc", small)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_rates_that_are_not_finite_are_refused(kept, small, tmp_path, value):
    made, _ = kept
    made["rates"].values[2, 1, 3] = value
    path = tmp_path / "holes.nc"
    recording.save(made, path)
    assert problem(path, small) == (
        f"{path}, rates: {value} at trial 2, unit 'b', time 0.35 s. Rates must be finite."
    )


def test_a_file_that_breaks_the_contract_is_refused(small, tmp_path):
    path = tmp_path / "other.nc"
    recording.save(xr.Dataset({"lfp": ("time", np.zeros(3))}), path)
    assert problem(path, small).startswith(f"{path}: no variable rates with dimensions trial, ")


def test_a_missing_file_is_named(tmp_path, small):
    assert problem(tmp_path / "no.nc", small) == f"{tmp_path / 'no.nc'}: no such file."


# A File of h5netcdf that failed half way through opening stumbles again when it is collected.
@pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <function File.close:pytest.PytestUnraisableExceptionWarning"
)
@given(content=st.binary(max_size=300), place=st.integers(0, 60_000))
@settings(max_examples=40)
def test_damaged_bytes_are_an_input_error_or_harmless(content, place, damaged, dataset):
    good, path = damaged.read_bytes(), damaged.with_stem("damaged")
    settings = dataset(source="netcdf", files="*", tasks=TASKS)
    for mangled in (content, good[:place], good[:place] + content + good[place:]):
        path.write_bytes(mangled)
        try:
            named = netcdf.read(path, "again", settings).attrs["session"]
        except InputError as error:
            named = error.where
        assert named == "damaged" or named.startswith(str(path))


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    path = tmp_path_factory.mktemp("netcdf") / "good.nc"
    coordinates = {
        "trial_id": ("trial", np.arange(4)),
        "task": ("trial", ["pro", "retro"] * 2),
        "label": ("trial", ["left", "left", "right", "right"]),
        "side": ("trial", ["left", "left", "right", "right"]),
        "unit_id": ("unit", ["a"]),
        "region": ("unit", ["V4"]),
        "session": ("unit", ["s"]),
        "time": ("time", [0.05, 0.15, 0.25, 0.35]),
    }
    rates = (("trial", "unit", "time"), np.ones((4, 1, 4), np.float32))
    recording.save(xr.Dataset({"rates": rates}, coords=coordinates), path)
    return path


def test_an_event_cannot_be_given_for_rates_that_are_aligned(kept, dataset):
    _, path = kept
    settings = dataset(source="netcdf", files="*.nc")
    with pytest.raises(InputError) as error:
        sources.read("again", settings, path.parent, 0)
    assert str(error.value) == (
        "datasets.again.tasks.pro.align: 'cue' was given, but the rates in a NetCDF recording are "
        "already aligned. Leave the key out."
    )

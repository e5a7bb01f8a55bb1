import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro_attn import recording
from neuro_attn.errors import InputError
from neuro_attn.sources.raster import reading as raster
from tests.matlab_files import write_hdf5, write_older

N_TRIALS, N_SAMPLES, EVENT = 6, 800, 301


def cells(values) -> np.ndarray:
    made = np.empty((1, len(values)), dtype=object)
    made[0, :] = values
    return made


def parts(**changed):
    """Return the variables of a raster file; None leaves one out."""
    rng = np.random.default_rng(0)
    whole = {
        "raster_data": (rng.random((N_TRIALS, N_SAMPLES)) < 0.05).astype(np.uint8),
        "raster_labels": {
            "picture": cells(["hand", "face"] * 3),
            "position": cells(["upper"] * 3 + ["lower"] * 3),
        },
        "raster_site_info": {"alignment_event_time": float(EVENT)},
    }
    return {key: value for key, value in {**whole, **changed}.items() if value is not None}


@pytest.fixture
def write(tmp_path):
    def write(**changed):
        path = tmp_path / "unit7.mat"
        scipy.io.savemat(path, parts(**changed))
        return path

    return write


KEYS = {
    "source": "raster",
    "files": "*.mat",
    "label": "picture",
    "tasks": {
        "upper": {"trials": "position == 'upper'", "align": "onset"},
        "lower": {"trials": "position == 'lower'", "align": "onset"},
    },
    "time": {"start": -0.3, "stop": 0.5, "bin": 0.1},
    "windows": {"late": [0.1, 0.5]},
}


@pytest.fixture
def small(dataset):
    return dataset(**KEYS)


def problem(path, settings) -> str:
    with pytest.raises(InputError) as error:
        raster.read(path, settings)
    return str(error.value)


def test_a_file_is_a_session_of_one_unit_named_after_it(write, small):
    session = raster.read(write(), small)
    assert session.session == "unit7"
    assert session.units.to_dict("records") == [{"unit_id": "unit7", "region": "all"}]
    assert session.trials["trial_id"].tolist() == [1, 2, 3, 4, 5, 6]
    assert session.trials["picture"].tolist() == ["hand", "face"] * 3


@settings(max_examples=25)
@given(
    counts=st.integers(0, 2**32 - 1).map(
        lambda seed: np.random.default_rng(seed).poisson(0.1, (N_TRIALS, N_SAMPLES))
    ),
    width_ms=st.sampled_from([1, 2, 5, 10, 25, 50, 100]),
)
def test_rates_are_the_sums_of_the_rasters_own_samples(counts, width_ms, tmp_path_factory, dataset):
    path = tmp_path_factory.mktemp("raster") / "u.mat"
    scipy.io.savemat(path, parts(raster_data=counts.astype(np.uint8)))
    settings = dataset(**{**KEYS, "time": {"start": -0.3, "stop": 0.5, "bin": width_ms / 1000}})
    made = recording.from_spikes(raster.read(path, settings), "small", settings)
    expected = counts.reshape(N_TRIALS, -1, width_ms).sum(axis=2) / (width_ms / 1000)
    np.testing.assert_allclose(made["rates"].values[:, 0], expected, rtol=1e-5)


@pytest.mark.parametrize("rate", [1000.0, 500.0])
def test_the_event_sample_is_counted_from_one_and_the_key_wins_over_the_file(write, dataset, rate):
    counts = np.zeros((N_TRIALS, N_SAMPLES), dtype=np.uint8)
    counts[:, 400] = 1
    settings = dataset(
        **{
            **KEYS,
            "event_sample": 401,
            "sampling_rate": rate,
            "time": {"start": -0.1, "stop": 0.1, "bin": 0.1},
            "windows": {"first": [0.0, 0.1]},
        }
    )
    session = raster.read(write(raster_data=counts), settings)
    made = recording.from_spikes(session, "small", settings)
    np.testing.assert_allclose(made["rates"].values[:, 0], [[0, 10]] * N_TRIALS)


@pytest.mark.parametrize("field", ["region", "brain_area"])
def test_the_region_is_the_files_own_where_it_names_one(write, dataset, field):
    settings = dataset(**KEYS, region="IT")
    assert raster.read(write(), settings).units["region"].tolist() == ["IT"]
    site = {"alignment_event_time": 301.0, field: "V4"}
    assert raster.read(write(raster_site_info=site), settings).units["region"].tolist() == ["V4"]


def test_numbers_are_labels_too_and_whole_ones_have_no_decimals(write, small):
    labels = {
        "picture": np.arange(6.0)[None],
        "position": cells(["upper"] * 6),
        "angle": np.arange(6.0)[:, None] / 2,
        "comment": cells(["good", "", np.empty((0, 0)), "good", "good", "good"]),
    }
    trials = raster.read(write(raster_labels=labels), small).trials
    assert trials["picture"].tolist() == [0, 1, 2, 3, 4, 5]
    assert trials["picture"].dtype == np.int64
    assert trials["angle"].tolist() == [0, 0.5, 1, 1.5, 2, 2.5]
    assert trials["comment"].tolist() == ["good", "", "", "good", "good", "good"]


def test_one_trial_and_sparse_rasters_are_rasters(write, small):
    one = write(
        raster_data=np.ones((1, N_SAMPLES)),
        raster_labels={"picture": cells(["hand"]), "position": cells(["upper"])},
    )
    assert len(raster.read(one, small).spike_times[0]) == N_SAMPLES
    dense = parts()["raster_data"]
    expected = raster.read(write(), small).spike_times[0]
    sparse = write(raster_data=scipy.sparse.csc_array(dense.astype(float)))
    np.testing.assert_array_equal(raster.read(sparse, small).spike_times[0], expected)


# --- what is refused ---------------------------------------------------------------------------


def test_a_missing_file_is_named(tmp_path, small):
    assert problem(tmp_path / "no.mat", small) == f"{tmp_path / 'no.mat'}: no such file."


@pytest.mark.parametrize("write_file", [write_older, write_hdf5])
def test_labels_as_real_files_have_them(write_file, tmp_path, dataset):
    """Padding, numbers among text, an empty cell, and an event between two samples."""
    content = {
        "raster_data": np.eye(N_TRIALS, N_SAMPLES),
        "raster_labels": {
            "picture": ["car ", "kiwi", 3.0, np.empty((0, 0)), "", "3"],
            "position": ["upper", "lower"] * 3,
            "angle": [0.0, 45.0, np.empty((0, 0)), 90.0, 135.0, 180.0],
        },
        "raster_site_info": {"alignment_event_time": 300.5, "brain_area": " IT "},
    }
    path = tmp_path / "unit7.mat"
    write_file(path, content)
    session = raster.read(
        path, dataset(**KEYS | {"time": {"start": -0.2, "stop": 0.5, "bin": 0.1}})
    )
    assert session.trials["picture"].tolist() == ["car", "kiwi", "3", "", "", "3"]
    np.testing.assert_array_equal(session.trials["angle"], [0, 45, np.nan, 90, 135, 180])
    assert session.units["region"].tolist() == ["IT"]
    # Sample 1, with the spike of trial 1, begins 299.5 samples before the event.
    relative = session.spike_times[0][0] - session.trials["onset"][0]
    assert relative == pytest.approx(-0.2995 + 0.0005)


def test_damaged_files_of_version_7_3_are_an_input_error(tmp_path, small):
    path = tmp_path / "new.mat"
    header = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM"
    path.write_bytes(header.ljust(512, b"\0") + b"\x89HDF\r\n\x1a\n")
    assert problem(path, small).startswith(f"{path}: is not a readable .mat file (")


# --- tables of NeuroDecodeR ----------------------------------------------------------------------


def table(first: int = -300, width: int = 1, mended: bool = False) -> pd.DataFrame:
    """Return a raster whose trial k has a spike in sample 10 k; R may have mended its names."""
    times = [first + width * sample for sample in range(N_SAMPLES)]
    names = [f"time.{time}_{time + width}" for time in times]
    if mended:
        names = [name.replace("-", ".") for name in names]
    counts = pd.DataFrame(np.eye(N_TRIALS, N_SAMPLES), columns=names).astype(int)
    counts.insert(0, "labels.picture", ["hand", " face"] * 3)
    counts.insert(0, "labels.position", ["upper"] * 3 + ["lower"] * 3)
    counts.insert(0, "site_info.brain_area", "IT")
    counts.insert(0, "trial_number", np.arange(1, N_TRIALS + 1))
    return counts


@pytest.mark.parametrize("mended", [False, True])
@pytest.mark.parametrize("index", [False, True])
def test_a_table_of_neurodecoder_is_a_unit(tmp_path, small, mended, index):
    path = tmp_path / "unit7.csv"
    table(mended=mended).to_csv(path, index=index)
    session = raster.read(path, small)
    assert session.units.to_dict("records") == [{"unit_id": "unit7", "region": "IT"}]
    assert sorted(session.trials) == ["onset", "picture", "position", "trial_id", "trial_number"]
    assert session.trials["picture"].tolist() == ["hand", "face"] * 3
    relative = session.spike_times[0] - session.trials["onset"].to_numpy()
    np.testing.assert_allclose(relative, (-300 + np.arange(N_TRIALS) + 0.5) / 1000)


def test_times_without_ends_and_wider_samples(tmp_path, dataset):
    made = table(first=-600, width=2)
    made.columns = [name.rsplit("_", 1)[0] if "time." in name else name for name in made]
    path = tmp_path / "unit7.csv"
    made.to_csv(path, index=False)
    session = raster.read(path, dataset(**KEYS))
    relative = session.spike_times[0] - session.trials["onset"].to_numpy()
    np.testing.assert_allclose(relative, (-600 + 2 * np.arange(N_TRIALS) + 1) / 1000)


def test_a_table_whose_times_count_from_one_needs_the_event(tmp_path, dataset):
    path = tmp_path / "unit7.csv"
    table(first=1).to_csv(path, index=False)
    assert problem(path, dataset(**KEYS)) == (
        f"{path}, time: the file does not give the sample of the event. Set the key event_sample."
    )
    session = raster.read(path, dataset(**KEYS, event_sample=301))
    assert session.spike_times[0][0] - session.trials["onset"][0] == pytest.approx(-0.2995)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda t: t.assign(siteID=1), ": has a column siteID. Set source: binned."),
        (lambda t: t.filter(like="time"), ": has no column labels.NAME. A table of NeuroDecodeR"),
        (lambda t: t.filter(like="labels"), ": has no column time.START_STOP."),
        (lambda t: t.drop(columns="time.0_1"), ", time: the samples of the raster differ in width"),
        (
            lambda t: t.assign(**{"time.0_1": "x"}),
            ", time.0_1: row 1 contains 'x'. It must be a number.",
        ),
        (lambda t: t.assign(**{"time.0_1": 0.5}), ", time: 0.5 in trial 1, sample 301. Must be "),
        (lambda t: t.iloc[:0], ": the table has no rows."),
    ],
)
def test_tables_that_are_no_rasters_are_answered(tmp_path, small, change, expected):
    path = tmp_path / "unit7.csv"
    change(table()).to_csv(path, index=False)
    assert problem(path, small).startswith(f"{path}{expected}")


def test_files_of_r_are_answered_with_how_to_write_a_table(tmp_path, small):
    path = tmp_path / "unit7.rda"
    path.write_bytes(b"RDX3")
    assert problem(path, small) == (
        f"{path}: is an R file, which cannot be read. In R, load it and run write.csv(binned_data, "
        "'binned.csv', row.names = FALSE, na = ''); the same for raster_data."
    )


# Not tried: bytes changed inside a good file. On some, scipy's compiled reader ends the process.
@given(content=st.binary(max_size=300), place=st.integers(0, 3000))
@settings(max_examples=60)
def test_any_bytes_and_truncated_files_are_an_input_error_or_harmless(
    content, place, tmp_path_factory, dataset
):
    path = tmp_path_factory.mktemp("raster") / "damaged.mat"
    scipy.io.savemat(path, parts())
    good = path.read_bytes()
    for mangled in (content, good[:place]):
        path.write_bytes(mangled)
        try:
            named = raster.read(path, dataset(**KEYS)).session
        except InputError as error:
            named = error.where
        assert named == "damaged" or named.startswith(str(path))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"raster_data": None}, ": has no variable raster_data. Rasters of the NDT contain it."),
        ({"raster_data": "text"}, ", raster_data: shape (), type <U4. Must be numbers, trials"),
        ({"raster_data": np.zeros((6, 8, 2))}, ", raster_data: shape (6, 8, 2), type float64. "),
        (
            {"raster_labels": None},
            ", raster_labels: the struct with the labels of the trials is missing.",
        ),
        (
            {"raster_labels": {"picture": cells(["hand"] * 5)}},
            ", raster_labels.picture: 5 labels for 6 trials.",
        ),
        (
            {"raster_site_info": None},
            ", raster_site_info.alignment_event_time: the file does not give the sample of the "
            "event. Set the key event_sample.",
        ),
        (
            {"raster_site_info": {"alignment_event_time": 801.0}},
            ", raster_site_info.alignment_event_time: sample 801.0. "
            "The raster has samples 1 to 800.",
        ),
        (
            {"raster_site_info": {"alignment_event_time": "soon"}},
            ", raster_site_info.alignment_event_time: sample soon. ",
        ),
    ],
)
def test_parts_that_are_missing_or_do_not_fit_are_named(write, small, changed, expected):
    path = write(**changed)
    assert problem(path, small).startswith(f"{path}{expected}")


@pytest.mark.parametrize(("value", "shown"), [(np.nan, "nan"), (0.5, "0.5"), (-1, "-1")])
def test_what_is_no_spike_count_is_named_with_its_place(write, small, value, shown):
    data = parts()["raster_data"].astype(float)
    data[2, 9] = value
    path = write(raster_data=data)
    assert problem(path, small) == (
        f"{path}, raster_data: {shown} in trial 3, sample 10. "
        "Must be spike counts: 0, 1, 2, ... (at most 10000)."
    )


def test_the_key_event_sample_must_lie_inside(write, dataset):
    path = write()
    assert problem(path, dataset(**KEYS, event_sample=900)) == (
        f"{path}, event_sample: sample 900. The raster has samples 1 to 800."
    )


def test_time_may_not_reach_outside_the_raster(write, dataset):
    path = write()
    settings = dataset(**{**KEYS, "time": {"start": -0.3, "stop": 0.6, "bin": 0.1}})
    assert problem(path, settings) == (
        f"{path}, raster_data: time -0.3 to 0.6 s reaches outside the raster. "
        "It covers -0.3 to 0.5 s from the event."
    )


def test_a_raster_has_no_event_but_its_onset(write, dataset):
    path = write()
    settings = dataset(**{**KEYS, "tasks": {"all": {"trials": "trial_id > 0", "align": "cue"}}})
    assert problem(path, settings) == (
        f"{path}, tasks.all.align: 'cue' is no event of a raster. It has one, 'onset'."
    )

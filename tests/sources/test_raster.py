import numpy as np
import pytest
import scipy.io
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro_attn import recording
from neuro_attn.errors import InputError
from neuro_attn.sources import raster

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


@settings(deadline=None, max_examples=25)
@given(
    counts=st.integers(0, 2**32 - 1).map(
        lambda seed: np.random.default_rng(seed).poisson(0.1, (N_TRIALS, N_SAMPLES))
    ),
    width_ms=st.sampled_from([1, 2, 5, 10, 25, 50, 100]),
)
def test_rates_are_the_sums_of_the_rasters_own_samples(
    counts, width_ms, tmp_path_factory, dataset
):
    path = tmp_path_factory.mktemp("raster") / "u.mat"
    scipy.io.savemat(path, parts(raster_data=counts.astype(np.uint8)))
    settings = dataset(**{**KEYS, "time": {"start": -0.3, "stop": 0.5, "bin": width_ms / 1000}})
    made = recording.from_spikes(raster.read(path, settings), "small", settings)
    expected = counts.reshape(N_TRIALS, -1, width_ms).sum(axis=2) / (width_ms / 1000)
    np.testing.assert_allclose(made["rates"].values[:, 0], expected, rtol=1e-5)


def test_the_event_sample_is_counted_from_one_and_the_key_wins_over_the_file(write, dataset):
    counts = np.zeros((N_TRIALS, N_SAMPLES), dtype=np.uint8)
    counts[:, 400] = 1
    path = write(raster_data=counts)
    settings = dataset(
        **{**KEYS, "event_sample": 401, "time": {"start": -0.1, "stop": 0.1, "bin": 0.1}},
        **{"windows": {"w": [0.0, 0.1]}} if False else {},
    ) if False else dataset(
        **{
            **KEYS,
            "event_sample": 401,
            "time": {"start": -0.1, "stop": 0.1, "bin": 0.1},
            "windows": {"first": [0.0, 0.1]},
        }
    )
    made = recording.from_spikes(raster.read(path, settings), "small", settings)
    np.testing.assert_allclose(made["rates"].values[:, 0], [[0, 10]] * N_TRIALS)

"""Files of activations are read as they were written, and one message lists all problems."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from neuro_attn.configuration import ActivationFiles
from neuro_attn.errors import InputError
from neuro_attn.networks.activation_files import read
from neuro_attn.networks.populations import Activations
from neuro_attn.sources import parts

N_TRIALS, N_STEPS = 5, 4


def arrays(**other) -> dict[str, np.ndarray]:
    """Arrays of a valid file, with others added, replaced or (None) removed."""
    rng = np.random.default_rng(0)
    whole = {
        "encoder": rng.standard_normal((N_TRIALS, N_STEPS, 3)),
        "decoder": rng.standard_normal((N_TRIALS, N_STEPS, 2)),
        "time": 0.05 + 0.1 * np.arange(N_STEPS),
        "trial_id": np.arange(N_TRIALS),
        "cue": np.array(["left", "right", "left", "right", ""]),
    }
    return {name: each for name, each in {**whole, **other}.items() if each is not None}


def saved(path, **other):
    np.savez(path, **arrays(**other))
    return path


def activations() -> Activations:
    given = arrays()
    populations = {name: given[name].astype(np.float32) for name in ("decoder", "encoder")}
    trials = pd.DataFrame({"trial_id": given["trial_id"], "cue": given["cue"], "onset": 0.1})
    return Activations(populations=populations, trials=trials, step=0.1, start=0.0)


def assert_same(found: Activations, expected: Activations) -> None:
    assert list(found.populations) == list(expected.populations)
    for name, states in expected.populations.items():
        np.testing.assert_array_equal(found.populations[name], states)
    assert (found.step, found.start) == (expected.step, expected.start)
    pd.testing.assert_frame_equal(
        found.trials[list(expected.trials)], expected.trials, check_dtype=False
    )


@pytest.mark.parametrize("suffix", [".npz", ".nc"])
def test_a_file_that_was_written_is_read_back(tmp_path, suffix):
    activations().save(tmp_path / f"net{suffix}")
    assert_same(read(tmp_path / f"net{suffix}"), activations())


def test_a_text_table_with_one_row_per_trial_and_step_is_the_same(tmp_path):
    whole = activations()
    rows = {
        "trial_id": np.repeat(np.arange(N_TRIALS), N_STEPS),
        "time": np.tile(arrays()["time"], N_TRIALS),
    }
    for name, states in whole.populations.items():
        for unit in range(states.shape[2]):
            rows[f"{name}-{unit:03d}"] = states[:, :, unit].ravel().astype(float)
    # Rows of other trials may come in between.
    table = pd.DataFrame(rows).sort_values("time", kind="stable")
    table.to_csv(tmp_path / "net.csv", index=False)
    shuffled = whole.trials.sample(frac=1, random_state=1)
    shuffled.to_csv(tmp_path / "trials.csv", index=False)
    found = read(tmp_path / "net.csv", tmp_path / "trials.csv")
    assert found.trials["cue"].fillna("").tolist() == whole.trials["cue"].tolist()
    for name, states in whole.populations.items():
        np.testing.assert_array_equal(found.populations[name], states)


def test_netcdf_of_another_program_may_have_other_dimensions_and_coordinates(tmp_path):
    given = arrays()
    xr.Dataset(
        {
            "hidden": (("sample", "step", "neuron"), given["encoder"]),
            "time": ("step", given["time"]),
            "cue": ("sample", given["cue"].astype(object)),
            "layer": ("neuron", np.array(["a", "b", "c"], dtype=object)),
            "version": 3,
        }
    ).to_netcdf(tmp_path / "net.nc", engine="h5netcdf")
    found = read(tmp_path / "net.nc")
    assert found.populations["hidden"].shape == (N_TRIALS, N_STEPS, 3)
    assert set(found.trials) == {"trial_id", "cue"}


class Hostile:
    def __reduce__(self):
        return (exec, ("raise SystemExit",))


def test_python_objects_in_an_npz_are_refused_and_never_loaded(tmp_path):
    hostile = np.array([Hostile()] * N_TRIALS, dtype=object)
    with pytest.raises(InputError, match="cue contains Python objects, which only pickles can"):
        read(saved(tmp_path / "net.npz", cue=hostile))


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"encoder": None, "decoder": None}, "no population; none of its arrays has three"),
        ({"time": None}, "no array time; it contains the centre of each step"),
        ({"time": np.arange(3.0)}, "time has 3 values; the populations have 4 steps"),
        ({"time": np.array([0, 1, 2, 4.0])}, "time does not increase in equal steps"),
        ({"time": np.array([0, 1, np.nan, 3])}, "values that are not finite"),
        ({"time": np.array(list("abcd"))}, r"time has the shape \(4\) and the type <U1"),
        ({"cue": np.arange(4)}, "column cue has 4 values; the populations have 5 trials"),
        ({"cue": np.zeros((5, 2))}, "cue has 2 dimensions; a population has 3, a column has 1"),
        ({"cue": None, "trial_id": None}, "no column of the trials"),
        ({"decoder": np.zeros((5, 3, 2))}, r"decoder \(5, 3, 2\), encoder \(5, 4, 3\)"),
        ({"decoder": np.zeros((5, 4, 0))}, r"population decoder is empty, \(5, 4, 0\)"),
        ({"decoder": np.zeros((5, 4, 2), complex)}, "contains complex128, not real numbers"),
        ({"decoder": np.zeros((5, 4, 2), "U3")}, "contains <U3, not real numbers"),
        (
            {"decoder": np.where(np.arange(40).reshape(5, 4, 2) == 13, np.nan, 0)},
            "contains 1 values that are not finite; the first is nan at trial 1, step 2, unit 1",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_told(tmp_path, other, message):
    with pytest.raises(InputError, match=message) as error:
        read(saved(tmp_path / "net.npz", **other))
    assert error.value.where == str(tmp_path / "net.npz")


def test_everything_that_is_wrong_is_in_one_message(tmp_path):
    wrong = {"time": None, "cue": np.arange(4), "decoder": np.full((5, 3, 2), np.inf)}
    with pytest.raises(InputError) as error:
        read(saved(tmp_path / "net.npz", **wrong))
    assert error.value.problem.startswith("4 problems. (1) population decoder contains 30 values")
    for part in ("(2) populations differ", "(3) no array time", "(4) column cue"):
        assert part in error.value.problem


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"cue": list("abcde")}, r"column cue is also in .*trials\.csv"),
        ({"trial_id": range(1, 6)}, r"its trial_id are not those of .*trials\.csv; 0 is missing"),
        ({"side": list("abc")}, r"trials\.csv has 3 rows; the populations have 5 trials"),
    ],
)
def test_a_table_of_trials_that_does_not_fit_is_refused(tmp_path, table, message):
    pd.DataFrame(table).to_csv(tmp_path / "trials.csv", index=False)
    with pytest.raises(InputError, match=message):
        read(saved(tmp_path / "net.npz"), tmp_path / "trials.csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("trial_id,step,a-0\n1,0,2\n", "no column time"),
        ("trial_id,time,hidden\n1,0,2\n", "columns hidden are not named POPULATION-UNIT"),
        ("trial_id,time,a-0\n1,0,x\n1,1,y\n", "columns a-0 contain text"),
        ("trial_id,time,a-0\n1,0,1\n1,1,1\n2,0,1\n", "trials differ in their times"),
    ],
)
def test_what_is_wrong_with_a_text_table_is_told(tmp_path, text, message):
    (tmp_path / "net.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read(tmp_path / "net.csv")


@pytest.mark.parametrize(("name", "content"), [("net.npz", b"PK\x03\x04no"), ("net.nc", b"CDF")])
def test_damaged_files_and_other_suffixes_are_one_message(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="is not a readable"):
        read(tmp_path / name)
    (tmp_path / "net.pkl").write_bytes(content)
    with pytest.raises(InputError, match=r"no known suffix\. Save activations as \.nc, \.npz"):
        read(tmp_path / "net.pkl")


def files(tmp_path, **keys):
    given = {"key": "networks.mine", "name": "files", "files": "*.npz", "trials": None, **keys}
    return parts("network-mine", ActivationFiles(**given), tmp_path)


def test_replicates_are_in_the_order_of_the_numbers_in_their_names(tmp_path):
    for number in (10, 9, 0):
        (tmp_path / f"seed{number}.npz").touch()
    found = files(tmp_path)
    assert [each.sessions for each in found] == [["seed0"], ["seed1"], ["seed2"]]
    names = [each.paths[0].rpartition("/")[2] for each in found]
    assert names == ["seed0.npz", "seed9.npz", "seed10.npz"]


def test_tables_of_trials_are_one_or_as_many_as_files(tmp_path):
    for name in ("a.npz", "b.npz", "a.csv", "b.csv", "c.csv"):
        (tmp_path / name).touch()
    one = files(tmp_path, trials="a.csv")
    assert [each.paths[1] for each in one] == [str(tmp_path / "a.csv")] * 2
    with pytest.raises(InputError, match=r"networks\.mine\.trials: 3 tables of trials, but files"):
        files(tmp_path, trials="*.csv")
    with pytest.raises(InputError, match=r"networks\.mine\.files: .*a\.npz is named twice"):
        files(tmp_path, files=["a.npz", "*.npz"])

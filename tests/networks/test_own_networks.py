"""Activations of a network of any library enter the analysis as those of our families do."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from neuro_attn import networks
from neuro_attn.configuration import ImportedNetwork, NetworkTrials, parse
from neuro_attn.errors import InputError
from neuro_attn.study import Study

SETTINGS = ImportedNetwork(source="activations", files="seed*.nc")


class Gru:
    """A gated recurrent unit in NumPy (Cho et al. 2014), as a user may have one."""

    def __init__(self, n_inputs: int, n_units: int, seed: int = 0):
        rng = np.random.default_rng(seed)
        shape = (3, n_inputs + n_units, n_units)
        self.weights = rng.standard_normal(shape) / np.sqrt(n_inputs + n_units)

    def __call__(self, inputs):
        state = np.zeros((len(inputs), self.weights.shape[2]))
        states = []
        for now in np.moveaxis(inputs, 1, 0):
            reset, update = (
                1 / (1 + np.exp(-np.hstack([now, state]) @ weights)) for weights in self.weights[:2]
            )
            proposed = np.tanh(np.hstack([now, reset * state]) @ self.weights[2])
            state = update * state + (1 - update) * proposed
            states.append(state)
        states = np.stack(states, axis=1)
        return {"hidden": states}, np.repeat(states[:, -1:, :2], 5, axis=1)


def study(analysis, name="network-small", **keys):
    return Study(name, analysis(**keys), 5)


@pytest.mark.parametrize("suffix", [".nc", ".npz"])
def test_an_exported_network_of_ours_is_the_same_recording(
    built, small, analysis, tmp_path, suffix
):
    model, settings = built["seq2seq"], small("seq2seq")
    ours, _, errors = networks.record_replicate(
        model, settings, analysis(), "network-small", "seed0", 5
    )
    trials = networks.held_out_trials(settings, "small", "seed0", 5)
    path = tmp_path / f"any name{suffix}"
    networks.record(networks.callable_of(model, settings), trials).save(path)
    (theirs,) = networks.import_replicates([[str(path)]], SETTINGS, study(analysis))
    assert theirs.activations["rates"].values.tobytes() == ours["rates"].values.tobytes()
    for name in ours.coords:
        np.testing.assert_array_equal(theirs.activations[name], ours[name], err_msg=name)
        assert theirs.activations[name].dtype == ours[name].dtype, name
    pd.testing.assert_frame_equal(theirs.report_error, errors, check_dtype=False)


def test_a_network_in_numpy_is_recorded_with_its_reports(analysis, tmp_path):
    trials = networks.draw_trials(80, seed=1)
    recorded = networks.record(Gru(9, 12), trials)
    assert recorded.populations["hidden"].shape == (80, trials.inputs.shape[1], 12)
    assert {"report", "report_error", "cue_onset"} <= set(recorded.trials)
    recorded.save(tmp_path / "gru.npz")
    paths = [[str(tmp_path / "gru.npz")]]
    (found,) = networks.import_replicates(paths, SETTINGS, study(analysis))
    assert found.activations.sizes == {"trial": 80, "unit": 12, "time": 10}
    assert len(found.report_error) == 80


def test_tensors_of_pytorch_are_recorded():
    torch = pytest.importorskip("torch")
    layer = torch.nn.GRU(9, 6, batch_first=True)
    trials = networks.draw_trials(4, seed=1)
    found = networks.record(lambda x: {"gru": layer(torch.as_tensor(x))[0]}, trials)
    assert found.populations["gru"].dtype == np.float32


def test_jax_is_not_imported_to_record_a_network():
    code = (
        "import sys; from neuro_attn import networks; networks.record; print('jax' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (np.zeros((4, 3, 2)), "returned ndarray instead of activations"),
        ({"hidden": np.zeros((4, 2))}, r"population hidden: has the shape \(4, 2\)"),
        ({"hidden": np.zeros((3, 40, 2))}, r"4 trials and \d+ steps"),
    ],
)
def test_what_is_no_activations_is_refused(returned, message):
    with pytest.raises(InputError, match=message):
        networks.record(lambda _: returned, networks.draw_trials(4, seed=1))


def test_steps_of_another_duration_and_start_are_found_by_their_times(analysis, tmp_path):
    """Steps of 50 ms from 0.2 s before the clock's zero; the event is at 0.3 s."""
    ramp = np.arange(40.0)[:, None] + np.zeros((6, 40, 3))
    path = tmp_path / "fine.npz"
    np.savez(
        path,
        hidden=ramp,
        time=-0.2 + 0.05 * (np.arange(40) + 0.5),
        cue_onset=np.full(6, 0.3),
        trial_type=np.array(["pro", "retro"] * 3),
        selected=np.array(["upper"] * 3 + ["lower"] * 3),
    )
    quiet = SETTINGS.model_copy(update={"activation_noise": 0.0})
    ((made, reports),) = networks.import_replicates([[str(path)]], quiet, study(analysis))
    # The first bin starts at 0 s, which is step 4; bins of 0.1 s have two steps.
    np.testing.assert_allclose(made["rates"][0, 0], 4.5 + 2 * np.arange(10))
    assert reports["report_error"].isna().all()


def test_errors_come_from_whichever_columns_a_file_has(analysis, tmp_path):
    trials = networks.draw_trials(40, seed=1)
    recorded = networks.record(Gru(9, 4), trials)
    expected = recorded.trials["report_error"]
    for number, left_out in enumerate((["report_error"], ["report", "target_color"], ["report"])):
        path = tmp_path / f"{number}.npz"
        kept = recorded.trials.drop(columns=left_out)
        replace(recorded, trials=kept).save(path)
        ((_, reports),) = networks.import_replicates([[str(path)]], SETTINGS, study(analysis))
        np.testing.assert_allclose(reports["report_error"], expected, atol=1e-5)
        assert set(reports["trial_type"]) == {"pro", "retro"}


def test_replicates_have_the_same_populations(analysis, tmp_path):
    trials = networks.draw_trials(40, seed=1)
    for number, name in enumerate(("a", "b")):
        found = networks.record(lambda x, name=name: {name: Gru(9, 4)(x)[0]["hidden"]}, trials)
        found.save(tmp_path / f"{number}.nc")
    paths = [[str(tmp_path / f"{number}.nc")] for number in range(2)]
    with pytest.raises(InputError, match=r"1\.nc: has the populations b; .*0\.nc has a\."):
        networks.import_replicates(paths, SETTINGS, study(analysis))


def test_all_missing_columns_are_named_at_once_with_their_keys(analysis, tmp_path):
    trials = networks.draw_trials(40, seed=1)
    table = trials.table.drop(columns=["cue_onset", "selected"])
    bare = networks.Trials(table=table, inputs=trials.inputs)
    networks.record(Gru(9, 4), bare).save(tmp_path / "bare.npz")
    with pytest.raises(
        InputError,
        match=r"lack columns that network_analysis uses: cue_onset \(tasks\.prospective\.align, "
        r"tasks\.retrospective\.align\), selected \(label\)\. Columns: trial_id, ",
    ):
        networks.import_replicates([[str(tmp_path / "bare.npz")]], SETTINGS, study(analysis))


KEYS = {
    "datasets": {
        "sim": {
            "source": "simulation",
            "label": "selected",
            "tasks": {"pro": {"trials": "trial_type == 'pro'", "align": "cue_onset"}},
            "time": {"start": 0.0, "stop": 0.4, "bin": 0.1},
            "windows": {"cue": [0.0, 0.4]},
        }
    }
}
KEYS["network_analysis"] = {k: v for k, v in KEYS["datasets"]["sim"].items() if k != "source"}


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ({"source": "activation", "files": "a.nc"}, r"mine\.source: must be activations \(given"),
        ({"source": None, "files": "a.nc"}, r"mine\.source: must be activations \(given: nothing"),
        ({"source": "activations"}, r"mine\.files: the key is missing"),
        ({"source": "activations", "files": "a", "hidden": 3}, r"mine\.hidden: unknown key"),
        ({"hidden": 3}, r"mine\.family: the key is missing; give "),
        ({"family": "seq2seq", "hiden": 3}, r"mine\.hiden: unknown key\. Did you mean hidden\?"),
        ({"family": "seq2seq", "steps": 0}, r"mine\.steps: must be a whole number from 1 to"),
    ],
)
def test_keys_of_imported_and_trained_networks_have_their_own_messages(network, message):
    with pytest.raises(InputError, match=message):
        parse({**KEYS, "networks": {"mine": network}})


def test_a_network_without_an_untrained_version_has_no_floor():
    given = {"source": "activations", "files": "a.nc"}
    without = parse({**KEYS, "networks": {"mine": given}})
    assert list(without.network_datasets()) == ["network-mine"]
    with_floor = parse({**KEYS, "networks": {"mine": {**given, "untrained": "b.nc"}}})
    assert list(with_floor.activation_files()) == ["network-mine", "network-mine-untrained"]


def test_trials_of_a_user_are_those_of_the_task():
    settings = NetworkTrials(tasks=("retro",))
    trials = networks.draw_trials(10, seed=3, settings=settings)
    assert set(trials.table["trial_type"]) == {"retro"}
    again = networks.draw_trials(10, seed=3, settings=settings)
    np.testing.assert_array_equal(trials.inputs, again.inputs)
    assert np.any(trials.inputs != networks.draw_trials(10, seed=4, settings=settings).inputs)

"""A training that is killed goes on from its last checkpoint, to the same bytes."""

import signal
import subprocess
import sys
import time

import equinox as eqx
import jax
import numpy as np
import pandas as pd
import pytest

from neuro_attn.networks import train
from neuro_attn.networks.checkpoints import identity, load, save

SETTINGS = {"hidden": 4, "batch": 4, "steps": 1000, "tasks": ["retro"], "test_trials": 40}
KILLED = """
import sys
from pathlib import Path
from neuro_attn.configuration import Network
from neuro_attn.networks import train

settings = Network.model_validate_json(sys.argv[1])
train(settings, 7, "net", 0, Path(sys.argv[2]), "1")
"""


def are_same(one, other) -> bool:
    arrays = (jax.tree.leaves(eqx.filter(each, eqx.is_array)) for each in (one, other))
    return all(map(np.array_equal, *arrays))


def test_a_training_that_was_killed_gives_the_same_bytes(tmp_path, small):
    settings, path = small("relu-rnn", **SETTINGS), tmp_path / "checkpoint.npz"
    command = [sys.executable, "-c", KILLED, settings.model_dump_json(), str(path)]
    killed = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while not path.exists() and killed.poll() is None:
        time.sleep(0.005)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL, "the training ended before it could be killed"
    with np.load(path) as file:
        steps = int(file["leaf0"])
    assert 0 < steps < settings.steps
    resumed, log = train(settings, 7, "net", 0, path, "1")
    undisturbed, same_log = train(settings, 7, "net", 0)
    assert are_same(resumed, undisturbed)
    pd.testing.assert_frame_equal(log, same_log, check_exact=True)


def test_a_learner_of_a_family_goes_on_too_and_so_does_patience(tmp_path, small, monkeypatch):
    settings = small("forward-forward", **{**SETTINGS, "steps": 100, "patience": 100})
    path, saves = tmp_path / "checkpoint.npz", []

    def save_once(*args):
        if not saves:
            save(*args)
        saves.append(args)

    monkeypatch.setattr("neuro_attn.networks.training.save", save_once)
    undisturbed, log = train(settings, 7, "net", 0, path)
    assert len(saves) == 2
    resumed, same_log = train(settings, 7, "net", 0, path)
    assert len(saves) == 3  # the first half was not done again
    assert are_same(resumed, undisturbed)
    pd.testing.assert_frame_equal(log, same_log, check_exact=True)


def test_a_checkpoint_of_another_training_is_ignored(tmp_path):
    state, path = {"weights": np.arange(3.0), "done": 2}, tmp_path / "checkpoint.npz"
    like = {"weights": np.zeros(3), "done": 0}
    save(state, identity("settings", 1), path)
    loaded = load(like, identity("settings", 1), path)
    np.testing.assert_array_equal(loaded["weights"], state["weights"])
    assert loaded["done"] == 2
    assert load(like, identity("settings", 2), path) is None
    assert load({**like, "more": 1}, identity("settings", 1), path) is None


@pytest.mark.parametrize("content", [None, b"", b"no zip", b"PK\x03\x04 cut"])
def test_a_checkpoint_that_cannot_be_read_is_ignored(tmp_path, content):
    path = tmp_path / "checkpoint.npz"
    if content is not None:
        path.write_bytes(content)
    assert load({"done": 0}, "x", path) is None

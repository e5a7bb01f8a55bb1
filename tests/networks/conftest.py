"""Small networks, as they come from their builders, and a few noisy trials."""

import functools
from collections.abc import Callable

import jax
import numpy as np
import pytest

from neuro_attn.configuration import Network, NetworkDataset, NetworkTrials
from neuro_attn.networks import FAMILIES, Model
from neuro_attn.networks import trials as task
from neuro_attn.networks.model import online
from neuro_attn.networks.trials import CHANNELS
from tests.durations import FIXED

EASY = {"timing": FIXED, "random_report": False}
"""Trials that a small network learns in few steps."""


@pytest.fixture(scope="session")
def small() -> Callable[..., Network]:
    """Make the settings of a small network."""

    def make(family: str, **keys) -> Network:
        return Network(family=family, **{"hidden": 8, "batch": 16, "test_trials": 40, **keys})

    return make


@pytest.fixture(scope="session")
def built(small) -> dict[str, Model]:
    """An untrained network of each family, built when it is asked for."""

    class Built(dict):
        def __missing__(self, family: str) -> Model:
            build = FAMILIES[family]
            self[family] = build(jax.random.key(1), len(CHANNELS), 2, small(family))
            return self[family]

    return Built()


@pytest.fixture(scope="session")
def ran(built, seen) -> Callable[[str], tuple[dict, dict]]:
    """Return activations and attention of an untrained network on `seen`."""
    return functools.cache(lambda family: jax.device_get(online(built[family], seen)))


@pytest.fixture(params=sorted(FAMILIES))
def family(request) -> str:
    return request.param


@pytest.fixture
def model(built, family) -> Model:
    return built[family]


@pytest.fixture(scope="session")
def seen() -> np.ndarray:
    """Noisy inputs, (trial, encoded_step, channel)."""
    rng = np.random.default_rng(3)
    return task.inputs(task.draw(6, NetworkTrials(), rng), NetworkTrials(), 0.1, rng)


@pytest.fixture(scope="session")
def analysis() -> Callable[..., NetworkDataset]:
    """Make the settings of a network's data set from its time bins."""

    def make(start: float = -0.3, stop: float = 0.7, width: float = 0.1, **keys) -> NetworkDataset:
        shared = {
            "network": "small",
            "trained": True,
            "label": "selected",
            "tasks": {
                "prospective": {"trials": "trial_type == 'pro'", "align": "cue_onset"},
                "retrospective": {"trials": "trial_type == 'retro'", "align": "cue_onset"},
            },
            "time": {"start": start, "stop": stop, "bin": width},
            "windows": {"all": [start, stop]},
        }
        return NetworkDataset(**{**shared, **keys})

    return make

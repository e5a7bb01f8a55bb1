import jax
import numpy as np
import pytest

from neuro_attn.configuration import Network, NetworkDataset
from neuro_attn.networks import FAMILIES, Model
from neuro_attn.networks import trials as task
from neuro_attn.networks.trials import CHANNELS


def settings(family: str, **changes) -> Network:
    return Network(**{"family": family, "hidden": 8, "test_trials": 40, "batch": 16} | changes)


def network_dataset(start: float = -0.3, stop: float = 0.7, bin: float = 0.1) -> NetworkDataset:
    return NetworkDataset(
        network="small",
        trained=True,
        label="selected",
        tasks={
            "prospective": {"trials": "trial_type == 'pro'", "align": "cue_onset"},
            "retrospective": {"trials": "trial_type == 'retro'", "align": "cue_onset"},
        },
        time={"start": start, "stop": stop, "bin": bin},
        windows={"all": [start, stop]},
    )


@pytest.fixture(params=sorted(FAMILIES))
def family(request) -> str:
    return request.param


@pytest.fixture
def model(family) -> Model:
    return FAMILIES[family](jax.random.key(1), len(CHANNELS), 2, settings(family))


@pytest.fixture(scope="session")
def seen() -> np.ndarray:
    """Noisy inputs of a few trials, (trial, time, channel)."""
    rng = np.random.default_rng(3)
    return task.inputs(task.draw(6, rng), 0.1, rng)

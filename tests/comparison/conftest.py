"""Decoding results with planted accuracies."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

TASKS = ["pro", "retro"]
WINDOWS = ["cue", "delay"]


@pytest.fixture(scope="session")
def decoding() -> Callable[..., xr.Dataset]:
    """Make a decoding result around accuracies (train_task, test_task, window) with `noise`."""

    def make(accuracy, region="LPFC", noise=0.02, sessions=("all",), seed=0):
        rng = np.random.default_rng(seed)
        base = np.broadcast_to(accuracy, (2, 2, 2))
        pair = ("session", "train_task", "test_task", "window")

        def around(*size):
            shape = (len(sessions), 2, 2, 2, *size)
            return base[(None, ..., *[None] * len(size))] + noise * rng.normal(size=shape)

        return xr.Dataset(
            {
                "window_accuracy": ((*pair, "draw"), around(4)),
                "window_bootstrap": ((*pair, "replicate"), around(50)),
                "half_accuracy": ((*pair, "half", "draw"), around(2, 4)),
            },
            coords={
                "session": list(sessions),
                "train_task": TASKS,
                "test_task": TASKS,
                "window": WINDOWS,
            },
            attrs={"region": region, "dataset": "toy", "chance": 0.5},
        )

    return make

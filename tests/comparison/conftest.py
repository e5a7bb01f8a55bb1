"""Decoding results with planted sensitivities."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

TASKS = ["pro", "retro"]
WINDOWS = ["cue", "delay"]


@pytest.fixture(scope="session")
def decoding() -> Callable[..., xr.Dataset]:
    """Make a decoding result around d' (train_task, test_task, window) with `noise`."""

    def make(d_prime, region="LPFC", noise=0.1, sessions=("all",), seed=0):
        rng = np.random.default_rng(seed)
        base = np.broadcast_to(d_prime, (2, 2, 2))
        pair = ("session", "train_task", "test_task", "window")

        def around(*size):
            shape = (len(sessions), 2, 2, 2, *size)
            return base[(None, ..., *[None] * len(size))] + noise * rng.normal(size=shape)

        return xr.Dataset(
            {
                "window_d_prime": ((*pair, "draw"), around(4)),
                "window_bootstrap": ((*pair, "replicate"), around(50)),
                "half_d_prime": ((*pair, "half", "draw"), around(2, 4)),
            },
            coords={
                "session": list(sessions),
                "train_task": TASKS,
                "test_task": TASKS,
                "window": WINDOWS,
            },
            attrs={"region": region, "dataset": "toy", "seed": 0},
        )

    return make


@pytest.fixture(scope="session")
def coded() -> Callable[..., xr.Dataset]:
    """Add to a signature codes that overlap by `overlap` in both windows, known to `noise`.

    Sessions add `between` to the overlap of each. Codes of strength 0 are no codes.
    """

    def make(signature, overlap, strength=4.0, noise=0.1, between=(0.0,), seed=0):
        rng = np.random.default_rng([2, seed])
        overlaps = overlap + np.asarray(between)[:, None] + np.zeros((len(between), len(WINDOWS)))
        sessions = strength / len(between) * np.stack([overlaps, *[np.ones_like(overlaps)] * 2], -1)
        energies = sessions.sum(axis=0)
        resamples = energies + strength * noise * rng.normal(size=(400, *energies.shape))
        return signature.assign(
            energies=(("overlap", "energy"), energies),
            session_energies=(("code_session", "overlap", "energy"), sessions),
            energy_resamples=(("resample", "overlap", "energy"), resamples),
            p_codes=(("overlap", "task"), np.full((len(WINDOWS), 2), float(strength == 0))),
        )

    return make

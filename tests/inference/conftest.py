"""Decoding results with planted accuracies, and populations without any code."""

from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from neuro_attn.decoding.population import Population, SessionTrials

TASKS = ["pro", "retro"]
TIMES = 0.05 + 0.1 * np.arange(8)
WINDOWS = ["early", "late"]
N_PER_CLASS = np.array([[5, np.nan, 8, 8], [5, 10, 8, 12]])
REACHED = np.isfinite(N_PER_CLASS)


@pytest.fixture(scope="session")
def decoding() -> Callable[..., xr.Dataset]:
    """Make a decoding result around accuracies over time (train_task, test_task, time).

    Windows hold the means of the first and of the second half of the times. Observed accuracy has
    no noise; null and bootstrap have an SD of `noise`.
    """

    def make(course, region="LPFC", sessions=("all",), noise=0.02, n=99, seed=0):
        rng = np.random.default_rng(seed)
        n_times = len(TIMES)
        course = np.broadcast_to(course, (len(sessions), 2, 2, n_times)).astype(float)
        late = np.stack(np.split(course, 2, axis=-1), axis=-2).mean(axis=-1)

        def around(centre, n):
            return centre[..., None] + noise * rng.normal(size=(*centre.shape, n))

        def constant(centre, n):
            return np.repeat(centre[..., None], n, axis=-1)

        pair = ("session", "train_task", "test_task")
        cross = np.broadcast_to(course[..., None, :], (*course.shape, n_times))
        null = around(np.full_like(cross, 0.5), n)
        return xr.Dataset(
            {
                "accuracy": ((*pair, "train_time", "test_time", "draw"), constant(cross, 3)),
                "null": (
                    (*pair, "time", "permutation"),
                    np.moveaxis(np.diagonal(null, axis1=3, axis2=4), -1, 3),
                ),
                "cross_null": (
                    (*pair[1:], "train_time", "test_time", "permutation"),
                    null.mean(axis=0),
                ),
                "bootstrap": ((*pair, "time", "replicate"), around(course - 0.03, 60)),
                "window_accuracy": ((*pair, "window", "draw"), constant(late, 3)),
                "window_null": ((*pair, "window", "permutation"), around(0 * late + 0.5, n)),
                "window_bootstrap": ((*pair, "window", "replicate"), around(late - 0.03, 60)),
                "unit_accuracy": (
                    (*pair, "window", "n_units", "draw"),
                    around(constant(late, 2), 3),
                ),
                # The tasks train on 8 and 12 trials of a class, and are matched at 8.
                "trial_accuracy": (
                    (*pair, "window", "training_size", "draw"),
                    np.where(
                        REACHED[..., None, None, :, None], around(constant(late, 4), 3), np.nan
                    ),
                ),
                "n_per_class": (
                    (*pair[:2], "training_size"),
                    np.stack([N_PER_CLASS] * len(sessions)),
                ),
                "units_per_draw": ("session", np.full(len(sessions), 10)),
                "n_constant": ((*pair[:2], "time"), np.full((len(sessions), 2, n_times), 0.5)),
                "window_n_constant": (
                    (*pair[:2], "window"),
                    np.full((len(sessions), 2, len(WINDOWS)), 0.25),
                ),
                "n_train": ("session", np.full(len(sessions), 40)),
                "n_test": (("session", "test_task"), np.full((len(sessions), 2), 60)),
                "n_sessions": ("session", np.ones(len(sessions), int)),
            },
            coords={
                "session": list(sessions),
                "train_task": TASKS,
                "test_task": TASKS,
                "train_time": TIMES,
                "test_time": TIMES,
                "time": TIMES,
                "window": WINDOWS,
                "n_units": [5, 10],
                "training_size": ["5", "10", "matched", "all"],
            },
            attrs={"region": region, "dataset": "toy", "chance": 0.5},
        )

    return make


@pytest.fixture(scope="session")
def uncoded() -> Callable[..., Population]:
    """Make a population that codes nothing in the first task and `signal` in the second."""

    def make(rng, signal=0.0, n_trials=20, n_units=5, n_times=2):
        task = rng.permutation(np.repeat([0, 1], 2 * n_trials))
        label = np.empty_like(task)
        for each in (0, 1):
            label[task == each] = rng.permutation(np.repeat([0, 1], n_trials))
        rates = rng.normal(size=(len(task), n_units, n_times))
        rates += signal * ((task == 1) * np.where(label == 1, 1, -1))[:, None, None]
        rates = np.concatenate([rates, rates.mean(axis=2, keepdims=True)], axis=2)
        part = SessionTrials(
            session="s",
            rates=rates.astype(np.float32),
            task=task,
            label=label,
            unit_ids=np.arange(n_units).astype(str).astype(object),
            trial_ids=np.arange(len(task)),
        )
        times = 0.05 + 0.1 * np.arange(n_times)
        return Population("s", [part], ("pro", "retro"), ("lower", "upper"), ("late",), times)

    return make

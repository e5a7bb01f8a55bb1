"""Populations with data that say where they come from, or with planted codes."""

from collections.abc import Callable

import numpy as np
import pytest

from neuro_attn.decoding.population import Population, SessionTrials


@pytest.fixture(scope="session")
def population() -> Callable[..., Population]:
    """Make a population of one part a session from rates (trial, unit, time), task and label.

    With `window`, the mean over all times is its window "late".
    """

    def make(*sessions, window=False, n_tasks=2, n_classes=2):
        parts = [
            SessionTrials(
                session=f"s{number}",
                rates=np.concatenate(
                    [rates, rates.mean(axis=2, keepdims=True)][: 1 + window], axis=2
                ).astype(np.float32),
                task=np.asarray(task),
                label=np.asarray(label),
                unit_ids=np.array([f"s{number}-u{i}" for i in range(rates.shape[1])], object),
                trial_ids=np.arange(len(task)),
            )
            for number, (rates, task, label) in enumerate(sessions)
        ]
        return Population(
            parts[0].session if len(parts) == 1 else "all",
            parts,
            tuple(f"task{number}" for number in range(n_tasks)),
            tuple(f"class{number}" for number in range(n_classes)),
            ("late",) * window,
            0.05 + 0.1 * np.arange(sessions[0][0].shape[2]),
        )

    return make


@pytest.fixture(scope="session")
def trials() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """Return task and class of trials from their counts (task, class), in random order."""

    def make(counts, rng):
        counts = np.asarray(counts)
        task, label = np.repeat(np.indices(counts.shape).reshape(2, -1), counts.ravel(), axis=1)
        order = rng.permutation(counts.sum())
        return task[order], label[order]

    return make

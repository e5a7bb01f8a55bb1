"""What tests of several stages share."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neuro_attn.configuration import AnyDataset, parse


def pytest_configure() -> None:
    """Keep what is compiled: for this process, the workflows that it runs, and the next time."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    folder = Path(__file__).parents[1] / ".cache"
    os.environ.setdefault("NUMBA_CACHE_DIR", str(folder / "numba"))
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(folder / "jax" / worker))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left with it alone.

    That is: tests that wait for a run of the whole workflow, then those with runs of their own.
    """
    items.sort(
        key=lambda item: (
            "small_run" not in getattr(item, "fixturenames", ()),
            "workflow" not in item.path.parts,
        )
    )


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with real recordings, which are not part of the project."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("NEURO_ATTN_DATA", beside))
    if not folder.is_dir():
        pytest.skip(f"no real recordings in {folder}; NEURO_ATTN_DATA names their folder")
    return folder


KEYS: dict[str, Any] = {
    "label": "side",
    "tasks": {
        "pro": {"trials": "order == 'pro'", "align": "cue"},
        "retro": {"trials": "order == 'retro'", "align": "cue"},
    },
    "time": {"start": 0.0, "stop": 0.4, "bin": 0.1},
    "windows": {"late": [0.2, 0.4]},
}


@pytest.fixture(scope="session")
def dataset() -> Callable[..., AnyDataset]:
    """Make the settings of a data set from what differs from a small one with two tasks."""

    def make(**keys: Any) -> AnyDataset:
        return parse({"datasets": {"small": {**KEYS, **keys}}}).datasets["small"]

    return make

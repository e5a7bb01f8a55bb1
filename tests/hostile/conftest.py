"""Commands run in a folder that must be left as it was."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.onboarding.conftest import command as command

CANARY = "canary"
"""A file that appears if something that was given is run."""

KEYS: dict[str, Any] = {
    "data_folder": "data",
    "datasets": {
        "mine": {
            "source": "nwb",
            "files": "*.nwb",
            "label": "side",
            "tasks": {
                rule: {"trials": f"rule == '{rule}'", "align": "stimulus"}
                for rule in ("visual", "auditory")
            },
            "time": {"start": -0.2, "stop": 0.6, "bin": 0.1},
            "windows": {"late": [0.2, 0.6]},
        }
    },
    "inference": {"permutations": 19, "bootstraps": 20},
}


def keys(path: str = "", value: object = None, **of_dataset: object) -> dict[str, Any]:
    """Return keys that are right but for one, at a path with dots, or some of the data set's."""
    made = copy.deepcopy(KEYS)
    made["datasets"]["mine"].update(of_dataset)
    if path:
        *parents, last = path.split(".")
        here = made
        for parent in parents:
            here = here[parent]
        here[last] = value
    return made


def text(path: str = "", value: object = None, **of_dataset: object) -> str:
    """Return `keys` as YAML."""
    return yaml.safe_dump(keys(path, value, **of_dataset), sort_keys=False, allow_unicode=True)


@pytest.fixture
def unchanged(tmp_path) -> Callable[[], bool]:
    """Say whether the folder holds what it held when this was first called, and no canary."""
    before: list[dict[Path, bytes | None]] = []

    def unchanged() -> bool:
        now = {path: path.read_bytes() if path.is_file() else None for path in tmp_path.rglob("*")}
        before.append(now)
        return now == before[0] and not (tmp_path / CANARY).exists()

    return unchanged

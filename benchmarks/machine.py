"""Description of the machine, timing, and output of benchmark results."""

import json
import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

from neuro_attn.files import write_text

FOLDER = Path("results/benchmarks")
PACKAGES = (
    "numpy",
    "scipy",
    "scikit-learn",
    "jax",
    "mne",
    "decodanda",
    "rsatoolbox",
    "pynapple",
    "elephant",
    "neuro-attn",
)


def description() -> dict[str, Any]:
    """Return a description of the machine: processor, cores, BLAS, package versions and load."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "linear_algebra": [
            {key: each[key] for key in ("internal_api", "version", "num_threads")}
            for each in threadpool_info()
        ],
        "matrix_products_gflops": round(matrix_product_rate() / 1e9, 1),
    }


def matrix_product_rate(size: int = 2000, repeats: int = 5) -> float:
    """Return the highest measured rate of float32 matrix products, operations per second."""
    a = np.random.default_rng(0).random((size, size), dtype=np.float32)
    return 2 * size**3 / min(seconds(lambda: a @ a) for _ in range(repeats))


def seconds(run: Callable[[], Any]) -> float:
    """Return the duration of a call, s."""
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


def save(name: str, results: dict[str, Any]) -> Path:
    """Write results with the description of the machine as JSON; return the path."""
    path = FOLDER / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(json.dumps({"machine": description(), **results}, indent=2) + "\n", path)
    return path


def _processor() -> str:
    if os.path.exists("/proc/cpuinfo"):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None

"""Experiments that are repeated on many data sets, and counted."""

import argparse
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats
from tqdm import tqdm

from benchmarks.machine import save

MEDIANS = ("overlap", "width", "relative", "ratio")
"""What is summarised by its median; all else is counted."""


def counted(
    run: Callable[[int], dict[str, float]], n: int, cores: int, what: str
) -> dict[str, Any]:
    """Repeat an experiment and count."""
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        found = list(tqdm(pool.map(run, range(n), chunksize=20), total=n, desc=what, leave=False))
    return summarised(found, what)


def summarised(found: list[dict[str, float]], what: str) -> dict[str, Any]:
    """Return and print the rates with their intervals, and the medians."""
    n = len(found)
    summary: dict[str, Any] = {"n": n}
    for name in found[0]:
        values = np.array([each[name] for each in found], dtype=float)
        if name in MEDIANS:
            summary[name] = float(np.nanmedian(values))
            continue
        k = int(values.sum())
        low, high = stats.binomtest(k, n).proportion_ci(method="exact")
        summary[name] = {"rate": k / n, "low": float(low), "high": float(high)}
    print(f"{what:<62}", end="")
    for name, value in summary.items():
        shown = f"{value['rate']:.3f}" if isinstance(value, dict) else f"{value:.2f}"
        print(f" {name} {shown}", end="")
    print(flush=True)
    return summary


def count_worlds(
    description: str, experiment: Callable[..., dict], worlds: Sequence[str], kept: Path
) -> None:
    """Count in all worlds, as the command line asks, and write the rates.

    Parameters
    ----------
    description : str
        What is counted, for ``--help``.
    experiment : callable
        Called with the number of a data set and ``name``, that of a world.
    worlds : sequence of str
        Names of the worlds.
    kept : Path
        The file that ``--write`` replaces; its name is that of the rates.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--datasets", type=int, default=400, help="data sets behind each rate")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write", action="store_true", help="keep the rates for the documentation")
    given = parser.parse_args()
    found = {
        name: counted(partial(experiment, name=name), given.datasets, given.cores, name)
        for name in worlds
    }
    save(kept.stem.replace("_", "-"), found)
    if given.write:
        kept.write_text(json.dumps({kept.stem: found}, indent=1) + "\n", encoding="utf-8")

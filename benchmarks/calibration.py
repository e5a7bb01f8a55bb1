"""Are error rates, intervals and power what they are said to be?

`python -m benchmarks.calibration [part ...] [--datasets N] [--cores K]` simulates data sets whose
truth is known, sends each through the whole analysis, and counts. Every part prints its numbers
with their n, and writes results/benchmarks/calibration-PART.json and .png. The parts:

errors    false alarms of max-T, clusters and onsets, and the distribution of p, where nothing is
coverage  intervals of accuracy, transfer ratio and onset: how often they hold the truth
spread    SD of bootstrap resamples over the true SD, by what is resampled
power     experiments of the size of the original: which regions transfer, by how much onsets err
drift     slow drift and labels in runs: false alarms of every null
"""

import argparse
import os
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest.mock import patch

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
import yaml
from scipy import stats
from tqdm import tqdm

from benchmarks.machine import FOLDER, save
from neuro_attn import decoding, recording
from neuro_attn.configuration import AnyDataset, parse
from neuro_attn.decoding import splits, transfer
from neuro_attn.inference import tables
from neuro_attn.inference.pvalues import TIE, p_value
from neuro_attn.randomness import stream
from neuro_attn.sources import simulation

SEED = 2021
ALPHA = 0.05
TASKS = ("pro", "retro")
NAME = "simulated"
PAPER = Path(__file__).parents[1] / "config" / "panichello_buschman.yaml"
Results = dict[str, Any]

# --- simulated data sets -----------------------------------------------------------------------


@lru_cache
def settings(n_times: int, *, tasks: int = 2, width: float = 0.1, start: float = 0.0, **keys: Any):
    """Return the settings of a data set; `keys` are those of `decoding` and of `inference`."""
    stop = start + n_times * width
    of_decoding = {"draws": 1, "unit_counts": (), "population": "pseudopopulation"}
    of_inference = {"permutations": 99, "bootstraps": 20}
    for key, value in keys.items():
        (of_decoding if key in decoding_keys() else of_inference)[key] = value
    dataset: Results = {
        "source": "netcdf",
        "files": "*",
        "label": "side",
        "tasks": {task: {"trials": f"order == '{task}'"} for task in TASKS[:tasks]},
        "time": {"start": start, "stop": stop, "bin": width},
        "windows": {"late": [start + (n_times // 2) * width, stop]},
        "decoding": {**of_decoding, "unit_counts": list(of_decoding["unit_counts"])},
        "inference": of_inference,
    }
    return parse({"datasets": {NAME: dataset}}).datasets[NAME]


def decoding_keys() -> set[str]:
    from neuro_attn.configuration import Decoding

    return set(Decoding.model_fields)

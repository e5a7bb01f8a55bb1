"""Two folds and five draws against five folds and two draws, with equally many fits.

`python -m benchmarks.folds [--cores K] [--write]` decodes the same simulated data sets with both,
prints accuracy, power, width of intervals and the ratio of times, and writes
results/benchmarks/folds.json. With --write the results also replace those in folds.json beside
this file, which docs/calibration.md quotes (docs/site/calibration.py).

A data set has a session of 20 units and 60 trials of each of two tasks, decoded in one window. The
tasks have equal codes, or none. Power is how often accuracy exceeds the 95th percentile of data
sets without a code, so it depends on the splits and not on the permutations of a test.
"""

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.calibration import (
    ACROSS,
    ALPHA,
    PLANTED_TRIALS,
    PLANTED_UNITS,
    SEED,
    WITHIN,
    decoded,
    planted_axes,
    repeated,
    sessions,
    settings,
    without,
)
from benchmarks.machine import save
from neuro_attn.decoding.cross_task import decode_windows
from neuro_attn.inference.intervals import centred, interval
from neuro_attn.randomness import stream

KEPT = Path(__file__).with_name("folds.json")
SPLITS = {"2 folds, 5 draws": (2, 5), "5 folds, 2 draws": (5, 2)}
PAIRS = {"within": WITHIN, "across": ACROSS}
WEAK = 0.1
"""SD of the code over units, in SDs of noise."""
N_SILENT, N_CODED = 400, 400
"""Data sets without a code, and with one."""
Found = dict[str, Any]


def experiment(number: int) -> dict[str, Found]:
    """Decode a data set, the first ones without a code, with both ways of splitting its trials."""
    strength, bootstraps = (0.0, 0) if number < N_SILENT else (WEAK, 20)
    rng = stream(SEED, "folds", number)
    axes = {"V4": planted_axes(rng, 1.0, PLANTED_UNITS, strength)[:1]}
    recordings = sessions(rng, axes, PLANTED_TRIALS, np.ones(1), np.array([0.05]))
    found: dict[str, Found] = {}
    # The one that goes first alternates, so that a slow moment of the computer favours neither.
    for name in list(SPLITS)[:: 1 if number % 2 else -1]:
        folds, draws = SPLITS[name]
        dataset = settings(1, {"folds": folds, "draws": draws})
        dataset = without(dataset, permutations=0, bootstraps=bootstraps)
        began = time.process_time()
        made = decoded(recordings, dataset, "V4", number, decode=decode_windows)
        found[name] = {"seconds": time.process_time() - began}
        for where, (train_task, test_task) in PAIRS.items():
            cell = made.sel(train_task=train_task, test_task=test_task).squeeze(
                ["session", "window"]
            )
            accuracy = cell["window_accuracy"].mean().item()
            low, high = np.nan, np.nan
            if bootstraps:
                resampled = centred(np.array(accuracy), cell["window_bootstrap"].values)
                low, high = interval(resampled, dataset.inference.confidence)
            found[name][where] = {"accuracy": accuracy, "width": float(high - low)}
    return found


def counted(coded: list[dict[str, Found]], silent: list[dict[str, Found]]) -> Found:
    """Return means and rates, and paired differences, the second way minus the first."""
    first, second = SPLITS
    results: Found = {
        "n": len(coded),
        "n_silent": len(silent),
        "ratio of times": float(
            np.median([each[second]["seconds"] / each[first]["seconds"] for each in coded])
        ),
    }
    for where in PAIRS:
        for name in SPLITS:
            accuracy, width = (
                np.array([each[name][where][key] for each in coded])
                for key in ("accuracy", "width")
            )
            null = np.array([each[name][where]["accuracy"] for each in silent])
            found = int((accuracy > np.quantile(null, 1 - ALPHA)).sum())
            results[f"{where}: {name}"] = {
                "accuracy": float(accuracy.mean()),
                "sd": float(accuracy.std(ddof=1)),
                "sd without a code": float(null.std(ddof=1)),
                "width": float(width.mean()),
                "power": _rate(found, len(coded)),
            }
        results[where] = {
            key: _difference([each[second][where][key] - each[first][where][key] for each in coded])
            for key in ("accuracy", "width")
        }
    return results


def _rate(k: int, n: int) -> Found:
    """Return a rate with its exact binomial 95 % interval."""
    low, high = stats.binomtest(k, n).proportion_ci()
    return {"rate": k / n, "low": float(low), "high": float(high)}


def _difference(values: list[float]) -> Found:
    """Return the mean of paired differences and its SE."""
    return {
        "mean": float(np.mean(values)),
        "se": float(np.std(values, ddof=1) / len(values) ** 0.5),
    }


def main() -> None:
    """Decode all data sets."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--write", action="store_true", help="keep the rates for the documentation")
    options = parser.parse_args()
    found = repeated(experiment, N_SILENT + N_CODED, options.cores, "folds")
    results = counted(found[N_SILENT:], found[:N_SILENT])
    print(json.dumps(results, indent=1))
    print(f"written to {save('folds', results)}", flush=True)
    if options.write:
        KEPT.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""False positives and power of the scores of networks: unrelated and planted networks, counted.

`python -m benchmarks.model_scores [--datasets N] [--cores K]` simulates a region and two networks
of five seeds each, trained and untrained. Seeds of the planted network have the mean courses of the
region in other units; all other networks have independent courses. It counts how often the
leaderboard calls training helpful at a level of 0.05, and how often its interval excludes 0, and
averages the scores as fractions of their ceilings. Rates are printed and written, with their
binomial intervals, to results/benchmarks/model_scores.json; with --write also beside this file, for
docs/calibration.md.
"""

import argparse
import itertools
import json
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from tqdm import tqdm

from benchmarks.machine import save
from neuro_attn.comparison import leaderboard
from neuro_attn.comparison.model_scores import Replicate, score_table
from neuro_attn.comparison.responses import Responses
from neuro_attn.randomness import stream

SEED = 34
KEPT = Path(__file__).with_name("model_scores.json")
KINDS = tuple(itertools.product(("pro", "retro"), ("left", "right"), ("a", "b")))
BINS, UNITS, TRIALS, SEEDS, DIMENSIONS = 6, 24, 16, 5, 4
CONDITIONS = tuple((place, *kind) for place in ("early", "late", *range(BINS)) for kind in KINDS)
NOISE = 1.0
"""SD of the noise of single trials, in SDs of the signal."""


def courses(rng: np.random.Generator) -> np.ndarray:
    """Draw mean courses (bin, kind, dimension) of a linear system that rotates and decays."""
    turn = 0.95 * np.linalg.qr(rng.normal(size=(DIMENSIONS, DIMENSIONS)))[0]
    states = [rng.normal(size=(len(KINDS), DIMENSIONS))]
    for _ in range(BINS - 1):
        states.append(states[-1] @ turn)
    return np.array(states)


def responses(rng: np.random.Generator, means: np.ndarray, name: str) -> Responses:
    """Draw single trials of units that mix the dimensions of mean courses at random."""
    mixing = rng.normal(size=(DIMENSIONS, UNITS)) / np.sqrt(DIMENSIONS)
    rates = (means @ mixing)[:, :, None] + NOISE * rng.normal(
        size=(BINS, len(KINDS), TRIALS, UNITS)
    )
    windows = [half.mean(axis=0) for half in np.split(rates, 2)]
    # Rates in units of the noise SD, of windows as of bins.
    parts = [*(np.sqrt(BINS / 2) * np.concatenate(windows)), *rates.reshape(-1, TRIALS, UNITS)]
    return Responses(name, "all", CONDITIONS, [[part / NOISE for part in parts]])


def experiment(number: int) -> pd.DataFrame:
    """Return the leaderboard of a planted and an unrelated network for one region."""
    rng = stream(SEED, "model scores", number)
    truth = courses(rng)
    region = responses(rng, truth, "region")
    replicates = [
        Replicate(
            name,
            trained,
            seed,
            responses(rng, truth if trained and name == "planted" else courses(rng), "hidden"),
        )
        for name in ("planted", "unrelated")
        for trained in (True, False)
        for seed in range(SEEDS)
    ]
    scores = score_table([[region]], replicates, draws=2, seed=number)
    fit = pd.DataFrame(columns=["network", "trained", "population", "region", "verdict"])
    errors = pd.DataFrame(columns=["network", "trained", "learned", "report_error"])
    return leaderboard(scores, fit, errors, brain="simulated")


def counted(found: pd.DataFrame) -> dict[str, Any]:
    """Return rates with exact binomial intervals, and mean fractions of ceilings, by score."""
    summary: dict[str, Any] = {}
    for (score, network), rows in found.groupby(["score", "network"], sort=False):
        of_score: dict[str, Any] = {
            "n": len(rows),
            "of_ceiling": float(rows["of_ceiling"].mean()),
            "value": float(rows["value"].mean()),
        }
        for name, hits in (
            ("training", rows["p_value"] <= 0.05),
            ("not_0", (rows["ci_low"] > 0) | (rows["ci_high"] < 0)),
        ):
            low, high = stats.binomtest(int(hits.sum()), len(rows)).proportion_ci(method="exact")
            of_score[name] = {"rate": float(hits.mean()), "low": float(low), "high": float(high)}
        summary.setdefault(score, {})[network] = of_score
        print(
            f"{score:<24} {network:<10} training helps {of_score['training']['rate']:.3f}, not 0 "
            f"{of_score['not_0']['rate']:.3f}, of ceiling {of_score['of_ceiling']:.2f}"
        )
    return summary


def main() -> None:
    """Count over many data sets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", type=int, default=400, help="data sets behind each rate")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--write", action="store_true", help="keep the rates for the documentation")
    given = parser.parse_args()
    with ProcessPoolExecutor(given.cores, mp_context=get_context("spawn")) as pool:
        boards = pool.map(experiment, range(given.datasets), chunksize=10)
        found = counted(pd.concat(tqdm(boards, total=given.datasets, leave=False)))
    save("model_scores", found)
    if given.write:
        KEPT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

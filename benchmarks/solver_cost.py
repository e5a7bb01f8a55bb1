"""The cost of one fit and of a permutation test: `LogisticDecoder` and scikit-learn in turn.

`python -m benchmarks.solver_cost` checks that predictions agree, measures both in one process with
one thread each, writes benchmarks/solver_cost.json and updates the table in
neuro_attn/solver/README.md. Times are medians of processor time, so that other work on the machine
affects both alike.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.machine import description
from neuro_attn.files import write_text
from neuro_attn.solver import LogisticDecoder

MEASURED = Path(__file__).with_suffix(".json")
README = Path(__file__).parents[1] / "neuro_attn/solver/README.md"
BEGIN, END = "<!-- table: python -m benchmarks.solver_cost -->\n", "<!-- end of the table -->"
REPEATS = 7
PEER_FITS = 20
"""Label sets that scikit-learn fits; its time grows in proportion to their number."""
MOST_DIFFERENT = 0.01
"""Largest allowed fraction of predictions that differ on the training trials."""
SEED = 2021


@dataclass(frozen=True)
class Case:
    """The size of a problem."""

    n_trials: int
    n_units: int
    n_classes: int
    n_label_sets: int


CASES = (
    Case(40, 20, 2, 1),
    Case(320, 200, 2, 1),
    Case(160, 600, 2, 1),
    Case(420, 200, 7, 1),
    Case(320, 200, 2, 1000),
    Case(160, 600, 2, 1000),
    Case(420, 200, 7, 1000),
)


@dataclass(frozen=True)
class Cost:
    """Microseconds for a fit, and the fraction of predictions that are equal."""

    case: Case
    ours_us: float
    scikit_learn_us: float
    equal: float

    @property
    def ratio(self) -> float:
        """How many times less processor time a fit takes."""
        return self.scikit_learn_us / self.ours_us


def measure(case: Case, repeats: int = REPEATS) -> Cost:
    """Fit weakly tuned Poisson counts with permuted labels by both, in turn.

    Raises
    ------
    AssertionError
        If more than `MOST_DIFFERENT` of the predictions differ.
    """
    rng = np.random.default_rng(SEED)
    y = np.resize(np.arange(case.n_classes), case.n_trials)
    tuning = 0.1 * rng.normal(size=(case.n_classes, case.n_units))
    X = rng.poisson(rng.gamma(2, 2, case.n_units) * np.exp(tuning[y])).astype(np.float32)
    permuted = (rng.permutation(y) for _ in range(case.n_label_sets - 1))
    Y = np.stack([y, *permuted], axis=1)
    peers = range(min(PEER_FITS, case.n_label_sets))
    double = X.astype(np.float64)
    decoder = LogisticDecoder(n_jobs=1)
    equal = np.mean(
        [
            decoder.fit(X, Y).predict(X)[:, number] == _peer(double, Y[:, number]).predict(double)
            for number in peers
        ]
    )
    if equal < 1 - MOST_DIFFERENT:
        raise AssertionError(f"{1 - equal:.2%} of predictions differ in {case}")
    ours, theirs = [], []
    for _ in range(repeats):
        ours.append(_seconds(partial(decoder.fit, X, Y)) / case.n_label_sets)
        theirs.append(_seconds(lambda: [_peer(double, Y[:, n]) for n in peers]) / len(peers))
    return Cost(case, float(1e6 * np.median(ours)), float(1e6 * np.median(theirs)), float(equal))


def _peer(X: np.ndarray, y: np.ndarray) -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)


def _seconds(run: Callable[[], Any]) -> float:
    begin = process_time()
    run()
    return process_time() - begin


def table(costs: Iterable[Cost]) -> str:
    """Return the table of the README."""
    lines = [
        "| trials x units | classes | label sets | `LogisticDecoder` (us per fit) "
        "| scikit-learn (us per fit) | ratio |",
        "|---|---|---|---|---|---|",
    ]
    for cost in costs:
        size = f"{cost.case.n_trials} x {cost.case.n_units}"
        lines.append(
            f"| {size} | {cost.case.n_classes} | {cost.case.n_label_sets:,} | {cost.ours_us:,.0f} "
            f"| {cost.scikit_learn_us:,.0f} | {cost.ratio:.1f} |"
        )
    return "\n".join(lines) + "\n"


def measured() -> list[Cost]:
    """Return what was measured last, from benchmarks/solver_cost.json."""
    costs = json.loads(MEASURED.read_text(encoding="utf-8"))["costs"]
    return [Cost(**{**cost, "case": Case(**cost["case"])}) for cost in costs]


def main() -> None:
    """Measure all cases, and write the results and the table."""
    costs = []
    for case in CASES:
        costs.append(measure(case))
        print(costs[-1], f"ratio {costs[-1].ratio:.1f}", flush=True)
    about = {key: description()[key] for key in ("processor", "cores", "load_average", "packages")}
    results = {"machine": about, "costs": [asdict(cost) for cost in costs]}
    write_text(json.dumps(results, indent=2) + "\n", MEASURED)
    page = README.read_text(encoding="utf-8")
    before, after = page.split(BEGIN)[0], page.split(END)[1]
    write_text(f"{before}{BEGIN}{table(costs)}{END}{after}", README)


if __name__ == "__main__":
    main()

"""Logistic regression under permutation: this project and the tools of the field in one run.

`python -m benchmarks.solver` measures four workloads. It first checks that results agree, then
prints ratios of the time per fit, and writes results/benchmarks/solver.json. Peers fit as many
label sets as `--budget` seconds allow; they loop over label sets, so that their time grows in
proportion. `benchmarks.solver_cost` measures single fits, `benchmarks.solver_growth` the growth
with the size of the problem.
"""

import argparse
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score, permutation_test_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.machine import save, seconds
from neuro_attn.solver import (
    LogisticDecoder,
    cross_validated_accuracy,
)

FOLDS = 5
EXACT_ORDERS = 4
"""Label orders that are compared with converged fits before anything is printed."""
SEED = 2021
TOLERANCE = 3e-3
"""For permutations; `accuracy` says how near it comes to what scikit-learn converges to."""


@dataclass
class Row:
    """One comparison: times are microseconds for a fit with its test."""

    workload: str
    peer: str
    ours_us: float
    peer_us: float
    ours_fits: int
    peer_fits: int
    agreement: str

    @property
    def ratio(self) -> float:
        """How many times faster."""
        return self.peer_us / self.ours_us

    def line(self) -> str:
        """Return the row as it is printed."""
        return (
            f"{self.workload:<4}{self.peer:<42}{self.peer_us:>10.0f} us x {self.peer_fits:<7}"
            f"{self.ours_us:>8.1f} us x {self.ours_fits:<8}{self.ratio:>7.0f} x   {self.agreement}"
        )


# --- data --------------------------------------------------------------------------------------


def spikes(
    n_trials: int, n_units: int, n_times: int, n_classes: int = 2
) -> tuple[np.ndarray, np.ndarray]:
    """Return Poisson counts (trial, unit, time) with a weak code for balanced labels, and these."""
    rng = np.random.default_rng(SEED)
    y = np.resize(np.arange(n_classes), n_trials)
    rate = rng.gamma(2, 2, size=(n_units, 1))
    tuning = 0.1 * rng.normal(size=(n_classes, n_units, n_times))
    return rng.poisson(rate * np.exp(tuning[y])).astype(np.float32), y


def orders(y: np.ndarray, n: int) -> np.ndarray:
    """Return label orders (trial, label set) as `permutation_test_score` draws them."""
    rng = np.random.RandomState(SEED)
    return np.stack([y[rng.permutation(len(y))] for _ in range(n)], axis=1)


def folds_of(y: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    return list(splitter.split(np.zeros(len(y)), y))


def pipeline() -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression())


# --- workloads ---------------------------------------------------------------------------------


def w1(budget: float, n_orders: int) -> list[Row]:
    """Decode 50 times of 400 trials x 200 units under label permutations."""
    X, y = spikes(400, 200, 50)
    Y, folds = orders(y, n_orders), folds_of(y)
    cross_validated_accuracy(LogisticDecoder(tol=TOLERANCE), X, Y[:, :128], folds[:1])
    ours: list[np.ndarray] = []
    time = seconds(
        lambda: ours.append(cross_validated_accuracy(LogisticDecoder(tol=TOLERANCE), X, Y, folds))
    )
    n_fits = 50 * FOLDS * n_orders
    ours_us = 1e6 * time / n_fits
    rows = []

    from mne.decoding import SlidingEstimator, cross_val_multiscore

    estimator = SlidingEstimator(pipeline(), n_jobs=2, scoring="accuracy", verbose="ERROR")
    one_time(estimator, X, Y[:, 0], folds[:1])
    peer_us, n, found = spend(
        budget,
        n_orders,
        lambda order: cross_val_multiscore(estimator, X, Y[:, order], cv=folds, verbose="ERROR"),
        50 * FOLDS,
    )
    exact = exact_accuracies(X[:, :, 0], Y, folds)
    theirs = np.stack(found).mean(axis=1)[:, 0]
    same = agreement(ours[0][0], theirs, exact)
    rows.append(Row("W1", "MNE SlidingEstimator, n_jobs=2", ours_us, peer_us, n_fits, n, same))
    scores: list[np.ndarray] = []
    n_peer = max(1, min(n_orders, int(budget / 0.04)))
    time = seconds(
        lambda: scores.append(
            permutation_test_score(
                pipeline(), X[:, :, 0], y, cv=folds, n_permutations=n_peer, random_state=SEED
            )[1]
        )
    )
    same = agreement(ours[0][0], scores[0], exact)
    n = FOLDS * (n_peer + 1)
    rows.append(
        Row(
            "W1",
            "scikit-learn permutation_test_score",
            ours_us,
            1e6 * time / n,
            n_fits,
            n,
            same,
        )
    )
    return rows


def w2(budget: float, n_orders: int) -> list[Row]:
    """Train at 50 times and test at 50, without and with label permutations."""
    from mne.decoding import GeneralizingEstimator, cross_val_multiscore

    X, y = spikes(400, 200, 50)
    Y, folds = orders(y, n_orders), folds_of(y)
    decoder = LogisticDecoder(tol=TOLERANCE)

    def run(labels: np.ndarray) -> np.ndarray:
        return cross_validated_accuracy(decoder, X, labels, folds, across_time=True)

    estimator = GeneralizingEstimator(pipeline(), n_jobs=2, scoring="accuracy", verbose="ERROR")
    one_time(estimator, X, y, folds[:1])
    peer_us, n, found = spend(
        budget,
        n_orders,
        lambda order: cross_val_multiscore(estimator, X, Y[:, order], cv=folds, verbose="ERROR"),
        50 * FOLDS,
    )
    rows = []
    exact = exact_accuracies(X[:, :, 0], Y, folds)
    theirs = np.stack(found, axis=-1).mean(axis=0)[0, 0]
    for size, repeats in ((1, 5), (n_orders, 1)):
        labels = Y[:, :size]
        run(labels[:, :128])
        ours: list[np.ndarray] = []
        time = np.inf
        for _ in range(repeats):
            begin = perf_counter()
            ours.append(run(labels))
            time = min(time, perf_counter() - begin)
        same = agreement(ours[0][0, 0], theirs[:size], exact[:size])
        fits = 50 * FOLDS * size
        peer = f"MNE GeneralizingEstimator, n_jobs=2, {size} label set{'s' * (size > 1)}"
        rows.append(Row("W2", peer, 1e6 * time / fits, peer_us, fits, n, same))
    return rows


def w3(budget: float, n_orders: int) -> list[Row]:
    """Decode 20 pseudopopulations of 600 units, 100 pseudotrials a class."""
    n_draws, n_sessions = 20, 10
    X, y = spikes(400, 600, 1)
    rng = np.random.default_rng(SEED)
    half = np.arange(len(y)) % 4 < 2
    draws = []
    for _ in range(n_draws):
        train, test = (pseudotrials(rng, X[:, :, 0], y, side, n_sessions) for side in (half, ~half))
        draws.append((train, test))
    labels = np.repeat([0, 1], 100)
    Y = orders(labels, n_orders)

    def ours() -> np.ndarray:
        correct = []
        for train, test in draws:
            fitted = LogisticDecoder(tol=TOLERANCE).fit(train, Y)
            correct.append((fitted.predict(test) == Y).mean(axis=0))
        return np.array(correct)

    found: list[np.ndarray] = []
    time = seconds(lambda: found.append(ours()))
    ours_us = 1e6 * time / (n_draws * n_orders)
    train, test = draws[0]
    peer_us, n, expected = spend(
        budget / 2,
        n_orders,
        lambda order: pipeline().fit(train, Y[:, order]).score(test, Y[:, order]),
        1,
    )
    exact = [converged().fit(train, Y[:, k]).score(test, Y[:, k]) for k in range(EXACT_ORDERS)]
    same = agreement(found[0][0], np.array(expected), np.array(exact))
    fits = n_draws * n_orders
    rows = [Row("W3", "scikit-learn loop", ours_us, peer_us, fits, n, same)]

    from decodanda import Decodanda

    sessions = np.array_split(np.arange(600), n_sessions)
    data = [
        {
            "raster": X[:, units, 0].astype(float),
            "label": np.where(y == 1, "b", "a"),
            "trial": np.arange(len(y)),
        }
        for units in sessions
    ]
    quiet = {"classifier": LogisticRegression(), "zscore": False, "verbose": False}
    dec = Decodanda(data, {"label": ["a", "b"]}, **quiet)
    options = {"training_fraction": 0.5, "cross_validations": 1, "ndata": 100, "shuffled": True}
    dec.decode_dichotomy("label", **options)
    peer_us, n, _ = spend(
        budget / 2, n_orders, lambda _: dec.decode_dichotomy("label", **options), 1
    )
    same = "label orders of its own; resampling included"
    rows.append(Row("W3", "decodanda, logistic regression", ours_us, peer_us, fits, n, same))
    return rows


def w4(budget: float, n_orders: int) -> list[Row]:
    """Decode seven classes."""
    X, y = spikes(420, 200, 4, n_classes=7)
    Y, folds = orders(y, n_orders), folds_of(y)
    cross_validated_accuracy(LogisticDecoder(tol=TOLERANCE), X, Y[:, :16], folds[:1])
    found: list[np.ndarray] = []
    time = seconds(
        lambda: found.append(cross_validated_accuracy(LogisticDecoder(tol=TOLERANCE), X, Y, folds))
    )
    fits = 4 * FOLDS * n_orders
    peer_us, n, expected = spend(
        budget,
        n_orders,
        lambda order: cross_val_score(pipeline(), X[:, :, 0], Y[:, order], cv=folds).mean(),
        FOLDS,
    )
    same = agreement(found[0][0], np.array(expected), exact_accuracies(X[:, :, 0], Y, folds))
    peer = "scikit-learn multinomial, 7 classes"
    return [Row("W4", peer, 1e6 * time / fits, peer_us, fits, n, same)]


# --- how it is measured ------------------------------------------------------------------------


def spend(
    budget: float, most: int, run: Callable[[int], Any], fits: int
) -> tuple[float, int, list[Any]]:
    """Run label orders 0, 1, ... for a while; return microseconds a fit, fits, and results."""
    found: list[Any] = []
    total = 0.0
    while len(found) < most and (total < budget or len(found) < 2):
        total += seconds(lambda: found.append(run(len(found))))
    return 1e6 * total / (fits * len(found)), fits * len(found), found


def one_time(estimator: Any, X: np.ndarray, y: np.ndarray, folds: list) -> None:
    """Start a peer's workers before it is timed."""
    train, _ = folds[0]
    estimator.fit(X[train], y[train])


def converged() -> Pipeline:
    """Return scikit-learn's decoder run until it converges."""
    model = LogisticRegression(tol=1e-10, max_iter=10_000, solver="newton-cholesky")
    return make_pipeline(StandardScaler(), model)


def agreement(ours: np.ndarray, theirs: np.ndarray, exact: np.ndarray) -> str:
    """Say how far accuracies of label orders are from a peer's and from converged ones.

    Raises if they differ from converged ones by more than one prediction in 2,000. Peers stop
    sooner, where some in a thousand are not yet what they converge to.
    """
    from_exact = np.abs(ours[..., : exact.shape[-1]].astype(float) - exact).mean()
    from_peer = np.abs(ours[..., : theirs.shape[-1]].astype(float) - theirs).mean()
    if from_exact > 0.0005:
        raise AssertionError(f"accuracies differ from converged ones by {from_exact:.5f}")
    return f"accuracies differ by {from_exact:.5f} from converged, {from_peer:.5f} from the peer's"


def exact_accuracies(X: np.ndarray, Y: np.ndarray, folds: list) -> np.ndarray:
    """Return scikit-learn's converged accuracies of the first label orders."""
    each = (cross_val_score(converged(), X, Y[:, order], cv=folds) for order in range(EXACT_ORDERS))
    return np.array([scores.mean() for scores in each])


def pseudotrials(
    rng: np.random.Generator, X: np.ndarray, y: np.ndarray, side: np.ndarray, n_sessions: int
) -> np.ndarray:
    """Return 100 pseudotrials of each class, drawn session by session from one side of a split."""
    parts = []
    for units in np.array_split(np.arange(X.shape[1]), n_sessions):
        trials = [rng.choice(np.flatnonzero((y == code) & side), 100) for code in (0, 1)]
        parts.append(X[np.concatenate(trials)][:, units])
    return np.concatenate(parts, axis=1)


# --- accuracy, efficiency ----------------------------------------------------------------------


def accuracy() -> dict[str, float]:
    """Compare predictions on held-out trials with scikit-learn's, converged to 1e-10."""
    X, y = spikes(400, 200, 10)
    Y, folds = orders(y, 20), folds_of(y)
    exact, quick = converged(), pipeline()
    same, n, errors, theirs = 0, 0, [], 0
    for train, test in folds[:2]:
        fitted = LogisticDecoder(tol=TOLERANCE).fit(X[train], Y[train])
        scores, labels = fitted.decision_function(X[test]), fitted.predict(X[test])
        for time, order in np.ndindex(X.shape[2], Y.shape[1]):
            data = X[:, :, time].astype(np.float64)
            expected = exact.fit(data[train], Y[train, order])
            truth = expected.decision_function(data[test])
            same += (labels[:, time, order] == expected.predict(data[test])).sum()
            loop = quick.fit(data[train], Y[train, order]).predict(data[test])
            theirs += (loop == expected.predict(data[test])).sum()
            n += len(test)
            errors.append(np.linalg.norm(scores[:, time, order] - truth) / np.linalg.norm(truth))
    return {
        "predictions": n,
        "equal": same / n,
        "equal_of_scikit_learn_by_default": theirs / n,
        "decision_error_median": float(np.median(errors)),
        "decision_error_largest": float(np.max(errors)),
    }


def main() -> None:
    """Run the chosen parts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = ("accuracy", "w1", "w2", "w3", "w4")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(parts)}")
    parser.add_argument("--budget", type=float, default=20, help="seconds for each peer")
    parser.add_argument("--orders", type=int, default=1000, help="label sets")
    options = parser.parse_args()
    unknown = set(options.parts) - set(parts)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    chosen = options.parts or parts
    warnings.simplefilter("ignore")
    results: dict[str, Any] = {}
    if "accuracy" in chosen:
        results["accuracy"] = accuracy()
        for name, value in results["accuracy"].items():
            print(f"accuracy    {name:<36}{value:.6g}", flush=True)
    workloads = {"w1": w1, "w2": w2, "w3": w3, "w4": w4}
    rows: list[Row] = []
    for name in chosen:
        if name not in workloads:
            continue
        found = workloads[name](options.budget, options.orders)
        for row in found:
            print(row.line(), flush=True)
        rows += found
    results["rows"] = [{**asdict(row), "ratio": row.ratio} for row in rows]
    print(f"written to {save('solver', results)}")


if __name__ == "__main__":
    main()

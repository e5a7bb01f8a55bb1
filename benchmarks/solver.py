"""Logistic regression under permutation: this project beside what the field runs today.

`python -m benchmarks.solver` measures four workloads in one run, checks first that results
agree, prints ratios per fit, and writes results/benchmarks/decoding.json and decoding.png.
Peers are run on as many label orders as `--budget` seconds allow; their times grow in proportion
to the number of label orders, since they loop over them, and what is extrapolated is said so.
"""

import argparse
import resource
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from time import perf_counter
from typing import Any

import joblib
import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score, permutation_test_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.machine import FOLDER, matrix_product_rate, save, seconds
from neuro_attn.solver import LogisticDecoder, batched_fit, cross_validated_accuracy, standardize
from neuro_attn.solver.conjugate_gradient import minimise
from neuro_attn.solver.preconditioner import prepare

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
    """Return label orders (trial, labelling) as `permutation_test_score` draws them."""
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
        peer = f"MNE GeneralizingEstimator, n_jobs=2, {size} labelling{'s' * (size > 1)}"
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


def single() -> list[Row]:
    """Fit once, as someone who decodes one window without permutations does."""
    rows = []
    for n_trials, n_units, n_classes in ((40, 20, 2), (320, 200, 2), (160, 600, 2), (420, 200, 7)):
        X, y = spikes(n_trials, n_units, 1, n_classes)
        X = X[:, :, 0].astype(np.float64)
        decoder, peer = LogisticDecoder(), pipeline()
        same = (decoder.fit(X, y).predict(X) == peer.fit(X, y).predict(X)).mean()
        times = [
            np.median([seconds(partial(each.fit, X, y)) for _ in range(15)])
            for each in (decoder, peer)
        ]
        name = f"scikit-learn, one fit, {n_trials} x {n_units}, {n_classes} classes"
        equal = f"{same:.2%} of predictions equal"
        rows.append(Row("one", name, *(1e6 * t for t in times), 15, 15, equal))
    return rows


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


# --- accuracy, efficiency, growth --------------------------------------------------------------


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


def efficiency(n_orders: int) -> dict[str, float]:
    """Measure the share of the machine's matrix-product rate that the iterations reach."""
    X, y = spikes(320, 200, 1)
    data, _ = standardize(np.moveaxis(X, 2, 0), True)
    labels = orders(y, n_orders)[None]
    shared = prepare(data[0], 1.0, 2, 1.0, n_orders)
    each = 2 * (shared.inverse.size + 2 * shared.design.size)
    rows = np.ascontiguousarray(labels[0].T, np.int32)
    with batched_fit.one_blas_thread():
        found = minimise(shared, rows, np.ones((1, len(y)), np.float32), 1, TOLERANCE, 200)
    once = int(found.n_iterations.sum()) * each

    def run() -> None:
        batched_fit.fit(data, labels, 2, 1.0, TOLERANCE, 1000, n_orders, threads=joblib.cpu_count())

    run()
    time = min(seconds(run) for _ in range(7))
    rate, best = once / time, matrix_product_rate()
    return {"solver_gflops": rate / 1e9, "machine_gflops": best / 1e9, "fraction": rate / best}


GROWTH = {
    "permutations": (250, 500, 1000, 2000, 4000),
    "units": (50, 100, 200, 400, 800),
    "trials": (100, 200, 400, 800),
    "times": (5, 10, 20, 40),
}


def growth() -> dict[str, dict[str, list[float]]]:
    """Time one fold against the size of the problem, and its memory against permutations."""
    measured: dict[str, dict[str, list[float]]] = {}
    for name, sizes in GROWTH.items():
        times = []
        for size in sizes:
            chosen = {"permutations": 1000, "units": 200, "trials": 400, "times": 5, name: size}
            X, y = spikes(chosen["trials"], chosen["units"], chosen["times"])
            times.append(one_fold(X, orders(y, chosen["permutations"]), folds_of(y)[:1]))
        measured[name] = {"size": list(map(float, sizes)), "seconds": times}
    sizes = (1000, 2000, 4000, 8000)
    measured["memory"] = {"size": list(map(float, sizes)), "gigabytes": [memory(n) for n in sizes]}
    return measured


def one_fold(X: np.ndarray, Y: np.ndarray, folds: list) -> float:
    """Return the seconds that one fold takes, compiled before."""

    def run() -> None:
        cross_validated_accuracy(LogisticDecoder(tol=TOLERANCE), X, Y, folds)

    run()
    return min(seconds(run) for _ in range(2))


def memory(n_orders: int) -> float:
    """Return the largest memory, in GB, of a process that decodes so many label orders."""
    command = [sys.executable, "-m", "benchmarks.solver", "--memory", str(n_orders)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def use_memory(n_orders: int) -> None:
    """Decode, and print the largest memory of this process in GB."""
    X, y = spikes(400, 200, 5)
    cross_validated_accuracy(
        LogisticDecoder(tol=TOLERANCE), X, orders(y, n_orders), folds_of(y)[:1]
    )
    unit = 1e9 if sys.platform == "darwin" else 1e6
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)


def draw(measured: dict[str, dict[str, list[float]]]) -> None:
    """Plot growth to decoding.png."""
    figure, axes = plt.subplots(1, 5, figsize=(13, 2.8), layout="constrained")
    for ax, (name, values) in zip(axes, measured.items(), strict=True):
        size = np.array(values["size"])
        if name == "memory":
            ax.plot(size, values["gigabytes"], "o-", color="#0072B2")
            ax.set(xlabel="permutations", ylabel="peak memory (GB)", ylim=(0, None), xscale="log")
        else:
            time = np.array(values["seconds"])
            ax.loglog(size, time, "o-", color="#0072B2", label="measured")
            ax.loglog(size, time[0] * size / size[0], ":", color="0.5", label="in proportion")
            ax.set(xlabel=name, ylabel="time of one fold (s)")
        ax.set_xticks(size, [f"{each:g}" for each in size], minor=False)
        ax.minorticks_off()
    axes[0].legend(frameon=False, fontsize="small")
    figure.suptitle("400 trials x 200 units x 5 times, 1,000 permutations, but for what varies")
    FOLDER.mkdir(parents=True, exist_ok=True)
    figure.savefig(FOLDER / "decoding.png", dpi=150)


def main() -> None:
    """Run everything that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = ("accuracy", "efficiency", "single", "w1", "w2", "w3", "w4", "growth")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(parts)}")
    parser.add_argument("--budget", type=float, default=20, help="seconds for each peer")
    parser.add_argument("--orders", type=int, default=1000, help="label orders")
    parser.add_argument("--memory", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        use_memory(options.memory)
        return
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
    if "efficiency" in chosen:
        results["efficiency"] = efficiency(options.orders)
        for name, value in results["efficiency"].items():
            print(f"efficiency  {name:<36}{value:.3g}", flush=True)
    workloads = {"w1": w1, "w2": w2, "w3": w3, "w4": w4}
    rows: list[Row] = []
    for name in chosen:
        if name == "single":
            found = single()
        elif name in workloads:
            found = workloads[name](options.budget, options.orders)
        else:
            continue
        for row in found:
            print(row.line(), flush=True)
        rows += found
    results["rows"] = [{**asdict(row), "ratio": row.ratio} for row in rows]
    if "growth" in chosen:
        results["growth"] = growth()
        for name, values in results["growth"].items():
            print(f"growth      {name:<14}{values}", flush=True)
        draw(results["growth"])
    print(f"written to {save('decoding', results)}")


if __name__ == "__main__":
    main()

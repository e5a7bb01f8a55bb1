"""Efficiency of the solver, and growth of its time and memory with the size of the problem.

`python -m benchmarks.solver_growth` writes results/benchmarks/solver_growth.json and
solver_growth.png.
"""

import argparse
import resource
import subprocess
import sys

import joblib
import matplotlib.pyplot as plt
import numpy as np

from benchmarks.machine import FOLDER, matrix_product_rate, save, seconds
from benchmarks.solver import TOLERANCE, folds_of, orders, spikes
from neuro_attn.solver import (
    FitSettings,
    LogisticDecoder,
    cross_validated_accuracy,
    fit_tuned,
    standardize,
)
from neuro_attn.solver.batched_fit import one_blas_thread
from neuro_attn.solver.conjugate_gradient import minimise
from neuro_attn.solver.preconditioner import prepare


def efficiency(n_orders: int) -> dict[str, float]:
    """Measure the share of the machine's matrix-product rate that the iterations reach."""
    X, y = spikes(320, 200, 1)
    data, _ = standardize(np.moveaxis(X, 2, 0), scale=True)
    labels = orders(y, n_orders)[None]
    shared = prepare(data[0], 1.0, 2, 1.0, n_orders)
    each = 2 * (shared.inverse.size + 2 * shared.design.size)
    rows = np.ascontiguousarray(labels[0].T, np.int32)
    with one_blas_thread():
        found = minimise(shared, rows, np.ones((1, len(y)), np.float32), 1, TOLERANCE, 200)
    once = int(found.n_iterations.sum()) * each
    settings = FitSettings(2, TOLERANCE, label_sets_per_batch=n_orders, threads=joblib.cpu_count())

    def run() -> None:
        fit_tuned(data, labels, C=1.0, folds=5, settings=settings)

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
    command = [sys.executable, "-m", "benchmarks.solver_growth", "--memory", str(n_orders)]
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
    """Plot growth to solver_growth.png."""
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
    figure.savefig(FOLDER / "solver_growth.png", dpi=150)


def main() -> None:
    """Measure the efficiency, and measure and draw the growth."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--memory", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        use_memory(options.memory)
        return
    efficient = efficiency(1000)
    print(f"efficiency    {efficient}", flush=True)
    measured = growth()
    for name, values in measured.items():
        print(f"{name:<14}{values}", flush=True)
    draw(measured)
    print(f"written to {save('solver_growth', {'efficiency': efficient, **measured})}")


if __name__ == "__main__":
    main()

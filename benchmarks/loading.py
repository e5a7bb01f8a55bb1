"""From spikes to rates: this project beside a plain search, pynapple and elephant.

`python -m benchmarks.loading` bins one hour of 1,000 Poisson units (5 spikes/s) around 1,000
events in 50 bins of 20 ms. It checks first that all counts are equal, prints ratios and writes
results/benchmarks/loading.json. Every way starts from its own objects of spike trains, whose
making is not timed, and ends with counts or rates of trial, unit and bin. Windows of different
trials do not overlap, since pynapple's epochs cannot. Elephant cuts trials one by one, so it runs
on some of them, and its time grows in proportion.
"""

import argparse
import tracemalloc
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from benchmarks.machine import save, seconds
from neuro_attn.rates import bin_edges, bin_rates

SEED = 2021
DURATION = 3600.0
RATE = 5.0
START, WIDTH, N_BINS = -0.5, 0.02, 50


@dataclass
class Row:
    """One way and how long it takes for all trials, s."""

    name: str
    seconds: float
    measured_trials: int
    times_ours: float

    def line(self) -> str:
        """Return the row as it is printed."""
        return (
            f"{self.name:<34}{self.seconds:>9.2f} s{self.times_ours:>9.1f} times ours"
            f"   ({self.measured_trials} trials measured)"
        )


def searched(trains: list[np.ndarray], events: np.ndarray) -> np.ndarray:
    """Search every edge of every trial in every train: the plain way."""
    edges = bin_edges(events, START, WIDTH, N_BINS)
    rates = np.empty((len(events), len(trains), N_BINS), dtype=np.float32)
    for unit, times in enumerate(trains):
        rates[:, unit] = np.diff(np.searchsorted(times, edges), axis=1) / WIDTH
    return rates


def written(rates: np.ndarray) -> np.ndarray:
    """Write rates to new memory: what no way can do without."""
    return rates.copy()


def ours(trains: list[np.ndarray], events: np.ndarray) -> np.ndarray:
    return bin_rates(trains, events, START, WIDTH, N_BINS)


def pynapple_ways(
    trains: list[np.ndarray], events: np.ndarray
) -> dict[str, Callable[[], np.ndarray]]:
    """Return pynapple's two ways; both give counts of trial, unit and bin."""
    import pynapple

    group = pynapple.TsGroup({unit: pynapple.Ts(times) for unit, times in enumerate(trains)})
    epochs = pynapple.IntervalSet(events + START, events + START + WIDTH * N_BINS)

    def tensor() -> np.ndarray:
        return pynapple.build_tensor(group, epochs, bin_size=WIDTH).transpose(1, 0, 2)

    def count() -> np.ndarray:
        counts = np.asarray(group.count(WIDTH, epochs))
        return counts.reshape(len(events), N_BINS, len(trains)).transpose(0, 2, 1)

    return {"pynapple build_tensor": tensor, "pynapple count": count}


def elephant_way(trains: list[np.ndarray], events: np.ndarray) -> Callable[[], np.ndarray]:
    """Return elephant's way: cut each trial out of all trains, then bin it."""
    import quantities
    from elephant.conversion import BinnedSpikeTrain
    from neo import SpikeTrain

    s = quantities.s
    spikes = [SpikeTrain(times * s, t_start=0 * s, t_stop=DURATION * s) for times in trains]

    def binned() -> np.ndarray:
        counts = np.empty((len(events), len(trains), N_BINS))
        for trial, event in enumerate(events):
            start, stop = (event + START) * s, (event + START + WIDTH * N_BINS) * s
            cut = [each.time_slice(start, stop) for each in spikes]
            counts[trial] = BinnedSpikeTrain(
                cut, bin_size=WIDTH * s, n_bins=N_BINS, t_start=start
            ).to_array()
        return counts

    return binned


def differing(counts: np.ndarray, rates: np.ndarray) -> int:
    """Return how many spikes stand in another bin: our edges come half a microsecond early."""
    return round(float(np.abs(counts - rates * WIDTH).sum()) / 2)


def peak_bytes(run: Callable[[], np.ndarray]) -> int:
    """Return the most memory that a call holds, its result included."""
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", type=int, default=1000)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--elephant-trials", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    # Peers warn of their own dependencies.
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(SEED)
    n_spikes = rng.poisson(RATE * DURATION, options.units)
    trains = [np.sort(rng.uniform(0, DURATION, n)) for n in n_spikes]
    every = (DURATION - 2) / options.trials
    events = 1 + every * np.arange(options.trials) + rng.uniform(0, every - 1.1, options.trials)

    rates = ours(trains, events)
    total = round(float(rates.sum(dtype=float) * WIDTH))
    some = events[: options.elephant_trials]
    peers = pynapple_ways(trains, events)
    elephant = elephant_way(trains, some)
    assert np.array_equal(rates, searched(trains, events)), "rates differ from a plain search"
    moved = {name: differing(way(), rates) for name, way in peers.items()}
    moved["elephant"] = differing(elephant(), rates[: len(some)])
    for name, n in moved.items():
        assert n <= total * 1e-4 + 1, f"{name}: {n} of {total} spikes in other bins"
        print(f"{name}: {n} of {total} spikes in other bins")

    ways = {
        "ours": lambda: ours(trains, events),
        "plain searchsorted": lambda: searched(trains, events),
        **peers,
        "a copy of the result": lambda: written(rates),
    }
    best = dict.fromkeys(ways, np.inf)
    # Interleaved, so that a busy moment of the machine meets all of them.
    for _ in range(options.repeats):
        for name, way in ways.items():
            best[name] = min(best[name], seconds(way))
    rows = [Row(name, took, options.trials, took / best["ours"]) for name, took in best.items()]
    took = seconds(elephant) * options.trials / len(some)
    rows.append(Row("elephant BinnedSpikeTrain", took, len(some), took / best["ours"]))
    for row in rows:
        print(row.line())
    peak = peak_bytes(ways["ours"]) / rates.nbytes
    print(f"most memory held: {peak:.2f} times the result ({rates.nbytes / 1e6:.0f} MB)")
    path = save(
        "loading",
        {
            "units": options.units,
            "trials": options.trials,
            "bins": N_BINS,
            "spikes_in_other_bins": moved,
            "spikes_in_windows": total,
            "rows": [asdict(row) for row in rows],
            "peak_memory_over_result": peak,
        },
    )
    print(f"written to {path}")


if __name__ == "__main__":
    main()

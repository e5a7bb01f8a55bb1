"""Time to bin spikes: this project compared with numpy.searchsorted, pynapple and elephant.

`python -m benchmarks.loading` bins one hour of 1,000 Poisson units (5 spikes/s) around 1,000
events in 50 bins of 20 ms. It checks that all counts agree, prints ratios and writes
results/benchmarks/loading.json. Each method starts from its own spike train objects, whose creation
is not timed, and returns counts or rates (trial, unit, bin). Windows of different trials do not
overlap, because pynapple's epochs cannot. Elephant processes trials one by one, so we time it on a
few trials and extrapolate linearly.
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
    """Duration of one method for all trials, s."""

    name: str
    seconds: float
    measured_trials: int
    times_ours: float

    def line(self) -> str:
        """Return the row as a line of text."""
        return (
            f"{self.name:<34}{self.seconds:>9.2f} s{self.times_ours:>9.1f} times ours"
            f"   ({self.measured_trials} trials measured)"
        )


def searched(trains: list[np.ndarray], events: np.ndarray) -> np.ndarray:
    """Return rates (trial, unit, bin) by searching every bin edge in every spike train."""
    edges = bin_edges(events, START, WIDTH, N_BINS)
    rates = np.empty((len(events), len(trains), N_BINS), dtype=np.float32)
    for unit, times in enumerate(trains):
        rates[:, unit] = np.diff(np.searchsorted(times, edges), axis=1) / WIDTH
    return rates


def written(rates: np.ndarray) -> np.ndarray:
    """Return a copy of the rates; writing the result is a lower bound for every method."""
    return rates.copy()


def ours(trains: list[np.ndarray], events: np.ndarray) -> np.ndarray:
    return bin_rates(trains, events, START, WIDTH, N_BINS)


def pynapple_ways(
    trains: list[np.ndarray], events: np.ndarray
) -> dict[str, Callable[[], np.ndarray]]:
    """Return two functions that use pynapple to count spikes (trial, unit, bin)."""
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
    """Return a function that uses elephant to slice the trains for each trial and bin them."""
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
    """Return the number of spikes in different bins; our edges are half a microsecond earlier."""
    return round(float(np.abs(counts - rates * WIDTH).sum()) / 2)


def peak_bytes(run: Callable[[], np.ndarray]) -> int:
    """Return the peak memory of a call, including its result, bytes."""
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
    # The peers emit warnings about their own dependencies.
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
    # Methods are interleaved, so that other load on the machine affects all of them.
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

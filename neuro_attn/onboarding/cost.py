r"""How long a run would take, and how much memory: an estimate, from measured cost per fit.

The decoders of a population are fitted for every replicate, draw, fold, task and point (time bin
or window), which makes

.. math:: F = (1 + \text{permutations} + \text{bootstraps}) \cdot \text{draws} \cdot \text{folds}
    \cdot T \cdot P

fits. One fit on n rows of u units with k outputs, scored on m test rows at all P points, takes

.. math:: c_0 + c_1 (n + m / T) u + c_2 n u \min(n, u) + c_3 n \min(n, 2u) k + c_4 P m u k

(overhead, gathering and scaling, factorisation, iterations, scores). The five costs were fitted to
eighteen populations of 4 to 200 rows, 5 to 300 units and 2 to 7 classes, on one core of a server,
where the formula stayed within a factor of 1.3 of all. A slower or busier
computer takes longer. Jobs that do not decode take a fixed time. Networks are not part of the
estimate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from neuro_attn.configuration import AnyDataset
from neuro_attn.decoding.procedure import BATCH_BYTES
from neuro_attn.onboarding import text

PER_FIT = 9e-6
"""Overhead of a fit, s (c0)."""
PER_VALUE = 7e-9
"""Time of a rate that is gathered and scaled, s (c1)."""
PER_FACTOR = 3.7e-11
"""Time of a product in the factorisation, s (c2)."""
PER_ITERATED = 1.8e-9
"""Time of all iterations for one entry of the map from pull to scores, s (c3)."""
PER_SCORED = 6.1e-11
"""Time of a product in the scores, s (c4)."""
START_SECONDS = 8.0
"""What Snakemake takes to plan the run and to plan it anew, s."""
JOB_SECONDS = 2.0
"""What every job takes to start and to import, s."""
DATASET_SECONDS = 45.0
"""Reading, inference, geometry, figures and tables of a data set, s."""
BASE_BYTES = 230e6
"""Memory of a job that has imported everything."""


@dataclass(frozen=True)
class Work:
    """The shape of what is decoded in a population.

    Parameters
    ----------
    tasks, classes : int
    train_rows : int
        Training rows of a fold and task, over all classes.
    test_rows : int
        Test rows of a fold, over all tasks and classes.
    units : int
        Units of a draw.
    points : int
        Time bins and windows.
    times : int
        Time bins.
    """

    tasks: int
    classes: int
    train_rows: int
    test_rows: int
    units: int
    points: int
    times: int


@dataclass(frozen=True)
class Cost:
    """An estimate.

    Parameters
    ----------
    populations : int
        Populations that are decoded.
    fits : int
        Decoders that are fitted.
    decoding_seconds : float
        Time of all fits on one core, s.
    seconds : float
        Time of the run on `cores`, s.
    cores : int
    bytes : float
        Memory of the largest job.
    """

    populations: int
    fits: int
    decoding_seconds: float
    seconds: float
    cores: int
    bytes: float


def estimate(
    by_region: Mapping[str, Sequence[Work]], dataset: AnyDataset, rate_bytes: int, cores: int
) -> Cost:
    """Estimate the cost of analysing a data set.

    Parameters
    ----------
    by_region : mapping of str to sequence of Work
        The populations; one job decodes those of a region.
    dataset : settings of a data set
        Its decoding and inference.
    rate_bytes : int
        Size of the rates of all sessions.
    cores : int
        Cores of the run.

    Returns
    -------
    Cost
    """
    jobs = [
        JOB_SECONDS + sum(fits(work, dataset) * seconds_per_fit(work) for work in works)
        for works in by_region.values()
    ]
    everything = [work for works in by_region.values() for work in works]
    decode = [
        2 * rate_bytes
        + max((_working_bytes(work, dataset) for work in works), default=0)
        + 2 * sum(_result_bytes(work, dataset, work.points) for work in works)
        for works in by_region.values()
    ]
    infer = 2 * sum(_result_bytes(work, dataset, work.times) for work in everything)
    return Cost(
        populations=len(everything),
        fits=sum(fits(work, dataset) for work in everything),
        decoding_seconds=sum(jobs) - JOB_SECONDS * len(jobs),
        # Jobs of different regions share the cores; no run is shorter than its longest job.
        seconds=START_SECONDS + max([(sum(jobs) + DATASET_SECONDS) / cores, *jobs]),
        cores=cores,
        bytes=BASE_BYTES + max([infer, *decode]),
    )


def fits(work: Work, dataset: AnyDataset) -> int:
    """Return how many decoders are fitted for a population."""
    decoding = dataset.decoding
    return _replicates(dataset) * decoding.draws * decoding.folds * work.tasks * work.points


def seconds_per_fit(work: Work) -> float:
    """Return the expected time of one fit and its scores on one core, s."""
    n, u = work.train_rows, work.units
    outputs = 1 if work.classes == 2 else work.classes
    return (
        PER_FIT
        + PER_VALUE * (n + work.test_rows / work.tasks) * u
        + PER_FACTOR * n * u * min(n, u)
        + PER_ITERATED * n * min(n, 2 * u) * outputs
        + PER_SCORED * work.points * work.test_rows * u * outputs
    )


def _replicates(dataset: AnyDataset) -> int:
    return 1 + dataset.inference.permutations + dataset.inference.bootstraps


def _working_bytes(work: Work, dataset: AnyDataset) -> float:
    """Return the memory of a batch of replicates: training data, factors, test data, scores."""
    one = 4.0 * work.train_rows * work.points * max(work.train_rows, work.units)
    batch = max(one, min(BATCH_BYTES, one * _replicates(dataset)))
    return batch * (6 + 2 * work.test_rows / max(work.train_rows, 1))


def _result_bytes(work: Work, dataset: AnyDataset, points: int) -> float:
    """Return the memory of accuracies at all pairs of times."""
    stored = _replicates(dataset) + dataset.decoding.draws
    return 4.0 * work.tasks**2 * points**2 * stored


def render(cost: Cost) -> list[str]:
    """Return the estimate as lines of text."""
    return [
        *text.wrapped(
            f"Estimated cost: about {duration(cost.seconds)} on {text.count(cost.cores, 'core')}, "
            f"{cost.bytes / 1e9:.1f} GB in the largest job",
            "",
            "  ",
        ),
        *text.wrapped(
            f"an estimate: {text.count(cost.populations, 'population')}, {cost.fits:,} fits of "
            f"{cost.decoding_seconds / max(cost.fits, 1) * 1e3:.2g} ms on average "
            f"({duration(cost.decoding_seconds)} on one core), and {JOB_SECONDS:g} s a region and "
            f"{DATASET_SECONDS:g} s a data set for everything else, shared by the cores, after "
            f"{START_SECONDS:g} s of planning. Busy cores take twice as long. "
            "inference.permutations, inference.bootstraps and decoding.draws scale it.",
            "  ",
            "  ",
        ),
    ]


def duration(seconds: float) -> str:
    """Return a time in words, as exact as an estimate is."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"

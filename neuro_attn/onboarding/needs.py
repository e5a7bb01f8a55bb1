r"""Memory and time of each job of a data set, as laws in the number of permutations.

Jobs decode at most a block of permutations (`configuration.blocks`), and `reduce` reads a few rows
of all blocks at a time, so no job holds all nulls. docs/cluster.md has the measurements.

One fit on n rows of u units with k outputs, scored on m test rows of T tasks in all P bins, takes

.. math:: c_0 + c_1 (n + m / T) u + f(n, u, k) + c_2 P m u k

(overhead, gathering and scaling, the decoder's ``seconds``, scores). A job that decodes a region
holds

.. math:: M_0 + a R + (4 + m / n) \, B + N (40 \, T^2 P^2 + 24 \sum_s T^2 P) ,
    \qquad B = \max(4 n P \max(n, u), 16 \text{ MB})

bytes. The terms are imported modules, the rates R (a = 2 if sessions are pooled, otherwise 1), a
batch of training data B with its factors and test data, and the nulls of N permutations in sessions
s. The factors are fitted to `benchmarks.scale_memory`; jobs request 1.5 times as much.

For logistic regression, the times were fitted to eighteen populations of 4 to 200 rows, 5 to 300
units and 2 to 7 classes, on one core of a server, where the formula stayed within a factor of 1.3
of every measurement. Of continuous labels, each of the P m predictions takes c_3 more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import NamedTuple

from neuro_attn.configuration import AnyDataset
from neuro_attn.configuration.blocks import BLOCK
from neuro_attn.decoding.population_decoder import BATCH_BYTES
from neuro_attn.inference.corrections import READ_BYTES

PER_FIT = 9e-6
"""Overhead of a fit, s (c0)."""
PER_VALUE = 7e-9
"""Time of a rate that is gathered and scaled, s (c1)."""
PER_SCORED = 6.1e-11
"""Time of a product in the scores, s (c2)."""
PER_PREDICTED = 4e-8
"""Time of the error of a predicted value, s; for continuous labels, it exceeds that of the fit."""
PER_TEST = 2e-7
"""Time in which a value of the null at a pair of times is read and tested, s."""
JOB_SECONDS = 2.0
"""What every job takes to start and to import, s: about half of it is Snakemake's."""
SHARED_SECONDS = 900.0
"""Time of decoding all regions of a data set without its permutations, s, above which each region
has jobs of its own for geometry, codes, confounds and signatures. Below, one job does all regions,
because starting more of them would take longer than they save."""
DATASET_SECONDS = 25.0
"""Reading, inference, geometry and figures of a data set, s.

Four data sets of 2 to 14 regions took 19 to 30 s of processor time: figures 7 to 14 s, geometry and
inference 3 to 6 s each, regions 3 s, reading 2 to 6 s.
"""
BASE_BYTES = 250e6
"""Memory of a job that has imported everything."""
RATES, RATES_POOLED = 1, 2
"""Arrays as large as the rates of a region while it is decoded, and of pooled sessions."""
AT_PAIRS = 40
"""Bytes for each pair of times and permutation of the session that is decoded: the null, that of
mirrored units and their sums over sessions."""
AT_TIMES = 24
"""Bytes for each time and permutation of every session: both nulls, joined and written."""
COURSE = 8
"""Bytes for each time and permutation of a course in double precision."""


@dataclass(frozen=True)
class Work:
    """The size of the decoding of a population.

    Parameters
    ----------
    tasks, classes : int
        Tasks on which decoders are trained, and classes.
    train_rows : int
        Training rows of a fold and task, over all classes.
    test_rows : int
        Test rows of a fold, over all tasks and classes.
    units : int
        Units of a draw.
    bins : int
        Time bins and windows.
    times : int
        Time bins.
    only_tested : int
        Further tasks, on which decoders are only tested.
    trials : int
        Trials of all its sessions.
    all_units : int
        Units of the population, of which a draw takes `units`.
    """

    tasks: int
    classes: int
    train_rows: int
    test_rows: int
    units: int
    bins: int
    times: int
    only_tested: int = 0
    trials: int = 0
    all_units: int = 0

    @property
    def pairs(self) -> int:
        """Number of pairs of a training and a test task."""
        return self.tasks * (self.tasks + self.only_tested)


class Law(NamedTuple):
    """A need that grows with the number of permutations."""

    fixed: float
    per_permutation: float = 0.0

    def at(self, permutations: int) -> float:
        """Return the need with a number of permutations."""
        return self.fixed + self.per_permutation * permutations


class Need(NamedTuple):
    """What a job needs.

    Parameters
    ----------
    rule : str
        Its rule.
    region : str
        The region that it decodes; empty if it uses all.
    memory : Law
        In bytes.
    time : Law
        On one core, in s.
    """

    rule: str
    region: str
    memory: Law
    time: Law

    def permutations(self, inference_permutations: int) -> int:
        """Return how many permutations the job uses."""
        if self.rule == "reduce":
            return inference_permutations
        return min(inference_permutations, BLOCK)

    def __str__(self) -> str:
        """Describe the job."""
        return f"{_DESCRIBED[self.rule]} {self.region}".strip()


_DESCRIBED = {
    "decode": "decoding region",
    "reduce": "tests of region",
    "infer": "inference over all regions",
    "decode_resampled": "decoding resampled trials of region",
    "decode_confounds": "decoding confounds",
    "compare_codes": "comparing codes",
    "measure_geometry": "geometry",
    "match_signatures": "signatures",
    "decode_region_confounds": "decoding confounds in region",
    "compare_region_codes": "codes of region",
    "measure_region_geometry": "geometry of region",
    "match_region_signatures": "signatures of region",
}
"""Descriptions of the jobs of a data set, by rule."""
OF_REGION = {
    "decode_confounds": "decode_region_confounds",
    "compare_codes": "compare_region_codes",
    "measure_geometry": "measure_region_geometry",
    "match_signatures": "match_region_signatures",
}
"""Rules of all regions, and of one region if regions have jobs of their own."""
_COMBINING = ("compare_codes", "measure_geometry")
"""Rules that then read no rates."""


def needs_of(
    by_region: Mapping[str, Sequence[Work]], dataset: AnyDataset, rates: Mapping[str, float]
) -> list[Need]:
    """Return the needs of all jobs of a data set after its regions are known.

    Parameters
    ----------
    by_region : mapping of str to sequence of Work
        The populations of each region.
    dataset : settings of a data set
        Its decoding and inference; the number of permutations is not used.
    rates : mapping of str to float
        Size of the rates of each region in all its sessions, bytes.
    """
    needs = []
    for region, works in by_region.items():
        needs.append(Need("decode", region, *_decoding(works, dataset, rates[region])))
        needs.append(Need("reduce", region, *_reducing(works, dataset)))
        if dataset.resampled_decoding is not None:
            needs.append(
                Need("decode_resampled", region, *_resampling(works, dataset, rates[region]))
            )
    decoding = [need for need in needs if need.rule == "decode"]
    fixed = sum(need.time.fixed for need in decoding)
    total = Law(DATASET_SECONDS + fixed, sum(need.time.per_permutation for need in decoding))
    needs.append(Need("infer", "", _inferring(by_region), Law(DATASET_SECONDS)))
    # These read region by region and fit decoders, but never more than decoding does. Their nulls
    # are those of the windows.
    alone = {
        need.region: Law(need.memory.fixed, _of_nulls_in_windows(by_region[need.region]))
        for need in decoding
    }
    largest = Law(*(max(each) for each in zip(*alone.values(), strict=True)))
    apart = fixed > SHARED_SECONDS
    combining = Law(DATASET_SECONDS + JOB_SECONDS * len(decoding))
    for rule, more in _held(by_region, dataset, rates).items():
        # Where regions have jobs of their own, these only combine the results. What regions share
        # of confounds is found by reading one after the other, as are scores of networks.
        own = Law(BASE_BYTES) if apart and rule in _COMBINING else largest
        memory = Law(own.fixed + more.fixed, own.per_permutation + more.per_permutation)
        time = combining if apart and rule != "match_signatures" else total
        needs.append(Need(rule, "", memory, time))
        if apart:
            needs += [
                Need(OF_REGION[rule], need.region, alone[need.region], need.time)
                for need in decoding
            ]
    return needs


def has_jobs_by_region(needs: Sequence[Need]) -> bool:
    """Return whether each region has jobs of its own for geometry, codes and so on."""
    return any(need.rule in OF_REGION.values() for need in needs)


def _held(
    by_region: Mapping[str, Sequence[Work]], dataset: AnyDataset, rates: Mapping[str, float]
) -> dict[str, Law]:
    """Return what rules of all regions hold of them beside the region that they read, bytes."""
    changes = largest = 0.0
    for works in by_region.values():
        n_tasks, n_windows = works[0].tasks, works[0].bins - works[0].times
        n_tests = n_tasks * (n_tasks - 1) / 2 * n_windows
        changes += COURSE * n_tests * sum(work.trials for work in works)
        # Of two nulls, and of all sessions and each of them.
        largest += COURSE * 4 * n_tasks**2
    n_aims = 3 * len(dataset.confounds) + 3 * bool(dataset.balance)
    return {
        "decode_confounds": Law(0.0, n_aims * largest),
        "compare_codes": Law(changes),
        "measure_geometry": Law(0.0),
        # Noise is drawn for all recordings of a network, twice as large while it is drawn.
        "match_signatures": Law(3 * sum(rates.values()) if dataset.source == "network" else 0.0),
    }


def _of_nulls_in_windows(works: Sequence[Work]) -> float:
    """Return the bytes of the nulls of a permutation while a region is decoded in windows."""
    return _of_nulls([replace(work, bins=work.bins - work.times) for work in works])


def _of_nulls(works: Sequence[Work]) -> float:
    """Return the bytes of the nulls of a permutation while a region is decoded."""
    at_pairs = max(work.pairs * work.bins**2 for work in works)
    at_times = sum(work.pairs * work.bins for work in works)
    return float(AT_PAIRS * at_pairs + AT_TIMES * at_times)


def _decoding(works: Sequence[Work], dataset: AnyDataset, rates: float) -> tuple[Law, Law]:
    """Return memory and time of the job that decodes a region."""
    decoder, inference = dataset.decoding.decoder, dataset.inference
    draws = dataset.decoding.draws
    pairs = [work.pairs for work in works]
    at_pairs = max(n * work.bins**2 for n, work in zip(pairs, works, strict=True))
    at_times = sum(n * work.bins for n, work in zip(pairs, works, strict=True))
    between_times = sum(n * work.bins**2 for n, work in zip(pairs, works, strict=True))
    pooled = dataset.decoding.population == "pseudopopulation"
    fixed = (
        BASE_BYTES
        + (RATES_POOLED if pooled else RATES) * rates
        + max(_working_bytes(work) for work in works)
        + 8.0 * (at_pairs + at_times) * inference.bootstraps
        + 8.0 * between_times * draws
    )
    seconds = [one_replicate(work, dataset) * seconds_per_fit(work, decoder) for work in works]
    return (
        Law(fixed, _of_nulls(works)),
        Law(JOB_SECONDS + (1 + inference.bootstraps) * sum(seconds), sum(seconds)),
    )


def _resampling(works: Sequence[Work], dataset: AnyDataset, rates: float) -> tuple[Law, Law]:
    """Return memory and time of the job that decodes resampled trials of a region.

    It holds its rates with each unit by itself, and the rows of all tasks twice.
    """
    settings = dataset.resampled_decoding
    assert settings is not None
    units, n_tasks, n_bins = sum(work.all_units for work in works), works[0].tasks, works[0].bins
    rows = settings.trials * works[0].classes
    working = max(4.0 * rows * n_bins * max(rows, units), float(BATCH_BYTES))
    # Rows are trained on in one direction and tested in the other, on the diagonal of times.
    one = replace(works[0], train_rows=rows, test_rows=rows * n_tasks, units=units, bins=1)
    fits = settings.iterations * n_tasks * n_bins
    return (
        Law(BASE_BYTES + 3 * rates + 2 * (n_tasks + 1) * working),
        Law(JOB_SECONDS + fits * seconds_per_fit(one, dataset.decoding.decoder)),
    )


def _reducing(works: Sequence[Work], dataset: AnyDataset) -> tuple[Law, Law]:
    """Return memory and time of the tests of a region.

    Tests at pairs of times hold one training time of all permutations, and for clusters all pairs
    of times of one block. The null of onsets stays, and all sessions are tested one by one.
    """
    pairs, times = works[0].pairs, works[0].times
    by_block = 8 * COURSE * times**2 * BLOCK if dataset.inference.correction == "cluster" else 0
    cells = 12 * COURSE * pairs * (2 * times**2 + len(works) * works[0].bins)
    per = COURSE * (7 * pairs * times + 6 * times)
    seconds = PER_TEST * 4 * pairs * times**2 + PER_TEST * 2 * pairs * times * len(works)
    return Law(float(BASE_BYTES + 3 * READ_BYTES + cells + by_block), float(per)), Law(
        JOB_SECONDS, seconds
    )


def _inferring(by_region: Mapping[str, Sequence[Work]]) -> Law:
    """Return the memory of inference: the cells of all regions, and courses of one block.

    With more than one block, courses are read region by region, and take less.
    """
    fixed = per = 0.0
    for works in by_region.values():
        pairs, times = works[0].pairs, works[0].times
        fixed += COURSE * pairs * (12 * times**2 + 60 * len(works) * works[0].bins)
        per += COURSE * pairs * (times + 12)
    return Law(BASE_BYTES + fixed, 1.5 * per)


def one_replicate(work: Work, dataset: AnyDataset) -> int:
    """Return how many decoders are fitted for a replicate of a population."""
    decoding = dataset.decoding
    return decoding.draws * decoding.folds * work.tasks * work.bins


def fits(work: Work, dataset: AnyDataset) -> int:
    """Return how many decoders are fitted for a population."""
    inference = dataset.inference
    return (1 + inference.permutations + inference.bootstraps) * one_replicate(work, dataset)


def seconds_per_fit(work: Work, decoder: str) -> float:
    """Return the expected time of one fit of a decoder and its scores on one core, s."""
    n, u = work.train_rows, work.units
    outputs = 1 if work.classes == 2 else work.classes
    fit = import_module(f"neuro_attn.decoding.decoders.{decoder}")
    # All trials of a continuous label have one class.
    continuous = work.classes < 2
    seconds = fit.seconds_of_targets if continuous else fit.seconds
    return (
        PER_PREDICTED * continuous * work.bins * work.test_rows
        + PER_FIT
        + PER_VALUE * (n + work.test_rows / work.tasks) * u
        + seconds(n, u, outputs)
        + PER_SCORED * work.bins * work.test_rows * u * outputs
    )


def _working_bytes(work: Work) -> float:
    """Return the memory of a batch of replicates: training data, factors, test data, scores."""
    one = 4.0 * work.train_rows * work.bins * max(work.train_rows, work.units)
    return max(one, float(BATCH_BYTES)) * (4 + work.test_rows / max(work.train_rows, 1))

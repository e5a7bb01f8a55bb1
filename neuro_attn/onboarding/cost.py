r"""Estimates of the time and memory of a run, from the measured cost of a fit.

The decoders of a population are fitted for every replicate, draw, fold, task, time bin
and window, which makes

.. math:: F = (1 + \text{permutations} + \text{bootstraps}) \cdot \text{draws} \cdot \text{folds}
    \cdot T \cdot P

fits. One fit on n rows of u units with k outputs, scored on m test rows in all P bins, takes

.. math:: c_0 + c_1 (n + m / T) u + f(n, u, k) + c_2 P m u k

(overhead, gathering and scaling, the decoder's ``seconds``, scores). For logistic regression, the
costs were fitted to eighteen populations of 4 to 200 rows, 5 to 300 units and 2 to 7 classes, on
one core of a server, where the formula stayed within a factor of 1.3 of all. A slower or busier
computer takes longer. Jobs that do not decode take a fixed time, measured by the benchmark files of
runs. Networks are not part of the estimate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import NamedTuple

import pandas as pd
import xarray as xr

from neuro_attn import budget, decoding
from neuro_attn.configuration import AnyDataset, results_bytes
from neuro_attn.configuration.blocks import blocks
from neuro_attn.decoding.population_decoder import BATCH_BYTES
from neuro_attn.decoding.splits import fold_sizes
from neuro_attn.onboarding.limits import without_time
from neuro_attn.sources import SOURCES
from neuro_attn.study import Study

PER_FIT = 9e-6
"""Overhead of a fit, s (c0)."""
PER_VALUE = 7e-9
"""Time of a rate that is gathered and scaled, s (c1)."""
PER_SCORED = 6.1e-11
"""Time of a product in the scores, s (c2)."""
START_SECONDS = 8.0
"""What Snakemake takes to plan the run and to plan it anew, s."""
JOB_SECONDS = 2.0
"""What every job takes to start and to import, s."""
DATASET_SECONDS = 25.0
"""Reading, inference, geometry and figures of a data set, s.

Four data sets of 2 to 14 regions took 19 to 30 s of processor time: figures 7 to 14 s, geometry and
inference 3 to 6 s each, regions 3 s, reading 2 to 6 s.
"""
BASE_BYTES = 230e6
"""Memory of a job that has imported everything."""


@dataclass(frozen=True)
class Work:
    """The size of the decoding of a population.

    Parameters
    ----------
    tasks, classes : int
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
    """

    tasks: int
    classes: int
    train_rows: int
    test_rows: int
    units: int
    bins: int
    times: int


class Need(NamedTuple):
    """What a job needs.

    Parameters
    ----------
    rule : str
        Its rule.
    region : str
        The region that it decodes; empty if it uses all.
    bytes : float
        Memory.
    seconds : float
        Time on one core, s.
    """

    rule: str
    region: str
    bytes: float
    seconds: float

    def __str__(self) -> str:
        """Describe the job."""
        return f"{_DESCRIBED[self.rule]} {self.region}".strip()


_DESCRIBED = {
    "decode": "decoding region",
    "infer": "inference over all regions",
    "decode_confounds": "decoding confounds",
    "compare_codes": "comparing codes",
    "measure_geometry": "geometry",
    "match_signatures": "signatures",
}
"""Descriptions of the jobs of a data set, by rule."""
_OTHER_JOBS = ("regions", "infer", "compare_codes", "measure_geometry", "figures")
"""Jobs of every data set, apart from reading, decoding and confounds."""
_COPIES = 4
"""Arrays as large as the rates of a region while it is decoded."""


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
    largest : str
        What that job does.
    needs : tuple of Need
        Memory and time of each job.
    jobs : int
        Number of jobs.
    disk : float
        Bytes of recordings and results before their compression.
    """

    populations: int
    fits: int
    decoding_seconds: float
    seconds: float
    cores: int
    bytes: float
    largest: str = "the largest job"
    needs: tuple[Need, ...] = ()
    jobs: int = 0
    disk: float = 0.0

    @property
    def processor_seconds(self) -> float:
        """Time of all jobs on one core, s."""
        return self.decoding_seconds + JOB_SECONDS * self.jobs + DATASET_SECONDS


def estimate(
    by_region: Mapping[str, Sequence[Work]],
    dataset: AnyDataset,
    rates: Mapping[str, float],
    cores: int,
    readers: int = 1,
) -> Cost:
    """Estimate the cost of analysing a data set.

    Parameters
    ----------
    by_region : mapping of str to sequence of Work
        The populations; one job decodes those of a region.
    dataset : settings of a data set
        Its decoding and inference.
    rates : mapping of str to float
        Size of the rates of each region in all its sessions, bytes.
    cores : int
        Cores of the run.
    readers : int
        Jobs that read sessions.

    Returns
    -------
    Cost
    """
    everything = [work for works in by_region.values() for work in works]
    permutations = blocks(dataset.inference.permutations)
    # Each block of permutations is a job, the first together with everything else.
    first = dataset.inference.model_copy(update={"permutations": len(permutations[0])})
    in_job = dataset.model_copy(update={"inference": first})
    jobs = {region: _decoding(works, in_job, rates[region]) for region, works in by_region.items()}
    needs = [Need("decode", region, *each) for region, each in jobs.items()]
    decoder = dataset.decoding.decoder
    fitting = sum(fits(work, dataset) * seconds_per_fit(work, decoder) for work in everything)
    n_jobs = len(jobs) * len(permutations)
    largest_bytes, total = max(jobs.values())[0], fitting + JOB_SECONDS * n_jobs
    needs.append(Need("infer", "", BASE_BYTES + _inferring(by_region, dataset), DATASET_SECONDS))
    # These read region by region and fit decoders, but never more than decoding does.
    needs += [
        Need(rule, "", largest_bytes, DATASET_SECONDS + total)
        for rule in ("decode_confounds", "compare_codes", "measure_geometry")
    ]
    # This adds noise to all recordings, twice as large while it is drawn.
    with_noise = largest_bytes + 3 * sum(rates.values())
    needs.append(Need("match_signatures", "", with_noise, DATASET_SECONDS + total))
    seconds = [each for _, each in jobs.values()]
    largest = max(needs, key=lambda need: need.bytes)
    return Cost(
        populations=len(everything),
        fits=sum(fits(work, dataset) for work in everything),
        decoding_seconds=fitting,
        # Jobs of different regions share the cores; no run is shorter than its longest job.
        seconds=START_SECONDS + max([(total + DATASET_SECONDS) / cores, *seconds]),
        cores=cores,
        bytes=largest.bytes,
        largest=str(largest),
        needs=tuple(needs),
        jobs=readers + n_jobs + len(_OTHER_JOBS) + bool(dataset.nuisance_variables),
        disk=sum(rates.values())
        + 2 * sum(results_bytes(dataset, work.tasks, work.bins) for work in everything),
    )


def _decoding(works: Sequence[Work], dataset: AnyDataset, rates: float) -> tuple[float, float]:
    """Return memory (bytes) and time (s) of the job that decodes a region."""
    decoder = dataset.decoding.decoder
    n_bytes = (
        BASE_BYTES
        + _COPIES * rates
        + max((_working_bytes(work, dataset) for work in works), default=0)
        + 2 * sum(results_bytes(dataset, work.tasks, work.bins) for work in works)
    )
    taken = sum(fits(work, dataset) * seconds_per_fit(work, decoder) for work in works)
    return n_bytes, JOB_SECONDS + taken


def _inferring(by_region: Mapping[str, Sequence[Work]], dataset: AnyDataset) -> float:
    """Return the memory of inference (bytes).

    It holds the nulls at all pairs of times of one region, which it tests in double precision, and
    those at equal times of all regions.
    """
    one = max(
        sum(results_bytes(dataset, work.tasks, work.times) for work in works)
        for works in by_region.values()
    )
    everything = [work for works in by_region.values() for work in works]
    equal = sum(results_bytes(dataset, work.tasks, work.bins) / work.bins for work in everything)
    together = "regions" in dataset.inference.correct_over
    return 8 * one * (len(by_region) if together else 1) + 8 * equal


def needs_table(cost: Cost) -> pd.DataFrame:
    """Return the memory and time of every job as the table ``costs``."""
    return pd.DataFrame(
        {
            "rule": [need.rule for need in cost.needs],
            "region": [need.region for need in cost.needs],
            "memory_gb": [need.bytes / 1e9 for need in cost.needs],
            "time_s": [need.seconds for need in cost.needs],
        }
    )


def cost_of(
    recordings: list[xr.Dataset],
    study: Study,
    populations: pd.DataFrame,
    cores: int = 1,
) -> Cost:
    """Estimate the cost of a data set.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        Its Recordings, or their outlines.
    study : Study
        The data set.
    populations : pandas.DataFrame
        As `decoding.regions_table` returns them.
    cores : int
        Cores of the run.
    """
    dataset = study.dataset
    found, counted = without_time(recordings, study)
    n_units = decoding.units_per_draw(dataset, populations)
    wanted = dataset.decoding.pseudotrials
    n_times = dataset.time.n_bins
    by_region: dict[str, list[Work]] = {}
    rates: dict[str, float] = {}
    for region in dict.fromkeys(populations["region"]):
        for member in decoding.build_populations(found, counted, region):
            sizes = fold_sizes(
                member,
                folds=dataset.decoding.folds,
                pseudotrials=None if wanted == "auto" else wanted,
            )
            in_one_bin = sum(part.rates[..., 0].size for part in member.parts)
            rates[region] = rates.get(region, 0.0) + 4.0 * n_times * in_one_bin
            by_region.setdefault(region, []).append(
                Work(
                    tasks=len(member.tasks),
                    classes=len(member.classes),
                    train_rows=sizes.train * len(member.classes),
                    test_rows=int(sizes.test.sum()),
                    units=min(n_units or member.n_units, member.n_units),
                    bins=n_times + len(dataset.windows),
                    times=n_times,
                )
            )
    return estimate(by_region, dataset, rates, cores, _reading_jobs(recordings, dataset))


def _reading_jobs(recordings: list[xr.Dataset], dataset: AnyDataset) -> int:
    """Return how many jobs read the sessions of a data set."""
    source = SOURCES.get(dataset.source)
    if source is None or not source.reads_files:
        return 1
    if source.several_sessions:
        return len({each.attrs["origin"] for each in recordings})
    return min(source.jobs or len(recordings), len(recordings))


def check_memory(cost: Cost, name: str) -> None:
    """Raise `InputError` if the largest job of a data set needs more memory than the budget."""
    budget.need(
        cost.bytes,
        f"datasets.{name}",
        cost.largest,
        "Lower inference.permutations, inference.bootstraps or decoding.draws, choose a shorter "
        "time or wider bins, or fewer sessions or regions.",
    )


def fits(work: Work, dataset: AnyDataset) -> int:
    """Return how many decoders are fitted for a population."""
    decoding = dataset.decoding
    return _replicates(dataset) * decoding.draws * decoding.folds * work.tasks * work.bins


def seconds_per_fit(work: Work, decoder: str) -> float:
    """Return the expected time of one fit of a decoder and its scores on one core, s."""
    n, u = work.train_rows, work.units
    outputs = 1 if work.classes == 2 else work.classes
    fit = import_module(f"neuro_attn.decoding.decoders.{decoder}")
    return (
        PER_FIT
        + PER_VALUE * (n + work.test_rows / work.tasks) * u
        + fit.seconds(n, u, outputs)
        + PER_SCORED * work.bins * work.test_rows * u * outputs
    )


def _replicates(dataset: AnyDataset) -> int:
    return 1 + dataset.inference.permutations + dataset.inference.bootstraps


def _working_bytes(work: Work, dataset: AnyDataset) -> float:
    """Return the memory of a batch of replicates: training data, factors, test data, scores."""
    one = 4.0 * work.train_rows * work.bins * max(work.train_rows, work.units)
    batch = max(one, min(BATCH_BYTES, one * _replicates(dataset)))
    return batch * (6 + 2 * work.test_rows / max(work.train_rows, 1))

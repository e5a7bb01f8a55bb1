r"""Estimates of the time and memory of a run, from the measured cost of a fit.

The decoders of a population are fitted for every replicate, draw, fold, task, time bin
and window, which makes

.. math:: F = (1 + \text{permutations} + \text{bootstraps}) \cdot \text{draws} \cdot \text{folds}
    \cdot T \cdot P

fits; `needs` has the time of one. A slower or busier computer takes longer. Jobs that do not decode
take a fixed time, measured by the benchmark files of runs. Networks are not part of the estimate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd
import xarray as xr

from neuro_attn import budget, decoding
from neuro_attn.configuration import AnyDataset
from neuro_attn.configuration.blocks import blocks
from neuro_attn.decoding.splits import fold_sizes
from neuro_attn.decoding.tested_only import tested_sizes
from neuro_attn.onboarding.limits import without_time
from neuro_attn.onboarding.needs import (
    DATASET_SECONDS,
    JOB_SECONDS,
    Need,
    Work,
    fits,
    has_jobs_by_region,
    needs_of,
    seconds_per_fit,
)
from neuro_attn.sources import SOURCES
from neuro_attn.study import Study

RUN_SECONDS = 12.0
"""What a run takes on one core besides its jobs, s: planning it, planning it anew when regions are
known, the answer page and its tables, and Snakemake's report.

For the session of docs/your_data.md, planning took 3 s of processor time, twice, the page and its
tables 3 s, and the report 5 s with its own planning.
"""
_OTHER_JOBS = ("regions", "infer", "compare_codes", "measure_geometry", "figures")
"""Jobs of every data set; others depend on its settings."""
_BY_REGION = ("compare_codes", "measure_geometry")
"""Those that a large data set has for each region, too, as it has confounds."""


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
        return self.decoding_seconds + JOB_SECONDS * self.jobs + DATASET_SECONDS + RUN_SECONDS


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
    n = dataset.inference.permutations
    n_blocks, decoder = len(blocks(n)), dataset.decoding.decoder
    needs = needs_of(by_region, dataset, rates)
    # With one block, inference reduces the regions.
    run = [need for need in needs if n_blocks > 1 or need.rule != "reduce"]
    fitting = sum(fits(work, dataset) * seconds_per_fit(work, decoder) for work in everything)
    resampled = [need for need in needs if need.rule == "decode_resampled"]
    n_jobs = len(by_region) * (n_blocks + (n_blocks > 1))
    if has_jobs_by_region(needs):
        n_jobs += len(by_region) * (len(_BY_REGION) + bool(dataset.nuisance_variables))
    jobs = (
        readers
        + n_jobs
        + len(_OTHER_JOBS)
        + bool(dataset.nuisance_variables)
        + (dataset.behaviour is not None)
        + bool(dataset.test_pairs)
        + dataset.single_units
        + len(resampled)
        + bool(resampled)
        + bool(getattr(dataset, "published", ()))
    )
    fitting += sum(need.time.fixed - JOB_SECONDS for need in resampled)
    total = fitting + JOB_SECONDS * jobs + DATASET_SECONDS
    seconds = [need.time.at(need.permutations(n)) for need in run if need.region]
    largest = max(run, key=lambda need: need.memory.at(need.permutations(n)))
    return Cost(
        populations=len(everything),
        fits=sum(fits(work, dataset) for work in everything),
        decoding_seconds=fitting,
        # Jobs of different regions share the cores; no run is shorter than its longest job.
        seconds=RUN_SECONDS + max([total / cores, *seconds]),
        cores=cores,
        bytes=largest.memory.at(largest.permutations(n)),
        largest=str(largest),
        needs=tuple(needs),
        jobs=jobs,
        disk=sum(rates.values()) + sum(_stored(works, n) for works in by_region.values()),
    )


def _stored(works: Sequence[Work], permutations: int) -> float:
    """Return the bytes of the nulls of a region, which are nearly all of its results."""
    of_sessions = sum(work.pairs * work.bins for work in works)
    return 8.0 * permutations * (works[0].pairs * works[0].times ** 2 + of_sessions)


def needs_table(cost: Cost) -> pd.DataFrame:
    """Return the memory and time of every job as the table ``costs``."""
    memory, time = ([getattr(need, name) for need in cost.needs] for name in ("memory", "time"))
    return pd.DataFrame(
        {
            "rule": [need.rule for need in cost.needs],
            "region": [need.region for need in cost.needs],
            "memory_gb": [law.fixed / 1e9 for law in memory],
            "memory_gb_per_1000": [law.per_permutation / 1e6 for law in memory],
            "time_s": [law.fixed for law in time],
            "time_s_per_1000": [law.per_permutation * 1e3 for law in time],
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
    by_region, rates = works_of(recordings, study, populations)
    dataset = study.dataset
    return estimate(by_region, dataset, rates, cores, _reading_jobs(recordings, dataset))


class Works(NamedTuple):
    """The populations of each region, and the size of its rates in all sessions, bytes."""

    by_region: dict[str, list[Work]]
    rates: dict[str, float]


def works_of(recordings: list[xr.Dataset], study: Study, populations: pd.DataFrame) -> Works:
    """Return the sizes of the populations of a data set; arguments as in `cost_of`."""
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
            populations_of_trials, n_test = [member], int(sizes.test.sum())
            if member.test_only is not None:
                populations_of_trials.append(member.test_only)
                n_test += int(tested_sizes(member.test_only).sum())
            in_one_bin = sum(
                part.rates[..., 0].size for each in populations_of_trials for part in each.parts
            )
            rates[region] = rates.get(region, 0.0) + 4.0 * n_times * in_one_bin
            by_region.setdefault(region, []).append(
                Work(
                    tasks=len(member.tasks),
                    classes=len(member.classes),
                    train_rows=sizes.train * len(member.classes),
                    test_rows=n_test,
                    units=min(n_units or member.n_units, member.n_units),
                    bins=n_times + len(dataset.windows),
                    times=n_times,
                    only_tested=len(dataset.test_only),
                    trials=sum(len(part.task) for part in member.parts),
                    all_units=member.n_units,
                )
            )
    return Works(by_region, rates)


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

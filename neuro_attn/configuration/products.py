"""Lower bounds of the memory that a configuration requires, before any file is read.

Every number in a configuration may be plausible although their product exceeds the memory of any
machine. The bounds are in closed form; `check` estimates the rest from the data.
"""

import math
from collections.abc import Iterator

from neuro_attn import budget
from neuro_attn.configuration.analysis import Analysis
from neuro_attn.configuration.blocks import BLOCK
from neuro_attn.configuration.datasets import AnyDataset
from neuro_attn.configuration.experiment import NETWORK_STEP, Simulation, extremes
from neuro_attn.configuration.network_settings import Network
from neuro_attn.configuration.settings import Configuration
from neuro_attn.configuration.skills import Skill

_SESSION, _BLOCK, _TRIAL, _UNIT = 20_000, 5_000, 500, 2_000
"""Bytes per session in the plan of a run; per block, trial and unit in a simulation's tables."""
_CELL = 150
"""Bytes per trial and step of a simulated session while its rates are computed."""
_SIMULATION_STEP = 0.01
"""Width of the bins in which simulated rates are constant, s."""
_MATRIX = 16
"""Bytes per weight during training: the weight, its gradient and two moments."""


def check_products(settings: Configuration) -> None:
    """Raise `BudgetError` if a configuration needs more memory than the budget, whatever the data.

    Parameters
    ----------
    settings : Configuration
        The configuration.
    """
    for n_bytes, where, what, remedy in _needs(settings):
        budget.need(n_bytes, where, what, remedy)


def results_bytes(analysis: Analysis, pairs: int, bins: int) -> float:
    """Return the memory of a population's accuracies for the replicates of a job.

    Parameters
    ----------
    analysis : Analysis
        Its inference and decoding.
    pairs : int
        Pairs of a training and a test task.
    bins : int
        Time bins and windows.
    """
    inference = analysis.inference
    in_job = min(inference.permutations, BLOCK)
    stored = 1 + in_job + inference.bootstraps + analysis.decoding.draws
    # All permutations are tested in one job, which holds their courses over time.
    return 4.0 * pairs * (bins**2 * stored + 2 * bins * inference.permutations)


def recordings_bytes(dataset: AnyDataset) -> float:
    """Return the memory of simulating a data set; 0 if its recordings are read from files."""
    if isinstance(simulation := getattr(dataset, "simulation", None), Simulation):
        return _of_simulation(simulation, dataset.time.n_bins, "")[0]
    return 0.0


def network_bytes(network: Network) -> float:
    """Return the memory of training a network, without what JAX takes by itself."""
    return _of_network(network, "")[0]


def skill_bytes(skill: Skill) -> float:
    """Return the memory of learning a skill, without what JAX takes by itself."""
    return float(_MATRIX * skill.hidden**2 + 4 * skill.size.cells * skill.hidden)


def _needs(settings: Configuration) -> Iterator[tuple[float, str, str, str]]:
    for name, dataset in settings.datasets.items():
        if isinstance(simulation := getattr(dataset, "simulation", None), Simulation):
            where = f"datasets.{name}.simulation"
            yield _of_simulation(simulation, dataset.time.n_bins, where)
        yield _of_results(dataset, f"datasets.{name}")
        yield from _of_resampled(dataset, f"datasets.{name}")
    for name, network in settings.networks_to_train().items():
        yield _of_network(network, f"networks.{name}")
    if settings.networks and settings.network_analysis is not None:
        yield _of_results(settings.network_analysis, "network_analysis")
        yield from _of_resampled(settings.network_analysis, "network_analysis")
    for name, skill in settings.skills().items():
        size = skill.size
        yield skill_bytes(skill) + size.jobs * _SESSION, name, size.what, size.remedy


def _of_results(analysis: Analysis, where: str) -> tuple[float, str, str, str]:
    bins = analysis.time.n_bins + len(analysis.windows)
    inference, n_tested = analysis.inference, len(analysis.tested_tasks)
    return (
        2 * results_bytes(analysis, len(analysis.tasks) * n_tested, bins),
        where,
        f"decoding one population ({inference.permutations:,} permutations, "
        f"{inference.bootstraps:,} bootstraps, {analysis.decoding.draws:,} draws, "
        f"{bins:,} times and windows, {n_tested} tasks)",
        "Lower inference.permutations, inference.bootstraps or decoding.draws, or choose a shorter "
        "time or wider bins.",
    )


def _of_resampled(analysis: Analysis, where: str) -> Iterator[tuple[float, str, str, str]]:
    """Yield the memory of the accuracies of all iterations, as counts and as fractions."""
    if analysis.resampled_decoding is None:
        return
    iterations, pairs = analysis.resampled_decoding.iterations, len(analysis.task_pairs)
    bins = analysis.time.n_bins + len(analysis.windows)
    yield (
        12.0 * iterations * pairs * bins,
        f"{where}.resampled_decoding",
        f"{iterations:,} iterations ({pairs} pairs of tasks, {bins:,} times and windows)",
        "Lower iterations, or choose a shorter time or wider bins.",
    )


def _of_simulation(simulation: Simulation, n_bins: int, where: str) -> tuple[float, str, str, str]:
    sessions, cycles = simulation.sessions, simulation.cycles
    trials = cycles * sum(simulation.block_trials.values())
    units = sum(region.units for region in simulation.regions.values())
    seconds = max(_seconds(timing) for timing in (simulation.timing.pro, simulation.timing.retro))
    strongest = max(
        region.selection_sd + region.color_sd + region.cue_sd
        for region in simulation.regions.values()
    )
    drift = math.exp(min(simulation.drift**2 / 2, 700.0))
    spikes = trials * seconds * (simulation.baseline + strongest) * drift
    in_session = trials * (seconds / _SIMULATION_STEP * _CELL + _TRIAL)
    n_bytes = (
        sessions * (_SESSION + trials * _TRIAL)
        + cycles * len(simulation.block_trials) * _BLOCK
        + in_session
        + units * (_UNIT + 8 * spikes + 4 * trials * n_bins)
    )
    return (
        float(n_bytes),
        where,
        f"a simulation of {sessions:,} sessions x {cycles:,} cycles x "
        f"{sum(simulation.block_trials.values()):,} trials, {seconds:g} s each, with {units:,} "
        "units",
        "Lower sessions, cycles, block_trials, the units of regions, baseline or timing.",
    )


def _seconds(timing: object) -> float:
    """Return the longest duration of a trial, s."""
    return float(sum(extremes(duration)[1] for duration in vars(timing).values()))


def _of_network(network: Network, where: str) -> tuple[float, str, str, str]:
    steps = network.encoded_steps + network.report_steps
    rows = max(network.batch, 2 * len(network.trial_types) * network.test_trials)
    weights = _MATRIX * network.hidden**2
    return (
        float(weights + 4 * rows * steps * network.hidden + network.seeds * _SESSION),
        where,
        f"a network of {network.hidden:,} hidden units, with {rows:,} trials of "
        f"{steps * NETWORK_STEP:g} s",
        "Lower hidden, batch, test_trials or seeds.",
    )

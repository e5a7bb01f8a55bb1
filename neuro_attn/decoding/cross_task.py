"""Cross-task decoding: train on each task at each time, test on every task at every time.

Within-task and across-task accuracy come from the same decoders, so both have the same number of
training trials. The data, permuted labels and resampled trials and units are decoded in the same
way (`population_decoder`).

Permutations relabel the trials of the task on which a decoder is trained. Across tasks, the tested
task keeps its labels and its signal. The null therefore contains the chance overlap of an
uninformative decoder with that signal, which relabelling both tasks would remove.

If both tasks have a code, their axes overlap by chance, too. Relabelling underestimates this
overlap: shuffled decoders have another direction in every fold, so their mean over folds varies
less than the accuracy of decoders that have found a code. The same holds for two times of one task.
Across tasks and across times we therefore use a second null, in which random units are mirrored in
the test (`mirrored.evaluate_mirrored`).
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import xarray as xr

from neuro_attn import printing
from neuro_attn.decoding.original import decode_original
from neuro_attn.decoding.population import Population, without_times
from neuro_attn.decoding.population_decoder import ORIGINAL, PopulationDecoder
from neuro_attn.decoding.preparation import surrogates_of
from neuro_attn.decoding.scores import score_of
from neuro_attn.decoding.splits import Replicate
from neuro_attn.decoding.subsets import by_trial_count, by_unit_count, halves
from neuro_attn.decoding.surrogates import Generator
from neuro_attn.study import Study

logger = logging.getLogger(__name__)


def decode_region(
    members: list[Population],
    study: Study,
    *,
    region: str,
    n_units: int | None,
    generator: Generator | None = None,
    progress: bool = True,
) -> xr.Dataset:
    """Decode all populations of a region, with null and bootstrap.

    Parameters
    ----------
    members : list of Population
        From `build_populations`: one per session, or one of pooled units.
    study : Study
        The data set, with the settings of decoding and inference.
    region : str
        The region; part of the names of random streams.
    n_units : int or None
        Units of a draw; None takes all.
    generator : callable, optional
        Generates labels as the experiment did, for the null model ``pseudosession``, from session,
        task, true classes of the task's trials in order of time, and a `numpy.random.Generator`. It
        must not use more of the true classes than the experiment had fixed in advance.
    progress : bool
        Show a progress bar on stderr, if that is a terminal.

    Returns
    -------
    xarray.Dataset
        At pairs of times: ``accuracy`` (session, train_task, test_task, train_time, test_time,
        draw), ``null`` (..., permutation) and ``mirrored`` (the same; within tasks at equal times
        it is ``null``).
        At equal times: ``bootstrap`` (session, train_task, test_task, time, replicate). In windows:
        the same with the prefix ``window_``, ``unit_accuracy`` for several numbers of units,
        ``trial_accuracy`` for several numbers of training trials (``n_per_class``), and
        ``half_accuracy`` for disjoint halves of the units. ``n_constant`` are units that are
        constant over the training trials, means over folds and draws. ``confidence`` is
        P(true class) of each trial. ``weights`` and ``patterns`` are for standardised units.

    Raises
    ------
    InputError
        If the null model gives too few label sets, or blocks do not fill the folds.
    """
    with _decoders(
        members, study, region=region, n_units=n_units, generator=generator, progress=progress
    ) as decoders:
        decoded = [_decoded(decoder) for decoder in decoders]
    sessions, trials, units = zip(*decoded, strict=True)
    _report_constant_units(sessions, f"{study.name}, region {region}")
    on_sessions = xr.concat(sessions, "session", join="outer")
    merged = xr.merge([on_sessions, xr.concat(trials, "trial"), xr.concat(units, "unit")])
    return merged.assign_attrs(
        dataset=study.name,
        region=region,
        chance=score_of(study.dataset.decoding).chance(len(members[0].classes)),
        classes=", ".join(members[0].classes),
        population=study.dataset.decoding.population,
        confidence=study.dataset.inference.confidence,
    )


def decode_nulls(
    members: list[Population],
    study: Study,
    *,
    region: str,
    n_units: int | None,
    label_sets: range,
    progress: bool = True,
) -> xr.Dataset:
    """Decode some of the permutations of a region: a block of its nulls.

    Parameters
    ----------
    members, study, region, n_units, progress
        As in `decode_region`.
    label_sets : range
        Numbers of the permutations.

    Returns
    -------
    xarray.Dataset
        ``null``, ``mirrored``, ``window_null`` and ``window_mirrored`` as in `decode_region`, which
        `inference.blocks.with_nulls` joins.
    """
    with _decoders(
        members,
        study,
        region=region,
        n_units=n_units,
        generator=None,
        progress=progress,
        label_sets=label_sets,
    ) as decoders:
        decoded = [xr.Dataset(_nulls(decoder, label_sets)) for decoder in decoders]
    names = xr.DataArray([member.session for member in members], dims="session", name="session")
    return xr.concat(decoded, names).assign_attrs(dataset=study.name, region=region)


def decode_windows(
    members: list[Population],
    study: Study,
    *,
    region: str,
    n_units: int | None,
    mirrored: bool = True,
    resample_units: bool = True,
    progress: bool = True,
) -> xr.Dataset:
    """Decode all populations of a region in the windows alone, with null and bootstrap.

    Parameters
    ----------
    members, study, region, n_units, progress
        As in `decode_region`.
    mirrored : bool
        Whether to mirror units, too; mirroring a single unit is uninformative.
    resample_units : bool
        Whether bootstraps resample units, too, and not only trials.

    Returns
    -------
    xarray.Dataset
        What `decode_region` returns for the windows, but with the mean over draws.
    """
    timeless = [without_times(member) for member in members]
    with _decoders(
        timeless,
        study,
        region=region,
        n_units=n_units,
        generator=None,
        resample_units=resample_units,
        progress=progress,
    ) as decoders:
        decoded = [_decoded_in_windows(decoder, mirrored) for decoder in decoders]
    chance = score_of(study.dataset.decoding).chance(len(members[0].classes))
    return xr.concat(decoded, "session").assign_attrs(
        dataset=study.name, region=region, chance=chance
    )


def _report_constant_units(sessions: Iterable[xr.Dataset], where: str) -> None:
    """Log how many units of the populations are constant in windows, if any are."""
    for on_session in sessions:
        found = on_session["window_n_constant"].squeeze("session")
        for task in found["train_task"].values:
            numbers = found.sel(train_task=task).to_series()
            numbers = numbers[numbers > 0]
            if not len(numbers):
                continue
            logger.warning(
                "%s, session %s, task %s: of %d units, %s (mean over folds and draws) are constant "
                "over the training trials and have no weight.",
                where,
                on_session["session"].item(),
                task,
                on_session["units_per_draw"].item(),
                ", ".join(f"{number:.3g} in window {window}" for window, number in numbers.items()),
            )


@contextmanager
def _decoders(
    members: list[Population],
    study: Study,
    *,
    region: str,
    n_units: int | None,
    generator: Generator | None,
    progress: bool,
    resample_units: bool = True,
    label_sets: range | None = None,
) -> Iterator[list[PopulationDecoder]]:
    """Prepare to decode populations, and show the progress until the context is left."""
    inference = study.dataset.inference
    surrogates = surrogates_of(members, study, generator)
    steps = 1 + inference.permutations + inference.bootstraps
    if label_sets is not None:
        steps = len(label_sets)
    with printing.bar(
        total=steps * study.dataset.decoding.draws * len(members),
        desc=f"decoding {region}",
        disable=None if progress else True,
        leave=False,
    ) as bar:
        yield [
            PopulationDecoder(
                member,
                study,
                region=region,
                n_units=n_units,
                surrogates=of_member,
                progress=bar,
                resample_units=resample_units,
            )
            for member, of_member in zip(members, surrogates, strict=True)
        ]


def _decoded(decoder: PopulationDecoder) -> tuple[xr.Dataset, xr.Dataset, xr.Dataset]:
    """Return the results that are defined on sessions, on trials and on units."""
    original = decode_original(decoder)
    nulls = _nulls(decoder, range(decoder.inference.permutations))
    boot = decoder.replicated(decoder.replicates("bootstrap"))
    counts, by_count = by_unit_count(decoder)
    times = slice(len(decoder.population.times))
    pair = ("train_task", "test_task")
    cross = (*pair, "train_time", "test_time")

    window_accuracy = _in_windows(original.accuracy, decoder)
    on_session = xr.Dataset(
        {
            "accuracy": ((*cross, "draw"), _at_pairs_of_times(original.accuracy, decoder)),
            **nulls,
            "bootstrap": (
                (*pair, "time", "replicate"),
                np.moveaxis(_at_equal_times(boot)[..., times], 0, -1),
            ),
            "window_accuracy": ((*pair, "window", "draw"), window_accuracy),
            "window_bootstrap": ((*pair, "window", "replicate"), _in_windows(boot, decoder)),
            "unit_accuracy": ((*pair, "window", "n_units", "draw"), by_count),
            "half_accuracy": ((*pair, "window", "half", "draw"), halves(decoder)),
            **by_trial_count(decoder, window_accuracy),
            **decoder.counts(),
            "n_constant": (("train_task", "time"), original.n_constant[:, times]),
            "window_n_constant": (
                ("train_task", "window"),
                original.n_constant[:, decoder.windows],
            ),
            "unconverged": ((), original.unconverged),
        },
        coords={
            "train_task": list(decoder.population.tasks),
            "test_task": list(decoder.population.tasks),
            "train_time": decoder.population.times,
            "test_time": decoder.population.times,
            "time": decoder.population.times,
            "window": list(decoder.population.windows),
            "n_units": counts,
        },
    ).expand_dims(session=[decoder.population.session])
    return on_session, original.on_trials, original.on_units


def _nulls(decoder: PopulationDecoder, label_sets: range) -> dict[str, tuple]:
    """Return accuracies with the surrogate labels, and the mirrored units, of some permutations."""
    null = decoder.replicated([Replicate("permutation", number) for number in label_sets])
    mirrored = decoder.mirrored(null, label_sets.start)
    pair = ("train_task", "test_task")
    at_times = (*pair, "train_time", "test_time", "permutation")
    in_window = (*pair, "window", "permutation")
    return {
        "null": (at_times, _at_pairs_of_times(null, decoder)),
        "mirrored": (at_times, _at_pairs_of_times(mirrored, decoder)),
        "window_null": (in_window, _in_windows(null, decoder)),
        "window_mirrored": (in_window, _in_windows(mirrored, decoder)),
    }


def _at_pairs_of_times(values: np.ndarray, decoder: PopulationDecoder) -> np.ndarray:
    """Return accuracies (replicate, ..., bin, bin) at pairs of times, the replicate last."""
    times = slice(len(decoder.population.times))
    return np.moveaxis(values[..., times, times], 0, -1)


def _in_windows(values: np.ndarray, decoder: PopulationDecoder) -> np.ndarray:
    """Return accuracies (replicate, ..., bin, bin) within windows, the replicate last."""
    return np.moveaxis(_at_equal_times(values)[..., decoder.windows], 0, -1)


def _at_equal_times(accuracy: np.ndarray) -> np.ndarray:
    """Return accuracies at equal training and test times, the last two axes."""
    return np.diagonal(accuracy, axis1=-2, axis2=-1)


def _decoded_in_windows(decoder: PopulationDecoder, mirrored: bool) -> xr.Dataset:
    """Return what is decoded in the windows of a population without times."""
    null = decoder.replicated(decoder.replicates("permutation"))
    accuracies = {
        "window_accuracy": ("draw", decoder.replicated([ORIGINAL])),
        "window_null": ("permutation", null),
        "window_bootstrap": (
            "replicate",
            decoder.replicated(decoder.replicates("bootstrap")),
        ),
    }
    if mirrored:
        accuracies["window_mirrored"] = ("permutation", decoder.mirrored(null))
    values = {
        name: ((dim, "train_task", "test_task", "window"), _at_equal_times(each))
        for name, (dim, each) in accuracies.items()
    }
    coordinates = {
        "train_task": list(decoder.population.tasks),
        "test_task": list(decoder.population.tasks),
        "window": list(decoder.population.windows),
    }
    decoded = xr.Dataset({**values, **decoder.counts()}, coords=coordinates)
    return decoded.expand_dims(session=[decoder.population.session])

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

import xarray as xr

from neuro_attn import printing
from neuro_attn.decoding.null_block import (
    CONFUSED,
    CROSS,
    PAIR,
    NullBlock,
    at_equal_times,
    at_pairs_of_times,
    in_bins,
    in_windows,
)
from neuro_attn.decoding.original import decode_original
from neuro_attn.decoding.population import Population, without_times
from neuro_attn.decoding.population_decoder import ORIGINAL, PopulationDecoder
from neuro_attn.decoding.preparation import surrogates_of
from neuro_attn.decoding.scores import score_of
from neuro_attn.decoding.subsets import by_size
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
        draw); as means over sessions ``cross_null`` (..., permutation) and ``cross_mirrored`` (the
        same; within tasks at equal times it is ``cross_null``).
        At equal times: ``null`` and ``mirrored`` (session, train_task, test_task, time,
        permutation), ``bootstrap`` (..., replicate). In windows: the same and the accuracy with
        the prefix ``window_``, ``unit_accuracy`` for several numbers of units,
        ``trial_accuracy`` for several numbers of training trials (``n_per_class``), and
        ``half_accuracy`` for disjoint halves of the units. ``n_constant`` are units that are
        constant over the training trials, means over folds and draws. ``confusion`` (session,
        train_task, test_task, window, true_class, decoded_class) counts tests over folds and draws,
        and ``confusion_null`` (..., permutation) are shares, means over sessions. ``confidence`` is
        P(true class) of each trial. ``weights`` and ``patterns`` are for standardised units.

    Raises
    ------
    InputError
        If the null model gives too few label sets, or blocks do not fill the folds.
    """
    nulls = NullBlock(range(study.dataset.inference.permutations))
    with _decoders(
        members, study, region=region, n_units=n_units, generator=generator, progress=progress
    ) as decoders:
        decoded = [_decoded(decoder, nulls) for decoder in decoders]
    sessions, trials, units = zip(*decoded, strict=True)
    _report_constant_units(sessions, f"{study.name}, region {region}")
    on_sessions = xr.concat(sessions, "session", join="outer")
    on_trials, on_units = xr.concat(trials, "trial"), xr.concat(units, "unit")
    of_nulls = [nulls.at_pairs_of_times(), nulls.confusion()]
    merged = xr.merge([on_sessions, on_trials, on_units, *of_nulls])
    of_label = {"classes": ", ".join(members[0].classes)}
    if members[0].is_continuous:
        # Accuracy is then a score that is reported on another scale.
        of_label = {"label_kind": members[0].label_kind, "score": study.dataset.decoding.score}
    return merged.assign_attrs(
        dataset=study.name,
        region=region,
        chance=score_of(study.dataset.decoding).chance(len(members[0].classes)),
        **of_label,
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
        ``null``, ``mirrored``, ``window_null``, ``window_mirrored``, ``cross_null``,
        ``cross_mirrored`` and ``confusion_null`` as in `decode_region`.
        `inference.reduction.reduced` tests against all blocks.
    """
    nulls = NullBlock(label_sets)
    with _decoders(
        members,
        study,
        region=region,
        n_units=n_units,
        generator=None,
        progress=progress,
        label_sets=label_sets,
    ) as decoders:
        decoded = [xr.Dataset(nulls.decode(decoder)) for decoder in decoders]
    names = xr.DataArray([member.session for member in members], dims="session", name="session")
    found = xr.concat(decoded, names)
    found = xr.merge([found, nulls.at_pairs_of_times(), nulls.confusion()])
    return found.assign_attrs(dataset=study.name, region=region)


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


def _decoded(
    decoder: PopulationDecoder, nulls: NullBlock
) -> tuple[xr.Dataset, xr.Dataset, xr.Dataset]:
    """Return the results that are defined on sessions, on trials and on units."""
    original = decode_original(decoder)
    of_permutations = nulls.decode(decoder)
    boot = decoder.replicated(decoder.replicates("bootstrap"))
    times = slice(len(decoder.population.times))

    window_accuracy = in_windows(original.accuracy, decoder)
    classes = list(decoder.population.classes)
    confused = {
        "confusion": (CONFUSED, original.confusion),
        "true_class": ("true_class", classes),
        "decoded_class": ("decoded_class", classes),
    }
    on_session = xr.Dataset(
        {
            "accuracy": ((*CROSS, "draw"), at_pairs_of_times(original.accuracy, decoder)),
            **of_permutations,
            "bootstrap": ((*PAIR, "time", "replicate"), in_bins(boot, decoder)),
            "window_accuracy": ((*PAIR, "window", "draw"), window_accuracy),
            "window_bootstrap": ((*PAIR, "window", "replicate"), in_windows(boot, decoder)),
            # Tables of sizes and confusions are those of classes.
            **({} if decoder.population.is_continuous else by_size(decoder, window_accuracy)),
            **({} if decoder.population.is_continuous else confused),
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
            "test_task": list(decoder.population.tested_tasks),
            "train_time": decoder.population.times,
            "test_time": decoder.population.times,
            "time": decoder.population.times,
            "window": list(decoder.population.windows),
        },
    ).expand_dims(session=[decoder.population.session])
    return on_session, original.on_trials, original.on_units


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
        name: ((dim, "train_task", "test_task", "window"), at_equal_times(each))
        for name, (dim, each) in accuracies.items()
    }
    coordinates = {
        "train_task": list(decoder.population.tasks),
        "test_task": list(decoder.population.tested_tasks),
        "window": list(decoder.population.windows),
    }
    decoded = xr.Dataset({**values, **decoder.counts()}, coords=coordinates)
    return decoded.expand_dims(session=[decoder.population.session])

"""Training of the decoders of one task, in all bins and replicates."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from neuro_attn.configuration import Decoding
from neuro_attn.configuration.decoders import DECODERS
from neuro_attn.decoding.adjustment import training_rows
from neuro_attn.decoding.population import Population
from neuro_attn.decoding.readouts import fit_predictors, fit_readouts
from neuro_attn.decoding.splits import Fold


class Trained(NamedTuple):
    """Decoders of one task.

    ``weights``, ``standardized`` and ``patterns`` (replicate, bin, unit, output), ``intercept``
    (replicate, bin, output) for rates less their origin, ``n_constant`` (replicate, bin)
    constant units, ``unconverged`` fraction of fits.
    """

    weights: np.ndarray
    intercept: np.ndarray
    standardized: np.ndarray
    patterns: np.ndarray
    n_constant: np.ndarray
    unconverged: float


def train(
    population: Population,
    folds: Sequence[Fold],
    *,
    task: int,
    units: np.ndarray,
    settings: Decoding,
    bins: slice,
) -> Trained:
    """Train decoders on a task in a fold of several replicates; see `evaluation.evaluate_fold`."""
    if population.is_continuous:
        return _train_predictors(
            population, folds, task=task, units=units, settings=settings, bins=bins
        )
    data = training_rows(population, folds, task=task, units=units, bins=bins)
    n_replicates, n_bins, _, n_units = data.shape
    copies, widths = None, population.widths
    if "copies" in DECODERS[settings.decoder].needs:
        copies = np.repeat([_copies(fold.train[task]) for fold in folds], n_bins, axis=0)
    fitted = fit_readouts(
        data.reshape(-1, *data.shape[-2:]),
        folds[0].train_label[task][:, None],
        n_classes=len(population.classes),
        settings=settings,
        copies=copies,
        widths=None if widths is None else np.tile(widths[bins], n_replicates),
    )
    weights, intercept = fitted.on_rates(np.repeat(population.origin[units], n_bins, axis=0))
    standardized = fitted.readouts.weights[:, :, 0]
    if not np.isfinite(weights).all():
        raise FloatingPointError("weights of decoders are not finite")
    shape = (n_replicates, n_bins, n_units, -1)
    return Trained(
        weights.reshape(shape),
        intercept.reshape(n_replicates, n_bins, -1),
        standardized.reshape(shape),
        _patterns(fitted.data, standardized).reshape(shape),
        fitted.units.constant.sum(axis=-1).reshape(n_replicates, n_bins),
        float(1 - fitted.readouts.converged.mean()),
    )


def _train_predictors(
    population: Population,
    folds: Sequence[Fold],
    *,
    task: int,
    units: np.ndarray,
    settings: Decoding,
    bins: slice,
) -> Trained:
    """Train regressions on a task; replicates with the same trials and units share one fit."""
    trials = [fold.train[task] for fold in folds]
    targets = np.stack([_targets(population, fold.train_label[task]) for fold in folds], axis=1)
    # Resamples of few trials can draw the same ones, but of other units.
    shared = all(np.array_equal(each, trials[0]) for each in trials[1:]) and bool(
        (units == units[0]).all()
    )
    groups = [slice(None)] if shared else [slice(n, n + 1) for n in range(len(folds))]
    made = [
        _train_shared(
            population,
            folds[group][0],
            targets[:, group],
            task=task,
            units=units[group][:1],
            settings=settings,
            bins=bins,
        )
        for group in groups
    ]
    parts = [np.concatenate(each) for each in zip(*(each[:-1] for each in made), strict=True)]
    weights, intercept, standardized, patterns, n_constant = parts
    return Trained(weights, intercept, standardized, patterns, n_constant, 0.0)


def _train_shared(
    population: Population,
    fold: Fold,
    targets: np.ndarray,
    *,
    task: int,
    units: np.ndarray,
    settings: Decoding,
    bins: slice,
) -> Trained:
    """Train regressions on the trials of a fold, with targets (row, replicate, output)."""
    data = training_rows(population, [fold], task=task, units=units, bins=bins)[0]
    fitted = fit_predictors(data, targets, settings, copies=_copies(fold.train[task]))
    weights, intercept = fitted.on_rates(np.repeat(population.origin[units], len(data), axis=0))
    standardized = np.moveaxis(fitted.readouts.weights, 2, 0)
    n_constant = fitted.units.constant.sum(axis=-1)
    return Trained(
        np.moveaxis(weights, 2, 0),
        np.moveaxis(intercept, 1, 0),
        standardized,
        _patterns(fitted.data, standardized),
        np.broadcast_to(n_constant, (len(standardized), len(data))),
        0.0,
    )


def _copies(trials: np.ndarray) -> np.ndarray:
    """Return how many rows have the trials of each row, (row,), from trials (part, row)."""
    _, row, counts = np.unique(trials, axis=1, return_inverse=True, return_counts=True)
    return counts[row.ravel()]


def _targets(population: Population, values: np.ndarray) -> np.ndarray:
    """Return what is predicted for values of a continuous label: (row, output)."""
    if population.label_kind == "circular":
        return np.stack([np.cos(values), np.sin(values)], axis=-1)
    return values[:, None]


def _patterns(data: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return activation patterns cov(X, s) / var(s) of the scores s = Xw (Haufe et al. 2014)."""
    scores = data @ weights
    variance = np.maximum((scores**2).sum(axis=-2, keepdims=True), np.finfo(data.dtype).tiny)
    return np.swapaxes(data, -1, -2) @ scores / variance

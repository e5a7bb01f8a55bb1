"""Nuisance variables are regressed out of the rates by training trials alone."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from neuro_attn.decoding.adjustment import held_out_rows, training_rows
from neuro_attn.decoding.splits import Fold

EVERY_BIN = slice(None)
TRAIN, TEST = np.arange(0, 30), np.arange(30, 40)


@pytest.fixture
def two_sessions(population):
    """Make a pseudopopulation of two sessions with nuisance variables of their own."""
    rng = np.random.default_rng(3)
    task, label = np.zeros(40, int), np.arange(40) % 2
    made = population(
        *((5 + rng.normal(size=(40, n_units, 3)), task, label) for n_units in (2, 4)), n_tasks=1
    )
    # One is constant over bins, the other has a value in each.
    nuisance = rng.normal(size=(40, 3, 1)), rng.normal(size=(40, 2, 3))
    parts = [replace(part, nuisance=z) for part, z in zip(made.parts, nuisance, strict=True)]
    return replace(made, parts=parts)


def fold_of(train=TRAIN, test=TEST, n_parts=2):
    sides = [np.tile(each, (n_parts, 1)) for each in (train, test)]
    return Fold([sides[0]], [sides[1]], [train % 2], [test % 2])


def sides(population, fold, units=None):
    """Return the training and test rows of the first replicate, (bin, row, unit)."""
    units = np.arange(population.n_units)[None] if units is None else units
    return [
        function(population, [fold], task=0, units=units, bins=EVERY_BIN)[0]
        for function in (training_rows, held_out_rows)
    ]


def test_rates_are_the_residuals_of_a_regression_on_the_training_trials(two_sessions):
    units = np.array([[4, 0, 1, 5, 2]])
    found = sides(two_sessions, fold_of(), units)
    for place, unit in enumerate(units[0]):
        part = two_sessions.parts[0 if unit < 2 else 1]
        for time in range(3):
            z = part.nuisance[..., min(time, part.nuisance.shape[2] - 1)]
            rates = part.rates[:, unit if unit < 2 else unit - 2, time].astype(float)
            fitted = LinearRegression().fit(z[TRAIN], rates[TRAIN])
            predicted = fitted.predict(z) - fitted.predict(z[TRAIN]).mean()
            expected = rates - predicted
            origin = two_sessions.origin[unit]
            np.testing.assert_allclose(found[0][time, :, place], expected[TRAIN], atol=1e-5)
            np.testing.assert_allclose(found[1][time, :, place], expected[TEST] - origin, atol=1e-5)


def test_test_trials_influence_neither_the_regression_nor_each_other(two_sessions):
    changed = []
    for part in two_sessions.parts:
        rates, nuisance = part.rates.copy(), part.nuisance.copy()
        rates[TEST[1:]] += 100
        nuisance[TEST[1:]] *= -7
        changed.append(replace(part, rates=rates, nuisance=nuisance))
    before = sides(two_sessions, fold_of())
    after = sides(replace(two_sessions, parts=changed), fold_of())
    np.testing.assert_allclose(before[0], after[0], atol=1e-4)
    shift = (two_sessions.origin - replace(two_sessions, parts=changed).origin)[None]
    np.testing.assert_allclose(before[1][:, 0], after[1][:, 0] - shift, atol=1e-4)


def test_a_value_that_the_training_side_lacks_is_not_extrapolated(two_sessions):
    part = two_sessions.parts[0]
    only_in_test = np.isin(np.arange(40), TEST).astype(float)[:, None, None]
    part = replace(part, nuisance=only_in_test)
    alone = replace(two_sessions, parts=[part])
    train, test = sides(alone, fold_of(n_parts=1))
    np.testing.assert_array_equal(train[0], part.rates[TRAIN, :, 0])
    np.testing.assert_allclose(test[0], part.rates[TEST, :, 0] - alone.origin, atol=1e-5)


def test_mean_rates_of_the_training_trials_remain(two_sessions):
    train, _ = sides(two_sessions, fold_of())
    expected = np.concatenate([part.rates[TRAIN].mean(axis=0) for part in two_sessions.parts]).T
    np.testing.assert_allclose(train.mean(axis=1), expected, atol=1e-5)

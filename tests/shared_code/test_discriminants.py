"""Sensitivity of linear discriminants within and across tasks."""

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from neuro_attn.shared_code import discriminants
from neuro_attn.shared_code.discriminants import d_prime, sensitivity


def task(rng, axis, n=60, n_classes=2):
    label = rng.permutation(np.arange(n) % n_classes)
    rates = label[:, None] * axis + rng.normal(size=(n, len(axis)))
    return rates[..., None], label


def test_the_discriminant_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    rates, label = task(rng, rng.normal(size=12))
    axes, _ = discriminants._discriminants(np.moveaxis(rates, 2, 0), label, [(0, 1)])
    oracle = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto", priors=[0.5, 0.5])
    # scikit-learn standardises with the SD around the class means, divided by n.
    oracle.fit(rates[..., 0], label)
    turned = np.dot(axes[0, :, 0], oracle.coef_[0]) / (
        np.linalg.norm(axes[0, :, 0]) * np.linalg.norm(oracle.coef_[0])
    )
    assert turned > 0.9999


def test_planted_codes_have_the_planted_sensitivity():
    rng = np.random.default_rng(1)
    axis = np.zeros(10)
    axis[0] = 2.0
    first, second = task(rng, axis, 20_000), task(rng, axis, 20_000)
    found = sensitivity(first, second, folds=5, rng=rng)
    # d' of 20,000 trials has a standard error below .02; 5 of them are not met by chance.
    for each in found:
        assert each[0] == pytest.approx(2.0, abs=0.1)


def test_a_reversed_code_has_a_negative_sensitivity_across_tasks():
    rng = np.random.default_rng(2)
    axis = rng.normal(size=10)
    found = sensitivity(task(rng, axis), task(rng, -axis), folds=5, rng=rng)
    assert found.first[0] > 1
    assert found.first_on_second[0] < -1
    assert found.second_on_first[0] < -1


def test_mean_rates_of_a_task_do_not_matter():
    rng = np.random.default_rng(3)
    axis = rng.normal(size=10)
    first, (rates, label) = task(rng, axis), task(rng, axis)
    plain = sensitivity(first, (rates, label), folds=5, rng=np.random.default_rng(0))
    moved = rates + rng.normal(size=(1, 10, 1)) * 100
    other = sensitivity(first, (moved, label), folds=5, rng=np.random.default_rng(0))
    for one, two in zip(plain, other, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-6)


def test_held_out_trials_are_not_trained_on():
    # With more units than trials, training trials are separated in any noise.
    rng = np.random.default_rng(4)
    found = [
        sensitivity(task(rng, np.zeros(40), 20), task(rng, np.zeros(40), 20), folds=5, rng=rng)
        for _ in range(200)
    ]
    mean = np.mean([each.first[0] for each in found])
    error = np.std([each.first[0] for each in found]) / np.sqrt(200)
    assert abs(mean) < 5 * error


def test_bins_are_independent_of_each_other():
    rng = np.random.default_rng(5)
    axis = rng.normal(size=8)
    tasks = [task(rng, axis) for _ in range(4)]
    label = tasks[0][1]
    first = np.concatenate([tasks[0][0], rng.normal(size=(60, 8, 1))], axis=2)
    both = sensitivity((first, label), tasks[1], folds=5, rng=np.random.default_rng(0))
    one = sensitivity((first[..., :1], label), tasks[1], folds=5, rng=np.random.default_rng(0))
    assert both.first[0] == pytest.approx(one.first[0])


def test_several_classes_are_averaged_over_pairs():
    rng = np.random.default_rng(6)
    outputs = rng.normal(size=(1, 30, 3))
    label = np.arange(30) % 3
    pairs = [(0, 1), (0, 2), (1, 2)]
    alone = [d_prime(outputs[..., [number]], label, [pair])[0] for number, pair in enumerate(pairs)]
    assert d_prime(outputs, label, pairs)[0] == pytest.approx(np.mean(alone))


def test_units_without_spikes_have_no_sensitivity():
    rng = np.random.default_rng(7)
    silent = (np.zeros((20, 3, 1)), np.arange(20) % 2)
    found = sensitivity(silent, silent, folds=5, rng=rng)
    assert all(each[0] == 0 for each in found)

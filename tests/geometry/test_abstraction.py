"""Abstraction: factorised codes generalise, tangled ones only shatter, and noise does neither."""

import numpy as np
import pytest

from neuro_attn.configuration import Decoding
from neuro_attn.decoding.population import Population, SessionTrials
from neuro_attn.geometry.estimates import Resampling, UndefinedError
from neuro_attn.geometry.measures import abstraction
from neuro_attn.geometry.measures.abstraction import DICHOTOMIES, dichotomies
from neuro_attn.geometry.places import Context, Place
from tests.studies import study_of

RESAMPLING = Resampling(study_of(name="toy"), bootstraps=20, splits=3, shuffles=20, confidence=0.95)
DECODING = Decoding()
UNITS = 30


def population(codes, sessions=1, trials=40, noise=1.0, seed=0):
    """Trials around codes (task, class, unit of all sessions)."""
    rng = np.random.default_rng(seed)
    n_tasks, n_classes, n_units = codes.shape
    task, label = (
        np.repeat(each, trials) for each in np.indices((n_tasks, n_classes)).reshape(2, -1)
    )
    parts = []
    for number, code in enumerate(np.split(codes, sessions, axis=2)):
        rates = code[task, label] + noise * rng.normal(size=(len(task), n_units // sessions))
        parts.append(
            SessionTrials(
                f"session{number}",
                rates[:, :, None].astype(np.float32),
                task,
                label,
                np.arange(n_units // sessions).astype(str),
                np.arange(len(task)),
            )
        )
    names = tuple("abcdefg")
    return Population("all", parts, names[:n_tasks], names[:n_classes], ("late",), np.empty(0))


def axes(n, seed=0):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(UNITS, n)))[0].T


def factorised(strength=3.0):
    """One axis for the class, one for the task."""
    of_class, of_task = strength * axes(2)
    signs = np.array([-1, 1])
    return signs[:, None, None] * of_task + signs[None, :, None] * of_class


def tangled(strength=3.0):
    """An axis of its own for every condition."""
    return np.sqrt(2) * strength * axes(4).reshape(2, 2, UNITS)


def found(codes, **keys):
    place, context = Place((0, 1), (0,)), Context(None, DECODING, RESAMPLING)
    return abstraction.estimate(population(codes, **keys), place, context)


@pytest.mark.parametrize("sessions", [1, 3])
def test_a_factorised_code_generalises_across_conditions(sessions):
    measures = found(factorised(), sessions=sessions)
    for name in ("ccgp_label", "ccgp_task"):
        assert measures[name].value > 0.9
        assert measures[name].value == pytest.approx(measures[name].ceiling, abs=0.05)
    # Of three dichotomies it lacks one, exclusive or.
    assert measures["shattering"].value < 0.9


def test_a_code_with_an_axis_for_every_condition_shatters_but_does_not_generalise():
    measures = found(tangled())
    assert measures["shattering"].value > 0.9
    for name in ("ccgp_label", "ccgp_task"):
        assert measures[name].ceiling > 0.9
        assert measures[name].value < 0.75


def test_noise_generalises_no_better_than_chance():
    """A 99.99 % interval of the mean of 40 data sets; SDs of one are .04 and less."""
    values = {"ccgp_label": [], "ccgp_task": [], "shattering": []}
    above = 0
    for seed in range(40):
        for name, estimate in found(np.zeros((2, 2, UNITS)), seed=seed).items():
            values[name].append(estimate.value)
            sd = estimate.replicates.std()
            above += estimate.value - 0.5 > 1.96 * sd
            assert estimate.floor == pytest.approx(0.5, abs=0.06)
    for each in values.values():
        assert np.mean(each) == pytest.approx(0.5, abs=4 * 0.05 / np.sqrt(40))
    # 120 tests at 2.5 %: more than 13 by chance in fewer than 1 of 10,000 runs.
    assert above <= 13


def test_several_classes_are_told_apart_across_tasks():
    code = 4 * axes(4)[:, None].swapaxes(0, 1)  # the same four classes in both tasks
    measures = found(np.concatenate([code, code]), trials=30)
    assert measures["ccgp_label"].value > 0.8
    assert measures["ccgp_label"].floor == pytest.approx(0.25, abs=0.05)


def test_every_balanced_dichotomy_is_tried_once():
    rng = np.random.default_rng(0)
    for n, number in ((4, 3), (6, 10), (8, 35)):
        sides = dichotomies(n, rng)
        assert sides.shape == (number, n)
        assert (sides.sum(axis=1) == n // 2).all()
        assert not sides[:, 0].any()
        assert len(np.unique(sides, axis=0)) == number
    many = dichotomies(14, rng)
    assert len(np.unique(many, axis=0)) == DICHOTOMIES


def test_too_few_trials_of_a_condition_are_said():
    with pytest.raises(UndefinedError, match="fewer than 4 trials"):
        found(factorised(), trials=3)


def test_replicates_measured_one_by_one_give_the_same_bytes(monkeypatch):
    together = found(tangled(), sessions=2)
    monkeypatch.setattr(abstraction, "BATCH_BYTES", 1)
    for name, one in found(tangled(), sessions=2).items():
        same = together[name]
        assert one.replicates.tobytes() == same.replicates.tobytes()
        assert (one.value, one.ceiling, one.floor) == (same.value, same.ceiling, same.floor)

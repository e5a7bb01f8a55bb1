"""Scores: as scikit-learn computes them, for every pair of bins, and what every score promises."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

import neuro_attn
from neuro_attn.configuration import Decoding
from neuro_attn.configuration.scores import SCORES, specified
from neuro_attn.decoding.scores import auc, balanced_accuracy, score_of

ROOT = Path(__file__).parents[2]
OF_CLASSES = [name for name, each in SCORES.items() if "classes" in each.label_kinds]
of_every_score = pytest.mark.parametrize("score", OF_CLASSES)


@settings(max_examples=50)
@given(n_classes=st.integers(2, 4), n_rows=st.integers(8, 30), seed=st.integers(0, 10**6))
def test_balanced_accuracy_is_that_of_scikit_learn(n_classes, n_rows, seed):
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.arange(n_rows) % n_classes)
    n_outputs = 1 if n_classes == 2 else n_classes
    decision = rng.normal(size=(2, 3, n_rows, 2, n_outputs))
    got = balanced_accuracy.score(decision, truth)
    assert got.shape == (2, 2, 3)
    for replicate, train, test in np.ndindex(got.shape):
        values = decision[replicate, test, :, train]
        predicted = values[:, 0] > 0 if n_outputs == 1 else values.argmax(axis=1)
        expected = balanced_accuracy_score(truth, predicted.astype(int))
        np.testing.assert_allclose(got[replicate, train, test], expected, rtol=1e-12)


@settings(max_examples=50)
@given(
    n_classes=st.integers(2, 4),
    n_rows=st.integers(8, 30),
    steps=st.sampled_from([2, 5, 1000]),
    seed=st.integers(0, 10**6),
)
def test_auc_is_that_of_scikit_learn_with_ties(n_classes, n_rows, steps, seed):
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.arange(n_rows) % n_classes)
    n_outputs = 1 if n_classes == 2 else n_classes
    decision = rng.integers(0, steps, (2, 3, n_rows, 2, n_outputs)) / steps
    got = auc.score(decision.astype(np.float32), truth)
    assert got.shape == (2, 2, 3)
    for replicate, train, test in np.ndindex(got.shape):
        values = decision[replicate, test, :, train].astype(np.float32)
        areas = [
            roc_auc_score(truth == label, values[:, output])
            for output, label in enumerate([1] if n_outputs == 1 else range(n_classes))
        ]
        np.testing.assert_allclose(got[replicate, train, test], np.mean(areas), rtol=1e-12)


def test_auc_in_several_batches_is_that_in_one(monkeypatch):
    rng = np.random.default_rng(0)
    decision, truth = rng.normal(size=(5, 2, 12, 2, 1)), np.arange(12) % 2
    whole = auc.score(decision, truth)
    monkeypatch.setattr(auc, "BATCH", 1)
    np.testing.assert_array_equal(auc.score(decision, truth), whole)


@of_every_score
@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_a_decoder_that_always_gives_the_same_class_is_at_chance(score, n_classes):
    module = score_of(Decoding(score=score))
    truth = np.repeat(np.arange(n_classes), np.arange(1, n_classes + 1))
    decision = np.zeros((1, 1, len(truth), 1, 1 if n_classes == 2 else n_classes))
    decision[..., -1] = 1
    np.testing.assert_allclose(module.score(decision, truth).item(), module.chance(n_classes))


@of_every_score
def test_a_perfect_decoder_scores_1_and_a_reversed_one_0(score):
    module = score_of(Decoding(score=score))
    truth = np.arange(20) % 2
    decision = np.where(truth == 1, 1.0, -1.0)[None, None, :, None, None]
    assert module.score(decision, truth).item() == 1
    assert module.score(-decision, truth).item() == 0


@pytest.mark.parametrize("score", SCORES)
def test_a_score_is_documented(score):
    assert f"`{score}`" in (ROOT / "docs/methods.md").read_text(encoding="utf-8")
    assert score in (ROOT / "config/config.yaml").read_text(encoding="utf-8")


def test_a_module_without_its_constants_is_no_score(tmp_path):
    (tmp_path / "mine.py").write_text('LABEL = "mine"\n')
    with pytest.raises(ValueError, match="MEANING is missing"):
        specified(tmp_path / "mine.py")


# --- in a run -------------------------------------------------------------------------------------


@pytest.mark.parametrize("shift", [0.0, 3.0, 1000.0])
def test_a_shift_of_all_decision_values_reduces_accuracy_but_not_auc(shift):
    """As mean rates do that differ between the trained and the tested task (pitfall 25)."""
    rng = np.random.default_rng(0)
    truth = np.arange(200) % 2
    decision = (truth + rng.normal(size=200) / 4 - 0.5)[None, None, :, None, None]
    assert auc.score(decision + shift, truth) == auc.score(decision, truth) > 0.9
    assert (balanced_accuracy.score(decision + shift, truth) == 0.5) == (shift > 0)


def test_a_data_set_is_decoded_with_its_score():
    rng = np.random.default_rng(0)
    label, task = np.tile([0, 1, 2], 40), np.repeat(["a", "b"], 60)
    rates = np.eye(3)[label] + rng.normal(size=(120, 3))
    found = neuro_attn.cross_task(
        rates,
        label,
        task,
        permutations=1,
        decoding={"score": "auc", "draws": 1},
        inference={"bootstraps": 20},
    )
    assert (found.summary["chance"] == 0.5).all()
    assert found.draw_transfer().axes[-1].get_ylabel() == "AUC"

"""Confusion matrices are scikit-learn's and agree with accuracies; information is corrected."""

import numpy as np
import pytest
import xarray as xr
from sklearn.metrics import confusion_matrix, mutual_info_score

from neuro_attn.configuration import Decoding, Inference
from neuro_attn.decoding import decode_region
from neuro_attn.decoding.confusion import counted, shares
from neuro_attn.inference.confusion import confusion_table, information, information_table
from neuro_attn.inference.reduction import reduced
from tests.studies import study_of

DIMS = ("true_class", "decoded_class")


@pytest.mark.parametrize("n_classes", [2, 3, 6])
def test_counts_are_those_of_scikit_learn(n_classes):
    rng = np.random.default_rng(n_classes)
    truth = rng.permutation(np.repeat(np.arange(n_classes), 9))
    decision = rng.normal(size=(2, 3, len(truth), 1 if n_classes == 2 else n_classes))
    found = counted(truth, decision, n_classes)
    for replicate, time_bin in np.ndindex(2, 3):
        of_bin = decision[replicate, time_bin]
        decoded = of_bin[:, 0] > 0 if n_classes == 2 else of_bin.argmax(axis=1)
        np.testing.assert_array_equal(found[replicate, time_bin], confusion_matrix(truth, decoded))


def test_information_is_scikit_learns_in_bits_and_at_most_the_logarithm_of_the_classes():
    rng = np.random.default_rng(1)
    truth = np.repeat(np.arange(4), 50)
    decoded = np.where(rng.random(200) < 0.6, truth, rng.integers(0, 3, 200))
    q = xr.DataArray(shares(confusion_matrix(truth, decoded)), dims=DIMS)
    expected = mutual_info_score(truth, decoded) / np.log(2)
    assert float(information(q)) == pytest.approx(expected, rel=1e-12)
    for certain in (np.eye(4), np.eye(4)[::-1]):
        assert float(information(xr.DataArray(certain, dims=DIMS))) == pytest.approx(2, rel=1e-12)
    assert float(information(xr.DataArray(np.full((4, 4), 0.25), dims=DIMS))) == 0


@pytest.fixture(scope="module")
def decoded(population, trials):
    """Three classes, of which the second and third differ in task0 only, in two sessions."""
    rng = np.random.default_rng(2)
    code = 3 * np.eye(10)[[[0, 1, 2], [0, 1, 1]]]
    sessions = []
    for _ in range(2):
        task, label = trials(np.full((2, 3), 16), rng)
        rates = code[task, label] + rng.normal(size=(len(task), 10))
        sessions.append((rates[:, :, None], task, label))
    settings = Decoding(decoder="ridge", draws=2, units="all", unit_counts=[], trial_counts=[])
    study = study_of(settings, Inference(permutations=20, bootstraps=20))
    members = [population(each, n_classes=3, window=True) for each in sessions]
    return decode_region(members, study, region="V4", n_units=None, progress=False), study


def test_the_diagonal_is_the_balanced_accuracy_of_data_and_of_permutations(decoded):
    found, _ = decoded
    table = confusion_table([found])
    sums = table.groupby(["train_task", "test_task", "window", "true_class"])["share"].sum()
    np.testing.assert_allclose(sums, 1)
    correct = table[table["true_class"] == table["decoded_class"]]
    diagonal = correct.groupby(["train_task", "test_task"])["share"].mean()
    accuracy = found["window_accuracy"].mean(["session", "draw"]).squeeze("window")
    np.testing.assert_allclose(diagonal, accuracy.values.ravel(), atol=1e-6)
    null = found["confusion_null"].values
    np.testing.assert_allclose(
        np.einsum("abwccp->abwp", null) / 3, found["window_null"].mean("session"), atol=1e-6
    )
    # Both sessions test 16 trials of 3 classes in each of two draws.
    assert table.groupby(["train_task", "test_task"])["n_tests"].sum().unique() == 2 * 2 * 48


def test_classes_that_share_a_code_are_confused_with_each_other(decoded):
    table = confusion_table([decoded[0]])
    of_task = table.query("train_task == 'task1' and test_task == 'task1'")
    share = of_task.set_index(["true_class", "decoded_class"])["share"]
    # Three SDs of noise separate the first class; the others are guessed, in 64 tests of each.
    assert share["class0", "class0"] > 0.75
    assert abs(share["class1", "class2"] - 0.5) < 0.3
    assert share["class1", "class0"] < 0.25


def test_information_is_lower_without_its_bias_and_the_same_from_reduced_results(decoded):
    found, study = decoded
    table = information_table([found])
    assert (table["information_permuted"] > 0).all()
    difference = table["information"] - table["information_permuted"]
    np.testing.assert_allclose(table["information_corrected"], difference)
    within = table.set_index(["train_task", "test_task"])["information_corrected"]
    # Of 1.58 bits, the task with two codes can give 0.92.
    assert within["task0", "task0"] > 0.7
    assert within["task1", "task1"] < 0.92
    other = reduced([found], study.dataset.inference)
    for made in (confusion_table, information_table):
        assert made([other]).equals(made([found]))

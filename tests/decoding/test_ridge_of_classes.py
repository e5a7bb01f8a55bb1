"""Ridge regression of classes is linear discriminant analysis with a penalised scatter."""

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import RidgeClassifier, RidgeClassifierCV

from neuro_attn.configuration import Decoding, parse
from neuro_attn.decoding import training
from neuro_attn.decoding.decoders import ridge
from neuro_attn.decoding.splits import Fold
from neuro_attn.errors import InputError

ALPHAS = [0.3, 3.0, 30.0, 300.0]
sizes = pytest.mark.parametrize(("n_rows", "n_units"), [(3, 1), (4, 40), (30, 8), (60, 70)])


def data(n_classes, n_rows, n_units, seed=0):
    """Return centred rates (row, unit) with a weak code, and classes (row,)."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(n_classes), n_rows))
    rates = rng.normal(size=(len(labels), n_units)) * rng.uniform(0.3, 3, n_units)
    rates += rng.normal(size=(n_classes, n_units))[labels]
    return rates - rates.mean(axis=0), labels


def decisions(rates, labels, alpha, copies=None):
    """Return decision values (row, label set, output) on the training data."""
    labels = labels.reshape(len(labels), -1)
    copies = np.ones(len(rates), int) if copies is None else copies
    found = ridge.fit(rates[None], labels, labels.max() + 1, copies=copies[None], alpha=alpha)
    return np.einsum("nu,uko->nko", rates, found.weights[0]) + found.intercept[0]


class PenalisedScatter:
    """A covariance of scikit-learn's interface: that of a class, plus alpha / n."""

    def __init__(self, added):
        self.added = added

    def fit(self, X):
        self.covariance_ = np.cov(X.T, bias=True).reshape(X.shape[1], -1)
        self.covariance_ = self.covariance_ + self.added * np.eye(X.shape[1])
        return self


@sizes
@pytest.mark.parametrize("alpha", [0.5, 20.0, ALPHAS])
def test_decisions_between_two_classes_are_those_of_scikit_learns_ridge_classifier(
    n_rows, n_units, alpha
):
    """Times one positive number, so the decoded classes and the order of trials are the same."""
    rates, labels = data(2, n_rows, n_units)
    model = RidgeClassifierCV(ALPHAS) if alpha is ALPHAS else RidgeClassifier(alpha)
    oracle = model.fit(rates, labels).decision_function(rates)
    found = decisions(rates, labels, alpha)[:, 0, 0]
    factor = found @ oracle / (oracle @ oracle)
    assert factor > 0
    np.testing.assert_allclose(found / factor, oracle, rtol=0, atol=1e-6)


@sizes
@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_decisions_are_those_of_the_linear_discriminant_of_the_penalised_scatter(
    n_classes, n_rows, n_units
):
    rates, labels = data(n_classes, n_rows, n_units)
    model = LinearDiscriminantAnalysis(
        solver="lsqr", covariance_estimator=PenalisedScatter(7.0 / len(rates))
    )
    oracle = model.fit(rates, labels).decision_function(rates).reshape(len(rates), -1)
    found = decisions(rates, labels, 7.0)[:, 0]
    if n_classes > 2:
        oracle, found = (each - each.mean(axis=1, keepdims=True) for each in (oracle, found))
    np.testing.assert_allclose(found, oracle, rtol=0, atol=1e-6 * np.abs(oracle).max())


@pytest.mark.parametrize("alpha", [3.0, ALPHAS])
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("n_units", [6, 50])
def test_permutations_in_one_product_are_equal_to_refits(n_classes, n_units, alpha):
    rates, labels = data(n_classes, 10, n_units)
    rng = np.random.default_rng(1)
    sets = np.stack([rng.permutation(labels) for _ in range(60)], axis=1)
    together = decisions(rates, sets, alpha)
    alone = np.concatenate([decisions(rates, each, alpha) for each in sets.T], axis=1)
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-10 * np.abs(alone).max())


def test_a_class_between_two_others_is_decoded_although_its_indicator_is_never_the_largest():
    labels = np.repeat([0, 1, 2], 30)
    rates = labels[:, None] - 1 + 0.1 * np.random.default_rng(2).normal(size=(90, 1))
    rates -= rates.mean()
    masked = RidgeClassifier(1.0).fit(rates, labels).predict(rates)
    assert (masked[labels == 1] == 1).mean() < 0.5
    found = decisions(rates, labels, 1.0)[:, 0].argmax(axis=1)
    # 0.5 is five SDs of the noise.
    assert (found == labels).all()


def test_copies_of_a_trial_in_a_resample_are_known_where_the_penalty_is_selected(
    population, trials, monkeypatch
):
    rng = np.random.default_rng(3)
    task, label = trials(np.full((1, 2), 4), rng)
    made = population((rng.normal(size=(8, 3, 2)), task, label), n_tasks=1)
    zero, one = (np.flatnonzero(label == each) for each in (0, 1))
    rows = np.array([[zero[0], zero[0], zero[0], zero[1], one[0], one[1], one[1], one[2]]])
    classes = np.repeat([0, 1], 4)
    fold = Fold([rows], [rows], [classes], [classes])
    taken = []
    fit = ridge.fit
    monkeypatch.setattr(
        ridge, "fit", lambda *data, **keys: taken.append(keys["copies"]) or fit(*data, **keys)
    )
    settings = Decoding(decoder="ridge")
    units = np.arange(3)[None]
    training.train(made, [fold], task=0, units=units, settings=settings, bins=slice(None))
    np.testing.assert_array_equal(taken[0], [[3, 3, 3, 1, 1, 2, 2, 1]] * 2)


def test_ridge_at_the_top_level_is_for_all_data_sets_and_its_penalty_for_no_other_decoder():
    base = {
        "source": "netcdf",
        "files": "*.nc",
        "tasks": {"one": {"trials": "x == 1"}},
        "time": {"start": 0.0, "stop": 0.1, "bin": 0.1},
        "windows": {"all": [0.0, 0.1]},
    }
    angle = {"column": "angle", "kind": "circular"}
    datasets = {"classes": base | {"label": "side"}, "angles": base | {"label": angle}}
    parsed = parse({"decoding": {"decoder": "ridge", "alpha": 7.0}, "datasets": datasets})
    for dataset in parsed.datasets.values():
        assert dataset.decoding.decoder_settings == {"alpha": 7.0}
    with pytest.raises(InputError, match=r"alpha: needs decoder: ridge"):
        parse({"datasets": {"classes": base | {"label": "side", "decoding": {"alpha": 7.0}}}})

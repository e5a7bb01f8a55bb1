"""The solver's optimum is that of logistic regression, whatever the data and the way to it."""

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from scipy.special import expit, logsumexp, softmax
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from neuro_attn.solver import LogisticDecoder, batched_fit, standardize
from neuro_attn.solver.block import OUTPUTS_AT_ONCE
from neuro_attn.solver.preconditioner import ROUGH_UP_TO
from neuro_attn.solver.symmetric_inverse import exact_inverse, rough_inverse

KINDS = (
    "plain",
    "separable",
    "collinear",
    "constant",
    "duplicated",
    "contradictory",
    "counts",
)
TOLERANCE = {np.float32: 1e-3, np.float64: 1e-6}
"""The decoder's default for float32, and what is asked of float64."""
ONE_UNIT_KINDS = tuple(kind for kind in KINDS if kind not in ("collinear", "constant"))


def recording(kind, n_trials, n_units, n_classes, signal, seed):
    """Return rates of training and new trials (trial, unit), exact in float32, and labels."""
    rng = np.random.default_rng(seed)
    half = n_trials // 2
    y = rng.permutation(np.resize(np.arange(n_classes), n_trials))
    if kind == "duplicated":
        y[:half] = rng.permutation(np.resize(np.arange(n_classes), half))
        y[half : 2 * half] = y[:half]
    label = np.tile(y, 2)
    means = signal * rng.normal(size=(n_classes, n_units))
    if kind == "counts":
        X = rng.poisson(2 * np.exp(np.clip(means, -3, 3)[label])).astype(float)
    else:
        X = means[label] + rng.normal(size=(2 * n_trials, n_units))
    if kind == "separable":
        X[:, 0] = 10 * label + 0.1 * rng.normal(size=2 * n_trials)
    if kind in ("duplicated", "contradictory"):
        X[half : 2 * half] = X[:half]
    X = X * rng.uniform(0.2, 3, n_units) + 5 * rng.normal(size=n_units)
    X = X.astype(np.float32).astype(float)
    if kind == "collinear":
        # Doubling is exact, so rounding does not tell the two apart.
        X[:, n_units // 2 :] = 2 * X[:, : n_units - n_units // 2]
    if kind == "constant":
        X[:, ::2] = X[0, ::2]
    return X[:n_trials], X[n_trials:], y


class Oracle:
    """Damped Newton's method in float64, from scikit-learn's solution, with a proof of its error.

    After the intercept is eliminated the objective is 1-strongly convex in the weights, so that
    ``gap``, the norm of its gradient over that of the weights, bounds their relative error, or that
    in parts of 1e-3 where they are smaller.
    """

    def __init__(self, X, y, C, weight=None):
        self.n_classes = y.max() + 1
        self.truth = (y[:, None] == np.arange(self.n_classes)).astype(float)
        self.truth = self.truth[:, -(1 if self.n_classes == 2 else self.n_classes) :]
        self.C, self.weight = C, np.ones(len(y)) if weight is None else weight
        self.design = np.column_stack([X, np.ones(len(X))])
        self.ridge = np.append(np.ones(X.shape[1]), 0)
        theta = self._scikit_learn(X, y)
        value = self._objective(theta)
        for _ in range(100):
            slope, curvature = self._slope(theta), self._curvature(theta)
            step = np.linalg.solve(curvature, slope.T.ravel()).reshape(slope.shape[::-1]).T
            length, promised = 1.0, np.vdot(slope, step)
            while length > 1e-10:
                trial = theta - length * step
                new = self._objective(trial)
                if new <= value - 1e-4 * length * promised or promised <= 1e-12 * abs(value):
                    break
                length /= 2
            theta, value = trial, new
            if np.linalg.norm(self.design @ step) <= 1e-10 * np.linalg.norm(self.design @ theta):
                break
        self.theta = theta
        self.coef = centred(theta[:-1])
        slope = self._slope(theta)
        self.gap = np.linalg.norm(slope[:-1]) / max(np.linalg.norm(theta[:-1]), 1e-3)
        self.intercept_gap = np.abs(slope[-1]).max() / (C * self.weight.sum())

    def _scikit_learn(self, X, y):
        model = LogisticRegression(C=self.C, tol=1e-10, max_iter=10_000, solver="newton-cholesky")
        with warnings.catch_warnings():
            # Where it gives up, on separable data with weak ridges, Newton's method goes on.
            warnings.simplefilter("ignore")
            model.fit(X, y, sample_weight=self.weight)
        return np.vstack([model.coef_.T, model.intercept_])

    def scores(self, X):
        return centred(np.column_stack([X, np.ones(len(X))]) @ self.theta)

    def predict(self, X):
        return most_likely(self.scores(X))

    def _miss(self, scores):
        """Return p - y without the cancellation of 1 - p."""
        if scores.shape[1] == 1:
            sign = 2 * self.truth - 1
            return -sign * expit(-sign * scores)
        norm = logsumexp(scores, axis=1, keepdims=True)
        others = logsumexp(np.where(self.truth == 1, -np.inf, scores), axis=1, keepdims=True)
        return np.where(self.truth == 1, -np.exp(others - norm), np.exp(scores - norm))

    def _objective(self, theta):
        scores = self.design @ theta
        if scores.shape[1] == 1:
            loss = np.logaddexp(0, np.where(self.truth == 1, -scores, scores))[:, 0]
        else:
            own = (self.truth * scores).sum(axis=1)
            others = logsumexp(np.where(self.truth == 1, -np.inf, scores), axis=1)
            loss = np.logaddexp(0, others - own)
        return (self.ridge[:, None] * theta**2).sum() / 2 + self.C * self.weight @ loss

    def _slope(self, theta):
        miss = self.weight[:, None] * self._miss(self.design @ theta)
        return self.ridge[:, None] * theta + self.C * self.design.T @ miss

    def _curvature(self, theta):
        scores = self.design @ theta
        p = expit(scores) if scores.shape[1] == 1 else softmax(scores, axis=1)
        other = np.where(self.truth == 1, -self._miss(scores), 1 - p)
        n_outputs, size = p.shape[1], len(self.ridge)
        blocks = np.zeros((n_outputs, size, n_outputs, size))
        for a, b in np.ndindex(n_outputs, n_outputs):
            bend = self.weight * p[:, a] * (other[:, a] if a == b else -p[:, b])
            blocks[a, :, b] = self.C * (self.design.T * bend) @ self.design
            blocks[a, :, b] += (a == b) * np.diag(self.ridge)
        # The mean of the intercepts is free; it is kept where it is.
        blocks[:, -1, :, -1] += self.C * self.weight.mean() * (n_outputs > 1)
        flat = blocks.reshape(n_outputs * size, -1)
        return flat + np.finfo(float).tiny * np.eye(len(flat))


def centred(scores):
    """Return class scores with mean 0; scores of two classes have one output."""
    scores = scores[:, None] if scores.ndim == 1 else scores
    return scores if scores.shape[1] == 1 else scores - scores.mean(axis=1, keepdims=True)


def most_likely(scores):
    return (scores[:, 0] > 0).astype(int) if scores.shape[1] == 1 else scores.argmax(axis=1)


def relative_error(got, expected):
    """Return the error in norm; of what is 0 but for rounding, the norm itself."""
    difference = np.linalg.norm(centred(got) - centred(expected))
    return difference / max(np.linalg.norm(centred(expected)), 1e-3)


# --- against an oracle whose error is bounded ---------------------------------------------------


@st.composite
def cases(draw):
    """Draw what `recording` takes, C, and whether to standardise."""
    n_classes = draw(st.integers(2, 7))
    more_trials = draw(st.integers(0, n_classes - 1))
    n_units = draw(st.sampled_from([1, 2, 5, 12, 25, 60]))
    return (
        draw(st.sampled_from(KINDS if n_units > 1 else ONE_UNIT_KINDS)),
        n_classes * draw(st.integers(2, 10)) + more_trials,
        n_units,
        n_classes,
        draw(st.sampled_from([0.0, 0.3, 1.0, 4.0])),
        draw(st.integers(0, 2**32)),
        10 ** draw(st.floats(-4, 4)),
        draw(st.booleans()),
    )


BEYOND = 1.1
"""What the error on new trials may be, in units of the tolerance, which concerns training trials.

Of 250 drawn cases one was beyond 1, by 4 %: 8 trials of 12 units in float32 with C = 866.
"""


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scores_and_weights_are_those_of_the_optimum(dtype):
    @settings(max_examples=250)
    @given(cases())
    @example(("separable", 4, 60, 2, 4.0, 0, 1e4, False))
    @example(("separable", 21, 1, 7, 4.0, 1, 1e4, True))
    @example(("contradictory", 16, 5, 2, 0.0, 2, 1e4, True))
    def check(case):
        *what, C, scaled = case
        X, new, y = recording(*what)
        decoder = LogisticDecoder(C=C, standardize=scaled, tol=TOLERANCE[dtype])
        decoder.fit(X.astype(dtype), y)
        Z, units = standardize(X, scale=scaled)
        mean, scale = units.center + units.remainder, units.scale
        oracle = Oracle(Z, y, C)
        # An oracle without its proof would prove nothing.
        assert oracle.gap < 1e-8
        assert oracle.intercept_gap < 1e-12
        for rates, allowed in ((X, 1.0), (new, BEYOND)):
            got = decoder.decision_function(rates.astype(dtype))
            assert got.dtype == dtype
            error = np.linalg.norm(centred(got) - oracle.scores((rates - mean) / scale))
            # The tolerance is relative to the scores of the training trials.
            size = max(np.linalg.norm(oracle.scores(Z)), 1e-3)
            assert error <= allowed * TOLERANCE[dtype] * size
        weights = decoder.coef_.reshape(X.shape[1], -1) * scale[:, None]
        assert relative_error(weights, oracle.coef) <= TOLERANCE[dtype]

    check()


@pytest.mark.parametrize("n_classes", [2, 5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_predictions_are_those_of_scikit_learn(dtype, n_classes):
    agree = []
    for seed in range(20):
        rng = np.random.default_rng([n_classes, seed])
        y = np.resize(np.arange(n_classes), 60)
        means = rng.choice([0.1, 0.5, 2]) * rng.normal(size=(n_classes, 40))
        X = (means[y] + rng.normal(size=(60, 40))).astype(dtype)
        new = (rng.normal(size=(1000, 40)) + means[rng.integers(n_classes, size=1000)]).astype(
            dtype
        )
        C = 10 ** rng.uniform(-4, 2)
        expected = LogisticRegression(C=C, tol=1e-10, max_iter=10_000, solver="newton-cholesky")
        expected.fit(X.astype(float), y)
        decoder = LogisticDecoder(C=C, standardize=False).fit(X, y)
        agree.append(decoder.predict(new) == expected.predict(new.astype(float)))
    assert np.mean(agree) >= 0.9995


# --- weights of trials --------------------------------------------------------------------------


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("n_units", [60, 30, 8])
@pytest.mark.parametrize("C", [1e-3, 1.0, 1e2])
def test_weights_of_trials_are_those_of_scikit_learn(C, n_units, n_classes):
    X, new, y = recording("plain", 40, n_units, n_classes, 0.5, seed=n_units)
    weight = np.random.default_rng(0).uniform(0, 3, 40)
    weight[::7] = 0
    oracle = Oracle(X - X.mean(axis=0), y, C, weight)
    assert oracle.gap < 1e-8
    decoder = LogisticDecoder(C=C, standardize=False, tol=1e-6).fit(X, y, weight)
    expected = oracle.scores(new - X.mean(axis=0))
    assert relative_error(decoder.decision_function(new), expected) <= 1e-6
    assert relative_error(decoder.coef_.reshape(n_units, -1), oracle.coef) <= 1e-6


@pytest.mark.parametrize("n_classes", [2, 3])
def test_whole_weights_are_copies_of_trials(n_classes):
    X, new, y = recording("plain", 30, 12, n_classes, 0.5, seed=1)
    weight = np.random.default_rng(1).integers(1, 4, 30)
    weighed, copied = (LogisticDecoder(standardize=False, tol=1e-6) for _ in range(2))
    weighed.fit(X, y, weight)
    copied.fit(np.repeat(X, weight, axis=0), np.repeat(y, weight))
    got, expected = (each.decision_function(new) for each in (weighed, copied))
    assert relative_error(got, expected) <= 2e-6


@pytest.mark.parametrize("n_classes", [2, 3])
def test_balanced_weights_are_those_of_scikit_learn(n_classes):
    X, new, y = recording("plain", 60, 12, n_classes, 0.5, seed=2)
    rare = np.flatnonzero(y == 0)[4:]
    X, y = np.delete(X, rare, axis=0), np.delete(y, rare)
    expected = LogisticRegression(
        C=0.1, class_weight="balanced", tol=1e-10, max_iter=10_000, solver="newton-cholesky"
    ).fit(X, y)
    decoder = LogisticDecoder(C=0.1, standardize=False, class_weight="balanced", tol=1e-6)
    got = decoder.fit(X, y).decision_function(new)
    assert relative_error(got, expected.decision_function(new)) <= 1e-6


@pytest.mark.parametrize("n_classes", [2, 3])
def test_each_label_set_may_have_weights_of_its_own(n_classes):
    X, new, y = recording("plain", 30, 40, n_classes, 0.5, seed=3)
    rng = np.random.default_rng(3)
    label_sets = np.stack([rng.permutation(y) for _ in range(10)], axis=1)
    weight = rng.uniform(0.1, 2, label_sets.shape)
    together = LogisticDecoder(tol=1e-6).fit(X, label_sets, weight).decision_function(new)
    for column in range(10):
        alone = LogisticDecoder(tol=1e-6).fit(X, label_sets[:, column], weight[:, column])
        assert relative_error(together[:, column], alone.decision_function(new)) <= 2e-6


# --- the way to the optimum does not matter -----------------------------------------------------


@pytest.mark.parametrize("weighed", [False, True])
@pytest.mark.parametrize("n_classes", [2, 7])
@pytest.mark.parametrize("n_units", [60, 30, 12])
def test_an_accelerator_finds_the_same(monkeypatch, n_units, n_classes, weighed):
    X, new, y = recording("plain", 42, n_units, n_classes, 0.5, seed=4)
    X, new = X.astype(np.float32), new.astype(np.float32)
    rng = np.random.default_rng(4)
    label_sets = np.stack([y, *(rng.permutation(y) for _ in range(11))], axis=1)
    weight = rng.uniform(0.5, 2, 42) if weighed else None
    expected = LogisticDecoder(C=0.1).fit(X, label_sets, weight)
    # Where JAX has no other device, it compiles for the processor.
    ways = []
    monkeypatch.setattr(batched_fit, "_has_accelerator", lambda: ways.append(True) or True)
    monkeypatch.setattr(batched_fit, "ACCELERATED_FROM", 0)
    found = LogisticDecoder(C=0.1).fit(X, label_sets, weight)
    assert ways
    assert abs(found.n_iter_ - expected.n_iter_) <= 1
    found, expected = found.decision_function(new), expected.decision_function(new)
    for column in range(12):
        assert relative_error(found[:, column], expected[:, column]) <= 2e-4


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_hard_label_set_leaves_easy_ones_as_they_are(n_classes):
    X, new, y = recording("separable", 42, 60, n_classes, 1.0, seed=5)
    rng = np.random.default_rng(5)
    easy = np.stack([rng.permutation(y) for _ in range(9)], axis=1)
    alone = LogisticDecoder(C=10, tol=1e-6).fit(X, easy).decision_function(new)
    mixed = LogisticDecoder(C=10, tol=1e-6).fit(X, np.insert(easy, 4, y, axis=1))
    among = np.delete(mixed.decision_function(new), 4, axis=1)
    for column in range(9):
        assert relative_error(among[:, column], alone[:, column]) <= 2e-6


def test_only_label_sets_that_did_not_converge_are_counted():
    rng = np.random.default_rng(6)
    # Each row comes twice: with both labels the optimum is 0, with one it is far away.
    X = np.repeat(rng.normal(size=(20, 10)), 2, axis=0)
    contradictory, separable = np.tile([0, 1], 20), np.repeat([0, 1], 20)
    X[:, 0] += np.where(separable, 5, -5)
    label_sets = np.stack([contradictory, separable, 1 - contradictory], axis=1)
    with pytest.warns(ConvergenceWarning, match="1 of 3 problems did not converge in 3 iter"):
        LogisticDecoder(C=1e4, max_iter=3).fit(X, label_sets)
    converged = LogisticDecoder(C=1e4).fit(X, label_sets)
    # Steps were counted, also where Newton's method had to help.
    assert 3 < converged.n_iter_ < converged.max_iter


@pytest.mark.parametrize("n_classes", [2, 3])
def test_label_sets_a_batch_change_nothing(n_classes):
    X, new, y = recording("plain", 42, 20, n_classes, 0.5, seed=7)
    rng = np.random.default_rng(7)
    label_sets = np.stack([y, *(rng.permutation(y) for _ in range(10))], axis=1)
    whole, parts = (
        LogisticDecoder(tol=1e-6, label_sets_per_batch=size)
        .fit(X, label_sets)
        .decision_function(new)
        for size in (1000, 4)
    )
    for column in range(11):
        assert relative_error(parts[:, column], whole[:, column]) <= 2e-6


@pytest.mark.parametrize("C", [1.0, 100.0, 1e4])
def test_many_label_sets_of_units_that_go_together_are_solved_to_the_tolerance(C):
    """Here Q is made of its factors: digits that they lack, the optimum lacks."""
    rng = np.random.default_rng(9)
    axes = np.linalg.qr(rng.normal(size=(60, 60)))[0]
    X = (rng.normal(size=(120, 60)) * np.logspace(0, -3, 60)) @ axes
    X = X.astype(np.float32)
    label_sets = np.stack([rng.permutation(np.tile([0, 1], 60)) for _ in range(40)], axis=1)
    found = LogisticDecoder(C=C).fit(X, label_sets).decision_function(X)
    exact = LogisticDecoder(C=C, tol=1e-9).fit(X.astype(float), label_sets).decision_function(X)
    for column in range(40):
        assert relative_error(found[:, column], exact[:, column]) <= TOLERANCE[np.float32]


@pytest.mark.parametrize("n_units", [60, 30, 4])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_label_sets_that_take_the_places_of_others_are_solved_as_if_alone(n_classes, n_units):
    X, new, y = recording("plain", 42, n_units, n_classes, 0.5, seed=8)
    rng = np.random.default_rng(8)
    n = 3 * OUTPUTS_AT_ONCE
    label_sets = np.stack([rng.permutation(y) for _ in range(n)], axis=1)
    # Easy ones among them leave early.
    label_sets[:, ::7] = y[:, None]
    together = LogisticDecoder(tol=1e-6).fit(X, label_sets).decision_function(new)
    for column in rng.choice(n, 20, replace=False):
        alone = LogisticDecoder(tol=1e-6).fit(X, label_sets[:, column]).decision_function(new)
        assert relative_error(together[:, column], alone) <= 2e-6


@settings(max_examples=40)
@given(
    n_trials=st.integers(14, 40),
    n_units=st.integers(1, 50),
    n_classes=st.integers(2, 7),
    log_C=st.floats(-4, 2),
    seed=st.integers(0, 2**32),
)
def test_the_order_of_trials_units_and_label_sets_does_not_matter(
    n_trials, n_units, n_classes, log_C, seed
):
    X, new, y = recording("plain", n_trials, n_units, n_classes, 0.3, seed)
    rng = np.random.default_rng(seed)
    label_sets = np.stack([y, *(rng.permutation(y) for _ in range(9))], axis=1)
    trials, units, columns = (rng.permutation(size) for size in (n_trials, n_units, 10))
    decoders = [LogisticDecoder(C=10**log_C, tol=1e-6) for _ in range(2)]
    scores = decoders[0].fit(X, label_sets).decision_function(new)[:, columns]
    decoders[1].fit(X[trials][:, units], label_sets[trials][:, columns])
    reordered = decoders[1].decision_function(new[:, units])
    for column in range(10):
        assert relative_error(reordered[:, column], scores[:, column]) <= 2e-6


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(
    size=st.integers(1, 150),
    strength=st.floats(1e-3, 1e10),
    single=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_inverse_is_the_inverse(size, strength, single, seed):
    rng = np.random.default_rng(seed)
    strength = min(strength, ROUGH_UP_TO) if single else strength
    X = rng.normal(size=(size + 20, size))
    gram = X.T @ X
    regular = np.eye(size) + strength * gram / np.linalg.eigvalsh(gram).max()
    invert = rough_inverse if single else exact_inverse
    found = invert(regular.astype(np.float32) if single else regular)
    exact = np.linalg.inv(regular)
    # The eigenvalues of the inverse lie between 1 / (1 + strength) and 1.
    allowed = 1e-4 if single else 1e-14 * np.linalg.cond(regular)
    assert np.abs(found - exact).max() < allowed * np.abs(exact).max()

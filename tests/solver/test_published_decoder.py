"""The decoder of the original study, as its configuration sets it, against another solver.

Panichello & Buschman (2021) minimise the mean logistic loss over 120 trials with a ridge penalty of
1/60, in the convention of MATLAB's `fitclinear`: 1/60 times half of the squared weights.
"""

from pathlib import Path

import numpy as np
import yaml
from scipy.optimize import minimize
from scipy.special import expit

from neuro_attn.solver import LogisticDecoder

PAPER = Path(__file__).parents[2] / "config/panichello_buschman.yaml"
PENALTY, TRIALS = 1 / 60, 60


def published(X, side):
    """Return weights and intercept of the published objective; `side` is -1 or 1."""
    design = np.column_stack([X, np.ones(len(X))])
    ridge = np.append(np.full(X.shape[1], PENALTY), 0)

    def objective(theta):
        return np.logaddexp(0, -side * (design @ theta)).mean() + ridge @ theta**2 / 2

    def slope(theta):
        return design.T @ (-side * expit(-side * (design @ theta))) / len(X) + ridge * theta

    def curvature(theta):
        spread = expit(design @ theta) * expit(-design @ theta) / len(X)
        return (design.T * spread) @ design + np.diag(ridge)

    found = minimize(
        objective, np.zeros(len(ridge)), jac=slope, hess=curvature, method="trust-exact",
        options={"gtol": 1e-11},
    )  # fmt: skip
    return found.x[:-1], found.x[-1]


def test_the_configured_decoder_is_the_published_one():
    decoding = yaml.safe_load(PAPER.read_text("utf-8"))["datasets"]["panichello_buschman"][
        "decoding"
    ]
    assert (decoding["standardize"], decoding["pseudotrials"]) == (False, TRIALS)
    rng = np.random.default_rng(1)
    side = np.repeat([-1, 1], TRIALS)
    code = rng.normal(size=150)
    rates = [
        rng.poisson(np.maximum(10 + sign[:, None] * code, 0)).astype(float)
        for sign in (side, np.repeat([-1, 1], 1000))
    ]
    weights, intercept = published(rates[0], side)
    decoder = LogisticDecoder(C=decoding["C"], standardize=False, tol=1e-9)
    decoder.fit(rates[0], side)
    scale = np.linalg.norm(weights)
    np.testing.assert_allclose(decoder.coef_.ravel(), weights, atol=1e-6 * scale, rtol=0)
    decisions = rates[1] @ weights + intercept
    assert (decoder.predict(rates[1]) == np.sign(decisions)).all()

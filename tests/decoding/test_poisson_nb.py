"""Poisson naive Bayes is that of scipy's distribution, and refuses what is no spike count."""

import numpy as np
import pytest
import xarray as xr
from scipy import stats
from scipy.special import softmax

from neuro_attn.configuration import Decoding, parse
from neuro_attn.decoding import build_populations, decode_region
from neuro_attn.decoding.readouts import fit_readouts
from neuro_attn.errors import InputError
from neuro_attn.study import Study

TIME = {"start": 0.0, "stop": 0.2, "bin": 0.05}
WIDTHS = np.array([0.05, 0.4])


def poisson(n_classes, n_rows=12, n_units=6, seed=0):
    """Return rates (problem, row, unit) in a bin and in a window, and classes (row,)."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(np.arange(n_classes), n_rows))
    expected = rng.gamma(2, 8, size=(n_classes, n_units))[labels]
    counts = rng.poisson(expected * WIDTHS[:, None, None])
    return (counts / WIDTHS[:, None, None]).astype(np.float32), labels


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_probabilities_are_those_of_scipys_poisson_distribution(n_classes, standardize):
    rates, labels = poisson(n_classes)
    fitted = fit_readouts(
        rates.astype(float),
        labels[:, None],
        n_classes=n_classes,
        settings=Decoding(decoder="poisson_nb", standardize=standardize),
        widths=WIDTHS,
    )
    weights, intercept = fitted.on_rates()
    for problem, width in enumerate(WIDTHS):
        counts = np.round(rates[problem].astype(float) * width)
        # One more trial with the mean counts of all classes.
        means = [
            np.vstack([counts[labels == label], counts.mean(axis=0)]).mean(axis=0)
            for label in range(n_classes)
        ]
        likelihood = [stats.poisson.logpmf(counts, mean).sum(axis=1) for mean in means]
        expected = softmax(np.transpose(likelihood), axis=1)
        centred = rates[problem] - fitted.units.center[problem]
        values = centred @ weights[problem, :, 0] + intercept[problem, 0]
        if n_classes == 2:
            values = np.hstack([0 * values, values])
        np.testing.assert_allclose(softmax(values, axis=1), expected, rtol=0, atol=1e-5)


def test_a_unit_that_is_silent_in_a_class_excludes_no_class():
    rates, labels = poisson(2)
    rates[:, labels == 0, 0] = 0
    settings = Decoding(decoder="poisson_nb")
    fitted = fit_readouts(rates, labels[:, None], n_classes=2, settings=settings, widths=WIDTHS)
    assert np.isfinite(fitted.readouts.weights).all()


def dataset_of(**keys):
    given = {
        "source": "netcdf",
        "files": "*.nc",
        "label": "side",
        "tasks": {task: {"trials": f"rule == {task!r}"} for task in ("attend", "remember")},
        "time": TIME,
        "windows": {"early": [0.0, 0.1], "late": [0.1, 0.2]},
        "decoding": {"decoder": "poisson_nb", "draws": 1, "units": "all", "unit_counts": []},
        "inference": {"permutations": 20, "bootstraps": 20},
        **keys,
    }
    return parse({"datasets": {"counts": given}}).datasets["counts"]


def recording_of(width=0.05):
    """Return a Recording whose units fire more for one of two classes, in both tasks."""
    rng = np.random.default_rng(1)
    n, n_units = 80, 10
    label, task = rng.permutation(np.arange(n) % 2), np.arange(n) // 2 % 2
    expected = np.where(np.arange(n_units) % 2 == label[:, None], 60, 10)
    counts = rng.poisson(expected[:, :, None] * 0.05, size=(n, n_units, 4))
    return xr.Dataset(
        {"rates": (("trial", "unit", "time"), (counts / width).astype(np.float32))},
        coords={
            "time": [0.025, 0.075, 0.125, 0.175],
            "trial_id": ("trial", np.arange(n)),
            "task": ("trial", np.array(["attend", "remember"], object)[task]),
            "label": ("trial", np.array(["left", "right"], object)[label]),
            "unit_id": ("unit", [f"u{number}" for number in range(n_units)]),
            "region": ("unit", ["V4"] * n_units),
            "session": ("unit", ["monday"] * n_units),
        },
        attrs={"session": "monday"},
    )


def test_a_code_in_counts_is_decoded_in_bins_and_windows_and_transfers():
    study = Study("counts", dataset_of(), 1)
    members = build_populations([recording_of()], study, "V4")
    np.testing.assert_allclose(members[0].widths, [0.05] * 4 + [0.1] * 2)
    found = decode_region(members, study, region="V4", n_units=None, progress=False)
    # A unit's counts of .5 and 3 spikes differ by 1.3 SDs; ten units leave 3 % of errors.
    assert (found["window_accuracy"].mean("draw") > 0.8).all()
    # 40 trials are tested within a task: an SD of at most .08 / sqrt(20) of the mean.
    np.testing.assert_allclose(found["window_null"].mean("permutation"), 0.5, atol=0.1)


def test_rates_that_are_no_counts_are_an_error():
    study = Study("counts", dataset_of(), 1)
    with pytest.raises(InputError, match=r"poisson_nb needs spike counts; a rate of unit 'u"):
        build_populations([recording_of(width=0.07)], study, "V4")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"time": TIME | {"smoothing": {"kernel": "gaussian", "sd": 0.05}}},
            r"time\.smoothing",
        ),
        ({"confounds": ["trial_number"]}, r"confounds: decoder: poisson_nb needs spike counts"),
        ({"balance": ["trial_number"]}, r"balance: decoder: poisson_nb needs spike counts"),
    ],
)
def test_what_leaves_no_counts_is_an_error(keys, message):
    with pytest.raises(InputError, match=message):
        dataset_of(**keys)

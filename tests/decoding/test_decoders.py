"""The protocol of decoders: what a run, its nulls and its captions rely on, for every decoder.

Every statistical claim has a false-alarm rate below 1e-4.
"""

import inspect
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from neuro_attn.configuration import Decoding, Inference
from neuro_attn.configuration.decoders import DECODERS, DecoderSettings, specified
from neuro_attn.decoding import decode_region
from neuro_attn.decoding.cross_task import decode_windows
from neuro_attn.decoding.readouts import fit_readouts
from tests.studies import study_of

METHODS = Path(__file__).parents[2] / "docs" / "methods.md"

OF_CLASSES = [name for name, each in DECODERS.items() if "classes" in each.label_kinds]
of_every_decoder = pytest.mark.parametrize("decoder", OF_CLASSES)


def module_of(decoder):
    return import_module(f"neuro_attn.decoding.decoders.{decoder}")


IN_ONE_PRODUCT = ("max_correlation", "poisson_nb", "ridge")
"""Decoders that fit all label sets of the same trials in one matrix product."""


def as_needed(decoder, rates):
    """Return rates, or counts that increase with them for a decoder of counts."""
    if not DECODERS[decoder].needs_counts:
        return rates
    return np.maximum(np.round(8 + 2 * rates), 0).astype(rates.dtype)


def fit(decoder, rates, labels, **keys):
    """Fit a decoder to rates (problem, row, unit) and labels (row, label set)."""
    return fit_readouts(
        as_needed(decoder, rates),
        labels,
        n_classes=int(labels.max()) + 1,
        settings=Decoding(decoder=decoder, **keys),
    )


def decision(decoder, fitted, rates):
    """Return the decision values (problem, row, label set, output) of rates."""
    weights, intercept = fitted.on_rates()
    centred = as_needed(decoder, rates) - fitted.units.center[:, None]
    return np.einsum("pnu,pulk->pnlk", centred, weights) + intercept[:, None]


def noise(n_classes, n_rows, n_units, n_problems=1, dtype=np.float32, seed=0):
    """Return rates (problem, row, unit) and balanced labels (row, 1)."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(n_classes), n_rows)[:, None]
    return rng.normal(size=(n_problems, len(labels), n_units)).astype(dtype), labels


# --- what a module states -----------------------------------------------------------------------


@pytest.mark.parametrize("decoder", DECODERS)
def test_a_decoder_takes_the_settings_that_it_states_and_documents_them(decoder):
    specification = DECODERS[decoder]
    module, settings = module_of(decoder), list(specification.settings)
    if decoder in OF_CLASSES:
        parameters = inspect.signature(module.fit).parameters
        assert list(parameters) == ["X", "y", "n_classes", *specification.needs, *settings]
    if set(specification.label_kinds) - {"classes"}:
        parameters = inspect.signature(module.fit_targets).parameters
        assert list(parameters) == ["X", "y", "copies", *settings]
    for key, (_, default, description) in specification.settings.items():
        field = DecoderSettings.model_fields[key]
        assert field.default == default == getattr(Decoding(), key)
        assert description in field.description
        assert decoder in field.description


def test_no_setting_of_a_decoder_hides_one_of_decoding():
    assert not set(DecoderSettings.model_fields) & set(vars(Decoding)["__annotations__"])


@pytest.mark.parametrize("decoder", DECODERS)
def test_a_decoder_is_documented_and_has_a_name_of_its_own_in_captions(decoder):
    assert f"`{decoder}`" in METHODS.read_text(encoding="utf-8")
    label = Decoding(decoder=decoder).decoder_label
    assert "{" not in label
    assert [Decoding(decoder=other).decoder_label for other in DECODERS].count(label) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('LABEL = "mine"\nSETTINGS = {}\n', r"mine\.py: .* METHOD is missing"),
        (
            'LABEL = "mine"\nMETHOD = "Mine."\nSETTINGS = {"k": ("any", 1, "")}\n',
            r"mine\.py: setting k needs a kind \(positive, ",
        ),
    ],
)
def test_a_module_that_does_not_state_what_it_must_is_an_error(tmp_path, text, message):
    module = tmp_path / "mine.py"
    module.write_text(text)
    with pytest.raises(ValueError, match=message):
        specified(module)


# --- what it returns ----------------------------------------------------------------------------


@pytest.mark.parametrize("decoder", [each for each in OF_CLASSES if each != "poisson_nb"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_decision_values_are_log_odds(decoder, n_classes):
    """With 3,000 trials of normal classes, they equal those of the truth but for 15 %."""
    rates, labels = noise(n_classes, 3000, 3, dtype=float)
    means = 0.8 * np.eye(3)[:n_classes]
    rates += means[labels[:, 0]]
    true = rates[0] @ means.T - 0.5 * (means**2).sum(axis=1)
    found = decision(decoder, fit(decoder, rates, labels), rates)[0, :, 0]
    if n_classes == 2:
        true = true[:, 1:] - true[:, :1]
    else:
        true, found = (each - each.mean(axis=1, keepdims=True) for each in (true, found))
    error = np.sqrt(((found - true) ** 2).mean() / (true**2).mean())
    assert error < 0.15


@of_every_decoder
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("n_units", [1, 5, 60])
def test_a_problem_has_the_same_result_alone_and_a_label_set_but_for_rounding(
    decoder, n_classes, n_units
):
    rates, labels = noise(n_classes, 12, n_units, n_problems=5)
    rng = np.random.default_rng(1)
    labels = np.concatenate([labels, *(rng.permutation(labels) for _ in range(3))], axis=1)
    together = fit(decoder, rates, labels).readouts
    for problem in range(5):
        alone = fit(decoder, rates[[problem]], labels).readouts
        for one, of_all in zip(alone, together, strict=True):
            np.testing.assert_array_equal(one[0], of_all[problem])
    for number in range(4):
        alone = fit(decoder, rates, labels[:, [number]]).readouts
        for axis, one, of_all in zip((2, 1, 1), alone, together, strict=True):
            expected = np.take(of_all, [number], axis)
            # One matrix product for all label sets rounds otherwise than one for each.
            tolerance = 1e-6 * max(1, np.abs(expected).max()) if decoder in IN_ONE_PRODUCT else 0
            np.testing.assert_allclose(one, expected, rtol=0, atol=tolerance)


@of_every_decoder
@pytest.mark.parametrize("n_rows", [1, 2, 3, 10])
def test_units_without_variance_have_no_weight_and_weights_are_finite(decoder, n_rows):
    rates, labels = noise(2, n_rows, 4)
    rates[..., 1] = 7.5
    weights, intercept = fit(decoder, rates, labels).on_rates()
    assert not weights[:, 1].any()
    assert np.isfinite(weights).all()
    assert np.isfinite(intercept).all()
    silent = fit(decoder, np.zeros_like(rates), labels).readouts
    assert not silent.weights.any()
    assert not silent.intercept.any()


@pytest.mark.parametrize("decoder", [each for each in OF_CLASSES if each != "max_correlation"])
def test_a_unit_that_separates_the_classes_without_error_is_used(decoder):
    labels = np.repeat([0, 1], 6)[:, None]
    rates = labels[None].astype(np.float32)
    values = decision(decoder, fit(decoder, rates, labels), rates)[0, :, 0, 0]
    assert ((values > 0) == labels[:, 0]).all()


# --- in a run -----------------------------------------------------------------------------------


def sessions(decoder, trials, codes, rng, n_trials=30, noise=1.0):
    """Return the rates, tasks and labels of a session with codes (task, class, unit)."""
    task, label = trials(np.full(codes.shape[:2], n_trials), rng)
    rates = codes[task, label] + noise * rng.normal(size=(len(task), codes.shape[2]))
    return as_needed(decoder, rates)[:, :, None], task, label


def decoded(made, decoder, seed=1, **keys):
    study = study_of(
        Decoding(decoder=decoder, draws=2, units="all", unit_counts=[4]),
        Inference(**{"permutations": 20, "bootstraps": 20, **keys}),
        seed=seed,
    )
    return decode_region([made], study, region="V4", n_units=None, progress=False)


@of_every_decoder
@pytest.mark.parametrize("n_classes", [2, 3])
def test_shared_codes_transfer_and_independent_ones_do_not(decoder, n_classes, population, trials):
    rng = np.random.default_rng(2)
    code, other = (
        1.5
        * np.linalg.qr(rng.normal(size=(20, 2 * n_classes)))[0].T.reshape(2, n_classes, 20)
        * np.sqrt(3)
    )
    for second, transfers in ((code, True), (other, False)):
        made = population(
            sessions(decoder, trials, np.stack([code, second]), rng),
            n_classes=n_classes,
            window=True,
        )
        found = decoded(made, decoder)
        accuracy = found["window_accuracy"].mean(("session", "draw")).squeeze("window").values
        assert (np.diag(accuracy) > 0.7).all()
        across = accuracy[0, 1], accuracy[1, 0]
        assert min(across) > 0.7 if transfers else max(across) < 1 / n_classes + 0.25
        assert found["window_null"].mean() == pytest.approx(1 / n_classes, abs=0.1)
        assert 0.5 < found["confidence"].sel(train_task="task0").mean() < 1 or not transfers


@of_every_decoder
def test_p_values_of_noise_are_uniform(decoder, population, trials):
    """Ranks of the accuracy within and across tasks; Kolmogorov-Smirnov, p > 1e-5."""
    rng = np.random.default_rng(3)
    settings = Decoding(decoder=decoder, draws=1, units="all")
    ranks = []
    for number in range(60):
        made = population(
            sessions(decoder, trials, np.zeros((2, 2, 4)), rng, n_trials=8), window=True
        )
        study = study_of(settings, Inference(permutations=20, bootstraps=20), seed=number)
        found = decode_windows([made], study, region="V4", n_units=None, progress=False)
        observed = found["window_accuracy"].values.reshape(4, 1)
        null = found["window_null"].transpose("permutation", ...).values.reshape(20, 4).T
        above = (null > observed + 1e-6).sum(axis=1)
        equal = (np.abs(null - observed) <= 1e-6).sum(axis=1)
        ranks.append((above + rng.random(4) * (equal + 1)) / 21)
    for of_pair in np.transpose(ranks):
        assert stats.kstest(of_pair, "uniform").pvalue > 1e-5

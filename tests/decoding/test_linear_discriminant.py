"""Linear discriminant analysis is that of scikit-learn, and a run with it finds what is planted."""

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from neuro_attn import sources
from neuro_attn.configuration import Decoding, parse
from neuro_attn.decoding import build_populations, decode_region, regions_table, units_per_draw
from neuro_attn.decoding.decoders.linear_discriminant import fit
from neuro_attn.errors import InputError
from neuro_attn.figures import decoding_over_time, transfer_over_time
from neuro_attn.geometry.tables import measure
from neuro_attn.inference import tables
from neuro_attn.inference.onset_table import onset_table
from neuro_attn.study import Study


@pytest.mark.parametrize("n_classes", [2, 3, 5])
@pytest.mark.parametrize(("n_rows", "n_units"), [(3, 1), (3, 40), (8, 8), (30, 4), (60, 90)])
def test_decision_values_are_those_of_scikit_learn(n_classes, n_rows, n_units):
    rng = np.random.default_rng(n_rows + n_units)
    labels = rng.permutation(np.repeat(np.arange(n_classes), n_rows))
    mixing = rng.normal(size=(n_units, n_units))
    rates = rng.normal(size=(3, len(labels), n_units)) @ mixing * rng.uniform(0.1, 10, n_units)
    rates += rng.normal(size=(n_classes, n_units))[labels]
    rates -= rates.mean(axis=1, keepdims=True)
    found = fit(rates, labels[:, None], n_classes)
    for problem, data in enumerate(rates):
        expected = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(data, labels)
        values = data @ found.weights[problem, :, 0] + found.intercept[problem, 0]
        oracle = expected.decision_function(data).reshape(values.shape)
        np.testing.assert_allclose(values, oracle, rtol=0, atol=1e-8 * np.abs(oracle).max())


def test_with_two_trials_of_a_class_units_count_by_their_own_variance():
    """Shrinkage is complete, so the covariance is diagonal."""
    rng = np.random.default_rng(0)
    rates = rng.normal(size=(1, 4, 6))
    rates -= rates.mean(axis=1, keepdims=True)
    labels = np.array([0, 0, 1, 1])
    variance = np.mean([rates[0, labels == label].var(axis=0) for label in (0, 1)], axis=0)
    difference = rates[0, labels == 1].mean(axis=0) - rates[0, labels == 0].mean(axis=0)
    found = fit(rates, labels[:, None], 2).weights[0, :, 0, 0]
    np.testing.assert_allclose(found, difference / variance, rtol=1e-12)


def test_a_penalty_is_refused_because_nothing_would_use_it():
    keys = {"decoding": {"decoder": "linear_discriminant", "C": 0.1}, "datasets": DATASETS}
    with pytest.raises(InputError, match=r"C: needs decoder: logistic_regression \(given: linear_"):
        parse(keys)


DATASETS = {
    "sim": {
        "source": "simulation",
        "label": "selected",
        "tasks": {
            "pro": {"trials": "trial_type == 'pro'", "align": "cue_onset"},
            "retro": {"trials": "trial_type == 'retro' and cue_set == 2", "align": "cue_onset"},
        },
        "time": {"start": 0.2, "stop": 0.6, "bin": 0.1},
        "windows": {"late": [0.2, 0.6]},
        "simulation": {
            "sessions": 2,
            "cycles": 2,
            "block_trials": {"pro": 60, "retro_2": 60},
            "regions": {
                "LPFC": {"units": 40, "selection_axis_cosine": 1.0, "selection_sd": 4.0},
                "V4": {"units": 40, "selection_axis_cosine": 0.0, "selection_sd": 4.0},
            },
        },
        "decoding": {
            "decoder": "linear_discriminant",
            "population": "pseudopopulation",
            "draws": 2,
            "unit_counts": [20],
        },
        "inference": {"permutations": 40, "bootstraps": 20},
    }
}


@pytest.fixture(scope="module")
def study():
    return Study("sim", parse({"datasets": DATASETS}).datasets["sim"], 5)


@pytest.fixture(scope="module")
def recordings(study):
    return sources.read("sim", study.dataset, ".", study.seed)


def test_a_run_finds_the_shared_code_and_reports_the_decoder(study, recordings):
    regions = regions_table(recordings, study)
    decodings = [
        decode_region(
            build_populations(recordings, study, region),
            study,
            region=region,
            n_units=units_per_draw(study.dataset, regions),
            progress=False,
        )
        for region in ("LPFC", "V4")
    ]
    settings = study.dataset.inference
    summary = tables.summary_table(decodings, settings)
    summary = summary[summary["session"] == "all"].set_index(["region", "train_task", "test_task"])
    for region, train, test in summary.index:
        row = summary.loc[(region, train, test)]
        assert (row["p_corrected"] < 0.05) == (train == test or region == "LPFC")
    transfer = tables.transfer_table(decodings, settings)
    onsets = onset_table(decodings, settings, study.seed)
    for text in (
        decoding_over_time.caption(transfer, study.dataset),
        transfer_over_time.caption(transfer, onsets, study.dataset),
    ):
        assert "decoders (linear discriminant analysis) trained" in text


def test_abstraction_is_measured_with_the_decoder_of_the_data_set(study, recordings):
    found = measure(recordings, study, "LPFC").geometry.set_index("measure")["value"]
    assert found["ccgp_label"] > 0.8
    other = Study("sim", study.dataset.model_copy(update={"decoding": Decoding()}), study.seed)
    assert (
        found["ccgp_task"]
        != measure(recordings, other, "LPFC").geometry.set_index("measure")["value"]["ccgp_task"]
    )

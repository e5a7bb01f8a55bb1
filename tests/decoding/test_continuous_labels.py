"""Continuous labels: planted codes are found, scikit-learn gives the same numbers, noise none.

Statistical tests state their false-alarm rate, or compare with bounds of 5 standard errors.
"""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tqdm import tqdm

from neuro_attn import recording
from neuro_attn.cautions import cautions
from neuro_attn.configuration import parse
from neuro_attn.decoding import build_populations, decode_region, training
from neuro_attn.decoding.population_decoder import ORIGINAL, PopulationDecoder
from neuro_attn.decoding.preparation import surrogates_of
from neuro_attn.decoding.scores import score_of
from neuro_attn.decoding.splits import Replicate
from neuro_attn.errors import InputError
from neuro_attn.inference.predictions import prediction_cross_temporal, prediction_table
from neuro_attn.inference.reduction import reduced
from neuro_attn.study import Study

TASKS = ("attend", "remember")


def dataset_of(kind, *, tasks=TASKS, bins=1, decoding=None, **keys):
    """Return settings of a data set with the trial column `angle`."""
    given = {
        "source": "netcdf",
        "files": "*.nc",
        "label": {"column": "angle", "kind": kind},
        "tasks": {task: {"trials": f"rule == {task!r}"} for task in tasks},
        "time": {"start": 0.0, "stop": 0.1 * bins, "bin": 0.1},
        "windows": {"late": [0.0, 0.1 * bins]},
        "inference": {"permutations": 39, "bootstraps": 20},
        "decoding": {"draws": 1, **(decoding or {})},
        **keys,
    }
    return parse({"datasets": {"angles": given}}).datasets["angles"]


def session_of(dataset, rates, trials, name="monday"):
    """Return the Recording of rates (trial, unit, time) with the columns `trials`."""
    table = pd.DataFrame({"trial_id": np.arange(len(rates)), **trials})
    assigned, counts = recording.assign_tasks(table, dataset, name)
    units = pd.DataFrame({"unit_id": np.arange(rates.shape[1]), "region": "V4"})
    return recording.build(
        rates[assigned["trial_id"]],
        assigned,
        units,
        "angles",
        name,
        dataset,
        {"origin": name, **counts},
        units_of_rates="a.u.",
    )


def tuned(rng, *, n=120, cosine=1.0, noise=1.0, tasks=TASKS, bins=1, linear=False):
    """Return rates and trials of 16 units that are tuned to an angle, or to a quantity.

    The planes (or axes) of the two tasks are orthogonal to each other for `cosine` 0.
    """
    axes = np.linalg.qr(rng.normal(size=(16, 16)))[0][:4].reshape(2, 2, 16)
    planes = [axes[0], cosine * axes[0] + np.sqrt(1 - cosine**2) * axes[1]]
    angle = rng.uniform(-np.pi, np.pi, n * len(tasks))
    parts = np.stack([angle / 2, 0 * angle] if linear else [np.cos(angle), np.sin(angle)], axis=1)
    task = np.repeat(np.arange(len(tasks)), n)
    signal = np.einsum("tk,tku->tu", parts, np.stack(planes)[task])
    rates = signal[:, :, None] + noise * rng.normal(size=(len(angle), 16, bins))
    return rates, {"rule": np.array(tasks, object)[task], "angle": angle}


def decoder_of(dataset, rates, trials):
    study = Study("angles", dataset, 1)
    members = build_populations([session_of(dataset, rates, trials)], study, "V4")
    return PopulationDecoder(
        members[0],
        study,
        region="V4",
        n_units=None,
        surrogates=surrogates_of(members, study)[0],
        progress=tqdm(disable=True),
    )


def tables_of(dataset, rates, trials):
    study = Study("angles", dataset, 1)
    members = build_populations([session_of(dataset, rates, trials)], study, "V4")
    decoded = decode_region(members, study, region="V4", n_units=None, progress=False)
    return prediction_table([decoded], dataset.inference), decoded


def test_the_error_of_a_planted_angle_is_close_to_that_of_an_ideal_decoder_in_both_tasks():
    rng = np.random.default_rng(1)
    noise = 0.6
    table, _ = tables_of(dataset_of("circular"), *tuned(rng, n=250, noise=noise))
    # An ideal decoder projects rates on the plane: the angle of a unit vector in white noise.
    vectors = np.array([1.0, 0.0]) + noise * rng.normal(size=(100_000, 2))
    ideal = np.degrees(np.abs(np.arctan2(vectors[:, 1], vectors[:, 0]))).mean()
    values = table.loc[table["session"] == "all", "value"].to_numpy()
    assert len(values) == 4
    # 125 training trials of 16 units cost a fifth; 5 SE of 250 test trials are 5 * 26 / sqrt(250).
    assert (values > ideal - 8).all()
    assert (values < 1.2 * ideal + 8).all()
    assert (table["p_corrected"] == 1 / 40).all()
    assert (set(table["score"]), set(table["unit"])) == ({"circular_error"}, {"degrees"})
    # Of 39 permutations, whose errors across tasks vary by 20 degrees.
    assert (np.abs(table["chance"] - 90) < 5 * 20 / np.sqrt(39)).all()
    assert (table["ci_low"] < table["value"]).all()
    assert (table["value"] < table["ci_high"]).all()


@pytest.mark.parametrize("kind", ["circular", "linear"])
def test_an_orthogonal_code_is_decoded_in_each_task_and_does_not_transfer(kind):
    rng = np.random.default_rng(2)
    made = tuned(rng, n=200, cosine=0.0, noise=0.4, linear=kind == "linear")
    decoding = {"score": "correlation"} if kind == "linear" else {}
    table, _ = tables_of(dataset_of(kind, decoding=decoding), *made)
    rows = table[table["session"] == "all"].set_index(["train_task", "test_task"])
    for task in TASKS:
        assert rows["p_value"][task, task] == 1 / 40
    across = rows["value"]["attend", "remember"]
    # 200 test trials: the SE is 52 / sqrt(200) = 3.7 degrees, or a correlation of 0.07.
    assert abs(across - (90 if kind == "circular" else 0)) < (19 if kind == "circular" else 0.36)
    assert rows["p_value"]["attend", "remember"] > 1 / 40


def test_the_opposite_code_is_worse_than_chance():
    made = tuned(np.random.default_rng(3), cosine=-1.0, noise=0.3)
    table, _ = tables_of(dataset_of("circular"), *made)
    across = table[(table["session"] == "all") & (table["train_task"] != table["test_task"])]
    assert (across["value"] > 140).all()
    assert (across["p_value"] > 0.9).all()


@pytest.mark.parametrize(
    ("kind", "score"), [("circular", "circular_error"), ("linear", "r2"), ("linear", "correlation")]
)
@pytest.mark.parametrize("replicate", [ORIGINAL, Replicate("permutation", 3)], ids=lambda r: r.kind)
def test_scikit_learn_by_hand_gives_the_same_score(kind, score, replicate):
    # The linear scores have one alpha, the circular one selects it.
    alpha = [1.0, 30.0, 1000.0] if kind == "circular" else 3.0
    regression = RidgeCV(alpha) if kind == "circular" else Ridge(alpha)
    decoding = {"score": score, "alpha": alpha}
    dataset = dataset_of(kind, bins=2, decoding=decoding)
    rates, trials = tuned(np.random.default_rng(4), n=30, bins=2)
    decoder = decoder_of(dataset, rates, trials)
    found = decoder.replicated([Replicate("permutation", 0), replicate])[1]
    data = decoder.population.parts[0].rates.astype(float)
    expected = np.zeros_like(found, float)
    true = decoder.folds(0, ORIGINAL)
    for fold, of_data in zip(decoder.folds(0, replicate), true, strict=True):
        for train, test, at, to in np.ndindex(*found.shape):
            model = make_pipeline(StandardScaler(), regression)
            y = fold.train_label[train]
            targets = np.stack([np.cos(y), np.sin(y)], axis=1) if kind == "circular" else y
            model.fit(data[fold.train[train][0], :, at], targets)
            # Across tasks, permutations are tested against the labels of the data.
            tested = fold if test == train else of_data
            predicted = model.predict(data[tested.test[test][0], :, to])
            truth = tested.test_label[test]
            if kind == "circular":
                angle = np.arctan2(predicted[:, 1], predicted[:, 0])
                away = np.abs((angle - truth + np.pi) % (2 * np.pi) - np.pi)
                one = 1 - away.mean() / np.pi
            elif score == "r2":
                one = r2_score(truth, predicted)
            else:
                one = np.corrcoef(truth, predicted)[0, 1]
            expected[train, test, at, to] += one / 2
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_resamples_of_the_same_trials_and_other_units_have_fits_of_their_own():
    dataset = dataset_of("circular")
    decoder = decoder_of(dataset, *tuned(np.random.default_rng(12), n=20))
    fold = decoder.folds(0, ORIGINAL)[0]
    units = np.array([[0, 1, 1], [4, 5, 6]])

    def weights(number):
        given = {"settings": dataset.decoding, "bins": slice(None), "task": 0}
        chosen = units[number]
        return training.train(
            decoder.population, [fold] * len(chosen), units=chosen, **given
        ).weights

    np.testing.assert_array_equal(weights(slice(2))[1], weights(slice(1, 2))[0])


def test_values_of_a_task_keep_their_set_when_permuted_and_trials_of_a_fold_stay():
    decoder = decoder_of(dataset_of("circular"), *tuned(np.random.default_rng(5), n=20))
    (fold, _), (other, _) = (decoder.folds(0, Replicate("permutation", n)) for n in range(2))
    (data, _) = decoder.folds(0, ORIGINAL)
    for task in range(2):
        np.testing.assert_array_equal(fold.train[task], data.train[task])
        of_task = np.append(fold.train_label[task], fold.test_label[task])
        of_data = np.append(data.train_label[task], data.test_label[task])
        assert set(of_task) == set(of_data)
        assert not np.array_equal(of_task, of_data)
        assert not np.array_equal(fold.train_label[task], other.train_label[task])


def test_noise_is_significant_in_as_many_data_sets_as_the_level_allows():
    n_sets, level = 40, 0.1
    dataset = dataset_of("circular", tasks=("attend",), decoding={"folds": 2})
    rng = np.random.default_rng(6)
    count = 0
    for _ in range(n_sets):
        # Angles that cluster can be guessed, which the permutations must contain.
        angle = rng.normal(0, 1, 24) % (2 * np.pi)
        rates = rng.normal(size=(24, 5, 1))
        trials = {"rule": np.full(24, "attend", object), "angle": angle}
        decoder = decoder_of(dataset, rates, trials)
        (observed,) = decoder.replicated([ORIGINAL])[:, 0, 0, -1, -1]
        null = decoder.replicated(decoder.replicates("permutation"))[:, 0, 0, -1, -1]
        count += (1 + (null >= observed).sum()) / 40 <= level
    # A valid test fails here in less than 1 of 10,000 runs.
    assert count <= binom.isf(1e-4, n_sets, level)


def test_chance_is_that_of_permuted_labels_because_angles_that_cluster_can_be_guessed():
    rng = np.random.default_rng(13)
    angle = rng.normal(0, 0.3, 120)
    trials = {"rule": np.repeat(np.array(TASKS, object), 60), "angle": angle}
    dataset = dataset_of("circular", bins=2)
    table, decoded = tables_of(dataset, rng.normal(size=(120, 5, 2)), trials)
    # The best guess errs by 0.3 sqrt(2 / pi) rad = 14 degrees, with an SE of 1.3; units add little.
    assert table["chance"].between(8, 25).all()
    reduced_ = reduced([decoded], dataset.inference)
    pd.testing.assert_frame_equal(prediction_table([reduced_], dataset.inference), table)
    assert 8 < prediction_cross_temporal([reduced_], dataset.inference).attrs["chance"] < 25


def test_a_task_that_is_only_tested_has_rows_and_changes_no_other():
    rng = np.random.default_rng(7)
    rates, trials = tuned(rng, n=60)
    errors = {"errors": {"trials": "rule == 'error'"}}
    trials["rule"][:20] = "error"
    with_errors, _ = tables_of(dataset_of("circular", test_only=errors), rates, trials)
    without, _ = tables_of(dataset_of("circular"), rates, trials)
    keys = ["session", "train_task", "test_task"]
    assert (with_errors["test_task"] == "errors").sum() == 4
    same = with_errors[with_errors["test_task"] != "errors"].set_index(keys)["value"]
    pd.testing.assert_series_equal(same, without.set_index(keys)["value"])


def test_predictions_at_pairs_of_times_are_in_degrees_and_better_where_the_code_is():
    rates, trials = tuned(np.random.default_rng(8), bins=3, noise=0.4)
    rates[:, :, 0] = np.random.default_rng(9).normal(size=rates.shape[:2])
    dataset = dataset_of("circular", bins=3)
    _, decoded = tables_of(dataset, rates, trials)
    found = prediction_cross_temporal([decoded], dataset.inference)
    value = found["value"].sel(region="V4", train_task="attend", test_task="remember").values
    assert found.attrs["unit"] == "degrees"
    assert abs(found.attrs["chance"] - 90) < 16
    assert (value[1:, 1:] < 50).all()
    assert (np.abs(value[0] - 90) < 30).all()
    better = found["p_corrected"].sel(region="V4", train_task="attend", test_task="attend")
    assert (np.diag(better.values)[1:] < 0.05).all()


def test_the_results_of_a_region_state_what_was_predicted():
    _, decoded = tables_of(dataset_of("circular"), *tuned(np.random.default_rng(10), n=20))
    assert decoded.attrs["score"] == "circular_error"
    assert decoded["target"].values.tolist() == ["cosine", "sine"]
    assert "confidence" not in decoded
    assert 0 <= float(decoded["error"].min()) <= float(decoded["error"].max()) <= 180
    assert decoded["trial_label"].dtype.kind == "f"


ANGLES = np.linspace(0, 6, 12)


@pytest.mark.parametrize(
    ("column", "kind", "message"),
    [
        (list("abcdefghijkl"), "circular", "contains text or other values; kind: circular needs a"),
        ([True, False] * 6, "linear", "contains true and false"),
        (np.full(12, 2.0), "linear", "is 2 on every trial of the tasks, so there is nothing"),
        (np.degrees(ANGLES), "circular", r"reaches from 0 to 343.775, .* \* 0.01745329252"),
        (2 * ANGLES, "circular", r"more than one turn; .*angle % 6.283185307"),
        (np.where(ANGLES > 5, np.inf, ANGLES), "linear", "contains infinite values"),
    ],
)
def test_a_column_that_cannot_be_decoded_is_one_message(column, kind, message):
    dataset = dataset_of(kind, tasks=("attend",))
    trials = {"rule": np.full(12, "attend", object), "angle": column}
    with pytest.raises(InputError, match=message):
        session_of(dataset, np.zeros((12, 2, 1)), trials)


def test_trials_without_a_value_are_left_out_and_counted():
    values = np.where(ANGLES > 5, np.nan, ANGLES)
    trials = {"rule": np.full(12, "attend", object), "angle": values}
    made = session_of(dataset_of("linear", tasks=("attend",)), np.zeros((12, 2, 1)), trials)
    assert made.sizes["trial"] == np.isfinite(values).sum()
    assert made.attrs["n_trials_without_label"] == np.isnan(values).sum()
    trials["angle"] = np.full(12, np.nan)
    dataset = dataset_of("linear", tasks=("attend",))
    empty = session_of(dataset, np.zeros((12, 2, 1)), trials)
    with pytest.raises(InputError, match="no trial of the tasks has a value in the column 'angle'"):
        recording.check_together([empty], "angles", dataset)


def test_a_label_that_is_constant_in_one_task_is_an_error():
    """Its mean would be an exact prediction: an error of 0 degrees in rates that are all 0."""
    trials = {"rule": np.repeat(TASKS, 6), "angle": np.where(np.arange(12) < 6, ANGLES, 1.5)}
    dataset = dataset_of("circular")
    made = session_of(dataset, np.zeros((12, 2, 1)), trials)
    with pytest.raises(InputError, match=r"is 1\.5 on every trial of task 'remember', so there is"):
        recording.check_together([made], "angles", dataset)


@pytest.mark.parametrize("score", ["r2", "correlation"])
def test_test_trials_of_one_value_have_nothing_to_predict_whatever_their_mean_rounds_to(score):
    truth = np.full((1, 3), 0.1)
    assert (truth - truth.mean()).any()
    module = score_of(dataset_of("linear", decoding={"score": score}).decoding)
    decision = np.array([0.3, 0.1, -0.2]).reshape(1, 1, 3, 1, 1)
    assert module.score(decision, truth)[0, 0, 0] == 0


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"confounds": ["x"]}, "confounds: needs a label of classes .given: kind circular."),
        ({"balance": ["x"]}, "balance: needs a label of classes"),
        ({"decoding": {"score": "auc"}}, "score: auc is not for a label of kind circular; give ci"),
        ({"decoding": {"decoder": "logistic_regression"}}, "decoder: logistic_regression is not f"),
        ({"decoding": {"population": "pseudopopulation"}}, "pseudopopulation combines trials of"),
        ({"decoding": {"pseudotrials": 10}}, "pseudotrials: combines trials of a class, .*n: 10"),
        ({"decoding": {"splits": "blocks"}}, "block: splits: blocks needs a trial column here"),
        ({"inference": {"null_model": "pseudosession"}}, "needs a label of classes .*give shuffle"),
    ],
)
def test_keys_that_need_classes_are_refused(keys, message):
    with pytest.raises(InputError, match=message):
        dataset_of("circular", **keys)


def test_chance_of_every_score_is_that_of_a_prediction_without_information():
    rng = np.random.default_rng(11)
    truth = rng.uniform(-np.pi, np.pi, (1, 20_000))
    decision = rng.normal(size=(1, 1, 20_000, 1, 2))
    decision[..., 1] *= 1e-3  # predictions of one direction
    module = score_of(dataset_of("circular").decoding)
    # The SE is 52 degrees / sqrt(20,000) = 0.002 of 180 degrees.
    assert module.score(decision, truth)[0, 0, 0] == pytest.approx(module.chance(1), abs=0.01)


def test_angles_of_half_a_turn_are_a_caution_because_orientations_repeat():
    dataset = dataset_of("circular", tasks=("attend",))
    for turn, expected in ((np.pi, 1), (2 * np.pi, 0)):
        angle = np.linspace(0, turn, 12)
        trials = {"rule": np.full(12, "attend", object), "angle": angle}
        made = session_of(dataset, np.zeros((12, 2, 1)), trials)
        found = [each for each in cautions([made], "angles", dataset) if "half a turn" in str(each)]
        assert len(found) == expected


def test_settings_of_decoders_at_the_top_level_hold_for_data_sets_of_their_kind():
    keys = dataset_of("circular").model_dump(mode="json", exclude={"decoding"}, exclude_unset=True)
    both = {"angles": keys, "sides": {**keys, "label": {"left": "x < 0", "right": "x > 0"}}}
    shared = {"decoder": "logistic_regression", "C": 0.5, "score": "auc", "folds": 4}
    found = parse({"decoding": shared, "datasets": both}).datasets
    of_angles, of_sides = found["angles"].decoding, found["sides"].decoding
    assert (of_angles.decoder, of_angles.score) == ("ridge", "circular_error")
    assert (of_sides.C, of_sides.score) == (0.5, "auc")
    assert of_angles.folds == of_sides.folds == 4


def test_networks_and_their_comparison_need_classes():
    keys = dataset_of("circular").model_dump(mode="json", exclude_unset=True)
    networks = {"gru": {"family": "gru"}}
    analysis = {each: keys[each] for each in ("label", "tasks", "time", "windows")}
    with pytest.raises(InputError, match=r"network_analysis\.label: networks are compared by cl"):
        parse({"datasets": {"a": keys}, "networks": networks, "network_analysis": analysis})
    analysis["label"] = "side"
    given = {"datasets": {"a": keys}, "networks": networks, "network_analysis": analysis}
    with pytest.raises(InputError, match=r"comparison\.dataset: the label of a is continuous"):
        parse({**given, "comparison": {"dataset": "a"}})

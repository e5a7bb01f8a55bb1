"""Transfer: what is trained on one task is tested on all, on equal terms.

Statistical claims are checked over independent populations: a mean over n of them is compared with
its expectation in units of its standard error. FAR is 5 of those; for n >= 25 a t statistic beyond
it has a probability below 5e-5 (two-sided).
"""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import sem
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from neuro_attn.configuration import Decoding
from neuro_attn.decoding import (
    POOLED,
    build_populations,
    decode_region,
    regions_table,
    sessions_left_out,
    units_per_draw,
)
from neuro_attn.decoding.cross_task import decode_windows
from neuro_attn.decoding.decoders import logistic_regression
from neuro_attn.decoding.evaluation import EVERYTHING, evaluate_fold
from neuro_attn.decoding.mirrored import evaluate_mirrored
from neuro_attn.decoding.population_decoder import ORIGINAL
from neuro_attn.decoding.scores import balanced_accuracy
from neuro_attn.decoding.splits import Fold, Replicate, draw_folds, fold_sizes
from neuro_attn.decoding.surrogates import surrogate_labels
from neuro_attn.errors import InputError
from neuro_attn.inference.pvalues import p_value
from neuro_attn.results import columns_of
from neuro_attn.study import Study
from tests.studies import study_of

FAR = 5
QUICK = {"permutations": 1, "bootstraps": 20}


def coded(trials, counts, axes, rng, n_bins=1):
    """Return noise of SD 1 plus, for task and class, the mean axes[task][class] (unit,)."""
    task, label = trials(counts, rng)
    mean = np.asarray(axes)[task, label]
    return mean[:, :, None] + rng.normal(size=(*mean.shape, n_bins)), task, label


def two_sided(axis):
    """Return the class means of an axis: -axis and +axis."""
    return np.stack([-axis, axis])


def folds_of(population, n_folds=2, seed=0, replicate=ORIGINAL):
    study = study_of(Decoding(folds=n_folds), seed=seed)
    folds = draw_folds(
        population,
        study,
        sizes=fold_sizes(population, folds=n_folds, pseudotrials=None),
        surrogates=surrogate_labels(population, study),
        draw=0,
        replicate=replicate,
    )
    return list(folds)


def accuracy_of(population, n_folds=2, units=None):
    """Return accuracy (train_task, test_task, train_bin, test_bin), mean over folds."""
    units = np.arange(population.n_units) if units is None else units
    return np.mean(
        [
            evaluate_fold(
                population, [fold], units=units[None], settings=Decoding(), bins=EVERYTHING
            ).accuracy[0]
            for fold in folds_of(population, n_folds)
        ],
        axis=0,
    )


def assert_mean(values, expected):
    """Assert that independent values have the expected mean, as far as they can tell."""
    assert len(values) >= 25
    assert abs(np.mean(values) - expected) < FAR * sem(values)


# --- a plain loop of scikit-learn is the oracle ------------------------------------------------


def plain_loop(population, fold, C, standardize):
    """Return one fold's accuracy matrix, one scikit-learn model at a time."""
    n_tasks, n_bins = len(population.tasks), population.n_bins

    def rates(trials, bin):
        return np.concatenate(
            [part.rates[rows, :, bin] for part, rows in zip(population.parts, trials, strict=True)],
            axis=1,
        ).astype(float)

    accuracy = np.empty((n_tasks, n_tasks, n_bins, n_bins))
    for train_task, train_bin in np.ndindex(n_tasks, n_bins):
        model = make_pipeline(
            StandardScaler(with_std=standardize),
            LogisticRegression(C=C, tol=1e-8, solver="newton-cholesky"),
        ).fit(rates(fold.train[train_task], train_bin), fold.train_label[train_task])
        for test_task, test_bin in np.ndindex(n_tasks, n_bins):
            predicted = model.predict(rates(fold.test[test_task], test_bin))
            truth = fold.test_label[test_task]
            accuracy[train_task, test_task, train_bin, test_bin] = balanced_accuracy_score(
                truth, predicted
            )
    return accuracy


@pytest.mark.parametrize("standardize", [True, False])
@pytest.mark.parametrize("n_sessions", [1, 2])
@pytest.mark.parametrize("n_classes", [2, 4])
def test_accuracies_are_those_of_a_plain_loop(
    population, trials, monkeypatch, n_classes, n_sessions, standardize
):
    monkeypatch.setattr(logistic_regression, "TOLERANCE", 1e-6)
    rng = np.random.default_rng(0)
    counts = rng.integers(12, 30, (3, n_classes))
    sessions = [
        coded(trials, counts, 0.6 * rng.normal(size=(3, n_classes, 6)), rng, n_bins=4)
        for _ in range(n_sessions)
    ]
    made = population(*sessions, n_tasks=3, n_classes=n_classes)
    settings = Decoding(C=0.3, standardize=standardize)
    units = np.arange(made.n_units)[None]
    matrices = [
        (
            evaluate_fold(made, [fold], units=units, settings=settings, bins=EVERYTHING).accuracy[
                0
            ],
            plain_loop(made, fold, 0.3, standardize),
        )
        for fold in folds_of(made)
    ]
    got, expected = (np.stack(each) for each in zip(*matrices, strict=True))
    assert got.shape == (2, 3, 3, 4, 4)
    # A trial on the boundary may fall to either side by rounding, in few of the 288 cells.
    same = np.isclose(got, expected, atol=1e-6)
    assert same.mean() > 0.97
    assert np.abs(got - expected).max() <= 1 / 6 / n_classes + 1e-6


def test_replicates_together_are_replicates_one_by_one(population, trials):
    rng = np.random.default_rng(1)
    axes = rng.normal(size=(2, 2, 8))
    made = population(coded(trials, [[12, 14], [13, 12]], axes, rng, n_bins=3))
    batch = [folds_of(made, replicate=Replicate("permutation", i))[0] for i in range(4)]
    units = np.stack([rng.choice(8, 5, replace=False) for _ in range(4)])
    together = evaluate_fold(made, batch, units=units, settings=Decoding(), bins=EVERYTHING)
    for number, fold in enumerate(batch):
        alone = evaluate_fold(
            made, [fold], units=units[number][None], settings=Decoding(), bins=EVERYTHING
        )
        np.testing.assert_allclose(together.accuracy[number], alone.accuracy[0], atol=1 / 24)
        np.testing.assert_allclose(together.weights[number], alone.weights[0], atol=1e-2)


def test_across_tasks_the_null_tests_the_true_labels_of_the_other_task(population, trials):
    rng = np.random.default_rng(2)
    made = population(coded(trials, [[20, 20], [20, 20]], rng.normal(size=(2, 2, 8)), rng))
    true = folds_of(made)[0]
    permuted = folds_of(made, replicate=Replicate("permutation", 0))[0]
    units = np.arange(8)[None]
    got = evaluate_fold(
        made, [permuted], units=units, settings=Decoding(), bins=EVERYTHING, across=true
    ).accuracy[0]
    mixed = Fold(
        permuted.train, [permuted.test[0], true.test[1]], permuted.train_label, true.test_label
    )
    expected = evaluate_fold(
        made, [mixed], units=units, settings=Decoding(), bins=EVERYTHING
    ).accuracy[0]
    np.testing.assert_array_equal(got[0], expected[0])


# --- units mirrored in the tested task ---------------------------------------------------------


def test_mirroring_no_unit_changes_nothing_and_mirroring_all_reverses_the_code(population, trials):
    rng = np.random.default_rng(3)
    code = two_sided(rng.normal(size=8))
    made = population(coded(trials, [[20, 20], [20, 20]], [code, code], rng, n_bins=3))
    fold, units = folds_of(made)[0], np.arange(8)
    mirrors = np.stack([np.ones(8), -np.ones(8)])
    same, reversed_ = evaluate_mirrored(
        made, fold, units=units, settings=Decoding(), mirrors=mirrors
    )
    observed = evaluate_fold(
        made, [fold], units=units[None], settings=Decoding(), bins=EVERYTHING
    ).accuracy[0]
    np.testing.assert_array_equal(same, observed)
    assert same.min() > 0.9
    assert reversed_.max() < 0.1


@pytest.mark.parametrize("n_classes", [2, 4])
def test_mirrored_units_are_reflected_at_their_mean_in_the_tested_task(
    population, trials, n_classes
):
    rng = np.random.default_rng(4)
    axes = rng.normal(size=(2, n_classes, 8))
    counts = rng.integers(12, 20, size=(2, n_classes))
    made = population(coded(trials, counts, axes, rng, n_bins=2), n_classes=n_classes)
    fold, units = folds_of(made)[0], rng.permutation(8)[:6]
    mirrors = rng.choice((-1, 1), size=(5, 6))
    got = evaluate_mirrored(made, fold, units=units, settings=Decoding(), mirrors=mirrors)
    rows = [
        [made.rows(rows[task][None], units[None], EVERYTHING)[0].astype(float) for task in range(2)]
        for rows in (fold.train, fold.test)
    ]
    for replicate, train, test in np.ndindex(5, 2, 2):
        truth = fold.test_label[test]
        for fitted_at, tested_at in np.ndindex(2, 2):
            plain = make_pipeline(StandardScaler(), LogisticRegression(tol=1e-8, max_iter=10_000))
            plain.fit(rows[0][train][fitted_at], fold.train_label[train])
            X = rows[1][test][tested_at]
            mean = np.mean([X[truth == label].mean(axis=0) for label in range(n_classes)], axis=0)
            reflected = np.where(mirrors[replicate] < 0, 2 * mean - X, X)
            expected = balanced_accuracy_score(truth, plain.predict(reflected))
            # Both decoders are exact to 1e-3, which moves no more than a trial across the border.
            near = 1 / np.bincount(truth).min() / n_classes + 1e-6
            assert got[replicate, train, test, fitted_at, tested_at] == pytest.approx(
                expected, abs=near
            )


def test_within_a_task_units_are_mirrored_between_times_and_labels_shuffled_at_equal_times(decoded):
    for task in decoded["train_task"].values:
        null, mirrored = (
            decoded[name].sel(train_task=task, test_task=task).values
            for name in ("cross_null", "cross_mirrored")
        )
        same = np.eye(len(null), dtype=bool)
        np.testing.assert_array_equal(mirrored[same], null[same])
        # Strong codes that differ between times: few of 60 accuracies can be equal by chance.
        assert (mirrored[~same] != null[~same]).mean() > 0.5


def test_the_mirrored_null_is_as_wide_as_the_chance_overlap_of_two_codes(population, trials):
    """Independent codes in few units: |z| against the mirrored null is that of a standard normal.

    Mean of z^2 over 60 pairs of codes; under a normal null it is 1 with an SE of .18. Shuffled
    labels give a null that is too narrow.
    """
    rng = np.random.default_rng(5)
    z = []
    for _ in range(60):
        axes = [two_sided(rng.normal(size=10)) for _ in range(2)]
        made = population(coded(trials, [[20, 20], [20, 20]], axes, rng))
        # The first replicate mirrors nothing: it is what is observed.
        mirrors = np.vstack([np.ones(10), rng.choice((-1, 1), size=(200, 10))])
        tested = [
            evaluate_mirrored(
                made, fold, units=np.arange(10), settings=Decoding(), mirrors=mirrors
            )[:, 0, 1, 0, 0]
            for fold in folds_of(made)
        ]
        observed, *null = np.mean(tested, axis=0)
        z.append((observed - np.mean(null)) / np.std(null))
    assert_mean(np.square(z), 1)


# --- transfer and its ceiling (pitfall 14) -----------------------------------------------------

N_POPULATIONS = 40


def transfer_of_codes(population, trials, cosine, seed):
    """Return within- and across-task accuracy of populations whose codes have the cosine."""
    rng = np.random.default_rng(seed)
    within, across = [], []
    for _ in range(N_POPULATIONS):
        one, other = np.linalg.qr(rng.normal(size=(20, 2)))[0].T
        second = cosine * one + np.sqrt(1 - cosine**2) * other
        axes = [two_sided(one), two_sided(second)]
        made = population(coded(trials, [[60, 60], [60, 60]], axes, rng))
        accuracy = accuracy_of(made)[..., 0, 0]
        within.append(np.trace(accuracy) / 2)
        across.append((accuracy.sum() - np.trace(accuracy)) / 2)
    return np.array(within), np.array(across)


def test_identical_codes_transfer_completely(population, trials):
    within, across = transfer_of_codes(population, trials, cosine=1, seed=3)
    assert within.mean() > 0.7
    assert_mean(across - within, 0)
    # The ratio's SE is about .01.
    assert (across.mean() - 0.5) / (within.mean() - 0.5) == pytest.approx(1, abs=0.06)


def test_orthogonal_codes_transfer_at_chance(population, trials):
    within, across = transfer_of_codes(population, trials, cosine=0, seed=4)
    assert within.mean() > 0.7
    assert_mean(across, 0.5)


def test_opposite_codes_transfer_below_chance_by_as_much(population, trials):
    within, across = transfer_of_codes(population, trials, cosine=-1, seed=5)
    assert_mean(within + across, 1)


def test_within_and_across_are_tested_by_the_same_decoders(population, trials):
    rng = np.random.default_rng(6)
    made = population(coded(trials, [[40, 10], [25, 90]], rng.normal(size=(2, 2, 5)), rng))
    for fold in folds_of(made):
        assert [np.bincount(label).tolist() for label in fold.train_label] == [[5, 5], [5, 5]]


def test_four_classes_have_chance_one_quarter(population, trials):
    rng = np.random.default_rng(7)
    accuracies = []
    for _ in range(30):
        noise = coded(trials, np.full((2, 4), 12), np.zeros((2, 4, 10)), rng)
        accuracies.append(accuracy_of(population(noise, n_classes=4)).mean())
    assert_mean(accuracies, 0.25)


def test_imbalanced_noise_gives_a_balanced_accuracy_of_one_half(population, trials):
    # Pitfall 9: a decoder that follows the majority would reach .8.
    rng = np.random.default_rng(8)
    accuracies = []
    for _ in range(40):
        noise = coded(trials, [[80, 20], [80, 20]], np.zeros((2, 2, 10)), rng)
        accuracies.append(accuracy_of(population(noise)).mean(axis=(2, 3)).mean())
    assert_mean(accuracies, 0.5)


@pytest.mark.parametrize("C", [1e-3, 1.0, 1e2])
def test_noise_gives_chance_whatever_the_penalty(population, trials, C):
    # Pitfall 3: nothing is selected on the test side.
    rng = np.random.default_rng(9)
    accuracies = []
    for _ in range(30):
        made = population(coded(trials, [[15, 15], [15, 15]], np.zeros((2, 2, 12)), rng))
        units = np.arange(12)[None]
        fold = folds_of(made)[0]
        accuracies.append(
            evaluate_fold(
                made, [fold], units=units, settings=Decoding(C=C), bins=EVERYTHING
            ).accuracy.mean()
        )
    assert_mean(accuracies, 0.5)


def test_codes_of_different_times_do_not_transfer_over_time(population, trials):
    rng = np.random.default_rng(10)
    within, across = [], []
    for _ in range(30):
        one, other = np.linalg.qr(rng.normal(size=(16, 2)))[0].T
        task, label = trials([[40, 40]], rng)
        mean = np.stack([two_sided(1.5 * axis)[label] for axis in (one, other)], axis=2)
        rates = mean + rng.normal(size=mean.shape)
        accuracy = accuracy_of(population((rates, task, label), n_tasks=1))[0, 0]
        within.append(np.trace(accuracy) / 2)
        across.append(accuracy[0, 1])
    assert np.mean(within) > 0.8
    assert_mean(across, 0.5)


# --- nothing of the test side in the decoder (pitfall 4) ---------------------------------------


@pytest.mark.parametrize("standardize", [True, False])
def test_test_trials_move_neither_weights_nor_patterns(population, trials, standardize):
    rng = np.random.default_rng(11)
    rates, task, label = coded(trials, [[20, 20], [20, 20]], rng.normal(size=(2, 2, 10)), rng)
    made = population((rates, task, label))
    settings = Decoding(standardize=standardize)
    units = np.arange(10)[None]
    for fold in folds_of(made):
        perturbed = rates.copy()
        tested = np.concatenate([rows.ravel() for rows in fold.test])
        perturbed[tested] = 1000 * rng.normal(size=perturbed[tested].shape)
        before = evaluate_fold(made, [fold], units=units, settings=settings, bins=EVERYTHING)
        after = evaluate_fold(
            population((perturbed, task, label)),
            [fold],
            units=units,
            settings=settings,
            bins=EVERYTHING,
        )
        np.testing.assert_array_equal(after.weights, before.weights)
        np.testing.assert_array_equal(after.patterns, before.patterns)
        assert (after.accuracy != before.accuracy).any()


# --- weights and patterns (pitfall 16) ---------------------------------------------------------


def test_a_suppressor_unit_has_weight_but_no_pattern(population, trials, dataset):
    rng = np.random.default_rng(12)
    task, label = trials([[1500, 1500]], rng)
    shared_noise = rng.normal(size=len(task))
    signal = np.where(label == 1, 0.5, -0.5)
    rates = np.stack(
        [signal + shared_noise + 0.3 * rng.normal(size=len(task)), shared_noise], axis=1
    )
    rates += 0.3 * rng.normal(size=rates.shape)
    made = population((rates[..., None], task, label), n_tasks=1, window=True)
    settings = dataset(source="netcdf", files="*", decoding={"draws": 1}, inference=QUICK)
    result = decode_region([made], Study("data", settings, 0), region="V4", n_units=None).isel(
        train_task=0, time=0
    )
    weight, pattern = (result[name].values[:, 0] for name in ("weights", "patterns"))
    assert weight[0] > 0
    assert weight[1] < -0.5 * weight[0]
    # Its correlation with the scores has an SE of 1/sqrt(3000), 1/25 of the other unit's.
    assert abs(pattern[1]) < 0.2 * pattern[0]


# --- units (pitfall 10) and pseudotrials (pitfall 8) -------------------------------------------


def test_the_same_code_in_20_and_200_units_differs_only_before_units_are_matched(
    population, trials, dataset
):
    rng = np.random.default_rng(13)
    settings = dataset(
        source="netcdf", files="*", decoding={"draws": 3, "unit_counts": []}, inference=QUICK
    )
    matched, unmatched = [], []
    for number in range(25):
        decoded = {}
        for n_units in (20, 200):
            axes = [two_sided(0.2 * rng.normal(size=n_units))] * 2
            made = population(coded(trials, [[15, 15], [15, 15]], axes, rng), window=True)
            decoded[n_units] = decode_region(
                [made], Study("data", settings, number), region=str(n_units), n_units=20
            )
            assert decoded[n_units]["units_per_draw"].item() == 20
        small = decoded[20]["window_accuracy"].mean().item()
        matched.append(decoded[200]["window_accuracy"].mean().item() - small)
        all_units = decoded[200]["unit_accuracy"].sel(n_units=200)
        unmatched.append(all_units.mean().item() - small)
    assert_mean(matched, 0)
    assert np.mean(unmatched) > max(0.1, FAR * sem(unmatched))


def p_of(decoded):
    """Return the p-value within the first task in the window."""
    observed = decoded["window_accuracy"].mean("draw")
    p = p_value(observed.values, decoded["window_null"].values)
    return xr.zeros_like(observed).copy(data=p).isel(train_task=0, test_task=0).item()


@pytest.mark.slow
def test_tenfold_pseudotrials_are_no_tenfold_evidence(population, trials, dataset):
    rng = np.random.default_rng(14)
    p_values = {10: [], 100: []}
    for number in range(30):
        counts, nothing = [[20, 20], [20, 20]], np.zeros((2, 2, 8))
        sessions = [coded(trials, counts, nothing, rng) for _ in range(2)]
        made = population(*sessions, window=True)
        for n in p_values:
            settings = dataset(
                source="netcdf",
                files="*",
                decoding={"draws": 1, "pseudotrials": n, "unit_counts": []},
                inference={"permutations": 40, "bootstraps": 20},
            )
            p_values[n].append(
                p_of(
                    decode_region(
                        [made], Study("data", settings, number), region="V4", n_units=None
                    )
                )
            )
    few, many = (np.array(p_values[n]) for n in p_values)
    # Under the null p is uniform on 1/41, ..., 1 (ties make it larger); pseudotrials that counted
    # as trials would spread their accuracies and push half of the p-values to 1/41.
    assert_mean(many - few, 0)
    assert many.mean() > 0.5 - FAR * sem(many)


@pytest.mark.parametrize(("draws", "folds"), [(1, 2), (3, 5), (20, 5)])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_units_that_are_silent_give_chance_exactly_in_the_data_and_in_every_permutation(
    population, dataset, draws, folds, n_classes
):
    # Sums in float32 would leave each a little beside chance, whatever the number of terms.
    counts = np.full((2, n_classes), 7) + np.arange(n_classes)
    task, label = np.repeat(np.indices(counts.shape).reshape(2, -1), counts.ravel(), axis=1)
    made = population((np.zeros((len(task), 3, 2)), task, label), window=True, n_classes=n_classes)
    settings = dataset(
        source="netcdf",
        files="*",
        decoding={"draws": draws, "folds": folds, "unit_counts": []},
        inference={"permutations": 5, "bootstraps": 20},
    )
    decoded = decode_windows(
        [made], Study("data", settings, 0), region="V4", n_units=None, progress=False
    )
    for name in ("window_accuracy", "window_null", "window_mirrored"):
        assert (decoded[name].values == decoded[name].values.dtype.type(1 / n_classes)).all()


@given(correct=st.lists(st.booleans(), min_size=5, max_size=40), seed=st.integers(0, 10**6))
def test_an_accuracy_depends_on_how_many_trials_of_a_class_are_correct_not_on_which(correct, seed):
    rng = np.random.default_rng(seed)
    truth = np.sort(np.arange(len(correct)) % 3)
    scores = np.eye(3)[np.where(correct, truth, (truth + 1) % 3)]
    order = np.concatenate([rng.permutation(np.flatnonzero(truth == k)) for k in range(3)])
    both = np.stack([scores, scores[order]])[:, None, :, None]
    one, other = balanced_accuracy.score(both, truth).ravel()
    assert one == other
    assert one == pytest.approx(np.mean([np.mean(np.array(correct)[truth == k]) for k in range(3)]))


# --- what decode_region returns ----------------------------------------------------------------


@pytest.fixture(scope="module")
def settings(dataset):
    return dataset(
        source="netcdf",
        files="*",
        decoding={"draws": 2, "unit_counts": [2, 4, 50]},
        inference={"permutations": 3, "bootstraps": 20},
    )


@pytest.fixture(scope="module")
def members(population, trials):
    """Two sessions of different size, three classes."""
    rng = np.random.default_rng(15)
    return [
        population(
            coded(trials, np.full((2, 3), n), rng.normal(size=(2, 3, n)), rng, n_bins=3),
            window=True,
            n_classes=3,
        )
        for n in (8, 6)
    ]


@pytest.fixture(scope="module")
def decoded(members, settings):
    return decode_region(members[:1], Study("data", settings, 1), region="V4", n_units=5)


def test_a_decoding_result_holds_what_its_documentation_says(decoded):
    cross = ("session", "train_task", "test_task", "train_time", "test_time")
    window = ("session", "train_task", "test_task", "window")
    dims = {
        "accuracy": (*cross, "draw"),
        "null": ("session", "train_task", "test_task", "time", "permutation"),
        "cross_null": (*cross[1:], "permutation"),
        "bootstrap": ("session", "train_task", "test_task", "time", "replicate"),
        "window_accuracy": (*window, "draw"),
        "window_null": (*window, "permutation"),
        "mirrored": ("session", "train_task", "test_task", "time", "permutation"),
        "cross_mirrored": (*cross[1:], "permutation"),
        "window_mirrored": (*window, "permutation"),
        "window_bootstrap": (*window, "replicate"),
        "unit_accuracy": (*window, "n_units", "draw"),
        "half_accuracy": (*window, "half", "draw"),
        "trial_accuracy": (*window, "training_size", "draw"),
        "n_per_class": ("session", "train_task", "training_size"),
        "confidence": ("train_task", "trial", "time"),
        "weights": ("train_task", "unit", "time", "toward_class"),
        "patterns": ("train_task", "unit", "time", "toward_class"),
    }
    assert {name: decoded[name].dims for name in dims} == dims
    sizes = {"draw": 2, "permutation": 3, "replicate": 20, "half": 2, "trial": 48, "unit": 8}
    assert {name: decoded.sizes[name] for name in sizes} == sizes
    assert decoded["n_units"].values.tolist() == [2, 4, 8]
    assert decoded["units_per_draw"].item() == 5
    assert decoded["n_train"].item() == 3 * 4
    assert decoded["n_test"].values.tolist() == [[24, 24]]
    assert decoded.attrs["chance"] == 1 / 3
    assert decoded.attrs["region"] == "V4"


def test_accuracies_and_confidences_are_fractions(decoded):
    for name in ("accuracy", "null", "cross_null", "bootstrap", "window_accuracy", "confidence"):
        values = decoded[name].values
        assert np.isfinite(values).all()
        assert (values >= 0).all()
        assert (values <= 1 + 1e-6).all()


def test_confidence_is_high_where_the_code_is_strong(population, trials, settings):
    rng = np.random.default_rng(16)
    axes = [two_sided(np.full(10, 1.0)), np.zeros((2, 10))]
    made = population(coded(trials, [[30, 30], [30, 30]], axes, rng), window=True)
    confidence = decode_region([made], Study("data", settings, 1), region="V4", n_units=None)[
        "confidence"
    ]
    task = confidence["trial_task"].values
    within = confidence.sel(train_task="task0").values[:, 0]
    # The classes are 6 SD apart; over 200 other populations the mean is .958, its SD .006.
    assert within[task == "task0"].mean() > 0.9
    # 60 trials of any confidence in [0, 1], independent but for the decoder: SE below .07.
    assert abs(within[task == "task1"].mean() - 0.5) < 0.35


def test_confidence_is_the_probability_of_the_true_class(population, trials):
    rng = np.random.default_rng(17)
    made = population(coded(trials, [[20, 20]], [two_sided(rng.normal(size=4))], rng), n_tasks=1)
    fold = folds_of(made)[0]
    tested = evaluate_fold(
        made,
        [fold],
        units=np.arange(4)[None],
        settings=Decoding(standardize=False),
        bins=EVERYTHING,
    )
    rates = made.parts[0].rates[..., 0].astype(float)
    model = LogisticRegression(tol=1e-8).fit(rates[fold.train[0][0]], fold.train_label[0])
    scores = model.decision_function(rates[fold.test[0][0]])
    expected = expit(np.where(fold.test_label[0] == 1, 1, -1) * scores)
    np.testing.assert_allclose(tested.on_rows[0][0][0, 0], expected, atol=0.01)


def test_sessions_are_decoded_by_themselves_and_in_any_company(members, settings, decoded):
    both = decode_region(
        [members[0], renamed(members[1])], Study("data", settings, 1), region="V4", n_units=5
    )
    assert both["session"].values.tolist() == ["s0", "s9"]
    alone = both["accuracy"].sel(session=["s0"])
    xr.testing.assert_identical(alone, decoded["accuracy"])
    # The smaller session has no accuracy with more units than it has.
    by_count = both["unit_accuracy"].sel(session="s9")
    assert by_count["n_units"].values[by_count.isnull().all(exclude(by_count))].tolist() == [8]


def exclude(values):
    return [dim for dim in values.dims if dim != "n_units"]


def renamed(population):
    return replace(
        population, session="s9", parts=[replace(part, session="s9") for part in population.parts]
    )


def test_the_same_seed_gives_the_same_result_and_another_seed_another(members, settings, decoded):
    again = decode_region(members[:1], Study("data", settings, 1), region="V4", n_units=5)
    xr.testing.assert_identical(again, decoded)
    other = decode_region(members[:1], Study("data", settings, 2), region="V4", n_units=5)
    assert (other["accuracy"].values != decoded["accuracy"].values).any()


def test_more_replicates_leave_the_first_as_they_are(members, dataset, decoded):
    more = dataset(
        source="netcdf",
        files="*",
        decoding={"draws": 2, "unit_counts": []},
        inference={"permutations": 6, "bootstraps": 25},
    )
    longer = decode_region(members[:1], Study("data", more, 1), region="V4", n_units=5)
    for name, dim in (("cross_null", "permutation"), ("bootstrap", "replicate")):
        n = decoded.sizes[dim]
        # Fits are solved in batches, so rounding may move a trial on the boundary.
        difference = np.abs(longer[name].isel({dim: slice(n)}).values - decoded[name].values)
        assert np.quantile(difference, 0.99) < 1e-6


def test_bootstraps_resample_units_as_well_as_trials(population, trials, dataset):
    # One unit carries the code: resamples without it are at chance.
    rng = np.random.default_rng(18)
    axis = np.r_[2.0, np.zeros(5)]
    made = population(coded(trials, [[40, 40], [40, 40]], [two_sided(axis)] * 2, rng), window=True)
    settings = dataset(
        source="netcdf",
        files="*",
        decoding={"draws": 1, "unit_counts": []},
        inference={"permutations": 1, "bootstraps": 60},
    )
    boot = decode_region([made], Study("data", settings, 1), region="V4", n_units=None)[
        "window_bootstrap"
    ]
    without = (boot.isel(session=0, train_task=0, test_task=0, window=0) < 0.75).sum().item()
    # The unit is left out with probability (5/6)^6 = .335: binomial(60, .335) in [5, 40] but for
    # a probability below 1e-4.
    assert 5 <= without <= 40


# --- which populations are decoded -------------------------------------------------------------


def recording_of(session, counts, regions, tasks=("pro", "retro")):
    """Return a Recording with counts of trials (task, class) and units of the regions."""
    rng = np.random.default_rng(19)
    task, label = np.repeat(np.indices(np.shape(counts)).reshape(2, -1), np.ravel(counts), axis=1)
    rates = rng.poisson(5, (len(task), len(regions), 4)).astype(np.float32)
    return xr.Dataset(
        {"rates": (("trial", "unit", "time"), rates)},
        coords={
            "time": [0.05, 0.15, 0.25, 0.35],
            "trial_id": ("trial", np.arange(len(task))),
            "task": ("trial", np.array(tasks, object)[task]),
            "label": ("trial", np.array(["left", "right"], object)[label]),
            "unit_id": ("unit", [f"u{i}" for i in range(len(regions))]),
            "region": ("unit", np.array(regions, object)),
            "session": ("unit", [session] * len(regions)),
        },
        attrs={"session": session},
    )


REGIONS = ["V4"] * 3 + ["FEF"] * 5
ENOUGH = [[6, 6], [6, 6]]


def of_kind(dataset, population="simultaneous", min_units=1, include=None, **decoding):
    return dataset(
        source="netcdf",
        files="*",
        regions={"min_units": min_units, "include": include},
        decoding={"population": population, **decoding},
    )


def test_sessions_stand_alone_or_are_pooled(dataset):
    counts = {"a": [[7, 6], [8, 8]], "b": [[9, 9], [5, 9]]}
    recordings = [recording_of(name, counts[name], REGIONS) for name in counts]
    alone = regions_table(recordings, Study("small", of_kind(dataset), 1))
    of_session = {"a": [6, "a", "pro", "right"], "b": [5, "b", "retro", "left"]}
    assert alone.to_numpy().tolist() == [
        ["FEF", "a", 5, *of_session["a"]],
        ["FEF", "b", 5, *of_session["b"]],
        ["V4", "a", 3, *of_session["a"]],
        ["V4", "b", 3, *of_session["b"]],
    ]
    pooled = regions_table(recordings, Study("small", of_kind(dataset, "pseudopopulation"), 1))
    assert pooled.to_numpy().tolist() == [
        ["FEF", POOLED, 10, *of_session["b"]],
        ["V4", POOLED, 6, *of_session["b"]],
    ]
    assert pooled.columns.tolist() == columns_of("regions")


def test_units_of_a_draw_are_those_of_the_smallest_population_or_as_asked(dataset):
    table = regions_table([recording_of("a", ENOUGH, REGIONS)], Study("small", of_kind(dataset), 1))
    assert units_per_draw(of_kind(dataset), table) == 3
    assert units_per_draw(of_kind(dataset, units=4), table) == 4
    assert units_per_draw(of_kind(dataset, units="all"), table) is None


def test_a_window_is_the_mean_over_the_bins_that_lie_in_it(dataset):
    made = recording_of("a", ENOUGH, REGIONS)
    (one,) = build_populations([made], Study("small", of_kind(dataset), 1), "V4")
    assert one.windows == ("late",)
    expected = made["rates"].values[:, :3, 2:].mean(-1)
    np.testing.assert_allclose(one.parts[0].rates[..., -1], expected)


def test_sessions_with_too_few_trials_or_units_take_no_part(dataset):
    recordings = [
        recording_of("scarce", [[6, 6], [1, 6]], REGIONS),
        recording_of("good", ENOUGH, REGIONS),
        recording_of("small", ENOUGH, ["V4", "FEF"]),
    ]
    settings = of_kind(dataset, min_units=3)
    found = build_populations(recordings, Study("small", settings, 1), "V4")
    assert [each.session for each in found] == ["good"]
    pooled = of_kind(dataset, "pseudopopulation", min_units=3)
    (found,) = build_populations(recordings, Study("small", pooled, 1), "V4")
    assert [part.session for part in found.parts] == ["good", "small"]


def test_fewer_trials_than_folds_everywhere_is_an_error(dataset):
    recordings = [
        recording_of("a", [[6, 6], [6, 2]], REGIONS),
        recording_of("b", [[6, 3], [6, 6]], REGIONS),
    ]
    with pytest.raises(InputError) as error:
        build_populations(recordings, Study("small", of_kind(dataset, folds=5), 1), "V4")
    assert str(error.value) == (
        "datasets.small.decoding.folds: 5 folds need 5 trials of every task and class; session "
        "'b' has 3 of task 'pro', class 'right'; other sessions have no more. Give fewer folds, or "
        "tasks and classes with more trials."
    )


def test_sessions_with_fewer_trials_than_are_asked_for_take_no_part(dataset):
    recordings = [
        recording_of("a", [[6, 6], [6, 4]], REGIONS),
        recording_of("b", [[6, 5], [6, 6]], REGIONS),
    ]
    keys = {"source": "netcdf", "files": "*.nc", "sessions": {"min_trials": 5}}
    settings = dataset(**keys)
    (left_out,) = sessions_left_out(recordings, settings)
    assert (left_out.session, str(left_out)) == ("a", "4 of task 'retro', class 'right'")
    assert {*regions_table(recordings, Study("small", settings, 1))["session"]} == {"b"}
    keys["sessions"]["min_trials"] = 6
    with pytest.raises(InputError) as error:
        build_populations(recordings, Study("small", dataset(**keys), 1), "V4")
    assert str(error.value) == (
        "datasets.small.sessions.min_trials: requires 6 trials of every task and class; "
        "session 'b' has 5 of task 'pro', class 'right'; other sessions have no more. At most 5 "
        "keeps a session."
    )


@pytest.mark.parametrize("population", ["simultaneous", "pseudopopulation"])
def test_too_few_units_are_an_error_where_they_are_asked_for_by_name(dataset, population):
    recordings = [recording_of("a", ENOUGH, REGIONS)]
    settings = of_kind(dataset, population, min_units=4)
    assert regions_table(recordings, Study("small", settings, 1))["region"].tolist() == ["FEF"]
    named = of_kind(dataset, population, min_units=4, include=["V4"])
    with pytest.raises(
        InputError, match=r"datasets.small.regions.min_units: region 'V4' has 3 units; allowed: 4"
    ):
        regions_table(recordings, Study("small", named, 1))
    nowhere = of_kind(dataset, population, min_units=9)
    with pytest.raises(InputError, match="allowed: 9 and more"):
        regions_table(recordings, Study("small", nowhere, 1))


def test_a_single_unit_stands_for_both_halves_in_every_draw(dataset):
    """One region with one unit makes all draws of one unit, which has no halves."""
    made = recording_of("a", ENOUGH, ["V4"] * 3 + ["FEF"])
    settings = dataset(
        source="netcdf", files="*", decoding={"draws": 3, "unit_counts": []}, inference=QUICK
    )
    table = regions_table([made], Study("small", settings, 1))
    members = build_populations([made], Study("small", settings, 1), "V4")
    decoded = decode_region(
        members, Study("small", settings, 0), region="V4", n_units=units_per_draw(settings, table)
    )
    assert decoded["units_per_draw"].item() == 1
    halves = decoded["half_accuracy"]
    assert (halves.sizes["half"], halves.sizes["draw"]) == (2, 3)
    xr.testing.assert_equal(halves.isel(half=0), halves.isel(half=1))


@pytest.mark.parametrize("n_rows", [1, 2, 3])
def test_few_training_trials_choose_among_several_C_as_far_as_they_can(dataset, n_rows):
    """A part of them without a class has no decoder; a single one leaves the smallest C."""
    made = recording_of("a", [[8, 8], [8, 8]], REGIONS)

    def accuracy(C):
        settings = dataset(
            source="netcdf",
            files="*",
            decoding={"draws": 1, "unit_counts": [], "pseudotrials": n_rows, "C": C},
            inference=QUICK,
        )
        members = build_populations([made], Study("small", settings, 1), "V4")
        return decode_region(members, Study("small", settings, 0), region="V4", n_units=None)[
            "accuracy"
        ]

    chosen = accuracy([0.01, 1.0])
    assert np.isfinite(chosen).all()
    if n_rows == 1:
        xr.testing.assert_equal(chosen, accuracy(0.01))

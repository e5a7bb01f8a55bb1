"""Accuracy against the number of training trials: nested, balanced, and up to all of a task."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from tqdm import tqdm

from neuro_attn.configuration import Decoding
from neuro_attn.decoding import decode_region
from neuro_attn.decoding.population_decoder import ORIGINAL, PopulationDecoder
from neuro_attn.decoding.splits import draw_folds, fold_sizes, training_sizes
from neuro_attn.decoding.subsets import by_trial_count
from neuro_attn.decoding.surrogates import surrogate_labels
from neuro_attn.study import Study
from tests.studies import study_of

N_UNITS = 6
PAIR = ("train_task", "test_task")


@pytest.fixture(scope="session")
def noisy(population, trials):
    """Make a population with a code of d' `strength` per unit, from counts of each session."""

    def make(*counts, strength=0.0, n_strata=1, seed=0):
        rng = np.random.default_rng(seed)
        axis = rng.choice([-1, 1], N_UNITS) * strength / 2
        sessions = []
        for count in counts:
            task, label = trials(count, rng)
            mean = np.where(label[:, None] == 1, axis, -axis)
            sessions.append((mean[..., None] + rng.normal(size=(*mean.shape, 2)), task, label))
        n_tasks, n_classes = np.shape(counts[0])
        made = population(*sessions, window=True, n_tasks=n_tasks, n_classes=n_classes)
        if n_strata == 1:
            return made
        parts = [replace(part, stratum=np.arange(len(part.task)) % n_strata) for part in made.parts]
        return replace(made, parts=parts, n_strata=n_strata)

    return make


def curve(made, n_units=None, matched=None, **decoding) -> xr.Dataset:
    """Return `by_trial_count` of a population; `matched` is what other tests do not look at."""
    study = study_of(Decoding(**decoding), seed=3)
    decoder = PopulationDecoder(
        made,
        study,
        region="V4",
        n_units=n_units,
        surrogates=surrogate_labels(made, study),
        progress=tqdm(disable=True),
    )
    shape = (len(made.tasks), len(made.tasks), len(made.windows), study.dataset.decoding.draws)
    return xr.Dataset(by_trial_count(decoder, np.zeros(shape)))


counts_of_sessions = st.lists(
    st.lists(
        st.lists(st.integers(8, 20), min_size=2, max_size=2),
        min_size=2,
        max_size=2,
    ),
    min_size=1,
    max_size=3,
)


@settings(max_examples=60)
@given(
    counts=counts_of_sessions,
    folds=st.integers(2, 4),
    n_strata=st.integers(1, 2),
    data=st.data(),
)
def test_smaller_training_sets_are_subsets_with_the_same_test_trials_and_equal_classes_and_strata(
    noisy, counts, folds, n_strata, data
):
    counts = [[[n_strata * 8 + n for n in row] for row in count] for count in counts]
    made = noisy(*counts, n_strata=n_strata)
    most = fold_sizes(made, folds=folds, pseudotrials=None)
    if most.train == 0:
        return
    few = n_strata * data.draw(st.integers(1, most.train // n_strata))
    study = study_of(Decoding(folds=folds))
    larger, smaller = (
        draw_folds(
            made,
            study,
            sizes=sizes,
            surrogates=surrogate_labels(made, study),
            draw=1,
            replicate=ORIGINAL,
        )
        for sizes in (most, replace(most, train=few))
    )
    for large, small in zip(larger, smaller, strict=True):
        for task in range(2):
            np.testing.assert_array_equal(large.test[task], small.test[task])
            assert np.bincount(small.train_label[task]).tolist() == [few, few]
            for number, part in enumerate(made.parts):
                rows = small.train[task][number]
                assert set(rows) <= set(large.train[task][number])
                assert len(set(rows)) == 2 * few, "no trial is repeated"
                assert (part.task[rows] == task).all()
                cells = part.label[rows] * n_strata
                cells += 0 if part.stratum is None else part.stratum[rows]
                assert np.bincount(cells).tolist() == [few // n_strata] * (2 * n_strata)


@pytest.mark.parametrize(
    ("sessions", "decoding"),
    [
        (1, {}),
        (2, {}),
        (1, {"folds": 5, "draws": 2}),
        (2, {"score": "auc", "draws": 2}),
        (1, {"decoder": "linear_discriminant"}),
        (1, {"splits": "blocks"}),
        (2, {"pseudotrials": 40}),
    ],
)
def test_as_many_trials_as_the_summary_has_give_exactly_its_accuracy(
    noisy, dataset, sessions, decoding
):
    made = noisy(*[[[14, 16], [30, 24]]] * sessions, strength=0.5)
    folds = decoding.get("folds", 2)
    train = decoding.get("pseudotrials", 14 - -(-14 // folds))
    keys = {
        "source": "netcdf",
        "files": "*",
        "decoding": {**decoding, "unit_counts": [], "trial_counts": [train, 3]},
        "inference": {"permutations": 1, "bootstraps": 20},
    }
    found = decode_region([made], Study("data", dataset(**keys), 1), region="V4", n_units=4)
    expected = found["window_accuracy"]
    sizes = found["trial_accuracy"]
    assert sizes["training_size"].values.tolist() == ["3", str(train), "matched", "all"]
    xr.testing.assert_equal(sizes.sel(training_size="matched", drop=True), expected)
    assert (found["n_per_class"].sel(training_size="matched") == train).all()
    if "pseudotrials" in decoding:
        assert sizes.sel(training_size=str(train)).isnull().all(), "trials would be resampled"
        return
    np.testing.assert_array_equal(sizes.sel(training_size=str(train)), expected)
    rarest = {"train_task": "task0"}
    np.testing.assert_array_equal(sizes.sel(training_size="all", **rarest), expected.sel(rarest))
    assert found["n_train"].item() == 2 * train


def test_each_task_goes_on_to_all_of_its_own_trials(noisy):
    made = noisy([[12, 20], [40, 30]], [[50, 50], [50, 25]])
    assert training_sizes(made, folds=2).tolist() == [6, 12]
    found = curve(made, trial_counts=[12, 6, 5, 13, 6], draws=2)
    assert found["training_size"].values.tolist() == ["5", "6", "12", "13", "matched", "all"]
    nan = np.nan
    np.testing.assert_array_equal(
        found["n_per_class"], [[5, 6, nan, nan, 6, 6], [5, 6, 12, nan, 6, 12]]
    )
    reached = np.isfinite(found["trial_accuracy"]).all(["test_task", "window", "draw"])
    np.testing.assert_array_equal(reached, np.isfinite(found["n_per_class"]))
    rarest, richest = (found["trial_accuracy"].isel(train_task=task) for task in (0, 1))
    xr.testing.assert_equal(*(rarest.sel(training_size=n, drop=True) for n in ("6", "all")))
    xr.testing.assert_equal(*(richest.sel(training_size=n, drop=True) for n in ("12", "all")))


def test_sizes_that_strata_cannot_share_are_left_out(noisy):
    made = noisy([[40, 40], [40, 40]], n_strata=2)
    found = curve(made, trial_counts=[3, 4], draws=1)
    reached = np.isfinite(found["n_per_class"]).all("train_task")
    assert reached.values.tolist() == [False, True, True, True]


def test_no_counts_leave_the_two_named_sizes(noisy):
    found = curve(noisy([[12, 12], [12, 12]]), trial_counts=[], draws=1)
    assert found["training_size"].values.tolist() == ["matched", "all"]


def test_accuracy_of_a_planted_code_rises_with_the_number_of_trials(noisy):
    """In each population d' is 1.5 in all, so accuracy is at most .77.

    The difference between 2 and 40 trials of a class, measured over 200 other populations, has the
    mean .147 and the SD .042, so the mean of 20 has an SE of .0094, and .05 is 10 SE below it.
    """
    rise = []
    for seed in range(20):
        made = noisy([[80, 80], [80, 80]], strength=1.5 / np.sqrt(N_UNITS), seed=seed)
        found = curve(made, trial_counts=[2], draws=2)["trial_accuracy"]
        few, many = (found.sel(training_size=size).mean().item() for size in ("2", "all"))
        rise.append(many - few)
    assert np.mean(rise) > 0.05

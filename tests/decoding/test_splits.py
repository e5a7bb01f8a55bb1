"""Splits: raw trials are cut first, and no datum is ever on both sides."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import sem
from sklearn.model_selection import StratifiedGroupKFold

from neuro_attn.configuration import Decoding
from neuro_attn.decoding import splits
from neuro_attn.decoding.nulls.shuffle import shuffled
from neuro_attn.decoding.splits import (
    Replicate,
    blocks,
    bootstrap_counts,
    draw_folds,
    fold_sizes,
)
from neuro_attn.decoding.surrogates import surrogate_labels
from neuro_attn.errors import InputError
from tests.studies import study_of

KINDS = ["observed", "permutation", "bootstrap"]
REPLICATES = [Replicate(kind, index) for kind in KINDS for index in (0, 3)]


@pytest.fixture(scope="session")
def traceable(population, trials):
    """Make a population in which every datum is a unique integer, from counts of each session."""

    def make(*counts, n_units=3, seed=0):
        rng = np.random.default_rng(seed)
        sessions, first = [], 0
        for count in counts:
            task, label = trials(count, rng)
            rates = first + np.arange(len(task) * n_units).reshape(-1, n_units, 1)
            first = rates.max() + 1
            sessions.append((rates, task, label))
        n_tasks, n_classes = np.shape(counts[0])
        return population(*sessions, n_tasks=n_tasks, n_classes=n_classes)

    return make


def folds_of(
    population, replicate, n_folds=2, seed=7, draw=0, pseudotrials=None, name="data", **decoding
):
    study = study_of(Decoding(folds=n_folds, **decoding), seed=seed, name=name)
    folds = draw_folds(
        population,
        study,
        sizes=fold_sizes(population, folds=n_folds, pseudotrials=pseudotrials),
        surrogates=surrogate_labels(population, study),
        draw=draw,
        replicate=replicate,
    )
    return list(folds)


def data_of(population, trials):
    """Return the data of rows, shape (row, unit)."""
    units = np.arange(population.n_units)[None]
    return population.rows(trials[None], units, slice(None))[0, 0].astype(int)


def cells(n_tasks, n_classes):
    """Counts of trials (task, class), each at least as many as the folds that tests use."""
    return st.lists(
        st.lists(st.integers(4, 13), min_size=n_classes, max_size=n_classes),
        min_size=n_tasks,
        max_size=n_tasks,
    )


any_counts = st.tuples(st.integers(1, 3), st.integers(2, 3), st.integers(1, 3)).flatmap(
    lambda size: st.lists(cells(size[0], size[1]), min_size=size[2], max_size=size[2])
)


@settings(max_examples=80)
@given(
    counts=any_counts,
    n_folds=st.integers(2, 4),
    seed=st.integers(0, 10**6),
    replicate=st.sampled_from(REPLICATES),
    pseudotrials=st.sampled_from([None, 1, 50]),
)
def test_no_datum_is_on_both_sides_of_a_split(
    traceable, counts, n_folds, seed, replicate, pseudotrials
):
    made = traceable(*counts, seed=seed)
    for fold in folds_of(made, replicate, n_folds, seed, pseudotrials=pseudotrials):
        trained, tested = (
            {value for rows in side for value in data_of(made, rows).ravel()}
            for side in (fold.train, fold.test)
        )
        assert trained
        assert tested
        assert not trained & tested


@settings(max_examples=40)
@given(counts=any_counts, n_folds=st.integers(2, 4), seed=st.integers(0, 10**6))
def test_every_session_task_and_class_trains_with_the_same_number_of_rows(
    traceable, counts, n_folds, seed
):
    made = traceable(*counts, seed=seed)
    expected = min(n - -(-n // n_folds) for n in np.ravel(counts))
    for fold in folds_of(made, Replicate("observed"), n_folds, seed):
        for rows, label in zip(fold.train, fold.train_label, strict=True):
            assert rows.shape == (len(counts), len(label))
            assert np.bincount(label).tolist() == [expected] * len(made.classes)


@settings(max_examples=40)
@given(
    counts=any_counts,
    n_folds=st.integers(2, 4),
    replicate=st.sampled_from([r for r in REPLICATES if r.kind != "permutation"]),
)
def test_rows_come_from_the_task_and_class_that_they_stand_for(
    traceable, counts, n_folds, replicate
):
    made = traceable(*counts)
    for fold in folds_of(made, replicate, n_folds):
        for side, labels in ((fold.train, fold.train_label), (fold.test, fold.test_label)):
            for task, (rows, label) in enumerate(zip(side, labels, strict=True)):
                for part, chosen in zip(made.parts, rows, strict=True):
                    assert (part.task[chosen] == task).all()
                    np.testing.assert_array_equal(part.label[chosen], label)


def test_pseudotrials_join_units_of_all_sessions_by_class(traceable):
    made = traceable([[6, 6]], [[8, 9]], n_units=2)
    (first, _) = folds_of(made, Replicate("observed"))
    rows = data_of(made, first.train[0])
    for part, chosen, columns in zip(
        made.parts, first.train[0], (slice(0, 2), slice(2, 4)), strict=True
    ):
        np.testing.assert_array_equal(rows[:, columns], part.rates[chosen, :, 0])
        np.testing.assert_array_equal(part.label[chosen], first.train_label[0])


def test_without_resampling_no_trial_stands_twice_and_folds_test_different_trials(traceable):
    made = traceable([[10, 14], [12, 13]])
    folds = folds_of(made, Replicate("observed"), n_folds=3)
    for task in range(2):
        for fold in folds:
            assert len(np.unique(fold.train[task])) == fold.train[task].size
        tested = np.concatenate([fold.test[task].ravel() for fold in folds])
        assert len(np.unique(tested)) == len(tested)


def test_as_many_pseudotrials_as_asked_for_are_resampled_from_the_training_side(traceable):
    made = traceable([[6, 6], [6, 6]], [[8, 9], [7, 6]])
    for fold in folds_of(made, Replicate("observed"), pseudotrials=40):
        for rows, label in zip(fold.train, fold.train_label, strict=True):
            assert np.bincount(label).tolist() == [40, 40]
            assert rows.shape == (2, 80)


# --- permutations ------------------------------------------------------------------------------


@settings(max_examples=40)
@given(counts=any_counts, index=st.integers(0, 50))
def test_permutations_keep_the_counts_of_session_task_and_class(traceable, counts, index):
    for part, expected in zip(traceable(*counts).parts, counts, strict=True):
        label = shuffled(part, np.random.default_rng(index))
        for task, count in enumerate(expected):
            assert np.bincount(label[part.task == task]).tolist() == count


def test_permutations_differ_and_the_data_are_not_permuted(traceable):
    made = traceable([[20, 20], [20, 20]])
    (part,) = made.parts
    one, other = (surrogate_labels(made, study_of()).draw(part, i) for i in (0, 1))
    assert (one != other).any()
    assert (one != part.label).any()
    for kind in ("observed", "bootstrap"):
        implied = implied_labels(made, folds_of(made, Replicate(kind)))
        assert (implied[implied >= 0] == part.label[implied >= 0]).all()


def implied_labels(population, folds):
    """Return the class that each trial of a population's one session stands for, -1 if unused."""
    label = np.full(len(population.parts[0].task), -1)
    for fold in folds:
        for side, labels in ((fold.train, fold.train_label), (fold.test, fold.test_label)):
            for rows, each in zip(side, labels, strict=True):
                label[rows[0]] = each
    return label


def test_a_permutation_has_the_same_label_set_in_every_draw(traceable):
    made = traceable([[12, 12], [12, 12]])
    replicate = Replicate("permutation", 5)
    surrogates = surrogate_labels(made, study_of(seed=7))
    expected = surrogates.draw(made.parts[0], replicate.index)
    splits = [folds_of(made, replicate, draw=draw) for draw in range(4)]
    for folds in splits:
        np.testing.assert_array_equal(implied_labels(made, folds), expected)
    assert (splits[0][0].train[0] != splits[1][0].train[0]).any()


# --- bootstraps --------------------------------------------------------------------------------


@settings(max_examples=40)
@given(counts=any_counts, index=st.integers(0, 50))
def test_bootstraps_resample_within_task_and_class(traceable, counts, index):
    made = traceable(*counts)
    for part, expected in zip(made.parts, counts, strict=True):
        times = bootstrap_counts(
            part,
            study_of(),
            n_classes=len(made.classes),
            replicate=Replicate("bootstrap", index),
        )
        for task, k in np.ndindex(np.shape(expected)):
            assert times[(part.task == task) & (part.label == k)].sum() == expected[task][k]


def test_trials_that_a_bootstrap_left_out_are_not_used_in_any_draw(traceable):
    made = traceable([[40, 40], [40, 40]])
    replicate = Replicate("bootstrap", 2)
    study = study_of(seed=7)
    left_out = bootstrap_counts(made.parts[0], study, n_classes=2, replicate=replicate) == 0
    # A trial is left out with probability (1 - 1/40)^40 = .36; that of 160 none is has p < 1e-30.
    assert left_out.any()
    for draw in range(4):
        assert (implied_labels(made, folds_of(made, replicate, draw=draw))[left_out] == -1).all()


# --- blocks ------------------------------------------------------------------------------------


def in_blocks(population, lengths, label, n_tasks=1, column=False):
    """Make a population of one session from the lengths and labels of its blocks, in order."""
    n = int(np.sum(lengths))
    block, label = (np.repeat(values, lengths) for values in (np.arange(len(lengths)), label))
    rates = np.arange(n * 2).reshape(n, 2, 1)
    made = population((rates, np.arange(n) % n_tasks, label), n_tasks=n_tasks)
    if column:
        made.parts[0] = replace(made.parts[0], block=block)
    return made, block


block_lengths = st.lists(st.integers(2, 9), min_size=8, max_size=14)


@settings(max_examples=60)
@given(
    lengths=block_lengths,
    n_tasks=st.integers(1, 2),
    n_folds=st.integers(2, 4),
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(["observed", "bootstrap"]),
    column=st.booleans(),
)
def test_a_block_is_never_on_both_sides_of_a_split(
    population, lengths, n_tasks, n_folds, seed, kind, column
):
    made, block = in_blocks(population, lengths, np.arange(len(lengths)) % 2, n_tasks, column)
    for fold in folds_of(made, Replicate(kind, 1), n_folds, seed, splits="blocks"):
        trained, tested = (
            set(np.concatenate([block[rows].ravel() for rows in side]).tolist())
            for side in (fold.train, fold.test)
        )
        assert trained
        assert tested
        assert not trained & tested


def test_blocks_follow_the_column_where_there_is_one_and_else_the_label(population):
    made, block = in_blocks(population, [3, 2, 4, 3], [0, 1, 1, 0])
    (part,) = made.parts
    assert blocks(part, part.label).tolist() == [0] * 3 + [1] * 6 + [2] * 3
    # A value that comes back begins another block.
    part = replace(part, block=np.array(["a", "b", "a", "a"], object)[block])
    assert blocks(part, part.label).tolist() == [0] * 3 + [1] * 2 + [2] * 7
    # Blocks are runs in time, not in the order of the file.
    part = replace(part, event_time=np.arange(12.0)[::-1])
    assert blocks(part, part.label).tolist() == [2] * 3 + [1] * 2 + [0] * 7


def test_blocks_of_mixed_trials_are_dealt_out_at_least_as_evenly_as_by_scikit_learn():
    rng = np.random.default_rng(0)
    more_even = []
    for _ in range(50):
        lengths = rng.integers(2, 10, rng.integers(8, 15))
        block = np.repeat(np.arange(len(lengths)), lengths)
        label = rng.permutation(np.arange(len(block)) % 2)
        ours = splits._folds_of_blocks(block, label, n_cells=2, n_folds=3, rng=rng)
        theirs = np.empty_like(block)
        for fold, (_, test) in enumerate(StratifiedGroupKFold(3).split(label, label, block)):
            theirs[test] = fold
        counts = [np.bincount(2 * fold + label, minlength=6) for fold in (ours, theirs)]
        uneven = [(each.reshape(3, 2) / np.bincount(label)).std(axis=0).sum() for each in counts]
        more_even.append(uneven[1] - uneven[0])
    # If scikit-learn were as even, a mean 5 standard errors below it had a probability of 1e-5.
    assert np.mean(more_even) > -5 * sem(more_even)


def test_blocks_that_cannot_fill_the_folds_are_an_error(population):
    made, _ = in_blocks(population, [10, 10, 10], [0, 1, 0])
    with pytest.raises(InputError) as error:
        folds_of(made, Replicate("observed"), splits="blocks")
    assert str(error.value) == (
        "datasets.data.decoding.splits: the blocks of session 's0' cannot be assigned to 2 folds "
        "so that every fold has every task and class. Use fewer folds, smaller blocks "
        "(decoding.block), or splits: stratified."
    )


# --- regions and the order of work -------------------------------------------------------------


@pytest.mark.parametrize("replicate", REPLICATES, ids=str)
def test_all_regions_share_the_splits_labels_and_resamples(traceable, replicate):
    counts = [[9, 11], [10, 8]]
    small, large = (folds_of(traceable(counts, n_units=n_units), replicate) for n_units in (2, 9))
    for one, other in zip(small, large, strict=True):
        for task in range(2):
            np.testing.assert_array_equal(one.train[task], other.train[task])
            np.testing.assert_array_equal(one.test[task], other.test[task])


def test_splits_do_not_depend_on_what_was_drawn_before_or_on_other_sessions(traceable):
    counts = [[9, 9], [9, 9]]
    made = traceable(counts, counts)
    alone = traceable(counts)
    jobs = [(draw, replicate) for draw in range(3) for replicate in REPLICATES]
    forwards = {job: folds_of(made, job[1], draw=job[0]) for job in jobs}
    for draw, replicate in reversed(jobs):
        again = folds_of(made, replicate, draw=draw)
        by_itself = folds_of(alone, replicate, draw=draw)
        for before, now, single in zip(forwards[draw, replicate], again, by_itself, strict=True):
            for task in range(2):
                np.testing.assert_array_equal(now.train[task], before.train[task])
                np.testing.assert_array_equal(single.train[task][0], now.train[task][0])


def test_seed_data_set_draw_and_replicate_each_give_other_splits(traceable):
    made = traceable([[20, 20]])

    def training_trials(seed=1, name="data", draw=0, replicate=REPLICATES[0]):
        (first, _) = folds_of(made, replicate, seed=seed, name=name, draw=draw)
        return first.train[0].tobytes()

    different = [
        training_trials(),
        training_trials(seed=2),
        training_trials(name="other"),
        training_trials(draw=1),
        *(training_trials(replicate=replicate) for replicate in REPLICATES[2:]),
    ]
    # Two of these are alike by chance with a probability below 1e-20.
    assert len(set(different)) == len(different)

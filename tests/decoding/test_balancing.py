"""Balanced decoding: equally many trials of every value in each class, in training and test."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tqdm import tqdm

from benchmarks.confounds import entangled
from neuro_attn.configuration import Decoding
from neuro_attn.decoding.balancing import balanced, joint, shuffled_within, subsampled
from neuro_attn.decoding.nuisance import Levels
from neuro_attn.decoding.population import without_times
from neuro_attn.decoding.population_decoder import ORIGINAL, PopulationDecoder
from neuro_attn.decoding.splits import Replicate, bootstrap_counts, draw_folds, fold_sizes
from neuro_attn.decoding.surrogates import surrogate_labels
from neuro_attn.decoding.trial_selection import decodable
from tests.studies import study_of

REPLICATES = [Replicate(k, i) for k in ("observed", "permutation", "bootstrap") for i in (0, 3)]
VALUES = ("a", "b", "c")


@pytest.fixture(scope="session")
def valued(population):
    """Make a population of traceable trials from their counts (session, task, class, value)."""

    def make(*counts, seed=0):
        rng = np.random.default_rng(seed)
        sessions, of_session = [], {}
        for number, count in enumerate(counts):
            places = np.indices(np.shape(count)).reshape(3, -1)
            cells = rng.permutation(np.repeat(places, np.ravel(count), axis=1), axis=1)
            rates = 1000 * number + np.arange(cells.shape[1])[:, None, None]
            sessions.append((np.repeat(rates, 2, axis=1), cells[0], cells[1]))
            of_session[f"s{number}"] = cells[2]
        shape = np.shape(counts[0])
        made = population(*sessions, n_tasks=shape[0], n_classes=shape[1])
        return made, Levels(VALUES[: shape[2]], of_session)

    return make


def balance(made, levels, folds=2):
    """Return the balanced population, or None, and what is missing."""
    result = balanced([made], levels, folds=folds)
    found, _ = decodable({"V4": result.target}, folds=folds, where="here")
    members = shuffled_within(found).get("V4")
    return (members[0] if members else None), result


counts = st.tuples(st.integers(1, 2), st.integers(2, 3), st.integers(1, 3), st.integers(1, 2))
cells = counts.flatmap(
    lambda n: st.lists(
        st.lists(
            st.lists(
                st.lists(st.integers(4, 11), min_size=n[2], max_size=n[2]),
                min_size=n[1],
                max_size=n[1],
            ),
            min_size=n[0],
            max_size=n[0],
        ),
        min_size=n[3],
        max_size=n[3],
    )
)


@settings(max_examples=60)
@given(
    counts=cells,
    n_folds=st.integers(2, 4),
    replicate=st.sampled_from(REPLICATES),
    pseudotrials=st.sampled_from([None, 5, 50]),
)
def test_each_class_has_as_many_trials_of_every_value_on_both_sides(
    valued, counts, n_folds, replicate, pseudotrials
):
    made, levels = valued(*counts)
    member, _ = balance(made, levels, n_folds)
    study = study_of(Decoding(folds=n_folds))
    surrogates = surrogate_labels(member, study)
    folds = draw_folds(
        member,
        study,
        sizes=fold_sizes(member, folds=n_folds, pseudotrials=pseudotrials),
        surrogates=surrogates,
        draw=0,
        replicate=replicate,
    )
    for fold in folds:
        for side, labels in ((fold.train, fold.train_label), (fold.test, fold.test_label)):
            for task, (rows, label) in enumerate(zip(side, labels, strict=True)):
                for part, trials in zip(member.parts, rows, strict=True):
                    true = part.label
                    if replicate.kind == "permutation":
                        true = surrogates.draw(part, replicate.index)
                    assert (part.task[trials] == task).all()
                    assert (true[trials] == label).all()
                    for number in np.unique(label):
                        values = part.stratum[trials[label == number]]
                        n = np.bincount(values, minlength=member.n_strata)
                        assert n.min() == n.max() > 0
            assert len({np.bincount(label).tolist()[0] for label in fold.train_label}) == 1
        for trained, tested in zip(fold.train, fold.test, strict=True):
            for one, other in zip(trained, tested, strict=True):
                assert not set(one) & set(other)


@settings(max_examples=30)
@given(counts=cells, index=st.integers(0, 50))
def test_surrogate_labels_keep_how_often_each_class_has_each_value(valued, counts, index):
    made, levels = valued(*counts)
    member, _ = balance(made, levels)
    draw = surrogate_labels(member, study_of()).draw
    for part in member.parts:
        before, after = (
            np.stack([part.task, label, part.stratum]) for label in (part.label, draw(part, index))
        )
        for cell in np.unique(before, axis=1).T:
            n = [(each == cell[:, None]).all(axis=0).sum() for each in (before, after)]
            assert n[0] == n[1]


def test_trials_are_resampled_within_values(valued):
    made, levels = valued([[[3, 9], [8, 2]]])
    member, _ = balance(made, levels)
    (part,) = member.parts
    times = bootstrap_counts(
        part, study_of(), n_classes=2, replicate=Replicate("bootstrap", 1), n_strata=2
    )
    cell = 2 * part.label + part.stratum
    assert np.bincount(cell, times).tolist() == np.bincount(cell).tolist()


def test_a_value_without_enough_trials_of_a_class_is_left_out_and_named(valued):
    # Session s1 has no trial of c, and one of b in class 1 of the second task.
    made, levels = valued(
        [[[4, 4, 4], [4, 4, 4]], [[4, 4, 4], [4, 4, 4]]],
        [[[4, 4, 0], [4, 4, 0]], [[4, 4, 0], [4, 1, 0]]],
    )
    one, other = (replace(made, parts=[part]) for part in made.parts)
    member, result = balance(one, levels)
    assert (member.n_strata, result.missing, result.kept) == (3, {}, {"s0": "a; b; c"})
    member, result = balance(other, levels)
    assert result.kept == {"s1": "a"}
    assert result.missing == {"s1": "b: 1 of task task1, class class1; c: no trials"}
    assert sorted(np.unique(member.parts[0].stratum)) == [0]
    # The sessions of a pseudopopulation keep the same values.
    member, result = balance(made, levels)
    assert result.kept == {"s0": "a", "s1": "a"}
    assert [len(part.label) for part in member.parts] == [16, 16]


def test_a_session_without_any_complete_value_does_not_decide_for_the_others(valued):
    made, levels = valued([[[4, 4], [4, 4]]], [[[4, 0], [0, 4]]])
    member, result = balance(made, levels)
    assert [part.session for part in member.parts] == ["s0"]
    assert result.kept == {"s0": "a; b"}
    made, levels = valued([[[4, 0], [0, 4]]])
    member, result = balance(made, levels)
    assert member is None
    assert result.target.lacking == {"task0": "no value has 2 trials of every class in all tasks"}


def test_several_variables_are_balanced_in_all_combinations():
    side = Levels(("left", "right"), {"s": np.array([0, 1, -1, 1])})
    colour = Levels(("red", "green", "blue"), {"s": np.array([2, 0, 1, -1])})
    found = joint([("side", side), ("colour", colour)])
    assert found.names[2:4] == ("side left, colour blue", "side right, colour red")
    assert found.of_session["s"].tolist() == [2, 3, -1, -1]


def accuracies(population, n_datasets, **world):
    """Return raw, balanced and subsampled accuracy, (data set, control)."""
    study = study_of(Decoding(draws=2))

    def accuracy(member):
        decoder = PopulationDecoder(
            without_times(member),
            study,
            region="V4",
            n_units=None,
            surrogates=surrogate_labels(member, study),
            progress=tqdm(disable=True),
        )
        return decoder.replicated([ORIGINAL]).mean()

    found = []
    for number in range(n_datasets):
        rates, action, stimulus = entangled(np.random.default_rng([17, number]), **world)
        made = population(
            (rates[..., None], np.zeros(len(action), int), action), n_tasks=1, window=True
        )
        member, _ = balance(made, Levels(("A", "B"), {"s0": stimulus}))
        as_few = subsampled({"V4": [member]}, folds=2)["V4"][0]
        found.append([accuracy(each) for each in (made, member, as_few)])
    return np.array(found)


def test_units_of_the_stimulus_alone_do_not_decode_a_balanced_action(population):
    """Within 5 SE of 60 data sets; benchmarks/confounds.py counts over 400."""
    found = accuracies(population, 60, of_action=0.0)
    raw, even, as_few = found.mean(axis=0)
    assert raw > 0.75
    assert as_few > 0.7
    assert abs(even - 0.5) < 5 * found[:, 1].std(ddof=1) / np.sqrt(len(found))


def test_balance_of_an_independent_variable_changes_accuracy_by_its_error_alone(population):
    """The mean difference of 60 data sets is within 5 of its standard errors."""
    found = accuracies(population, 60, of_action=1.5, agree=0.5)
    difference = found[:, 1] - found[:, 2]
    assert found[:, 1].mean() > 0.75
    assert abs(difference.mean()) < 5 * difference.std(ddof=1) / np.sqrt(len(difference))


def test_a_code_of_the_action_itself_remains_with_balance(population):
    """One SE of 16 data sets is below .03."""
    raw, even, _ = accuracies(population, 16, of_action=2.5).mean(axis=0)
    assert raw > 0.85
    assert even > 0.75

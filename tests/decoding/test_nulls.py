"""Nulls: labels that could have been, and none that are less slow than the true ones.

Every statistical claim has a false-alarm rate below 1e-4, stated beside it. FAR_RATE is that of a
single comparison.
"""

from collections import Counter
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import yaml
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from scipy import stats

from neuro_attn import sources
from neuro_attn.configuration import Decoding, Inference, parse
from neuro_attn.configuration.decoders import DECODERS
from neuro_attn.configuration.null_models import NULL_MODELS, specified
from neuro_attn.decoding import build_populations, decode_region
from neuro_attn.decoding.cross_task import decode_windows
from neuro_attn.decoding.nulls.pseudosession import reordered_runs, reordered_session
from neuro_attn.decoding.nulls.shuffle import shuffled
from neuro_attn.decoding.preparation import surrogates_of
from neuro_attn.decoding.surrogates import SurrogateLabels, check_variety, surrogate_labels
from neuro_attn.errors import InputError
from neuro_attn.inference.pvalues import p_value
from neuro_attn.study import Study
from tests.studies import study_of

FAR_RATE = 1e-5
CONTROLS = Path(__file__).parents[2] / "config" / "controls.yaml"

sequences = st.lists(st.integers(0, 3), min_size=1, max_size=40).map(np.array)


def runs(labels):
    """Return the classes and lengths of the runs."""
    starts = np.flatnonzero(np.diff(labels, prepend=-1))
    return labels[starts], np.diff(starts, append=len(labels))


def kept(labels):
    """Return what a reordering must keep: first class, lengths of its runs, transitions."""
    state, length = runs(labels)
    return (
        state[0],
        Counter(zip(state.tolist(), length.tolist(), strict=True)),
        Counter(zip(state[:-1].tolist(), state[1:].tolist(), strict=True)),
    )


def session_of(population, label, task=None, n_units=3, seed=0, **more):
    """Return a population of noise with one session."""
    rng = np.random.default_rng(seed)
    task = np.zeros(len(label), int) if task is None else task
    rates = rng.normal(size=(len(label), n_units, 1))
    return population((rates, task, label), n_tasks=task.max() + 1, **more)


# --- modules of null models --------------------------------------------------------------------


@pytest.mark.parametrize("null", NULL_MODELS.values(), ids=NULL_MODELS)
def test_a_null_model_keeps_what_it_states_that_it_keeps(dataset, null):
    """In 40 trials with random labels, a label set of another session has other counts."""
    recordings = [recording_of(session, 40) for session in "abcd"]
    settings = of_null(dataset, "pseudopopulation", null_model=null.name)
    (made,) = build_populations(recordings, Study("small", settings, 1), "V4")
    surrogates = surrogate_labels(made, Study("small", settings, 1))
    assert surrogates.keeps_counts == null.keeps_counts
    kept = [
        Counter(zip(part.task, surrogates.draw(part, index), strict=True))
        == Counter(zip(part.task, part.label, strict=True))
        for part in made.parts
        for index in range(20)
    ]
    assert all(kept) == null.keeps_counts


def test_every_null_model_has_a_name_of_its_own_in_captions():
    assert len({null.labels for null in NULL_MODELS.values()}) == len(NULL_MODELS)


def test_a_module_that_does_not_state_what_it_keeps_is_an_error(tmp_path):
    module = tmp_path / "reversed.py"
    module.write_text('LABELS = "reversed labels"\nASSUMES = "time is symmetric"\n')
    with pytest.raises(ValueError, match=r"reversed\.py: .* KEEPS_COUNTS is missing"):
        specified(module)


@pytest.mark.parametrize("null", NULL_MODELS)
@pytest.mark.parametrize("decoder", [k for k, v in DECODERS.items() if "classes" in v.label_kinds])
def test_every_null_model_works_with_every_decoder(dataset, null, decoder):
    """In noise, the accuracies of 40 label sets lie around chance, across tasks as well."""
    recordings = [recording_of(session, 40) for session in "abcd"]
    settings = of_null(dataset, "pseudopopulation", 40, null_model=null)
    settings = settings.model_copy(
        update={"decoding": settings.decoding.model_copy(update={"decoder": decoder})}
    )
    study = Study("small", settings, 1)
    members = build_populations(recordings, study, "V4")
    found = decode_windows(members, study, region="V4", n_units=None, progress=False)
    null_accuracy = found["window_null"].squeeze()
    assert null_accuracy.sizes["permutation"] == 40
    # Few sessions give few label sets, so accuracies are correlated. Over 40 seeds and 3 decoders,
    # SDs were up to .026 (shuffled labels) and .044 (others) in a cell, and .018 over all cells.
    means = null_accuracy.mean("permutation")
    np.testing.assert_allclose(means, 0.5, atol=0.1 if null == "shuffle" else 0.2)
    assert float(means.mean()) == pytest.approx(0.5, abs=0.08)
    assert (null_accuracy.std("permutation") > 0).all()


# --- the key of the configuration --------------------------------------------------------------


def test_conditions_without_a_shuffle_are_an_error(dataset):
    with pytest.raises(InputError, match=r"inference\.permute_within: needs null_model: shuffle"):
        dataset(
            source="netcdf",
            files="*",
            inference={"null_model": "session_swap", "permute_within": ["a"]},
        )


# --- runs in another order ---------------------------------------------------------------------


@examples(max_examples=200)
@given(labels=sequences, seed=st.integers(0, 10**6))
def test_reordered_runs_keep_lengths_and_transitions(labels, seed):
    assert kept(reordered_runs(labels, np.random.default_rng(seed))) == kept(labels)


@pytest.mark.parametrize("labels", [[0, 0, 1, 2, 0, 1, 0, 2, 1], [0, 1, 1, 0, 0, 0, 1, 0]])
def test_all_orders_of_the_runs_are_equally_likely(labels):
    labels = np.array(labels)
    possible = {order for order in set(permutations(labels.tolist())) if order[0] == labels[0]}
    possible = {order for order in possible if kept(np.array(order)) == kept(labels)}
    rng = np.random.default_rng(0)
    n = 40 * len(possible)
    drawn = Counter(tuple(reordered_runs(labels, rng).tolist()) for _ in range(n))
    assert len(possible) > 3
    assert set(drawn) == possible
    # 40 are expected of each: none is missing but for a probability below 1e-15.
    assert stats.chisquare(list(drawn.values())).pvalue > FAR_RATE


def test_the_runs_of_a_task_are_reordered_in_time_and_within_the_task(population):
    rng = np.random.default_rng(1)
    task = np.tile([0, 1], 60)
    label = np.repeat(rng.integers(0, 2, 24), 5)
    made = session_of(population, label, task)
    in_file = rng.permutation(120)
    part = replace(
        made.parts[0], task=task[in_file], label=label[in_file], event_time=in_file.astype(float)
    )
    for index in range(5):
        order = reordered_session(part, np.random.default_rng(index))
        in_time = np.empty_like(order)
        in_time[in_file] = order
        for number in range(2):
            assert kept(in_time[task == number]) == kept(label[task == number])
        assert (in_time != label).any()


# --- shuffles within conditions ----------------------------------------------------------------


def test_shuffles_keep_the_counts_of_every_condition(population):
    rng = np.random.default_rng(2)
    task, condition = rng.integers(0, 2, (2, 200))
    label = (rng.random(200) < 0.3 + 0.4 * condition).astype(int)
    part = replace(session_of(population, label, task).parts[0], condition=condition)
    order = shuffled(part, rng)
    assert (order != label).any()
    for cell in (2 * task + condition == number for number in range(4)):
        assert order[cell].sum() == label[cell].sum()


def test_conditions_are_the_values_of_all_columns_together(dataset):
    recording = recording_of("a", 24).assign_coords(
        side=("trial", np.tile(["l", "r"], 12)), level=("trial", np.repeat([1.0, np.nan], 12))
    )
    keys = {"null_model": "shuffle", "permute_within": ["side", "level"]}
    (made,) = build_populations([recording], Study("small", of_null(dataset, **keys), 1), "V4")
    assert made.parts[0].condition.tolist() == [0, 2] * 6 + [1, 3] * 6
    with pytest.raises(InputError, match=r"small.inference.permute_within: no trial column 'sid'"):
        build_populations(
            [recording], Study("small", of_null(dataset, permute_within=["sid"]), 1), "V4"
        )


def test_conditions_that_hold_the_label_fixed_leave_nothing_to_shuffle(population):
    label = np.tile([0, 1], 20)
    made = session_of(population, label)
    made.parts[0] = replace(made.parts[0], condition=label)
    with pytest.raises(InputError, match=r"shuffle gives only 1 label sets for task"):
        surrogates_of([made], study_of(inference=Inference(permute_within=["side"])))


# --- sessions swapped --------------------------------------------------------------------------


def recording_of(session, n, seed=0):
    """Return a Recording of noise with n trials in turn of the two tasks and random labels."""
    rng = np.random.default_rng([seed, n, *session.encode()])
    return xr.Dataset(
        # Counts of spikes in bins of 0.1 s.
        {"rates": (("trial", "unit", "time"), 10 * rng.poisson(5, (n, 3, 4)).astype(np.float32))},
        coords={
            "time": [0.05, 0.15, 0.25, 0.35],
            "trial_id": ("trial", np.arange(n)),
            "task": ("trial", np.tile(["pro", "retro"], n // 2)),
            "label": ("trial", np.array(["left", "right"], object)[rng.integers(0, 2, n)]),
            "unit_id": ("unit", ["u0", "u1", "u2"]),
            "region": ("unit", ["V4"] * 3),
            "session": ("unit", [session] * 3),
        },
        attrs={"session": session},
    )


def of_null(dataset, population="simultaneous", permutations=19, **inference):
    return dataset(
        source="netcdf",
        files="*",
        decoding={"population": population, "draws": 1, "unit_counts": []},
        inference={"permutations": permutations, "bootstraps": 20, **inference},
    )


@pytest.mark.parametrize(("alpha", "needed"), [(0.05, 21), (0.01, 101), (0.3, 4)])
def test_more_label_sets_than_one_in_alpha_are_needed(alpha, needed, dataset):
    """Of 20 label sets, p is never below 1 / 20, and nothing is below alpha."""
    study = study_of(inference=Inference(null_model="session_swap", alpha=alpha, permutations=200))
    members = build_populations([recording_of("a", 300)], Study("small", of_null(dataset), 1), "V4")

    def check(n_sets):
        # Label set k marks the trials from k on.
        def draw(part, index):
            return np.arange(len(part.task)) // 2 >= index % n_sets + 1

        check_variety(members, [SurrogateLabels(draw, keeps_counts=False)], study)

    check(needed)
    with pytest.raises(InputError, match=f"only {needed - 1} label sets .* needs {needed}"):
        check(needed - 1)


def test_swapped_sessions_take_the_labels_of_one_order_of_all_sessions(dataset):
    lengths = dict(zip("abcd", (40, 60, 40, 30), strict=True))
    recordings = [recording_of(session, n) for session, n in lengths.items()]
    members = build_populations(
        recordings, Study("small", of_null(dataset, null_model="session_swap"), 1), "V4"
    )
    surrogates = surrogates_of(members, study_of(inference=Inference(null_model="session_swap")))
    classes = {
        each.attrs["session"]: (each["label"].values == "right").astype(int) for each in recordings
    }
    seen = Counter()
    for index in range(480):
        got = {
            member.session: of_member.draw(member.parts[0], index)
            for member, of_member in zip(members, surrogates, strict=True)
        }
        fitting = []
        for donors in permutations(lengths):
            # The plain way: cut what one donor after the other gives, task by task.
            ring = {s: donors[k:] + donors[:k] for k, s in enumerate(lengths)}
            expected = {
                session: [
                    np.concatenate([classes[donor][task::2] for donor in ring[session]])
                    for task in range(2)
                ]
                for session in lengths
            }
            if all(
                np.array_equal(got[s][task::2], expected[s][task][: lengths[s] // 2])
                for s in lengths
                for task in range(2)
            ):
                fitting.append(donors)
        assert len(fitting) == 1
        seen[fitting[0]] += 1
    # All 24 orders, 20 times each on average: one is missing with a probability below 1e-7.
    assert len(seen) == 24
    assert stats.chisquare(list(seen.values())).pvalue > FAR_RATE


def test_one_session_cannot_be_swapped(dataset):
    with pytest.raises(InputError) as error:
        build_populations(
            [recording_of("a", 40)],
            Study("small", of_null(dataset, null_model="session_swap"), 1),
            "V4",
        )
    assert str(error.value) == (
        "datasets.small.inference.null_model: session_swap needs 2 or more sessions with enough "
        "trials; there is 1. Allowed here: pseudosession, shuffle."
    )


def test_three_sessions_have_too_few_label_sets_for_any_p_below_5_percent(dataset):
    recordings = [recording_of(session, 40) for session in "abc"]
    settings = of_null(dataset, "pseudopopulation", null_model="session_swap")
    members = build_populations(recordings, Study("small", settings, 1), "V4")
    with pytest.raises(InputError) as error:
        decode_region(members, Study("small", settings, 1), region="V4", n_units=None)
    assert str(error.value) == (
        "datasets.small.inference.null_model: session_swap gives only 6 label sets for task 'pro'; "
        "alpha 0.05 needs 21. Use more sessions or blocks, or another null model."
    )


def test_blocks_of_equal_length_have_no_other_order(population):
    made = session_of(population, np.tile(np.repeat([0, 1], 10), 5))
    with pytest.raises(InputError, match="pseudosession gives only 1 label sets"):
        surrogates_of([made], study_of(inference=Inference(null_model="pseudosession")))


@pytest.mark.parametrize("null", NULL_MODELS)
def test_regions_and_draws_share_the_label_sets_of_a_session(dataset, null):
    recordings = [recording_of(session, 40) for session in "abcd"]
    # V4 was recorded in all sessions, FEF in the second alone.
    recordings[1] = recordings[1].assign_coords(region=("unit", ["V4", "FEF", "FEF"]))
    settings = of_null(dataset, "pseudopopulation", null_model=null)
    (everywhere,) = build_populations(recordings, Study("small", settings, 1), "V4")
    (alone,) = build_populations(recordings, Study("small", settings, 1), "FEF")
    (part,) = alone.parts
    for index in range(4):
        one, other = (
            surrogate_labels(made, Study("small", settings, 1)).draw(made.parts[number], index)
            for made, number in ((everywhere, 1), (alone, 0))
        )
        np.testing.assert_array_equal(one, other)
    assert part.session == "b"


# --- a generator of one's own ------------------------------------------------------------------

PSEUDOSESSION = study_of(inference=Inference(null_model="pseudosession"))


def coin(session, task, labels, rng):
    return rng.choice(np.unique(labels), len(labels))


def test_a_generator_sees_names_in_order_of_time_and_its_labels_are_used(population):
    label = np.repeat([0, 1, 0, 1], 10)
    made = session_of(population, label)
    made.parts[0] = replace(made.parts[0], event_time=np.arange(40.0)[::-1])
    asked = []

    def backwards(session, task, labels, rng):
        asked.append((session, task, labels.tolist()))
        return labels[::-1]

    surrogates = surrogate_labels(made, PSEUDOSESSION, backwards)
    np.testing.assert_array_equal(surrogates.draw(made.parts[0], 0), label[::-1])
    names = np.array(["class0", "class1"])[label[::-1]].tolist()
    assert asked == [("s0", "task0", names)]


def test_labels_that_leave_a_class_too_rare_are_drawn_anew(population):
    made = session_of(population, np.tile([0, 1], 3))
    study = study_of(Decoding(folds=3), Inference(null_model="pseudosession"))
    surrogates = surrogate_labels(made, study, coin)
    drawn = {surrogates.draw(made.parts[0], index).tobytes() for index in range(50)}
    # 3 of each class in 6 trials: 20 orders, of which any one is drawn 2.5 times on average.
    assert all(np.frombuffer(each, int).sum() == 3 for each in drawn)
    assert len(drawn) > 5


def test_a_generator_that_never_gives_enough_is_an_error(population):
    made = session_of(population, np.tile([0, 1], 10))
    surrogates = surrogate_labels(made, PSEUDOSESSION, lambda s, t, labels, rng: labels[[0] * 20])
    with pytest.raises(InputError, match=r"100 label sets .* fewer than 2 trials in session 's0'"):
        surrogates.draw(made.parts[0], 0)


@pytest.mark.parametrize(
    ("made", "message"), [(["class0"] * 3, r"got shape \(3,\)"), (["up"] * 20, "with 'up'")]
)
def test_a_generator_must_return_the_classes_of_all_trials(population, made, message):
    session = session_of(population, np.tile([0, 1], 10))
    surrogates = surrogate_labels(session, PSEUDOSESSION, lambda s, t, labels, rng: made)
    with pytest.raises(ValueError, match=message):
        surrogates.draw(session.parts[0], 0)


def test_a_generator_without_a_pseudosession_is_an_error(population):
    made = session_of(population, np.tile([0, 1], 10))
    with pytest.raises(
        ValueError, match="a generator needs null_model: pseudosession; got shuffle"
    ):
        surrogate_labels(made, study_of(), coin)


# --- calibration -------------------------------------------------------------------------------


def randomized_rank(observed, null, rng):
    """Return the fraction of the null above the data, ties broken by chance: uniform if valid."""
    above, equal = (null > observed + 1e-6).sum(), (np.abs(null - observed) <= 1e-6).sum()
    return (above + rng.random() * (equal + 1)) / (null.size + 1)


def ranks(members, settings, seed, rng, **more):
    decoded = decode_region(
        members, Study("data", settings, seed), region="V4", n_units=None, **more
    ).mean("session")
    observed = decoded["window_accuracy"].mean("draw").values.ravel()
    null = decoded["window_null"].values.reshape(len(observed), -1)
    return randomized_rank(observed[0], null[0], rng)


@pytest.mark.slow
def test_labels_with_counts_of_their_own_give_uniform_p_values(population, dataset):
    # 12 trials and coins: the rarer class has 2 to 6, so folds differ in size from order to order.
    rng = np.random.default_rng(3)
    settings = of_null(dataset, null_model="pseudosession")
    found = []
    while len(found) < 150:
        label = rng.integers(0, 2, 12)
        if not 2 <= label.sum() <= 10:
            continue
        made = session_of(population, label, seed=len(found), window=True)
        found.append(ranks([made], settings, len(found), rng, generator=coin))
    assert stats.kstest(found, "uniform").pvalue > FAR_RATE


@pytest.mark.slow
def test_the_blocks_of_a_slow_process_give_uniform_p_values(population, dataset):
    # Runs of 1 to 4 trials, and rates that walk at random: pseudosessions are exact.
    rng = np.random.default_rng(4)
    settings = of_null(dataset, null_model="pseudosession")
    found = []
    for number in range(150):
        label = np.repeat(np.arange(40) % 2, rng.integers(1, 5, 40))
        rates = rng.normal(size=(len(label), 4, 1)).cumsum(axis=0)
        made = population((rates, np.zeros(len(label), int), label), n_tasks=1, window=True)
        found.append(ranks([made], settings, number, rng))
    assert stats.kstest(found, "uniform").pvalue > FAR_RATE


N_EXPERIMENTS = 40
MOST = stats.binom.isf(FAR_RATE, N_EXPERIMENTS, 0.05)
"""Rejections that a test at its level of 5 % exceeds with a probability of at most 1e-5."""


def drifting_experiment(number):
    """Return the settings of the shipped control, smaller, by null, and its recordings."""
    keys = yaml.safe_load(CONTROLS.read_text(encoding="utf-8"))
    control = keys["datasets"]["drifting"]
    control["time"] = {"start": 0.2, "stop": 0.6, "bin": 0.4}
    control["tasks"].pop("retro")
    control["simulation"]["block_trials"] = {"pro": 60}
    control["simulation"]["regions"] = {"V4": {"units": 24, "selection_sd": 0, "cue_sd": 0}}
    control["decoding"] = {"population": "pseudopopulation", "draws": 2, "unit_counts": []}
    by_null = {}
    for null in ("shuffle", "pseudosession"):
        control["inference"] = {"permutations": 39, "bootstraps": 20, "null_model": null}
        by_null[null] = parse({"datasets": {"drifting": control}}).datasets["drifting"]
    return by_null, sources.read("drifting", by_null["shuffle"], ".", number)


@pytest.mark.slow
def test_drift_and_block_labels_deceive_shuffles_but_not_pseudosessions():
    rejections = Counter()
    for number in range(N_EXPERIMENTS):
        by_null, recordings = drifting_experiment(number)
        for null, settings in by_null.items():
            members = build_populations(recordings, Study("drifting", settings, 1), "V4")
            decoded = decode_region(
                members, Study("drifting", settings, number), region="V4", n_units=None
            )
            observed = decoded["window_accuracy"].mean("draw").values
            p = p_value(observed, decoded["window_null"].values).item()
            rejections[null] += p <= 0.05
    assert rejections["shuffle"] > MOST
    assert rejections["pseudosession"] <= MOST

"""The overlap of two tasks, relative to that of two reference tasks."""

import numpy as np
import pytest
from scipy import stats

from benchmarks import relative_overlap
from neuro_attn import sources
from neuro_attn.configuration import Task, load
from neuro_attn.configuration.experiment import SimulatedRegion
from neuro_attn.figures import shared_codes
from neuro_attn.shared_code.relative import (
    RelativeOverlap,
    SessionOfPairs,
    relative_in_units,
    relative_of_sessions,
)
from neuro_attn.shared_code.sessions import overlap_of_sessions
from neuro_attn.shared_code.tables import tables_of
from neuro_attn.shared_code.these_units import TaskTrials, moments_of, overlap_of
from neuro_attn.study import Study
from tests.worlds import ReferenceWorld, reference_data_set

FAR_RATE = 1e-5
REFERENCE = ["retro_1", "retro_2"]


def random_relative(seed):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(2, 2)) * 0.1
    return RelativeOverlap(rng.normal(), rng.uniform(0.3, 1), root @ root.T, 20)


def statistic(relative, ratio):
    """Return pair - ratio * reference in standard errors."""
    weights = np.array([1, -ratio])
    error = np.sqrt(weights @ relative.covariance @ weights)
    return abs(relative.pair - ratio * relative.reference) / error


def test_the_interval_holds_all_ratios_that_the_data_do_not_reject():
    limit = stats.t.ppf(0.975, 20)
    estimable = 0
    for seed in range(200):
        relative = random_relative(seed)
        low, high = relative.interval(0.95)
        if np.isnan(low):
            # However large a ratio is, it is not rejected, so the interval has no end.
            assert min(statistic(relative, far) for far in (-1e9, 1e9)) <= limit * (1 + 1e-6)
            continue
        estimable += 1
        assert low <= relative.value <= high
        assert statistic(relative, low) == pytest.approx(limit)
        assert statistic(relative, high) == pytest.approx(limit)
        assert statistic(relative, low - 0.1) > limit
        assert statistic(relative, high + 0.1) > limit
    assert 0 < estimable < 200


@pytest.mark.parametrize("reference", [0.19, -0.8, np.nan])
def test_a_reference_that_is_not_significantly_above_0_gives_no_estimate(reference):
    # Its standard error is 0.1, and the critical value 1.96.
    relative = RelativeOverlap(0.5, reference, np.diag([0.01, 0.01]), 1e9)
    assert np.isnan(relative.interval(0.95)).all()


def tasks_of(seed, n=12, units=6):
    rng = np.random.default_rng(seed)
    label = np.repeat([0, 1], n // 2)
    first, second = rng.normal(size=(2, units))
    codes = (first + second / 2, first, first + second)
    return [TaskTrials(np.outer(label, 3 * c) + rng.normal(size=(n, units)), label) for c in codes]


def pairs_of(tasks):
    """The first and third task, and the second and third as their reference."""
    n = len(tasks[0].label)
    one, two, three = (np.arange(n) + k * n for k in range(3))
    return SessionOfPairs(
        moments_of(tasks[0], tasks[2]),
        moments_of(tasks[1], tasks[2]),
        (np.r_[one, three], np.r_[two, three]),
        np.concatenate([2 * k + task.label for k, task in enumerate(tasks)]),
    )


def test_the_covariance_in_units_is_that_of_overlaps_computed_anew_without_each_trial():
    tasks = tasks_of(0, n=60)
    both = np.zeros((2, 2))
    for which in range(3):
        for label in (0, 1):
            left = []
            for trial in np.flatnonzero(tasks[which].label == label):
                kept = list(tasks)
                chosen = np.arange(60) != trial
                kept[which] = TaskTrials(tasks[which].rates[chosen], tasks[which].label[chosen])
                left.append([overlap_of([(kept[k], kept[2])]).value for k in (0, 1)])
            both += (len(left) - 1) * np.cov(np.transpose(left), ddof=0)
    found = relative_in_units({"session": pairs_of(tasks)})
    np.testing.assert_allclose(found.covariance, both, rtol=0.15, atol=0.05 * both.max())
    # The task that both pairs have makes their overlaps vary together.
    assert found.covariance[0, 1] > 0
    assert found.value == pytest.approx(
        overlap_of([(tasks[0], tasks[2])]).value / overlap_of([(tasks[1], tasks[2])]).value
    )


def test_a_pair_is_1_relative_to_itself_with_certainty():
    rng = np.random.default_rng(1)
    overlap = overlap_of_sessions(rng.normal(1, 0.3, 8), np.full(8, 2.0))
    relative = relative_of_sessions(overlap, overlap)
    assert relative.interval(0.95) == pytest.approx((1, 1))
    tasks = tasks_of(2, n=40)
    session = pairs_of([tasks[1], tasks[1], tasks[2]])
    same = session._replace(places=(session.places[0], session.places[0]))
    assert relative_in_units({"session": same}).interval(0.95) == pytest.approx((1, 1))


def test_sessions_are_left_out_of_both_pairs_together():
    """What makes a session's overlaps vary in both pairs cancels in their ratio."""
    rng = np.random.default_rng(3)
    common = rng.normal(1, 0.3, 10)
    pair, reference = (
        overlap_of_sessions(common + rng.normal(0, 0.01, 10), np.full(10, 2.0)) for _ in range(2)
    )
    low, high = relative_of_sessions(pair, reference).interval(0.95)
    alone = pair.interval(0.95)
    assert high - low < 0.2 * (alone[1] - alone[0])


@pytest.mark.parametrize(
    "world",
    [
        "these units, d' 4, cosine 1",
        "these units, d' 4, cosine 1, first task twice as strong",
        "8 sessions, cosine 1, first task twice as strong",
    ],
)
def test_the_look_of_a_cue_lowers_the_overlap_but_not_the_relative_overlap(world):
    """Tasks with one code and other looks: the overlap is 0.5, and its interval excludes 1."""
    n = 24
    found = [relative_overlap.experiment(world, np.random.default_rng(seed)) for seed in range(n)]
    found = [each for each in found if each["estimable"]]
    assert len(found) > n / 2
    held = sum(each["covered"] for each in found)
    assert held >= stats.binom.ppf(FAR_RATE / 3, len(found), 0.92)
    # Of 400 data sets in these worlds, at most 0.10 did.
    wrong = sum(each["covered by overlap"] for each in found)
    assert wrong <= stats.binom.isf(FAR_RATE / 3, len(found), 0.1)


def verdicts_of(seed):
    """Verdicts without and with a reference on a shared code, and cues of a stronger look."""
    dataset = load("config/config.yaml").datasets["simulation"]
    region = SimulatedRegion(
        units=64, selection_onset=0.1, selection_axis_cosine=1.0, selection_sd=3.0, cue_sd=6.0
    )
    retro = {
        f"retro_{k}": Task(trials=f"trial_type == 'retro' and cue_set == {k}", align="cue_onset")
        for k in (1, 2)
    }
    changes = {"sessions": 2, "cycles": 4, "regions": {"LPFC": region}}
    changed = {
        "simulation": dataset.simulation.model_copy(update=changes),
        "tasks": {"pro": dataset.tasks["pro"], **retro},
        "windows": {"cue": (0.0, 0.3)},
    }
    dataset = dataset.model_copy(update=changed)
    recordings = sources.read("simulation", dataset, "data", seed)
    return [
        tables_of(
            recordings,
            Study("simulation", dataset.model_copy(update={"reference_tasks": each}), seed),
            ["LPFC"],
        ).verdicts.set_index(["first_task", "second_task"])
        for each in (None, REFERENCE)
    ]


@pytest.fixture(scope="module")
def verdicts():
    return verdicts_of(0)


def test_a_verdict_states_its_reference_and_rests_on_the_relative_overlap(verdicts):
    # Of 12 seeds all gave these verdicts.
    plain, related = verdicts
    pair = ("pro", "retro_2")
    assert plain.loc[pair, "verdict"] == "partly shared"
    assert related.loc[pair, "verdict"] == "shared"
    assert related.loc[pair, "conclusion"].endswith("), relative to retro_1 and retro_2")
    # The reference tasks are compared as before, and nothing else changes.
    assert related.loc[tuple(REFERENCE), "reference"] == ""
    assert related.loc[tuple(REFERENCE), "verdict"] == plain.loc[tuple(REFERENCE), "verdict"]
    columns = ["overlap", "ci_low", "ci_high", "p_corrected"]
    assert related[columns].equals(plain[columns])
    assert plain["relative_overlap"].isna().all()
    # The pair whose cues look alike generalises more than the reference does.
    assert related.loc[("pro", "retro_1"), "relative_low"] > 1


def test_the_figure_shows_the_relative_overlap_and_a_tick_at_the_overlap(verdicts):
    related = verdicts[1].reset_index()
    figure = shared_codes.draw(related)
    for axes, row in zip(figure.axes, related.to_dict("records"), strict=True):
        points = {line.get_marker(): line.get_xdata()[0] for line in axes.lines}
        shown = row["relative_overlap"] if row["reference"] else row["overlap"]
        assert points["s"] == pytest.approx(min(shown, shared_codes.LIMIT_OF_RELATIVE))
        assert ("|" in points) == bool(row["reference"])
        assert not row["reference"] or points["|"] == pytest.approx(row["overlap"])
    assert "relative to that of retro_1 and retro_2" in figure.get_supxlabel()
    assert shared_codes.caption(related).count("relative overlap ") == 2


def test_a_reference_with_next_to_no_overlap_gives_no_estimate():
    """Where the reference tasks do not overlap, no other pair can be related to them."""
    (tasks,) = reference_data_set(
        ReferenceWorld(sessions=1, strength=4.0, look=20.0), np.random.default_rng(0)
    )
    session = pairs_of([TaskTrials(rates[..., 0], label) for rates, label in tasks])
    assert np.isnan(relative_in_units({"session": session}).interval(0.95)).all()

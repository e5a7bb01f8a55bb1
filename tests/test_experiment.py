"""Trials are those of the experiment: epochs, blocks, cue sets, single items, reports."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import i0e, i1e

from neuro_attn import experiment
from neuro_attn.configuration import NETWORK_TIMING, Timing

BLOCK_TRIALS = {"pro": 60, "retro_1": 30, "retro_2": 30}


def block(task="pro", n_trials=60, single_fraction=0.2, seed=0, timing=None):
    rng = np.random.default_rng(seed)
    return experiment.draw_block(task, 1, n_trials, timing or Timing(), rng, single_fraction)


@pytest.fixture(scope="module")
def session():
    return experiment.draw_session(BLOCK_TRIALS, 4, Timing(), np.random.default_rng(1))


# --- epochs ------------------------------------------------------------------------------------


def test_the_cue_comes_before_the_items_in_pro_and_after_them_in_retro_trials():
    order = {task: experiment.epochs(task) for task in experiment.TASKS}
    assert order["pro"].index("cue") < order["pro"].index("stimuli")
    assert order["retro"].index("cue") > order["retro"].index("memory_delay")
    for epochs in order.values():
        assert (epochs[0], epochs[-1]) == ("fixation", "report")


@pytest.mark.parametrize("timing", [Timing(), NETWORK_TIMING], ids=["animals", "networks"])
@pytest.mark.parametrize("task", experiment.TASKS)
def test_epochs_follow_one_another_and_last_as_long_as_the_task_says(task, timing):
    trials = block(task, 500, timing=timing)
    names = experiment.epochs(task)
    onsets = trials[[*(f"{name}_onset" for name in names), "duration"]].to_numpy()
    assert (onsets[:, 0] == 0).all()
    for name, lasted in zip(names, np.diff(onsets, axis=1).T, strict=True):
        shortest, longest = getattr(getattr(timing, task), name)
        assert (lasted >= shortest - 1e-9).all()
        assert (lasted <= longest + 1e-9).all()
        # The range is used: all of 500 uniform draws miss an end's tenth with p = 1e-23.
        if longest > shortest:
            tenth = (longest - shortest) / 10
            assert lasted.min() < shortest + tenth
            assert lasted.max() > longest - tenth


def test_a_delay_of_two_durations_has_each_in_half_of_the_trials_and_none_between():
    timing = Timing(retro={"memory_delay": {"either": [0.5, 1.0]}})
    trials = block("retro", 4000, timing=timing)
    lasted = (trials["cue_onset"] - trials["memory_delay_onset"]).round(9)
    assert set(lasted) == {0.5, 1.0}
    low, high = stats.binom.interval(1 - 5e-5, 4000, 0.5)
    assert low <= (lasted == 1.0).sum() <= high


# --- conditions --------------------------------------------------------------------------------


@given(n_trials=st.integers(1, 80), fraction=st.floats(0, 1), seed=st.integers(0, 10**6))
def test_locations_are_selected_equally_often_and_single_trials_are_as_many_as_asked_for(
    n_trials, fraction, seed
):
    trials = block(n_trials=n_trials, single_fraction=fraction, seed=seed)
    upper = (trials["selected"] == "upper").sum()
    assert abs(2 * upper - n_trials) <= 1
    assert (trials["trial_type"] == "single").sum() == round(fraction * n_trials)


def test_which_location_has_one_trial_more_is_left_to_chance():
    upper = [(block(n_trials=1, seed=seed)["selected"] == "upper").item() for seed in range(40)]
    # All alike with probability 2^-39.
    assert 0 < sum(upper) < 40


@given(n_trials=st.integers(1, 80), seed=st.integers(0, 10**6))
def test_by_default_locations_are_drawn_as_they_were_before_they_could_be_drawn_otherwise(
    n_trials, seed
):
    rng = np.random.default_rng(seed)
    expected = rng.permutation(np.resize(rng.permutation(experiment.LOCATIONS), n_trials))
    np.testing.assert_array_equal(block(n_trials=n_trials, seed=seed)["selected"], expected)


@given(n_runs=st.integers(1, 30), percent=st.integers(1, 99), seed=st.integers(0, 10**6))
def test_the_upper_location_is_selected_as_often_as_asked_for(n_runs, percent, seed):
    rng = np.random.default_rng(seed)
    trials = experiment.draw_block(
        "pro", 1, 2 * n_runs, Timing(), rng, upper_fraction=percent / 100, run=2
    )
    upper = (trials["selected"] == "upper").sum() / 2
    exact = n_runs * percent / 100
    assert upper in (np.floor(round(exact, 6)), np.ceil(round(exact, 6)))


def test_locations_come_in_runs_whose_order_is_left_to_chance():
    orders = set()
    for seed in range(40):
        trials = experiment.draw_block("pro", 1, 55, Timing(), np.random.default_rng(seed), run=15)
        upper = (trials["selected"] == "upper").to_numpy()
        runs = [upper[start : start + 15] for start in range(0, 55, 15)]
        assert all(len(set(each)) == 1 for each in runs)
        orders.add(tuple(each[0] for each in runs))
    # Two of four runs are upper: six orders. Two stay away from 40 blocks with a probability below
    # 15 (2/3)^40 = 1e-6.
    assert len(orders) >= 5


def test_single_trials_show_the_selected_item_only_and_others_both():
    trials = block(n_trials=400)
    single = (trials["trial_type"] == "single").to_numpy()
    for location in experiment.LOCATIONS:
        shown = trials[f"{location}_color"].notna().to_numpy()
        selected = (trials["selected"] == location).to_numpy()
        np.testing.assert_array_equal(shown, ~single | selected)
        target = trials["target_color"].where(selected, trials["distractor_color"])
        pd.testing.assert_series_equal(trials[f"{location}_color"], target, check_names=False)
    assert trials["target_color"].notna().all()


def test_colors_are_anywhere_on_the_circle_and_those_of_two_items_unrelated():
    trials = block(n_trials=4000, single_fraction=0)
    # Three Kolmogorov-Smirnov tests: false alarms below 1e-4 together.
    for color in (
        trials["upper_color"],
        trials["lower_color"],
        (trials["upper_color"] - trials["lower_color"]) % (2 * np.pi),
    ):
        assert color.between(0, 2 * np.pi).all()
        assert stats.kstest(color / (2 * np.pi), "uniform").pvalue > 3e-5


# --- sessions ----------------------------------------------------------------------------------


def test_a_session_runs_every_block_as_often_as_asked_for(session):
    by_block = session.groupby("block")
    assert session["block"].is_monotonic_increasing
    kinds = by_block[["task_order", "cue_set"]].agg(["nunique", "first"])
    assert (kinds.xs("nunique", axis=1, level=1) == 1).all(axis=None)
    first = kinds.xs("first", axis=1, level=1)
    found = sorted(zip(first["task_order"], first["cue_set"], by_block.size(), strict=True))
    assert found == [("pro", 1, 60)] * 4 + [("retro", 1, 30)] * 4 + [("retro", 2, 30)] * 4


def test_every_cycle_holds_every_block_once_in_an_order_left_to_chance():
    orders = set()
    for seed in range(20):
        rng = np.random.default_rng(seed)
        trials = experiment.draw_session(BLOCK_TRIALS, 2, Timing(), rng)
        kinds = trials.groupby("block")[["task_order", "cue_set"]].first()
        for cycle in np.split(kinds.to_numpy(), 2):
            order = tuple(map(tuple, cycle))
            assert sorted(order) == [("pro", 1), ("retro", 1), ("retro", 2)]
            orders.add(order)
    # One of six orders stays away from 40 cycles with probability 6 * (5/6)^40 = .004; three do
    # with probability below 1e-10.
    assert len(orders) > 3


def test_pro_trials_have_the_cue_set_that_looks_like_theirs(session):
    assert set(session.loc[session["task_order"] == "pro", "cue_set"]) == {1}
    assert set(session.loc[session["task_order"] == "retro", "cue_set"]) == {1, 2}


def test_a_fifth_of_every_block_are_single_trials_and_locations_are_balanced(session):
    for _, trials in session.groupby("block"):
        assert (trials["trial_type"] == "single").mean() == 0.2
        assert (trials["selected"] == "upper").mean() == 0.5


def test_trials_follow_one_another_on_the_sessions_clock(session):
    assert session["trial_id"].is_unique
    start, stop = session["start_time"].to_numpy(), session["stop_time"].to_numpy()
    np.testing.assert_allclose(start[1:] - stop[:-1], 1)
    for task, trials in session.groupby("task_order"):
        onsets = trials[[f"{name}_onset" for name in experiment.epochs(task)]].to_numpy()
        np.testing.assert_allclose(onsets[:, 0], trials["start_time"])
        assert (np.diff(onsets, axis=1) > 0).all()
        assert (onsets[:, -1] < trials["stop_time"]).all()


def test_blocks_may_be_left_out():
    trials = experiment.draw_session({"retro_2": 6}, 2, Timing(), np.random.default_rng(2))
    assert len(trials) == 12
    assert set(trials["cue_set"]) == {2}
    assert "cue_delay_onset" not in trials


# --- reports -----------------------------------------------------------------------------------


def test_reports_err_from_the_target_as_much_as_planted():
    trials = block(n_trials=20_000)
    reports = experiment.draw_report(trials, 20.0, 0.0, np.random.default_rng(3))
    assert not reports["swapped"].any()
    error = np.deg2rad(reports["report_error"].to_numpy())
    target = trials["target_color"].to_numpy()
    np.testing.assert_allclose(np.exp(1j * error), np.exp(1j * (reports["report"] - target)))
    assert reports["report"].between(0, 2 * np.pi).all()
    assert np.abs(reports["report_error"]).max() <= 180
    # A von Mises distribution of this concentration, mean cosine I1 / I0, and no bias: 5 SE each.
    kappa = 1 / np.deg2rad(20) ** 2
    assert abs(np.cos(error).mean() - i1e(kappa) / i0e(kappa)) < 5 * stats.sem(np.cos(error))
    assert abs(np.sin(error).mean()) < 5 * stats.sem(np.sin(error))
    # Its SD is the planted one but for large errors (here 4 %; the SE of an SD is .5 %).
    assert reports["report_error"].std() == pytest.approx(20, rel=0.07)


def test_swapped_reports_are_the_distractors_color_on_as_many_trials_as_planted():
    trials = block(n_trials=10_000)
    reports = experiment.draw_report(trials, 5.0, 0.1, np.random.default_rng(4))
    swapped = reports["swapped"].to_numpy()
    two_items = (trials["trial_type"] != "single").to_numpy()
    assert not swapped[~two_items].any()
    low, high = stats.binom.interval(1 - 5e-5, two_items.sum(), 0.1)
    assert low <= swapped.sum() <= high
    near = np.where(swapped, trials["distractor_color"], trials["target_color"])
    distance = experiment.circular_difference(reports["report"].to_numpy(), near)
    # 6 SD, 10,000 times: below 1e-4.
    assert np.abs(np.rad2deg(distance)).max() < 31


def test_guesses_are_uniform_as_many_as_planted_and_no_swaps():
    trials = block(n_trials=10_000)
    reports = experiment.draw_report(trials, 5.0, 0.5, np.random.default_rng(5), 0.3)
    guessed = reports["guessed"].to_numpy()
    assert not (guessed & reports["swapped"]).any()
    low, high = stats.binom.interval(1 - 5e-5, 10_000, 0.3)
    assert low <= guessed.sum() <= high
    for angles in (reports["report"], reports["report_error"] + 180):
        turns = angles[guessed] / (2 * np.pi if angles.name == "report" else 360)
        assert stats.kstest(turns, "uniform").pvalue > 2e-5


def test_without_guesses_reports_are_drawn_as_they_were_before_there_were_guesses():
    trials = block(n_trials=50)
    one, other = (
        experiment.draw_report(trials, 20.0, 0.1, np.random.default_rng(6), guesses)
        for guesses in (0.0, 1e-9)
    )
    pd.testing.assert_frame_equal(one, other.drop(columns="guessed"))


@given(one=st.floats(-20, 20), other=st.floats(-20, 20), turns=st.integers(-3, 3))
def test_circular_differences_are_the_shortest_way_and_know_no_turns(one, other, turns):
    difference = experiment.circular_difference(one, other)
    assert -np.pi <= difference <= np.pi
    turned = experiment.circular_difference(one + 2 * np.pi * turns, other)
    assert np.exp(1j * turned) == pytest.approx(np.exp(1j * (one - other)), abs=1e-6)

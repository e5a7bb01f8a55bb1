import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from neuro_attn.configuration import Network, NetworkTrials, Simulation
from neuro_attn.networks import trials as task
from neuro_attn.networks.trials import CHANNELS, REPORT_STEPS
from tests.durations import FIXED

FIXED_TRIALS = NetworkTrials(timing=FIXED)
ENCODED_STEPS = FIXED_TRIALS.encoded_steps


def draw(n: int, rng: np.random.Generator, **keys) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw trials without noise, with some keys of their settings; durations are fixed."""
    settings = NetworkTrials(**{"timing": FIXED, **keys})
    trials = task.draw(n, settings, rng)
    return trials, task.inputs(trials, settings, 0.0, rng)


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(0)
    return draw(60, rng)


def on_steps(seen: np.ndarray) -> list[int]:
    """Steps at which a (trial, time) or (trial, time, channel) input is on, on any trial."""
    return np.flatnonzero((seen != 0).reshape(*seen.shape[:2], -1).any(axis=(0, 2))).tolist()


def test_half_of_the_trials_belong_to_each_task_and_all_show_two_items(drawn):
    trials, _ = drawn
    assert trials["trial_type"].value_counts().to_dict() == {"pro": 30, "retro": 30}
    assert trials[["upper_color", "lower_color"]].notna().all(axis=None)
    assert trials.groupby("trial_type")["selected"].value_counts().tolist() == [15] * 4


def test_the_steps_that_are_read_end_with_the_report(drawn):
    trials, seen = drawn
    assert seen.shape == (60, ENCODED_STEPS, len(CHANNELS)) == (60, 35, 9)
    assert seen.dtype == np.float32
    assert np.allclose(trials["duration"], (ENCODED_STEPS + REPORT_STEPS) * task.STEP)
    assert np.allclose(trials["report_onset"], ENCODED_STEPS * task.STEP)


def test_items_are_shown_as_cosine_and_sine_at_steps_10_to_17_of_both_tasks(drawn):
    trials, seen = drawn
    for order in ("pro", "retro"):
        assert on_steps(seen[trials["task_order"] == order][:, :, 1:5]) == list(range(10, 18))
    for channel, location, wave in (
        (1, "upper", np.cos),
        (2, "upper", np.sin),
        (3, "lower", np.cos),
        (4, "lower", np.sin),
    ):
        expected = wave(trials[f"{location}_color"].to_numpy())[:, None]
        assert np.allclose(seen[:, 10:18, channel], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("order", "steps"), [("pro", range(4, 8)), ("retro", range(24, 28))], ids=["pro", "retro"]
)
@pytest.mark.parametrize("location", ["upper", "lower"])
def test_every_cue_has_a_channel_of_its_own(drawn, order, steps, location):
    trials, seen = drawn
    own = CHANNELS.index(f"{order}_{location}")
    of_cue = ((trials["task_order"] == order) & (trials["selected"] == location)).to_numpy()
    assert on_steps(seen[of_cue][:, :, own]) == list(steps)
    assert not seen[~of_cue][:, :, own].any()
    others = [c for c in range(5, 9) if c != own]
    assert not seen[of_cue][:, :, others].any()


def test_fixation_is_on_until_the_report(drawn):
    _, seen = drawn
    assert (seen[:, :, 0] == 1).all()


def test_fixation_that_is_not_shown_leaves_the_rest_as_it_is(drawn):
    _, shown = drawn
    _, hidden = draw(60, np.random.default_rng(0), show_fixation=False)
    assert not hidden[:, :, 0].any()
    np.testing.assert_array_equal(hidden[:, :, 1:], shown[:, :, 1:])


def test_noise_has_the_asked_sd_on_every_channel_and_step():
    trials = task.draw(400, FIXED_TRIALS, np.random.default_rng(1))
    noisy = task.inputs(trials, FIXED_TRIALS, 0.1, np.random.default_rng(2))
    noise = noisy - task.inputs(trials, FIXED_TRIALS, 0.0, np.random.default_rng(2))
    assert noise.std(axis=(0, 1)) == pytest.approx(0.1, rel=0.05)
    assert noise.std(axis=(0, 2)) == pytest.approx(0.1, rel=0.1)
    assert abs(noise.mean()) < 0.001


def test_the_target_is_the_colour_at_the_cued_location(drawn):
    trials, _ = drawn
    is_upper = trials["selected"] == "upper"
    cued = trials["upper_color"].where(is_upper, trials["lower_color"]).to_numpy()
    expected = np.stack([np.cos(cued), np.sin(cued)], axis=1)
    targets = task.targets(trials, 3)
    assert targets.shape == (60, 3, 2)
    assert np.allclose(targets, expected[:, None])


def test_report_error_is_the_signed_angle_between_report_and_target_in_degrees(drawn):
    trials, _ = drawn
    for degrees in (0.0, 10.0, -170.0):
        angle = trials["target_color"].to_numpy() + np.deg2rad(degrees)
        report = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        reports = np.repeat(report[:, None], REPORT_STEPS, axis=1)
        assert np.allclose(task.report_error(reports, trials), degrees)


JITTERED = {
    "pro": FIXED["pro"] | {"fixation": [0, 0], "memory_delay": [0.2, 0.6], "report": [0.2, 0.2]},
    "retro": FIXED["retro"]
    | {"fixation": [0.1, 0.1], "selection_delay": [0, 0.4], "report": [0.2, 0.2]},
}


def test_reports_start_together_where_delays_are_drawn_from_a_range():
    settings = NetworkTrials(timing=JITTERED)
    trials, seen = draw(400, np.random.default_rng(0), timing=JITTERED)
    # The longest trials: retro, of 0.1 + 0.8 + 0.6 + 0.4 + 0.4 s, and a report of 0.2 s.
    assert (settings.encoded_steps, settings.report_steps) == (23, 2)
    assert seen.shape[1] == 23
    assert np.allclose(trials["report_onset"], 2.3)
    assert np.allclose(trials["duration"], 2.5)
    retro = trials[trials["task_order"] == "retro"]
    delay = (retro["report_onset"] - retro["cue_offset"]).to_numpy()
    # Each of the five delays is missing with a probability of (7/8)^200 < 1e-11 at most.
    assert np.unique(delay.round(6)).tolist() == [0, 0.1, 0.2, 0.3, 0.4]
    assert np.allclose(retro["cue_offset"] - retro["cue_onset"], 0.4)


def test_what_starts_later_has_nothing_to_be_seen_before():
    trials, seen = draw(400, np.random.default_rng(0), timing=JITTERED)
    for onset, inputs in zip(trials["fixation_onset"], seen, strict=True):
        first = round(onset / task.STEP)
        assert not inputs[:first].any()
        assert inputs[first:, 0].all()
    assert trials["fixation_onset"].min() < trials["fixation_onset"].max()


def test_networks_and_the_simulated_animals_do_trials_of_the_same_durations():
    """Panichello & Buschman (2021): the report comes at a time that varies between trials."""
    for of_task in ("pro", "retro"):
        own, animals = (getattr(each.timing, of_task) for each in (NetworkTrials(), Simulation()))
        assert own.model_dump() == animals.model_dump()
    trials = task.draw(400, NetworkTrials(), np.random.default_rng(0))
    waits = (trials["report_onset"] - trials["cue_offset"])[trials["task_order"] == "retro"]
    assert np.unique(waits.round(6)).tolist() == [0.5, 0.6, 0.7]


def test_training_trials_end_at_any_time_once_the_answer_is_known():
    """What comes before the end is as in the whole trial, and the answer is always known."""
    rng = np.random.default_rng(0)
    trials = task.draw(4000, NetworkTrials(), rng)
    early = task.ending_early(trials, NetworkTrials(), rng)
    assert (early["report_onset"] == trials["report_onset"]).all()
    later = (early["cue_onset"] - trials["cue_onset"]).round(6)
    for column in ("fixation_onset", "stimuli_onset", "stimuli_offset", "cue_offset"):
        np.testing.assert_allclose(early[column] - trials[column], later, atol=1e-9)
    known = early[["cue_onset", "stimuli_onset"]].max(axis=1)
    since = ((early["report_onset"] - known) / task.STEP).round().astype(int)
    # Each of these numbers of steps is missing with a probability below 1e-40.
    for of_task, most in (("pro", 18), ("retro", 8)):
        here = since[early["task_order"] == of_task]
        assert here.min() == 1
        assert set(range(1, most + 1)) <= set(here)
    seen = task.inputs(early, NetworkTrials(), 0.0, rng)
    assert seen[:, :, 1:5].any(axis=(1, 2)).all()
    assert seen[:, :, 5:].any(axis=(1, 2)).all()


@pytest.mark.parametrize("only", ["pro", "retro"])
def test_a_network_can_do_one_task(only):
    trials, _ = draw(7, np.random.default_rng(0), tasks=[only])
    assert trials["trial_type"].tolist() == [only] * 7
    assert trials["trial_id"].tolist() == list(range(7))


@pytest.mark.parametrize(
    ("window", "steps"), [(None, (0, 5)), ([0, 0.5], (0, 5)), ([0.3, 0.4], (3, 4))]
)
def test_a_loss_window_is_half_open_and_from_the_start_of_the_report(window, steps):
    assert NetworkTrials(loss_window=window).loss_steps == steps


def test_a_trial_is_as_long_as_the_longest_of_the_tasks_that_are_done():
    timing = FIXED | {"pro": FIXED["pro"] | {"memory_delay": [9, 9]}}
    assert NetworkTrials(timing=timing, tasks=["retro"]).encoded_steps == ENCODED_STEPS
    assert NetworkTrials(timing=timing).encoded_steps == ENCODED_STEPS + 73


def test_shared_cues_look_the_same_in_both_tasks():
    (trials, own), (_, shared) = (
        draw(60, np.random.default_rng(0), shared_cue=is_shared) for is_shared in (False, True)
    )
    for location in ("upper", "lower"):
        of_task = [own[:, :, CHANNELS.index(f"{task}_{location}")] for task in ("retro", "pro")]
        channel = shared[:, :, CHANNELS.index(f"retro_{location}")]
        np.testing.assert_array_equal(channel, sum(of_task))
        assert set(trials["task_order"][channel.any(axis=1)]) == {"pro", "retro"}
        assert not shared[:, :, CHANNELS.index(f"pro_{location}")].any()
    np.testing.assert_array_equal(own[:, :, :5], shared[:, :, :5])


def test_a_number_of_colours_is_spread_evenly_around_the_circle():
    trials, _ = draw(2000, np.random.default_rng(0), color_count=16)
    upper = np.unique(trials["upper_color"].round(9))
    # Each colour is missing with a probability of (15/16)^2000 < 1e-55.
    assert len(upper) == 16
    assert np.allclose(np.diff(upper), 2 * np.pi / 16)
    cued = trials["upper_color"].where(trials["selected"] == "upper", trials["lower_color"])
    assert (trials["target_color"] == cued).all()


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"timing": {"pro": {"cue": [0.25, 0.25]}}}, "steps of 0.1 s"),
        ({"timing": {"pro": {"cue": [0, 0.1]}}}, "at least"),
        ({"timing": {"retro": {"report": [0.1, 0.5]}}}, "fixed duration"),
        ({"timing": {"retro": {"report": [0.1, 0.1]}}}, "same duration in pro and retro"),
        ({"timing": {"pro": {"memory_delay": [200, 200]}}}, "more than 1000 steps"),
        ({"timing": {"pro": {"selection_delay": [1, 1]}}}, "selection_delay"),
        ({"loss_window": [0.2, 0.6]}, r"loss_window: \[0.2, 0.6\] s .* in \[0, 0.5\] s"),
        ({"loss_window": [-0.1, 0.3]}, "reaches outside the report"),
        ({"loss_window": [0.2, 0.25]}, "steps of 0.1 s"),
        ({"loss_window": [0.2, 0.2]}, "smaller than the second"),
        ({"tasks": []}, "tasks"),
        ({"tasks": ["pro", "pro"]}, "tasks contains a task twice"),
        ({"color_count": 2}, "color_count"),
    ],
)
def test_impossible_trials_are_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        Network(family="seq2seq", **keys)

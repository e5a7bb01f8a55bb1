import numpy as np
import pytest

from neuro_attn.networks import trials as task
from neuro_attn.networks.trials import CHANNELS, ENCODED_STEPS, REPORT_STEPS


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(0)
    trials = task.draw(60, rng)
    return trials, task.inputs(trials, 0.0, rng)


def on_steps(seen: np.ndarray) -> list[int]:
    """Steps at which a (trial, time) or (trial, time, channel) input is on, on any trial."""
    return np.flatnonzero((seen != 0).reshape(*seen.shape[:2], -1).any(axis=(0, 2))).tolist()


def test_half_of_the_trials_belong_to_each_task_and_all_show_two_items(drawn):
    trials, _ = drawn
    assert trials["trial_type"].value_counts().to_dict() == {"pro": 30, "retro": 30}
    assert trials[["upper_color", "lower_color"]].notna().all(axis=None)
    assert trials.groupby("trial_type")["selected"].value_counts().tolist() == [15] * 4


def test_the_steps_of_a_trial_end_with_the_report(drawn):
    trials, seen = drawn
    assert seen.shape == (60, ENCODED_STEPS + REPORT_STEPS, len(CHANNELS))
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
    assert (seen[:, :ENCODED_STEPS, 0] == 1).all()
    assert not seen[:, ENCODED_STEPS:, 0].any()


def test_noise_has_the_asked_sd_on_every_channel_and_step():
    trials = task.draw(400, np.random.default_rng(1))
    noisy = task.inputs(trials, 0.1, np.random.default_rng(2))
    noise = noisy - task.inputs(trials, 0.0, np.random.default_rng(2))
    assert noise.std(axis=(0, 1)) == pytest.approx(0.1, rel=0.05)
    assert noise.std(axis=(0, 2)) == pytest.approx(0.1, rel=0.1)
    assert abs(noise.mean()) < 0.001


def test_the_target_is_the_colour_at_the_cued_location(drawn):
    trials, _ = drawn
    is_upper = trials["selected"] == "upper"
    cued = trials["upper_color"].where(is_upper, trials["lower_color"]).to_numpy()
    assert np.allclose(task.targets(trials), np.stack([np.cos(cued), np.sin(cued)], axis=1))


def test_report_error_is_the_signed_angle_between_report_and_target_in_degrees(drawn):
    trials, _ = drawn
    for degrees in (0.0, 10.0, -170.0):
        angle = trials["target_color"].to_numpy() + np.deg2rad(degrees)
        report = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        reports = np.repeat(report[:, None], REPORT_STEPS, axis=1)
        assert np.allclose(task.report_error(reports, trials), degrees)

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neuro_attn import recording
from neuro_attn.configuration import NetworkTrials
from neuro_attn.errors import InputError
from neuro_attn.networks import outline, record_replicate
from neuro_attn.networks import trials as task
from neuro_attn.networks.model import online, over_trials
from neuro_attn.randomness import stream
from tests.durations import FIXED

ENCODED_STEPS = NetworkTrials().encoded_steps


def run(model, settings, dataset, session="seed0"):
    return record_replicate(model, settings, dataset, "network-small", session, 5)


def populations_of(model, settings, session="seed0") -> tuple[dict, dict]:
    """What the recorded network did, over the whole trials."""
    rng = stream(5, "network", "small", session, "held-out trials")
    trials = task.draw(2 * settings.test_trials, settings, rng)
    return online(model, task.inputs(trials, settings, settings.input_noise, rng))


@pytest.mark.parametrize(
    ("family", "populations"),
    [
        ("seq2seq", {"encoder": 8, "decoder": 8}),
        ("bahdanau", {"encoder": 8, "decoder": 8, "context": 16}),
    ],
)
def test_activations_are_a_valid_recording_with_both_tasks_and_labels(
    built, family, populations, small, analysis, tmp_path
):
    activations, _, _ = run(built[family], small(family), analysis())
    recording.check(activations, "activations")
    assert activations["rates"].attrs["units"] == "a.u."
    assert activations["rates"].shape == (80, sum(populations.values()), 10)
    tasks, counts = np.unique(activations["task"].values.astype(str), return_counts=True)
    assert dict(zip(tasks, counts, strict=True)) == {"prospective": 40, "retrospective": 40}
    assert set(activations["label"].values) == {"upper", "lower"}
    regions, units = np.unique(activations["region"].values.astype(str), return_counts=True)
    assert dict(zip(regions, units, strict=True)) == populations
    assert "encoder-003" in activations["unit_id"].values
    recording.save(activations, tmp_path / "activations.nc")
    assert recording.load(tmp_path / "activations.nc")["rates"].equals(activations["rates"])


@pytest.mark.parametrize("family", ["seq2seq", "bahdanau", "multi-head"])
def test_an_outline_has_the_trials_and_units_that_are_recorded(built, family, small, analysis):
    settings, dataset = small(family), analysis()
    activations, _, _ = run(built[family], settings, dataset)
    outlined = outline(settings, dataset, "network-small", "seed0", 5)
    assert outlined.sizes == activations.sizes
    for name in ("task", "label", "trial_id", "event_time", "region", "unit_id", "session"):
        np.testing.assert_array_equal(outlined[name].values, activations[name].values)
    assert not outlined["rates"].any()


def test_bins_hold_the_steps_around_each_tasks_event(built, small, analysis):
    settings = small("seq2seq", activation_noise=0, timing=FIXED)
    whole = np.asarray(populations_of(built["seq2seq"], settings)[0]["decoder"])
    activations, _, _ = run(built["seq2seq"], settings, analysis(-0.2, 0.6, 0.2))
    decoder = activations["rates"][:, activations["region"].values == "decoder"]
    for name, cue_step in (("prospective", 4), ("retrospective", 24)):
        of_task = activations["task"].values == name
        trials = activations["trial_id"].values[of_task]
        around = whole[trials, cue_step - 2 : cue_step + 6].reshape(40, 4, 2, -1).mean(axis=2)
        np.testing.assert_allclose(decoder.values[of_task], around.swapaxes(1, 2), atol=1e-6)


def test_noise_is_as_large_as_asked_relative_to_each_unit(built, small, analysis):
    recorded = {
        noise: run(built["seq2seq"], small("seq2seq", activation_noise=noise), analysis())[0]
        for noise in (0, 2)
    }
    noise = (recorded[2] - recorded[0])["rates"].std(("trial", "time"))
    states = populations_of(built["seq2seq"], small("seq2seq"))[0]
    sd = np.concatenate([states[name].std(axis=(0, 1)) for name in ("decoder", "encoder")])
    assert recorded[0]["region"].values[0] == "decoder"
    np.testing.assert_allclose(noise, 2 * sd, rtol=0.15)


def test_attention_is_a_recording_over_the_whole_trial(built, small, analysis):
    settings = small("bahdanau")
    _, attention, _ = run(built["bahdanau"], settings, analysis())
    recording.check(attention, "attention")
    assert attention["rates"].shape == (80, ENCODED_STEPS, ENCODED_STEPS)
    assert attention["time"].values == pytest.approx(0.1 * (np.arange(ENCODED_STEPS) + 0.5))
    assert attention["unit_time_s"].values == pytest.approx(attention["time"].values)
    assert attention["unit_id"].values[7] == "attention-step-07"
    assert set(attention["region"].values) == {"attention"}
    weights = populations_of(built["bahdanau"], settings)[1]["attention"]
    stored = attention["rates"].transpose("trial", "time", "unit").values
    np.testing.assert_array_equal(stored, np.asarray(weights)[attention["trial_id"].values])


def test_every_head_is_a_region_of_the_attention_recording(built, small, analysis):
    _, attention, _ = run(built["multi-head"], small("multi-head"), analysis())
    recording.check(attention, "attention")
    regions, units = np.unique(attention["region"].values.astype(str), return_counts=True)
    assert regions.tolist() == ["head1", "head2", "head3", "head4"]
    assert set(units) == {ENCODED_STEPS}
    assert len(set(attention["unit_id"].values)) == 4 * ENCODED_STEPS
    assert attention["unit_source"].values.tolist() == 4 * list(range(ENCODED_STEPS))
    np.testing.assert_allclose(attention["rates"].sum("unit"), 4, atol=1e-4)


def test_a_network_without_attention_has_no_attention_recording(built, small, analysis):
    assert run(built["seq2seq"], small("seq2seq"), analysis())[1] is None


def test_report_error_has_every_held_out_trial(built, small, analysis):
    activations, _, error = run(built["seq2seq"], small("seq2seq"), analysis())
    assert error.columns.tolist() == [
        "trial_id",
        "trial_type",
        "target_color",
        "report",
        "report_error",
    ]
    assert error["trial_type"].value_counts().to_dict() == {"pro": 40, "retro": 40}
    apart = np.rad2deg(error["report"] - error["target_color"])
    assert np.allclose((apart - error["report_error"] + 180) % 360, 180)
    assert error["report_error"].between(-180, 180).all()
    np.testing.assert_array_equal(activations["report"], error["report"])


def test_sessions_have_trials_of_their_own_which_the_untrained_network_shares(
    built, small, analysis
):
    settings = small("seq2seq")
    first, again, untrained = (
        record_replicate(built["seq2seq"], settings, analysis(trained=trained), name, "seed0", 5)[0]
        for name, trained in (("a", True), ("a", True), ("a-untrained", False))
    )
    other = run(built["seq2seq"], settings, analysis(), session="seed1")[0]
    assert first.identical(again)
    np.testing.assert_array_equal(first["target_color"], untrained["target_color"])
    assert np.any(first["target_color"].values != other["target_color"].values)


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ((-0.5, 0.5, 0.1), r"extends beyond the networks' trials.* Allowed: \[-0\.4, 1\.1\] s"),
        ((0.0, 1.2, 0.1), r"extends beyond the networks' trials.* Allowed: \[-0\.4, 1\.1\] s"),
        ((0.0, 0.5, 0.05), "do not align with the networks' steps"),
        ((0.05, 0.55, 0.1), "do not align with the networks' steps"),
    ],
)
def test_bins_that_do_not_fit_the_steps_are_an_input_error(built, small, analysis, times, message):
    with pytest.raises(InputError, match=rf"^network_analysis\.time: .*{message}"):
        run(built["seq2seq"], small("seq2seq", timing=FIXED), analysis(*times))


def test_a_task_without_an_event_is_an_input_error(built, small, analysis):
    tasks = {"all": {"trials": "trial_type != ''"}}
    with pytest.raises(InputError, match=r"^network_analysis\.tasks: a task has no event"):
        run(built["seq2seq"], small("seq2seq"), analysis(tasks=tasks))


@pytest.mark.parametrize(
    ("n_trials", "batches"), [(240, [48]), (80, [40]), (6, [6]), (50, [50]), (101, [50, 1])]
)
def test_trials_are_run_in_equal_batches_where_their_number_allows(n_trials, batches):
    def one(trial):
        return 2 * trial

    text = str(jax.make_jaxpr(lambda trials: over_trials(one, trials))(jnp.arange(1.0 * n_trials)))
    compiled = [n for n in range(1, 51) if f"f32[{n}] = mul" in text]
    assert compiled == sorted(batches)
    np.testing.assert_array_equal(over_trials(one, jnp.arange(n_trials)), 2 * np.arange(n_trials))

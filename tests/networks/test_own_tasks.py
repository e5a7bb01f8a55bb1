"""A task that a user describes in a file: what its trials show, and networks that learn it."""

from pathlib import Path

import equinox as eqx
import jax
import numpy as np
import pytest
import yaml

from neuro_attn import experiment, networks
from neuro_attn.configuration import NetworkTrials, parse
from neuro_attn.errors import InputError
from neuro_attn.networks import trials as task
from neuro_attn.networks.design import design_of
from neuro_attn.networks.qkv_swap import have_twins, other_cue

PAGE = (Path(__file__).parents[2] / "docs/own_tasks.md").read_text(encoding="utf-8")
FILE, CONFIGURATION = (
    each.split("```")[0] for each in PAGE.split("```yaml\n")[1:]
)  # my_task.yaml and the configuration of a run
ITEMS = ("left", "right", "top", "bottom")
ONE = {
    "items": ["only"],
    "trials": {
        "copy": {
            "target": "only",
            "epochs": [
                {"name": "stimuli", "duration": [0.2, 0.2], "show": ["items"]},
                {"name": "delay", "duration": [0.1, 0.2]},
                {"name": "report", "duration": [0.1, 0.1]},
            ],
        }
    },
}
"""A task of one item without a cue."""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("my_task.yaml").write_text(FILE, encoding="utf-8")
    Path("mine.yaml").write_text(CONFIGURATION, encoding="utf-8")
    return tmp_path


@pytest.fixture
def drawn(folder):
    settings = NetworkTrials(task="my_task.yaml")
    rng = np.random.default_rng(1)
    trials = task.draw(400, settings, rng)
    return settings, trials, task.inputs(trials, settings, 0.0, rng)


def test_trials_are_balanced_and_have_the_durations_of_the_file(drawn):
    settings, trials, seen = drawn
    assert trials["trial_type"].value_counts().to_dict() == {"load": 200, "opposite": 200}
    load = trials[trials["trial_type"] == "load"]
    assert load["set_size"].value_counts().to_dict() == {1: 100, 4: 100}
    assert load["selected"].value_counts().to_dict() == dict.fromkeys(ITEMS, 50)
    shown = trials[[f"{item}_color" for item in ITEMS]].notna().sum(axis=1)
    assert (shown == trials["set_size"]).all()
    delay = (load["cue_onset"] - load["delay_onset"]).round(6)
    assert sorted(delay.unique()) == [0.3, 0.4, 0.5, 0.6]
    assert trials["report_onset"].round(6).nunique() == 1
    # fixation, cos and sin of four items, cues of each type and item
    assert seen.shape == (400, settings.encoded_steps, 1 + 8 + 8) == (400, 18, 17)


def test_a_channel_is_on_while_the_file_shows_its_item_or_cue_and_silent_otherwise(drawn):
    settings, trials, seen = drawn
    channels = design_of(settings).channels
    middle = (np.arange(settings.encoded_steps) + 0.5) * task.STEP
    for item in ITEMS:
        first = "first" if item in ("left", "top") else "second"
        epoch = np.where(trials["trial_type"] == "load", "stimuli", first)
        for place, (number, trial) in enumerate(trials.iterrows()):
            times = [trial[f"{epoch[place]}_{edge}"] for edge in ("onset", "offset")]
            on = (middle > times[0]) & (middle < times[1]) & np.isfinite(trial[f"{item}_color"])
            color = np.nan_to_num(trial[f"{item}_color"])
            waves = [seen[number, :, channels.index(f"{item}_{part}")] for part in ("cos", "sin")]
            np.testing.assert_allclose(waves, [on * np.cos(color), on * np.sin(color)], atol=1e-6)
            cue = (middle > trial["cue_onset"]) & (middle < trial["cue_offset"])
            for kind in ("load", "opposite"):
                is_cued = (trial["trial_type"], trial["selected"]) == (kind, item)
                cues = seen[number, :, channels.index(f"{kind}_{item}")]
                np.testing.assert_array_equal(cues, cue * is_cued)


def test_the_colour_to_report_is_that_of_the_target_rotated(drawn):
    _, trials, _ = drawn
    own = trials[[f"{item}_color" for item in ITEMS]].to_numpy()[
        np.arange(len(trials)), trials["selected"].map(ITEMS.index)
    ]
    turned = np.rad2deg(experiment.circular_difference(trials["target_color"].to_numpy(), own))
    expected = np.where(trials["trial_type"] == "load", 0, 180)
    np.testing.assert_allclose(np.abs(turned), expected, atol=1e-6)


def test_a_twin_cues_another_item_of_the_trial_if_there_is_one(drawn):
    settings, trials, _ = drawn
    design = design_of(settings)
    has_twin = have_twins(trials, design)
    assert (has_twin == (trials["set_size"] > 1)).all()
    twins = other_cue(trials, design)
    assert ((twins["selected"] != trials["selected"]) == has_twin).all()
    others = trials[[f"{item}_color" for item in ITEMS]].to_numpy()
    of_twin = others[np.arange(len(trials)), twins["selected"].map(ITEMS.index)]
    assert np.isfinite(of_twin).all()


def test_rules_and_shared_cues_change_the_channels_and_nothing_else(folder):
    own = NetworkTrials(task="my_task.yaml")
    keys = {**yaml.safe_load(FILE), "rule_inputs": True}
    ruled = NetworkTrials(task=keys, shared_cue=True)
    assert design_of(ruled).channels[9:] == (
        *(f"cue_{item}" for item in ITEMS),
        *("rule_load", "rule_opposite"),
    )
    trials, same = (task.draw(50, each, np.random.default_rng(3)) for each in (own, ruled))
    assert trials.equals(same)
    seen = task.inputs(trials, ruled, 0.0, np.random.default_rng(3))
    is_load = (trials["trial_type"] == "load").to_numpy()
    assert (seen[:, -1, -2] == is_load).all()
    assert (seen[:, -1, -1] == ~is_load).all()


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("set_size: [1, 4]", "set_size: [1, 5]", "line 5, trials.load.set_size: a trial cannot"),
        ("show: [cue]", "show: [que]", "epochs.3.show: must contain items, cue, left, right"),
        ("show: [left, top]", "show: [left]", "trials.opposite.epochs: no epoch shows top"),
        ("rotate: 180", "target: left", "the target is always left, so no epoch can show a cue"),
        ("rotate: 180", "target: up", "must be cued or an item: left, right, top, bottom"),
        ("[0.3, 0.6]}", "[0.3, 0.65]}", "must be a whole number of steps of 0.1 s"),
        ("items: [left,", "items: [cue,", "no item can be called cue"),
        ("  load:", "  rule:", "trials.rule: no trial type can be called cue or rule"),
        ("rotate: 180", "rotat: 180", "trials.opposite.rotat: unknown key. Did you mean rotate?"),
    ],
)
def test_a_mistake_is_one_message_with_file_line_key_and_remedy(folder, old, new, problem):
    Path("my_task.yaml").write_text(FILE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InputError) as raised:
        parse(yaml.safe_load(CONFIGURATION))
    assert "networks.mine.task: my_task.yaml" in str(raised.value)
    assert problem in str(raised.value)


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"tasks": ["pro"]}, "tasks: a task of your own has its own trial types"),
        ({"timing": {"pro": {"cue": [0.2, 0.2]}}}, "timing: a task of your own has its own dura"),
        ({"match": "behaviour"}, "match: errors of animals are known for the pro and the retro"),
        ({"task": "none.yaml"}, "none.yaml: the configuration file does not exist"),
    ],
)
def test_keys_of_the_experiment_do_not_go_with_a_task_of_the_user(folder, keys, problem):
    configuration = yaml.safe_load(CONFIGURATION)
    configuration["networks"]["mine"].update(keys)
    with pytest.raises(InputError, match=problem):
        parse(configuration)


def test_a_job_receives_the_contents_of_the_file(folder):
    mine = parse(yaml.safe_load(CONFIGURATION)).networks["mine"]
    Path("my_task.yaml").unlink()
    assert type(mine).model_validate(mine.model_dump(mode="json")) == mine


@pytest.mark.parametrize("family", ["gru", "grid", "cnn-self-attention", "transformer"])
def test_families_take_channels_and_lengths_from_the_task(folder, small, family):
    settings = small(family, task="my_task.yaml")
    inputs = np.zeros((settings.encoded_steps, len(design_of(settings).channels)), "float32")
    model = networks.untrained(settings, 1, "net", 0)
    report, (states, _) = eqx.filter_eval_shape(
        lambda model: (model(inputs, settings.report_steps), model.online(inputs)), model
    )
    assert report.shape == (3, 2)
    assert {each.shape[0] for each in states.values()} == {18}


def test_a_tiny_network_learns_to_copy_one_item(small, analysis):
    """Chance is 90 degrees with a standard error of 8 for 40 trials; below 45 is 5 of them."""
    settings = small("gru", task=ONE, hidden=16, steps=100, learning_rate=1e-2)
    model, log = networks.train(settings, 7, "small", 0)
    assert log["task"].unique().tolist() == ["copy"]
    assert log["report_error"].iloc[-1] < 45
    dataset = analysis(
        *(0.0, 0.3),
        label={"left": "target_color < 3.14159", "right": "target_color >= 3.14159"},
        tasks={"copy": {"trials": "trial_type == 'copy'", "align": "stimuli_onset"}},
        windows={"all": [0.0, 0.3]},
    )
    recorded, attention, errors = networks.record_replicate(
        model, settings, dataset, "network-small", "seed0", 7
    )
    assert attention is None
    assert recorded["rates"].shape == (40, 16, 3)
    assert np.abs(errors["report_error"]).mean() < 45


@pytest.mark.slow
def test_all_measures_of_a_network_are_made_on_a_task_of_four_items(folder, small, analysis):
    settings = small("luong-dot", task="my_task.yaml", steps=20, test_trials=60)
    model, _ = networks.train(settings, 7, "small", 0)
    replicate = networks.Replicate(model, settings, "small", 0, 7)
    lesions = networks.measure_lesions(replicate)
    assert lesions["follows_other"].between(0, 1).all()
    assert (lesions["error_nearest"] <= lesions["report_error"]).all()
    use = networks.use_of_attention(replicate)
    assert np.allclose(use[["items", "cue", "elsewhere"]].sum(axis=1), 1)
    # Items are on for 0.3 s of 1.8 s in the one trial type, and twice as long in the other.
    assert use["items_uniform"].round(3).tolist() == [round(3 / 18, 3), round(6 / 18, 3)]
    ablated = networks.ablate_attention(replicate).set_index("measure")
    # No item is shown in all trials, so none is decoded in the delay.
    assert {"report_error_load", "report_error_opposite"} == set(ablated.index)
    swapped = networks.swap_attention(replicate).set_index(["swapped", "task"])
    assert swapped.loc[("nothing", "opposite"), "n_trials"] == 60
    assert swapped.loc[("nothing", "load"), "n_trials"] == 30
    tasks = {
        name: {"trials": f"trial_type == '{name}'", "align": "cue_onset"}
        for name in ("load", "opposite")
    }
    dataset = analysis(-0.2, 0.5, tasks=tasks)
    probed = networks.probe_reports(model, settings, dataset, "seed0", 7)
    known = probed["answer_known"].to_numpy().reshape(2, -1)
    assert (known == (np.arange(7) >= 2)).all()
    assert jax.tree.leaves(model)

"""A network that is asked when it cannot answer is no model of a brain at that time."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from neuro_attn.comparison import usable
from neuro_attn.errors import InputError
from neuro_attn.figures import probe as figure
from neuro_attn.networks import Model, as_attribute, probe_reports
from neuro_attn.networks.trials import REPORT_STEPS
from neuro_attn.study import Study
from tests.durations import FIXED

TASKS = {
    task: {"trials": f"trial_type == '{task}'", "align": "cue_onset"} for task in ("pro", "retro")
}


class Waits(Model):
    """Reports the cued colour from a step on, and the opposite colour before."""

    first: int = eqx.field(static=True)

    def __call__(self, inputs, n_report=REPORT_STEPS):
        return self.asked(inputs, n_report)[-1]

    def asked(self, inputs, n_report=REPORT_STEPS):
        steps = jnp.arange(len(inputs))

        def at(last):
            seen = jnp.where(steps[:, None] <= last, inputs, 0).sum(axis=0)
            items, cues = seen[1:5].reshape(2, 2), seen[5:].reshape(2, 2).sum(axis=0)
            answer = items[jnp.argmax(cues)]
            return jnp.where(last >= self.first, answer, -answer)

        return jnp.repeat(jax.vmap(at)(steps)[:, None], n_report, axis=1)

    def online(self, inputs):
        return {"encoder": inputs, "decoder": 2 * inputs}, {}


def asked(small, analysis, first: int, tasks=("retro",)):
    """Probe a network whose trials have the retro cue at step 24, the pro cue at 4, items at 10."""
    settings = small("seq2seq", timing=FIXED, tasks=list(tasks), input_noise=0.01)
    windows = {"early": [0.0, 0.4], "late": [0.6, 1.1]}
    keys = {"tasks": {task: TASKS[task] for task in tasks}, "windows": windows}
    dataset = analysis(-0.3, 1.1, **keys)
    table = probe_reports(Waits(first), settings, dataset, "seed0", 7)
    seed = xr.Dataset(attrs={"session": "seed0", **as_attribute(table, settings)})
    return table, usable([seed], Study("net", dataset, 7), ["encoder", "decoder"])


def test_37_a_network_asked_for_its_answer_at_times_when_it_cannot_give_it(small, analysis):
    table, found = asked(small, analysis, first=30)
    error = table.set_index("time")["report_error"]
    np.testing.assert_allclose(error[error.index > 0.6], 0, atol=2)
    np.testing.assert_allclose(error[(error.index > 0) & (error.index < 0.6)], 180, atol=2)
    assert (table["answers"] == (table["report_error"] < 30)).all()
    # The encoder is active whatever the network is asked; the decoder exists only when it answers.
    assert found.windows == {"encoder": ("early", "late"), "decoder": ("late",)}
    ((_, population, feature, reason),) = found.absent
    assert (population, feature) == ("decoder", "window early")
    assert "in retro trials, the network errs by up to 180 degrees; below 30 is needed" in reason


def test_no_answer_can_be_given_before_cue_and_items(small, analysis):
    """In pro trials, no item has been seen in the first 0.6 s after the cue."""
    table, found = asked(small, analysis, first=0, tasks=("pro", "retro"))
    table = table.set_index("time")
    pro, retro = (table[table["task"] == task] for task in ("pro", "retro"))
    assert (pro["answer_known"] == (pro.index > 0.6)).all()
    assert (retro["answer_known"] == (retro.index > 0)).all()
    assert (pro["items_shown"] == (pro.index > 0.6)).all()
    assert not retro["items_shown"].any()
    # Guessing gives 90 degrees with a standard error of 8 on 40 trials.
    assert pro["report_error"][pro.index < 0.6].between(45, 135).all()
    assert (pro["report_error"][pro.index > 0.6] < 5).all()
    assert found.windows["decoder"] == ("late",)


def test_the_caption_says_when_networks_fail(small, analysis):
    table, _ = asked(small, analysis, first=30)
    table = pd.concat([table.assign(network="net", seed=seed) for seed in (0, 1)])
    (panel,) = figure.draw(table).axes
    assert panel.get_ylim()[1] > 180
    text = figure.caption(table)
    assert "net, retro: fails from" in text
    assert "0.55 s (decoder); error up to 180 degrees" in text
    answering, _ = asked(small, analysis, first=24)
    late = answering[answering["time"] > 0].assign(network="net", seed=0)
    assert "net, retro: answers at all times." in figure.caption(late)


def test_a_task_without_trials_is_named(small, analysis):
    tasks = {"late": {"trials": "trial_type == 'retro' and cue_onset > 99", "align": "cue_onset"}}
    dataset = analysis(-0.3, 1.1, tasks=TASKS | tasks, windows={"early": [0.0, 0.4]})
    problem = r"tasks\.late\.trials: task 'late' has no trials: .*99.* Trials have .* cue_onset"
    with pytest.raises(InputError, match=problem):
        probe_reports(Waits(30), small("seq2seq", timing=FIXED), dataset, "seed0", 7)

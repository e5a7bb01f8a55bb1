"""Probe: the report error of a network that is asked at every time, whether or not it can answer.

Some populations exist only when a report is asked, for example the first state of a decoder. We
record them at every time t as if the trial ended at t (`Network.recomputed`). Where
the network could not have answered, because it has not yet seen the items or the cue, or because it
learned to answer at another time, such a population is that of no working network. The other
populations are the activity of the network while it reads the trial, whatever it is asked.
"""

import json
from collections.abc import Iterable

import equinox as eqx
import numpy as np
import pandas as pd

from neuro_attn.configuration import ITEMS, Network, NetworkDataset
from neuro_attn.errors import InputError
from neuro_attn.networks import trials as task
from neuro_attn.networks.design import design_of
from neuro_attn.networks.model import Model, asked
from neuro_attn.networks.populations import Steps, held_out_trials, in_tasks
from neuro_attn.recording import PROBE
from neuro_attn.results import columns_of

COLUMNS = [name for name in columns_of("probe") if name not in ("network", "seed")]
"""Columns of the table of `probe_reports`, without those that identify the network."""


def probe_reports(
    model: Model, settings: Network, dataset: NetworkDataset, session: str, seed: int
) -> pd.DataFrame:
    """Ask a network for its report in every time bin of the trials that are recorded.

    Parameters
    ----------
    model : Model
        The trained network.
    settings : Network
        Its settings.
    dataset : NetworkDataset
        Definitions of tasks, and the time bins.
    session : str
        Name of the session.
    seed : int
        The seed of the configuration.

    Returns
    -------
    pandas.DataFrame
        One row for each task and bin: ``task``, ``time`` (bin centre from the task's event, s),
        ``report_error`` (mean absolute error of reports that start after each step of the bin,
        degrees; chance is 90), ``n_trials``, ``items_shown`` (fraction of trials with items on the
        screen), ``answer_known`` (fraction of trials in which cue and items have been shown),
        ``answers`` (whether the error is below ``learned_below``) and ``populations`` (those that
        exist only when a report is asked).

    Raises
    ------
    InputError
        If a task has no trials.
    """
    trials = held_out_trials(settings, dataset.network, session, seed)
    reports = np.asarray(asked(model, trials.inputs, settings.report_steps))
    origin = f"network {dataset.network}, {session}"
    found = in_tasks(trials.table, Steps(trials.inputs.shape[1]), dataset, origin)
    used, steps = found.trials, found.steps.reshape(len(found.rows), -1)
    errors = [task.report_error(reports[found.rows, step], used) for step in steps.T]
    design = design_of(settings)
    shown = design.steps(used, ITEMS, trials.inputs.shape[1])
    known = np.rint(design.times(used)["known"].to_numpy() / task.STEP)[:, None]
    quantities = {
        "report_error": np.abs(errors).T,
        "items_shown": np.take_along_axis(shown, steps, axis=1),
        "answer_known": steps >= known,
    }
    time = dataset.time
    centres = time.start + time.bin * (np.arange(time.n_bins) + 0.5)
    rows = []
    for name, defined in dataset.tasks.items():
        here = (used["task"] == name).to_numpy()
        if not here.any():
            raise InputError(
                f"network_analysis.tasks.{name}.trials",
                f"task {name!r} has no trials: {defined.trials!r} is true on none of network "
                f"{dataset.network}.",
                f"Trials have the columns {', '.join(map(str, trials.table.columns))}.",
            )
        means = {
            key: values[here].reshape(here.sum(), time.n_bins, -1).mean(axis=(0, 2))
            for key, values in quantities.items()
        }
        of_task = {"task": name, "time": centres, "n_trials": int(here.sum()), **means}
        rows.append(pd.DataFrame(of_task))
    populations, _ = eqx.filter_eval_shape(model.online, trials.inputs[0])
    table = pd.concat(rows, ignore_index=True).assign(
        learned_below=settings.learned_below,
        populations=", ".join(recomputed(settings, populations)),
    )
    table["answers"] = table["report_error"] < settings.learned_below
    return table[COLUMNS]


def recomputed(settings: Network, populations: Iterable[str]) -> list[str]:
    """Return the populations that exist only when a report is asked, in order.

    Examples
    --------
    >>> recomputed(Network(family="seq2seq"), ["encoder", "decoder"])
    ['decoder']
    >>> recomputed(Network(family="self-attention-qkv"), ["layer1", "layer2"])
    ['layer1', 'layer2']
    """
    return [each for each in populations if each.rstrip("0123456789") in settings.recomputed]


def as_attribute(probed: pd.DataFrame, settings: Network) -> dict[str, str]:
    """Return the attribute of a recording from which the comparison reads the probe.

    Parameters
    ----------
    probed : pandas.DataFrame
        The table of `probe_reports`.
    settings : Network
        The network.
    """
    errors = {name: rows["report_error"].tolist() for name, rows in probed.groupby("task")}
    populations = probed["populations"].iloc[0]
    content = {
        "recomputed": populations.split(", ") if populations else [],
        "below": settings.learned_below,
        "errors": errors,
    }
    return {PROBE: json.dumps(content)}

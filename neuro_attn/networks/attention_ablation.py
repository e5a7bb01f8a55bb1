"""Attention ablation tests whether a network retrieves items from past states.

At every step we block attention to the steps at which the items were shown and renormalise the
weights of the other steps. A network that retrieves the items from stored states loses them. A
network that maintains the items in its activity does not. The experiment is possible only in
networks.
"""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array
from jax.typing import ArrayLike

from neuro_attn.configuration import ITEMS
from neuro_attn.networks import trials as task
from neuro_attn.networks.attention import (
    AnyModel,
    Attention,
    Memory,
    MultiHeadAttention,
    with_attention,
)
from neuro_attn.networks.design import Design, design_of
from neuro_attn.networks.model import Model, over_trials
from neuro_attn.networks.replicates import Replicate

FOLDS = 5
"""Number of cross-validation folds for decoding the colours."""
RIDGES = np.logspace(-3, 3, 7)
"""Candidate ridge penalties; leave-one-out error on the training trials selects one."""


class BlockedAttention(Attention):
    """Attention that cannot attend to some steps.

    Parameters
    ----------
    attention : Attention
        The intact attention.
    allowed : array, shape (encoded_step,), bool
        Steps that can be attended to.
    """

    attention: Attention
    allowed: Array

    def scores(self, query: Array, memory: Array) -> Array:
        """Return the scores of the intact attention."""
        return self.attention.scores(query, memory)

    def values(self, memory: Array) -> Array:
        """Return the values of the intact attention."""
        return self.attention.values(memory)

    def __call__(self, query: Array, memory: Array, present: Array) -> tuple[Array, Array]:
        """Attend to the steps that are present and allowed; see `Attention`."""
        return self.attention(query, memory, self.open(present))

    def open(self, present: Array) -> Array:
        """Return the steps that are present and allowed; if there are none, those present."""
        return _open(present, self.allowed)


class BlockedHeads(MultiHeadAttention):
    """Multi-head attention that cannot attend to some steps.

    Parameters
    ----------
    attention : MultiHeadAttention
        The intact attention.
    allowed : array, shape (encoded_step,), bool
        Steps that can be attended to.
    """

    allowed: Array

    def __init__(self, attention: MultiHeadAttention, allowed: Array):
        self.Q, self.K, self.V, self.O = attention.Q, attention.K, attention.V, attention.O
        self.n_heads, self.n_groups = attention.n_heads, attention.n_groups
        self.allowed = allowed

    def heads(self, query: Array, memory: Memory, present: Array) -> tuple[Array, Array]:
        """Attend to the steps that are present and allowed; see `MultiHeadAttention`."""
        # A network that generates its report also attends to steps of the report.
        allowed = jnp.pad(self.allowed, (0, len(present) - len(self.allowed)), constant_values=True)
        return super().heads(query, memory, _open(present, allowed))


def _open(present: Array, allowed: Array) -> Array:
    """Return the steps that are present and allowed; if there are none, those present."""
    both = present & allowed
    return jnp.where(both.any(), both, present)


def cut(model: AnyModel, allowed: Array) -> AnyModel:
    """Return a network that attends to the allowed steps only.

    Parameters
    ----------
    model : Model
        The network. Attention to sources other than steps of the trial is unchanged.
    allowed : array, shape (encoded_step,), bool
        Steps that can be attended to.
    """
    return with_attention(
        model,
        of_one=lambda attention: BlockedAttention(attention, allowed),
        of_heads=lambda attention: BlockedHeads(attention, allowed),
    )


def ablate_attention(replicate: Replicate) -> pd.DataFrame:
    """Measure item memory and report error with intact and with blocked attention to the items.

    Parameters
    ----------
    replicate : Replicate
        The trained network.

    Returns
    -------
    pandas.DataFrame
        One row for each population, and one for the report of each task: ``population``,
        ``measure``, ``intact``, ``cut``. The measure ``delay_r2`` is the cross-validated R^2 of a
        ridge regression of cosine and sine of all items' colours on the activity. We use trials in
        which the cue follows the items, such as retro trials, at the last step before the cue,
        when the items are off and none has been selected. Values below 0 are worse than predicting
        the mean. ``report_error_{task}`` is the mean absolute error of each trial type (degrees;
        chance is 90).
    """
    model, settings = replicate.model, replicate.settings
    drawn = replicate.trials("memory locus")
    trials, inputs = drawn.table, drawn.inputs
    design = design_of(settings)
    shown = design.steps(trials, ITEMS, settings.encoded_steps)
    cue = design.times(trials)["cue"].to_numpy()
    holds = np.flatnonzero(np.isfinite(cue))
    before_cue = np.rint(cue[holds] / task.STEP).astype(int) - 1
    colors = _colors(trials.iloc[holds], design)
    rows: list[dict[str, object]] = []
    for column, hidden in (("intact", np.zeros_like(shown)), ("cut", shown)):
        reports, populations = _run(model, inputs, ~hidden, settings.report_steps)
        error = np.abs(task.report_error(reports, trials))
        for order in settings.trial_types:
            measured = float(error[trials["task_order"] == order].mean())
            rows.append(_row("report", f"report_error_{order}", column, measured))
        if not colors.size:
            continue
        for population, states in populations.items():
            held = np.asarray(states)[holds, before_cue]
            rows.append(_row(population, "delay_r2", column, _explained(held, colors)))
    table = pd.DataFrame(rows).groupby(["population", "measure"], sort=False).first()
    return table.reset_index()


def _row(population: str, measure: str, column: str, value: float) -> dict[str, object]:
    return {"population": population, "measure": measure, column: value}


@eqx.filter_jit
def _run(
    model: Model, inputs: ArrayLike, allowed: ArrayLike, n_report: int
) -> tuple[Array, dict[str, Array]]:
    """Return reports and activations of many trials, each with its own allowed steps.

    Parameters
    ----------
    model : Model
        The intact network.
    inputs : array, shape (trial, encoded_step, input)
        Inputs of the trials.
    allowed : array, shape (trial, encoded_step), bool
        Steps that can be attended to.
    n_report : int
        Number of steps of the report.

    Returns
    -------
    reports : array, shape (trial, report_step, output)
        Outputs.
    activations : dict of array, shape (trial, encoded_step, unit)
        Activations of each population.
    """

    def one(trial: tuple[Array, Array]) -> tuple[Array, dict[str, Array]]:
        lesioned = cut(model, trial[1])
        return lesioned(trial[0], n_report), lesioned.online(trial[0])[0]

    trials = (jnp.asarray(inputs), jnp.asarray(allowed))
    return over_trials(one, trials)


def _colors(trials: pd.DataFrame, design: Design) -> np.ndarray:
    """Return cosine and sine of the colours of items that all trials show, (trial, 2 x item)."""
    color = trials[design.colors].dropna(axis=1).to_numpy()
    return np.concatenate([np.cos(color), np.sin(color)], axis=1)


def _explained(states: np.ndarray, targets: np.ndarray) -> float:
    """Return the cross-validated R^2 of a ridge regression, pooled over targets.

    Parameters
    ----------
    states : array, shape (trial, unit)
        Predictors.
    targets : array, shape (trial, target)
        Variables to predict.
    """
    # Imported here, because other jobs of networks do not need scikit-learn (1 s to import).
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import KFold, cross_val_predict

    # Trials are in random order, so contiguous folds are random folds.
    predicted = cross_val_predict(RidgeCV(RIDGES), states, targets, cv=KFold(FOLDS))
    left = ((targets - predicted) ** 2).sum()
    return float(1 - left / ((targets - targets.mean(axis=0)) ** 2).sum())

"""Does a network use its attention? Where it attends, and what it reports without selecting.

A network with attention can solve the task without it, if recurrence or residual connections carry
the answer to the report. We test each network in the trials of its tasks:

- uniform weights: all scores are 0, so the context is the mean of the values (with hard attention,
  the value of the first step);
- zero context: all values are 0;
- items blocked: no weight on the steps of the items (`attention_ablation`).

A network needs its weights, or its context, in a task if it fails the task without them: its report
error is not below that of a network that has learned. Attention that is not needed may still be
used, so the table contains the errors.
"""

from typing import Any, NamedTuple

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array
from jax.typing import ArrayLike

from neuro_attn.configuration import CUE, ITEMS
from neuro_attn.networks import trials as task
from neuro_attn.networks.attention import (
    Attention,
    Memory,
    MultiHeadAttention,
    with_attention,
)
from neuro_attn.networks.attention_ablation import BlockedAttention, BlockedHeads
from neuro_attn.networks.design import design_of
from neuro_attn.networks.model import Model, online, over_trials
from neuro_attn.networks.replicates import Replicate
from neuro_attn.recording import ATTENTION_USE
from neuro_attn.results import columns_of

COLUMNS = [c for c in columns_of("attention_use") if c not in ("network", "trained", "seed")]
"""Columns of the table of `use_of_attention`, without those that identify the network."""


class Altered(NamedTuple):
    """How the attention of a network is altered.

    Parameters
    ----------
    allowed : array, shape (trial, encoded_step), bool
        Steps that can be attended to; of one trial without the first axis.
    uniform, silent : array, shape (), bool
        Whether all scores are 0, and whether all values are 0.
    """

    allowed: Any
    uniform: ArrayLike = False
    silent: ArrayLike = False


class AlteredAttention(BlockedAttention):
    """Attention with blocked steps, uniform weights or zero values.

    Parameters
    ----------
    attention : Attention
        The intact attention.
    allowed : array, shape (encoded_step,), bool
        Steps that can be attended to.
    uniform, silent : array, shape (), bool
        Whether all scores are 0, and whether all values are 0.
    """

    uniform: ArrayLike
    silent: ArrayLike

    def scores(self, query: Array, memory: Array) -> Array:
        """Return the scores; see `Attention`."""
        return jnp.where(self.uniform, 0, self.attention.scores(query, memory))

    def values(self, memory: Array) -> Array:
        """Return the values; see `Attention`."""
        return jnp.where(self.silent, 0, self.attention.values(memory))

    def __call__(self, query: Array, memory: Array, present: Array) -> tuple[Array, Array]:
        """Attend to the steps that are present and allowed; see `Attention`."""
        return Attention.__call__(self, query, memory, self.open(present))


class AlteredHeads(BlockedHeads):
    """Multi-head attention with blocked steps, uniform weights or zero values.

    Parameters
    ----------
    attention : MultiHeadAttention
        The intact attention.
    how : Altered
        What is altered.
    """

    uniform: ArrayLike
    silent: ArrayLike

    def __init__(self, attention: MultiHeadAttention, how: Altered):
        super().__init__(attention, how.allowed)
        self.uniform, self.silent = how.uniform, how.silent

    def memory(self, states: Array) -> Memory:
        """Return keys and values; see `MultiHeadAttention`."""
        own = super().memory(states)
        return Memory(own.keys, jnp.where(self.silent, 0, own.values))

    def heads(self, query: Array, memory: Memory, present: Array) -> tuple[Array, Array]:
        """Attend to the steps that are present and allowed; see `MultiHeadAttention`."""
        # Queries are projected without a bias, so a query of 0 has scores of 0.
        return super().heads(jnp.where(self.uniform, 0, query), memory, present)


def use_of_attention(replicate: Replicate) -> pd.DataFrame:
    """Measure where a network attends, and its report error without its attention.

    Parameters
    ----------
    replicate : Replicate
        The trained network.

    Returns
    -------
    pandas.DataFrame
        One row for each attention (a head or a layer) and task: ``attention``, ``task``,
        ``entropy`` (of the weights at the start of the report, as a fraction of that of uniform
        weights), ``items``, ``cue`` and ``elsewhere`` (sums of the weights on these steps),
        ``items_uniform`` (that on the items if weights were uniform), ``report_error``,
        ``error_uniform``, ``error_zero`` and ``error_blocked`` (of the whole network, degrees),
        ``needs_weights`` and ``needs_context``.
    """
    model, settings = replicate.model, replicate.settings
    drawn = replicate.trials("use of attention")
    trials, inputs = drawn.table, drawn.inputs
    design = design_of(settings)
    items, cue = (design.steps(trials, what, settings.encoded_steps) for what in (ITEMS, CUE))
    weights = {key: np.asarray(each[:, -1]) for key, each in online(model, inputs)[1].items()}
    of_all = np.ones_like(items)
    conditions = {
        "report_error": Altered(of_all),
        "error_uniform": Altered(of_all, uniform=True),
        "error_zero": Altered(of_all, silent=True),
        "error_blocked": Altered(~items),
    }
    errors = {}
    for key, altered in conditions.items():
        # Flags are arrays rather than Python booleans, so that JAX compiles `_reports` once.
        reports = _reports(
            model, inputs, Altered(*map(jnp.asarray, altered)), settings.report_steps
        )
        errors[key] = np.abs(task.report_error(np.asarray(reports), trials))
    rows = []
    for attention, a in weights.items():
        entropy = -np.sum(a * np.log(np.maximum(a, 1e-12)), axis=1) / np.log(a.shape[1])
        for order in settings.trial_types:
            here = (trials["task_order"] == order).to_numpy()
            mass = {
                key: float((a * on)[here].sum(axis=1).mean())
                for key, on in (("items", items), ("cue", cue))
            }
            error = {key: float(each[here].mean()) for key, each in errors.items()}
            rows.append(
                {
                    "attention": attention,
                    "task": order,
                    "entropy": float(entropy[here].mean()),
                    **mass,
                    "elsewhere": 1 - sum(mass.values()),
                    "items_uniform": float(items[here].mean()),
                    **error,
                    "needs_weights": error["error_uniform"] >= settings.learned_below,
                    "needs_context": error["error_zero"] >= settings.learned_below,
                }
            )
    return pd.DataFrame(rows)[COLUMNS]


def use_as_attribute(use: pd.DataFrame) -> dict[str, str]:
    """Return the attribute of attention weights from which their caption reads their use.

    Parameters
    ----------
    use : pandas.DataFrame
        The table of `use_of_attention` of a replicate network; empty if it was not measured.
    """
    if use.empty:
        return {}
    columns = ["report_error", "error_uniform", "needs_weights", "needs_context"]
    # Errors are those of the whole network, so they are the same for all heads and layers.
    of_task = use.drop_duplicates("task").set_index("task")[columns]
    return {ATTENTION_USE: of_task.astype(float).to_json(orient="index")}


@eqx.filter_jit
def _reports(
    model: Model,
    inputs: ArrayLike,
    altered: "Altered",
    n_report: int,
) -> Array:
    """Return the reports of a network with altered attention, (trial, report_step, output)."""

    def one(trial: tuple[Array, Array]) -> Array:
        how = altered._replace(allowed=trial[1])
        other = with_attention(
            model,
            of_one=lambda attention: AlteredAttention(attention, *how),
            of_heads=lambda attention: AlteredHeads(attention, how),
        )
        return other(trial[0], n_report)

    trials = (jnp.asarray(inputs), jnp.asarray(altered.allowed))
    return over_trials(one, trials)

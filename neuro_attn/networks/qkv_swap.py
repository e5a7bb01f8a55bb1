"""QKV swap tests whether selection acts on the queries, the keys or the values of attention.

We run the network on a trial x and on its twin x', which has the same items, times and noise but
the cue of another item. Wherever the network attends to the steps of the trial,

c = sum_s a_s v_s,  a = softmax(e),  e_s = score(q, k_s),

we replace one of q, k and v in the run on x with that of the run on x', at the same step and layer
(an interchange intervention; Geiger et al. 2021). The run on x' is unchanged. If the report then
follows the cue of x', the replaced quantity determines which item is selected:

- queries, if the network retrieves one of the stored items;
- keys, if items are tagged at or before storage;
- values, if the attended states contain only the selected item, or the cue, with which a later
  stage selects.

Computation outside attention (the initial decoder state, residual connections) remains that of x.
Its contribution is what remains when all three are replaced.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array
from jax.typing import ArrayLike

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
from neuro_attn.results import columns_of


class Swap(NamedTuple):
    """Which of queries, keys and values are replaced with those of the twin trial."""

    queries: ArrayLike = False
    keys: ArrayLike = False
    values: ArrayLike = False


SWAPS = {
    "nothing": Swap(),
    "queries": Swap(queries=True),
    "keys": Swap(keys=True),
    "values": Swap(values=True),
    "everything": Swap(queries=True, keys=True, values=True),
}
"""The replacements, by their name in the table."""
COLUMNS = [c for c in columns_of("qkv_swap") if c not in ("network", "trained", "seed")]
"""Columns of the table of `swap_attention`, without those that say of which network it is."""
RUN = "run"
"""Name of the vmap axis: index 0 is the run on the trial, index 1 the run on its twin."""


def or_of_twin(values: Array, is_swapped: ArrayLike) -> Array:
    """Return `values`, or those of the run on the twin if `is_swapped`.

    Must be called within a vmap over `RUN`. The run on the twin is unchanged.
    """
    own_and_twin = jax.lax.all_gather(values, RUN)
    return jnp.where(is_swapped, own_and_twin[1], values)


class SwappedAttention(Attention):
    """Attention with queries, keys or values of the twin trial.

    Parameters
    ----------
    attention : Attention
        The original attention.
    swap : Swap
        What to replace.
    """

    attention: Attention
    swap: Swap

    def scores(self, query: Array, memory: Array) -> Array:
        """Return the scores e with the query or the states of the twin; see `Attention`."""
        return self.attention.scores(
            or_of_twin(query, self.swap.queries), or_of_twin(memory, self.swap.keys)
        )

    def values(self, memory: Array) -> Array:
        """Return the values v of the states of the twin; see `Attention`."""
        return self.attention.values(or_of_twin(memory, self.swap.values))


class SwappedHeads(MultiHeadAttention):
    """Multi-head attention with queries, keys or values of the twin trial.

    Parameters
    ----------
    attention : MultiHeadAttention
        The original attention.
    swap : Swap
        What to replace.
    """

    swap: Swap

    def __init__(self, attention: MultiHeadAttention, swap: Swap):
        self.Q, self.K, self.V, self.O = attention.Q, attention.K, attention.V, attention.O
        self.n_heads, self.n_groups = attention.n_heads, attention.n_groups
        self.swap = swap

    def memory(self, states: Array) -> Memory:
        """Return the trial's or the twin's keys and values; see `MultiHeadAttention`."""
        own = super().memory(states)
        return Memory(
            or_of_twin(own.keys, self.swap.keys), or_of_twin(own.values, self.swap.values)
        )

    def heads(self, query: Array, memory: Memory, present: Array) -> tuple[Array, Array]:
        """Attend with the trial's or the twin's query; see `MultiHeadAttention`."""
        return super().heads(or_of_twin(query, self.swap.queries), memory, present)


def swapped(model: AnyModel, swap: Swap) -> AnyModel:
    """Return a network whose attention uses queries, keys or values of the twin trial.

    It must be run on a trial and its twin together, in a vmap over an axis named `RUN`.

    Parameters
    ----------
    model : Model
        The network. Attention to sources other than steps of the trial is unchanged.
    swap : Swap
        What to replace.
    """
    return with_attention(
        model,
        of_one=lambda attention: SwappedAttention(attention, swap),
        of_heads=lambda attention: SwappedHeads(attention, swap),
    )


def swap_attention(replicate: Replicate) -> pd.DataFrame:
    """Measure how often reports follow the twin's cue when parts of attention are swapped.

    Parameters
    ----------
    replicate : Replicate
        The trained network.

    Returns
    -------
    pandas.DataFrame
        One row for each of `SWAPS` and each task: ``swapped``, ``task``, ``follows_twin`` (the
        fraction of trials whose report is closer to the item cued in the twin than to the item
        cued in the trial), ``error_own`` and ``error_twin`` (mean absolute difference between the
        report and the item cued in the trial or in the twin, degrees), ``n_trials``. Both errors
        are 90 for random reports and 45 for reports of the mean of both colours.
    """
    model, settings = replicate.model, replicate.settings
    n_trials = len(settings.trial_types) * settings.test_trials
    trials = task.draw(n_trials, settings, replicate.rng("gates", "trials"))
    design = design_of(settings)
    has_twin = have_twins(trials, design)
    if not has_twin.any():
        return pd.DataFrame(columns=COLUMNS)
    twins = other_cue(trials, design)
    # Both receive the same noise.
    own, other = (
        task.inputs(each, settings, settings.input_noise, replicate.rng("gates", "input noise"))
        for each in (trials, twins)
    )
    rows: list[tuple] = []
    for name_of_swap, swap in SWAPS.items():
        # Flags are arrays rather than Python booleans, so that JAX compiles `_reports` once.
        flags = Swap(*map(jnp.asarray, swap))
        reports = np.asarray(_reports(model, own, other, flags, settings.report_steps))
        to_own, to_twin = (np.abs(task.report_error(reports, each)) for each in (trials, twins))
        for order in settings.trial_types:
            here = has_twin & (trials["task_order"] == order).to_numpy()
            if not here.any():
                continue
            follows = (to_twin < to_own)[here].mean()
            errors = to_own[here].mean(), to_twin[here].mean()
            rows.append((name_of_swap, order, follows, *errors, int(here.sum())))
    return pd.DataFrame(rows, columns=COLUMNS)


def have_twins(trials: pd.DataFrame, design: Design) -> np.ndarray:
    """Return which trials have a cue, and another item that it could indicate, shape (trial,)."""
    is_cued = trials["task_order"].isin([kind for kind, _ in design.cues]).to_numpy()
    twins: np.ndarray = is_cued & np.isfinite(design.other_colors(trials)).any(axis=1)
    return twins


def other_cue(trials: pd.DataFrame, design: Design) -> pd.DataFrame:
    """Return the same trials with another item cued: the next one that the trial shows.

    Trials without another item are the same. The colour to report changes as the item's does.
    """
    colors = trials[design.colors].to_numpy(float)
    own = trials["selected"].map(design.items.index).to_numpy()
    n_items, rows = len(design.items), np.arange(len(trials))
    order = (own[:, None] + 1 + np.arange(n_items)) % n_items
    is_shown = np.isfinite(np.take_along_axis(colors, order, axis=1))
    other = order[rows, is_shown.argmax(axis=1)]
    # A target can be rotated from the colour of its item.
    rotation = trials["target_color"].to_numpy() - colors[rows, own]
    return trials.assign(
        selected=np.array(design.items)[other],
        target_color=(colors[rows, other] + rotation) % (2 * np.pi),
    )


@eqx.filter_jit
def _reports(model: Model, own: ArrayLike, other: ArrayLike, swap: Swap, n_report: int) -> Array:
    """Return the reports on trials whose attention is swapped with that of their twins.

    Parameters
    ----------
    model : Model
        The network.
    own, other : array, shape (trial, encoded_step, input)
        Inputs of the trials and of their twins.
    swap : Swap
        What to replace.
    n_report : int
        Number of steps of the report.

    Returns
    -------
    array, shape (trial, report_step, output)
    """

    def one(pair: Array) -> Array:
        patched = swapped(model, swap)
        return jax.vmap(lambda trial: patched(trial, n_report), axis_name=RUN)(pair)[0]

    pairs = jnp.stack([jnp.asarray(own), jnp.asarray(other)], axis=1)
    return over_trials(one, pairs)

"""Where selection acts: on the queries, on the keys or on the values of attention.

A trial x with one cue and its twin x', the same trial with the cue of the other location (items,
times and noise alike), run side by side. Wherever the network attends to the steps of the trial,

c = sum_s a_s v_s,  a = softmax(e),  e_s = score(q, k_s),

one of q, k and v of the run on x is replaced by that of the run on x', at the same step and layer
(an interchange intervention; Geiger et al. 2021). The run on x' is left alone. If the report goes
to the item that x' cues, then what was replaced decides which item is selected: queries, if the
network asks for one of the items that it holds; keys, if items are marked when or before they are
stored; values, if the states that are read hold the selected item alone, or also the cue, by which
a later stage selects. What goes on outside attention (the start of a decoder, what is added to
attention) stays that of x: with all three replaced, it is what is left.
"""

from typing import Any, NamedTuple, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array
from jax.typing import ArrayLike

from neuro_attn import experiment
from neuro_attn.configuration import Network
from neuro_attn.networks import trials as task
from neuro_attn.networks.attention import (
    Attention,
    Memory,
    MultiHeadAttention,
    attends_to_steps,
)
from neuro_attn.networks.model import TRIALS_AT_ONCE, Model
from neuro_attn.randomness import stream
from neuro_attn.results import columns_of


class Swap(NamedTuple):
    """What is replaced by the twin's."""

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
"""What is replaced together, by the name that it has in the table."""
COLUMNS = [c for c in columns_of("qkv_swap") if c not in ("network", "trained", "seed")]
"""Columns of the table of `swap_attention`, without those that say of which network it is."""
RUN = "run"
"""Axis of the run on a trial and, after it, of the run on its twin."""

AnyModel = TypeVar("AnyModel", bound=Model)


def or_of_twin(values: Array, is_swapped: ArrayLike) -> Array:
    """Return `values`, or what the run on the twin has in their place; the twin keeps its own."""
    own_and_twin = jax.lax.all_gather(values, RUN)
    return jnp.where(is_swapped, own_and_twin[1], values)


class SwappedAttention(Attention):
    """An attention that takes parts of the twin's."""

    attention: Attention
    swap: Swap

    def scores(self, query: Array, memory: Array) -> Array:
        """Return e of the twin's query or states; see `Attention`."""
        return self.attention.scores(
            or_of_twin(query, self.swap.queries), or_of_twin(memory, self.swap.keys)
        )

    def values(self, memory: Array) -> Array:
        """Return v of the twin's states; see `Attention`."""
        return self.attention.values(or_of_twin(memory, self.swap.values))


class SwappedHeads(MultiHeadAttention):
    """Heads that take parts of the twin's."""

    swap: Swap

    def __init__(self, attention: MultiHeadAttention, swap: Swap):
        self.Q, self.K, self.V, self.O = attention.Q, attention.K, attention.V, attention.O
        self.n_heads = attention.n_heads
        self.swap = swap

    def memory(self, states: Array) -> Memory:
        """Return keys and values, or those of the twin; see `MultiHeadAttention`."""
        own = super().memory(states)
        return Memory(
            or_of_twin(own.keys, self.swap.keys), or_of_twin(own.values, self.swap.values)
        )

    def heads(self, query: Array, memory: Memory, present: Array) -> tuple[Array, Array]:
        """Attend with the query, or that of the twin; see `MultiHeadAttention`."""
        return super().heads(or_of_twin(query, self.swap.queries), memory, present)


def swapped(model: AnyModel, swap: Swap) -> AnyModel:
    """Return a network that takes parts of attention from another run.

    It runs on a trial and its twin together, over an axis called `RUN`.

    Parameters
    ----------
    model : Model
        The network; attention to anything but the steps of the trial is left alone.
    swap : Swap
        What is taken.
    """

    def exchanged(part: Any) -> Any:
        if not attends_to_steps(part):
            return part
        heads = isinstance(part, MultiHeadAttention)
        return SwappedHeads(part, swap) if heads else SwappedAttention(part, swap)

    patched: AnyModel = jax.tree.map(exchanged, model, is_leaf=attends_to_steps)
    return patched


def swap_attention(
    model: Model, settings: Network, name: str, replicate: int, seed: int
) -> pd.DataFrame:
    """Measure where reports go when parts of attention are those of the twin.

    Parameters
    ----------
    model : Model
        The trained network.
    settings : Network
        Its settings: tasks, number of trials and input noise.
    name : str
        The network's name.
    replicate : int
        Which of the network's seeds.
    seed : int
        The seed of the configuration.

    Returns
    -------
    pandas.DataFrame
        One row for each of `SWAPS` and each task: ``swapped``, ``task``, ``follows_twin`` (the
        fraction of trials whose report is nearer to the item that the twin's cue selects than to
        the one that the trial's own cue does), ``error_own`` and ``error_twin`` (mean absolute
        difference of the report from either item, degrees; 90 and 90 is guessing, 45 and 45 the
        mean of both colours), ``n_trials``.
    """
    names = ("network", name, f"seed{replicate}", "gates")
    trials = task.draw(
        len(settings.tasks) * settings.test_trials, settings, stream(seed, *names, "trials")
    )
    twins = other_cue(trials)
    own, other = (
        task.inputs(each, settings, settings.input_noise, stream(seed, *names, "input noise"))
        for each in (trials, twins)
    )
    rows: list[tuple] = []
    for name_of_swap, swap in SWAPS.items():
        # As an array, so that all swaps are compiled together.
        flags = Swap(*map(jnp.asarray, swap))
        reports = np.asarray(_reports(model, own, other, flags, settings.report_steps))
        to_own, to_twin = (np.abs(task.report_error(reports, each)) for each in (trials, twins))
        for order in settings.tasks:
            here = (trials["task_order"] == order).to_numpy()
            follows = (to_twin < to_own)[here].mean()
            errors = to_own[here].mean(), to_twin[here].mean()
            rows.append((name_of_swap, order, follows, *errors, int(here.sum())))
    return pd.DataFrame(rows, columns=COLUMNS)


def other_cue(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the same trials with the cue of the other location, and the colour it asks for."""
    one, other = experiment.LOCATIONS
    is_one = (trials["selected"] == one).to_numpy()
    color = np.where(is_one, trials[f"{other}_color"], trials[f"{one}_color"])
    return trials.assign(selected=np.where(is_one, other, one), target_color=color)


@eqx.filter_jit
def _reports(model: Model, own: ArrayLike, other: ArrayLike, swap: Swap, n_report: int) -> Array:
    """Return the reports on trials, with parts of attention from their twins."""

    def one(pair: Array) -> Array:
        patched = swapped(model, swap)
        return jax.vmap(lambda trial: patched(trial, n_report), axis_name=RUN)(pair)[0]

    pairs = jnp.stack([jnp.asarray(own), jnp.asarray(other)], axis=1)
    reports: Array = jax.lax.map(one, pairs, batch_size=TRIALS_AT_ONCE)
    return reports

"""Lesions: what a network can no longer report if units, populations or heads are silenced.

We set states to 0 at every step of the trial, wherever a network computes its next state from them
(the places at which noise enters, `noise`). Rectified units, whose drive is disturbed there, are
inhibited, and heads of attention return 0. The report error shows how much a task needs them.
Selection is lost if reports follow the item that was not cued as often as the cued one, although
they still match one of the two; memory is lost if they match neither.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array

from neuro_attn import experiment
from neuro_attn.networks import noise
from neuro_attn.networks import trials as task
from neuro_attn.networks.attention import Memory, MultiHeadAttention, with_attention
from neuro_attn.networks.design import design_of
from neuro_attn.networks.model import Model
from neuro_attn.networks.replicates import Replicate
from neuro_attn.results import columns_of

COLUMNS = [c for c in columns_of("lesions") if c not in ("network", "trained", "seed")]
"""Columns of the table of `measure_lesions`, without those that identify the network."""
NOTHING, UNIT, POPULATION, HEAD = "nothing", "unit", "population", "head"
"""What is silenced."""
SILENCING = 1e4
"""Inhibition that silences rectified units, whatever their other input."""


class Lesion(NamedTuple):
    """What is silenced.

    Parameters
    ----------
    kind : str
        One of the constants above.
    where : str
        Name of the population, or of the attention.
    number : float
        Number of the unit or head; NaN for a population.
    """

    kind: str
    where: str = ""
    number: float = float("nan")


class SilencedPlace(noise.StateNoise):
    """A place at which some units are silenced, after noise was added to all.

    Parameters
    ----------
    place : StateNoise
        The intact place.
    kept : array, shape (*shape,)
        1 for units that are kept, 0 for those that are silenced.
    """

    kept: Array

    def __init__(self, place: noise.StateNoise, kept: Array):
        self.shape, self.is_drive = place.shape, place.is_drive
        self.rows, self.step, self.kept = place.rows, place.step, kept

    def __call__(self, state: Array) -> Array:
        """Return the states with noise and with 0, or a drive far below 0; see `StateNoise`."""
        silent = -SILENCING if self.is_drive else 0.0
        return jnp.where(self.kept > 0, super().__call__(state), silent)


class SilencedHeads(MultiHeadAttention):
    """Multi-head attention in which some heads return 0.

    Parameters
    ----------
    attention : MultiHeadAttention
        The intact attention.
    kept : array, shape (head,)
        1 for heads that are kept, 0 for those that are silenced.
    """

    kept: Array

    def __init__(self, attention: MultiHeadAttention, kept: Array):
        self.Q, self.K, self.V, self.O = attention.Q, attention.K, attention.V, attention.O
        self.n_heads, self.kept = attention.n_heads, kept

    def heads(self, query: Array, memory: Memory, present: Array) -> tuple[Array, Array]:
        """Return contexts and weights of the heads; see `MultiHeadAttention`."""
        contexts, weights = super().heads(query, memory, present)
        return contexts * self.kept[:, None], weights


def measure_lesions(replicate: Replicate) -> pd.DataFrame:
    """Measure the reports of a network without each unit, population and head.

    Parameters
    ----------
    replicate : Replicate
        The trained network.

    Returns
    -------
    pandas.DataFrame
        One row for each lesion and task, first that of nothing: ``lesion``, ``population``,
        ``number``, ``task``, ``report_error`` and ``error_nearest`` (degrees), the error from the
        target and from the nearest item, and ``follows_other``, the fraction of reports that are
        nearer to an item that was not cued; NaN without such an item.
    """
    model, settings = replicate.model, replicate.settings
    drawn = replicate.trials("lesions")
    trials, inputs = drawn.table, jnp.asarray(drawn.inputs)
    places, heads = _named_places(model), _named_heads(model)
    whole = [np.ones(place.shape, np.float32) for place in places.values()]
    whole += [np.ones(each.n_heads, np.float32) for each in heads.values()]
    done, masks = [Lesion(NOTHING)], [whole]
    for number, where in enumerate([*places, *heads]):
        kind = UNIT if where in places else HEAD
        for unit in range(whole[number].size):
            done.append(Lesion(kind, where, unit))
            masks.append(_without(whole, number, [unit]))
        if kind == UNIT:
            done.append(Lesion(POPULATION, where))
            masks.append(_without(whole, number, range(whole[number].size)))
    stacked = [np.stack(each) for each in zip(*masks, strict=True)]
    reports = np.asarray(_reports(model, inputs, stacked, settings.report_steps))
    others = design_of(settings).other_colors(trials)
    has_others = np.isfinite(others).any(axis=1)
    rows = []
    for lesion, report in zip(done, reports, strict=True):
        own = np.abs(task.report_error(report, trials))
        other = _error_of_others(report, others)
        for order in settings.trial_types:
            here = (trials["task_order"] == order).to_numpy()
            means = (own[here].mean(), np.minimum(own, other)[here].mean())
            follows = (other < own)[here & has_others]
            rows.append((*lesion, order, *means, follows.mean() if len(follows) else np.nan))
    return pd.DataFrame(rows, columns=COLUMNS)


def _error_of_others(report: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the error from the nearest of the other items, degrees (trial,); infinite if none."""
    reported = task.reported_color(report)[:, None]
    error = np.abs(np.rad2deg(experiment.circular_difference(reported, others)))
    nearest: np.ndarray = np.where(np.isnan(others), np.inf, error).min(axis=1)
    return nearest


def _without(whole: list[np.ndarray], number: int, units: Sequence[int]) -> list[np.ndarray]:
    """Return masks in which some elements of one are 0."""
    mask = whole[number].copy()
    mask.flat[list(units)] = 0
    return [*whole[:number], mask, *whole[number + 1 :]]


def _is_place(part: object) -> bool:
    return isinstance(part, noise.StateNoise)


def _named(model: Model, kind: type) -> dict[str, Any]:
    """Return the parts of a network of one kind by the fields that lead to them."""
    found = jax.tree_util.tree_leaves_with_path(model, is_leaf=lambda part: isinstance(part, kind))
    named = {}
    for path, part in found:
        if isinstance(part, kind):
            *fields, own = jax.tree_util.keystr(path).strip(".").split(".")
            # The field of a place, "noise" or "noise_of_cells", names its states.
            own = own.removeprefix("noise_of_").removesuffix("noise").strip("_")
            if fields[1:] and fields[-1] == "cell":
                fields.pop()  # of a layer that is one cell
            named[".".join(filter(None, [*fields, own])) or "state"] = part
    return named


def _named_places(model: Model) -> dict[str, Any]:
    return _named(model, noise.StateNoise)


def _named_heads(model: Model) -> dict[str, Any]:
    return {f"{name} heads": part for name, part in _named(model, MultiHeadAttention).items()}


@eqx.filter_jit
def _reports(model: Model, inputs: Array, masks: list, n_report: int) -> Array:
    """Return the reports on all trials under each lesion, (lesion, trial, report_step, output)."""

    def one(kept: list) -> Array:
        remaining = iter(kept)
        lesioned = jax.tree.map(
            lambda part: SilencedPlace(part, next(remaining)) if _is_place(part) else part,
            model,
            is_leaf=_is_place,
        )
        lesioned = with_attention(
            lesioned,
            of_one=lambda attention: attention,
            of_heads=lambda attention: SilencedHeads(attention, next(remaining)),
        )
        return jax.vmap(lambda trial: lesioned(trial, n_report))(inputs)

    return jax.lax.map(one, [jnp.asarray(each) for each in masks])

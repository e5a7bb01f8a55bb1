"""Lesions: what a network can no longer report if units, populations or heads are silenced.

We set states to 0 at every step of the trial, wherever a network computes its next state from them
(the places at which noise enters, `noise`). Rectified units, whose drive is disturbed there, are
inhibited, and heads of attention return 0. The report error shows how much a task needs them.
Selection is lost if reports follow an item that was not cued as often as the cued one, although
they still match one of them; memory is lost if they match none. Populations are also silenced in
delays alone, in which nothing is shown: what is lost then was held in them.
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
from neuro_attn.networks.design import Design, design_of
from neuro_attn.networks.model import Model
from neuro_attn.networks.replicates import Replicate
from neuro_attn.results import columns_of

COLUMNS = [c for c in columns_of("lesions") if c not in ("network", "trained", "seed")]
"""Columns of the table of `measure_lesions`, without those that identify the network."""
NOTHING, UNIT, POPULATION, HEAD = "nothing", "unit", "population", "head"
"""What is silenced."""
TRIAL = "trial"
"""Period of a lesion at all steps; others are `design.DELAYS`."""
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
    period : str
        When it is silenced.
    """

    kind: str
    where: str = ""
    number: float = float("nan")
    period: str = TRIAL


class SilencedPlace(noise.StateNoise):
    """A place at which some units are silenced, after noise was added to all.

    Parameters
    ----------
    place : StateNoise
        The intact place.
    kept : array, shape (*shape,)
        1 for units that are kept, 0 for those that are silenced.
    when : array, shape (step,), bool, optional
        Steps at which they are silenced; by default all. The place then has noise, which counts
        the steps (`noise.scan`).
    """

    kept: Array
    when: Array | None

    def __init__(self, place: noise.StateNoise, kept: Array, when: Array | None = None):
        self.shape, self.is_drive = place.shape, place.is_drive
        self.rows, self.step, self.kept, self.when = place.rows, place.step, kept, when

    def __call__(self, state: Array) -> Array:
        """Return the states with noise and with 0, or a drive far below 0; see `StateNoise`."""
        kept = self.kept > 0
        if self.when is not None:
            of_all = state.ndim > len(self.shape)
            now = self.when[: len(state)] if of_all else self.when[self.step]
            kept |= ~now.reshape(*now.shape, *(1 for _ in self.shape))
        silent = -SILENCING if self.is_drive else 0.0
        return jnp.where(kept, super().__call__(state), silent)


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
        self.n_heads, self.n_groups, self.kept = attention.n_heads, attention.n_groups, kept

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
        ``number``, ``period`` (`TRIAL`, or one of `design.DELAYS` if the task has it), ``task``,
        ``report_error`` and ``error_nearest`` (degrees), the error from the target and from the
        nearest item, and ``follows_other``, the fraction of reports that are nearer to an item that
        was not cued; NaN without such an item.
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
    design = design_of(settings)
    delays = design.delays(trials, inputs.shape[1])
    stacked = [np.stack(each) for each in zip(*masks, strict=True)]
    reports = [*np.asarray(_reports(model, inputs, stacked, settings.report_steps))]
    # Populations that exist only when a report is asked are not active in delays.
    populations = [
        n
        for n, lesion in enumerate(done)
        if lesion.kind == POPULATION and lesion.where not in settings.recomputed
    ]
    chosen = [each[populations] for each in stacked[: len(places)]]
    for period, when in delays.items():
        if populations and when.any():
            reports += [
                *_reports_of_delay(model, inputs, chosen, jnp.asarray(when), settings.report_steps)
            ]
            done += [done[n]._replace(period=period) for n in populations]
    rows = []
    for lesion, report in zip(done, reports, strict=True):
        for order in settings.trial_types:
            here = (trials["task_order"] == order).to_numpy()
            if lesion.period == TRIAL or delays[lesion.period][here].any():
                lost = _lost(np.asarray(report)[here], trials[here], design)
                rows.append((*lesion, order, *lost))
    return pd.DataFrame(rows, columns=COLUMNS)


def _lost(report: np.ndarray, trials: pd.DataFrame, design: Design) -> tuple[float, float, float]:
    """Return the three measures of the reports (trial, report_step, output) of some trials."""
    own = np.abs(task.report_error(report, trials))
    others = design.other_colors(trials)
    other = _error_of_others(report, others)
    follows = (other < own)[np.isfinite(others).any(axis=1)]
    follows_other = float(follows.mean()) if len(follows) else np.nan
    return float(own.mean()), float(np.minimum(own, other).mean()), follows_other


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


@eqx.filter_jit
def _reports_of_delay(
    model: Model, inputs: Array, masks: list, when: Array, n_report: int
) -> Array:
    """Return the reports under lesions at some steps of each trial, (lesion, trial, ...).

    Parameters
    ----------
    model, inputs, n_report
        As in `_reports`.
    masks : list of array, shape (lesion, *shape of a place)
        1 for units that are kept, for each place.
    when : array, shape (trial, step), bool
        Steps before the report at which the other units are silenced.
    """
    when = jnp.pad(when, ((0, 0), (0, n_report)))
    places = list(_named_places(model).values())
    silent = [jnp.zeros((when.shape[1], *place.shape)) for place in places]

    def one(kept: list) -> Array:
        def of_trial(trial: Array, now: Array) -> Array:
            remaining = iter(kept)
            lesioned = jax.tree.map(
                lambda part: SilencedPlace(part, next(remaining), now) if _is_place(part) else part,
                # Noise of 0 makes places count steps.
                noise.with_noise(model, silent),
                is_leaf=_is_place,
            )
            return lesioned(trial, n_report)

        return jax.vmap(of_trial)(inputs, when)

    return jax.lax.map(one, [jnp.asarray(each) for each in masks])

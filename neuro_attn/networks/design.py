"""The design of a task: what is shown when, and through which input channels of a network.

Every task is a `Design`: the pro and the retro task of the experiment, and tasks that a user
describes (`configuration.NetworkTask`). All that follows, inputs, training, probe, lesions and uses
of attention, reads the design and names no task.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from neuro_attn import experiment
from neuro_attn.configuration import CUE, ITEMS, NETWORK_STEP, NetworkTask, NetworkTrials

FIXATION = "fixation"
"""Channel of the fixation input."""
DELAYS = ("delay before the cue", "delay before the report")
"""Periods in which nothing is shown: from the last item to a later cue; from all to the report."""


@dataclass(frozen=True)
class Design:
    """What is shown in the trials of a task.

    Parameters
    ----------
    items : tuple of str
        Names of the items; a column ``{item}_color`` of the trials has the colour of each (rad),
        NaN if a trial does not show it.
    channels : tuple of str
        Input channels, in order: fixation, ``{item}_cos`` and ``{item}_sin`` of each item, cues,
        and rules.
    shown : dict of str to dict
        Items, and `CUE`, that each epoch shows, by trial type and epoch. Columns ``{epoch}_onset``
        and ``{epoch}_offset`` of the trials have the times.
    cues : dict of (str, str) to str
        Channel of the cue of each trial type and item.
    rules : dict of str to str
        Channel that is on throughout trials of a type; empty for tasks without such inputs.
    """

    items: tuple[str, ...]
    channels: tuple[str, ...]
    shown: dict[str, dict[str, tuple[str, ...]]]
    cues: dict[tuple[str, str], str]
    rules: dict[str, str]

    @property
    def colors(self) -> list[str]:
        """Columns of the colours of the items."""
        return [f"{item}_color" for item in self.items]

    def channels_of(self, item: str) -> list[int]:
        """Return the channels of the cosine and the sine of an item's colour."""
        return [self.channels.index(f"{item}_{part}") for part in ("cos", "sin")]

    @property
    def color_channels(self) -> tuple[int, ...]:
        """Channels of the colours of all items."""
        return tuple(channel for item in self.items for channel in self.channels_of(item))

    @property
    def cue_channels(self) -> tuple[int, ...]:
        """Channels of cues, and of rules."""
        own = {*self.cues.values(), *self.rules.values()}
        return tuple(number for number, name in enumerate(self.channels) if name in own)

    @property
    def other_channels(self) -> tuple[int, ...]:
        """Channels of fixation, cues and rules."""
        return (self.channels.index(FIXATION), *self.cue_channels)

    def steps(self, trials: pd.DataFrame, what: str, n_steps: int) -> np.ndarray:
        """Return whether an item, the cue (`CUE`) or any item (`ITEMS`) is on.

        Parameters
        ----------
        trials : pandas.DataFrame
            Trials from `trials.draw`.
        what : str
            What is shown.
        n_steps : int
            Number of steps.

        Returns
        -------
        array, shape (trial, step), bool
        """
        on = np.zeros((len(trials), n_steps), bool)
        for kind, epochs in self.shown.items():
            here = (trials["task_order"] == kind).to_numpy()
            for epoch, shows in epochs.items():
                if what in shows or (what == ITEMS and set(shows) & set(self.items)):
                    of_kind = trials[here]
                    onset, offset = of_kind[f"{epoch}_onset"], of_kind[f"{epoch}_offset"]
                    on[here] |= _is_on(onset.to_numpy(), offset.to_numpy(), n_steps)
        return on

    def times(self, trials: pd.DataFrame) -> pd.DataFrame:
        """Return the times of what trials show, s, one row per trial.

        Parameters
        ----------
        trials : pandas.DataFrame
            Trials from `trials.draw`.

        Returns
        -------
        pandas.DataFrame
            ``known``, when the last item or cue appears, from which the answer is known; ``off``,
            when nothing is shown any more; ``gone``, when all items are; and ``cue``, when the cue
            appears after that, NaN if it does not.
        """
        times = pd.DataFrame(np.nan, trials.index, ["known", "off", "gone", "cue"])
        for kind, epochs in self.shown.items():
            here = trials[trials["task_order"] == kind]
            items = [epoch for epoch, shows in epochs.items() if set(shows) & set(self.items)]
            cues = [epoch for epoch, shows in epochs.items() if CUE in shows]
            gone = _last(here, items, "offset")
            cue = here[[f"{epoch}_onset" for epoch in cues]].min(axis=1)
            times.loc[here.index, "known"] = _last(here, epochs, "onset")
            times.loc[here.index, "off"] = _last(here, epochs, "offset")
            times.loc[here.index, "gone"] = gone
            times.loc[here.index, "cue"] = cue.where(cue >= gone)
        return times

    def delays(self, trials: pd.DataFrame, n_steps: int) -> dict[str, np.ndarray]:
        """Return the steps of each of `DELAYS`, (trial, step), bool; none if a trial has none."""
        times = self.times(trials)
        end = np.full(len(trials), n_steps * NETWORK_STEP)
        spans = (times["gone"], times["cue"]), (times["off"], end)
        return {
            name: _is_on(np.asarray(start), np.asarray(stop), n_steps)
            for name, (start, stop) in zip(DELAYS, spans, strict=True)
        }

    def other_colors(self, trials: pd.DataFrame) -> np.ndarray:
        """Return the colours of the items that are not the target, NaN elsewhere (trial, item)."""
        is_target = trials["selected"].to_numpy()[:, None] == np.array(self.items)
        return np.where(is_target, np.nan, trials[self.colors].to_numpy(float))


def design_of(settings: NetworkTrials) -> Design:
    """Return the design of the trials of a network.

    Examples
    --------
    >>> design_of(NetworkTrials(tasks=["retro"])).shown
    {'retro': {'stimuli': ('upper', 'lower'), 'cue': ('cue',)}}
    """
    return _of_experiment(settings) if settings.task is None else _of_user(settings)


def _of_experiment(settings: NetworkTrials) -> Design:
    """Return the design of the pro and the retro task, each with channels for its own cues."""
    items = experiment.LOCATIONS
    shows: dict[str, tuple[str, ...]] = {"stimuli": items, "cue": (CUE,)}
    shown = {name: dict(shows) for name in settings.trial_types}
    # Channels are the same whatever the tasks, and with shared cues, so that networks are.
    tasks = tuple(reversed(experiment.TASKS))
    cues = {
        (name, item): f"{tasks[0] if settings.shared_cue else name}_{item}"
        for name in tasks
        for item in items
    }
    channels = (*_first(items), *(f"{name}_{item}" for name in tasks for item in items))
    return Design(items, channels, shown, cues, {})


def _of_user(settings: NetworkTrials) -> Design:
    task = settings.task
    assert isinstance(task, NetworkTask)
    shown = {
        kind: {
            epoch.name: tuple(
                item for what in epoch.show for item in (task.items if what == ITEMS else (what,))
            )
            for epoch in of_kind.epochs
            if epoch.show
        }
        for kind, of_kind in task.trials.items()
    }
    cues = {
        (kind, item): f"{CUE if settings.shared_cue else kind}_{item}"
        for kind, epochs in shown.items()
        if any(CUE in shows for shows in epochs.values())
        for item in task.items
    }
    rules = {kind: f"rule_{kind}" for kind in task.trials} if task.rule_inputs else {}
    channels = (*_first(task.items), *dict.fromkeys(cues.values()), *rules.values())
    return Design(task.items, channels, shown, cues, rules)


def _first(items: tuple[str, ...]) -> list[str]:
    return [FIXATION, *(f"{item}_{part}" for item in items for part in ("cos", "sin"))]


def _last(trials: pd.DataFrame, epochs: Iterable[str], edge: str) -> pd.Series:
    """Return the last onset or offset of some epochs, s."""
    return trials[[f"{epoch}_{edge}" for epoch in epochs]].max(axis=1)


def _is_on(onset: np.ndarray, offset: np.ndarray, n_steps: int) -> np.ndarray:
    """Return which steps are between onset and offset, shape (trial, step), bool.

    Parameters
    ----------
    onset, offset : array, shape (trial,)
        Times from the start of the trial, s.
    n_steps : int
        Number of steps of the trial.
    """
    # Onsets are sums of durations; rounding maps 0.4 + 0.4 + 0.2 s to step 10.
    step = np.arange(n_steps)
    first, end = (np.rint(time / NETWORK_STEP)[:, None] for time in (onset, offset))
    on: np.ndarray = (step >= first) & (step < end)
    return on

"""Behaviour of noisy networks, and the noise with which they err as much as animals.

The noise is a property of a replicate network: the SD on `GRID` at which the mean absolute report
error, averaged over tasks, is nearest to that of the animals. All tasks have the same level,
because a decoder that is trained on one task and tested on another would otherwise be tested at
another level of noise. The error of each task is therefore a result.
"""

from bisect import bisect_left
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.behaviour import circular_error, fit_mixture
from neuro_attn.configuration import Network
from neuro_attn.networks.activations import noise_of_trials
from neuro_attn.networks.design import design_of
from neuro_attn.networks.model import Model, report
from neuro_attn.networks.populations import Trials, held_out_trials
from neuro_attn.networks.trials import reported_color
from neuro_attn.randomness import stream
from neuro_attn.results import columns_of

GRID = np.geomspace(0.01, 10.0, 481)
"""SDs of the noise that can be selected, from small to large, in steps of 1.4 %."""
SETS = 4
"""Sets of held-out trials, each of the size of the recorded one, with new trials and noise."""


class Behaviour(NamedTuple):
    """Behaviour of a replicate network with noise in its states."""

    state_noise: float
    """SD of the noise."""
    table: pd.DataFrame
    """One row per task; see `behaviour`."""


class _Set(NamedTuple):
    trials: Trials
    noise: tuple
    """Noise with an SD of 1."""


def behaviour(model: Model, settings: Network, network: str, session: str, seed: int) -> Behaviour:
    """Set the noise of a trained network and describe its reports on held-out trials.

    Parameters
    ----------
    model : Model
        The trained network.
    settings : Network
        Its settings; `match` selects whether the noise is that of the settings or matched.
    network, session : str
        Names of the network and of the session, such as "seed0".
    seed : int
        The seed of the configuration.

    Returns
    -------
    Behaviour
        The noise, and a table with the columns of `behaviour.csv` but those that identify the
        network and ``recorded_error``.
    """
    sets = []
    for number in range(SETS):
        name = f"{session}, behaviour {number}"
        trials = held_out_trials(settings, network, name, seed)
        rng = stream(seed, "network", network, name, "state noise")
        noise = noise_of_trials(model, settings, len(trials.table), 1.0, rng)
        sets.append(_Set(trials, noise))
    table = pd.concat([each.trials.table for each in sets], ignore_index=True)
    design = design_of(settings)
    targets = dict.fromkeys(settings.trial_types, np.nan)
    sd = settings.state_noise

    def reports(sd: float) -> np.ndarray:
        """Return the reported colours of all sets."""
        return np.concatenate([_reports(model, settings, each, sd) for each in sets])

    def errors(reported: np.ndarray) -> pd.Series:
        error = pd.Series(np.abs(circular_error(reported, table["target_color"])))
        return error.groupby(table["task_order"]).mean()

    if settings.match:
        targets = {name: getattr(settings.match_errors, name) for name in settings.tasks}
        aim = float(np.mean(list(targets.values())))
        sd = nearest(lambda sd: float(errors(reports(sd)).mean()), aim)
    reported = reports(sd)
    error = errors(reported)
    rows = []
    for name in settings.trial_types:
        here = (table["task_order"] == name).to_numpy()
        target = table.loc[here, "target_color"].to_numpy()
        fit = fit_mixture(reported[here], target, design.other_colors(table[here]))
        rows.append(
            {
                "task": name,
                "state_noise": sd,
                "target_error": targets[name],
                "report_error": error[name],
                "target": fit.target,
                "swap": fit.swap,
                "guess": fit.guess,
                "sd": fit.sd,
                "n_trials": int(here.sum()),
            }
        )
    return Behaviour(sd, pd.DataFrame(rows))


def nearest(error: Callable[[float], float], aim: float) -> float:
    """Return the SD on `GRID` at which an error is nearest to the aim.

    If the error without noise is not below the aim, the SD is 0. The error must not decrease with
    the noise. Noise is drawn once and scaled, so that sampling does not violate this.

    Parameters
    ----------
    error : callable
        Mean absolute report error, degrees, as a function of the SD.
    aim : float
        Error to reach, degrees.

    Examples
    --------
    >>> round(nearest(lambda sd: 90 * sd / (1 + sd), 45.0), 2)
    1.0
    >>> nearest(lambda sd: 60.0, 45.0)
    0.0
    """
    error = cache(error)
    if error(0.0) >= aim:
        return 0.0
    place = bisect_left(GRID, aim, key=lambda sd: error(float(sd)))
    nearby = [float(sd) for sd in GRID[max(0, place - 1) : place + 1]]
    return min(nearby, key=lambda sd: abs(error(sd) - aim))


def as_table(behaved: Behaviour, recorded: xr.Dataset) -> pd.DataFrame:
    """Return the rows of `behaviour.csv` of a replicate network, with the error when recorded.

    Parameters
    ----------
    behaved : Behaviour
        From `behaviour`.
    recorded : xarray.Dataset
        The Recording of the network with this noise, on trials that were not used to set it.
    """
    size = np.abs(recorded["report_error"].values)
    kinds = recorded["trial_type"].values.astype(str)
    error = [float(size[kinds == name].mean()) for name in behaved.table["task"]]
    table = behaved.table.assign(recorded_error=error)
    return table[[name for name in columns_of("behaviour") if name in table]]


def _reports(model: Model, settings: Network, each: _Set, sd: float) -> np.ndarray:
    noise = tuple(np.float32(sd) * xi for xi in each.noise)
    return reported_color(report(model, each.trials.inputs, settings.report_steps, noise))

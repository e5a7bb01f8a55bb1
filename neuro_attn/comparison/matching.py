"""Matching of populations before comparison: units, trials and d' within tasks.

d' increases with units and trials and decreases with noise. We therefore decode all regions and
network populations with the units and training trials of the smallest one. We also add noise to a
network's activations until its mean d' within tasks equals that of the region.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from tqdm import tqdm

from neuro_attn.configuration import AnyDataset
from neuro_attn.decoding import Population, build_populations, sensitivity, units_per_draw
from neuro_attn.decoding.population import without_times
from neuro_attn.decoding.population_decoder import ORIGINAL, PopulationDecoder
from neuro_attn.decoding.surrogates import surrogate_labels
from neuro_attn.errors import InputError
from neuro_attn.study import Study

TOLERANCE = 0.01
"""Largest difference between matched d'."""
STEPS = 15
"""Largest number of bisections."""
LARGEST_NOISE = 64.0
"""Noise at which nothing can be decoded, in SDs of each unit."""
FEWEST_UNITS = 2
"""Smallest number of units of a population, one for each half."""


class Sizes(NamedTuple):
    """Numbers of units and trials with which all populations are decoded.

    Parameters
    ----------
    units : int
        Number of units in a draw.
    trials : int
        Number of training trials per class.
    """

    units: int
    trials: int


def equal_sizes(settings: Mapping[str, AnyDataset], regions: Mapping[str, pd.DataFrame]) -> Sizes:
    """Return the units and training trials of the smallest population of all data sets.

    Parameters
    ----------
    settings : mapping
        Settings of every data set, by name.
    regions : mapping
        Tables of populations (`decoding.regions_table`), by data set.

    Raises
    ------
    InputError
        If the smallest population has one unit, which cannot be split into halves.
    """
    units, trials = [], []
    for name, dataset in settings.items():
        table = regions[name]
        smallest = int(table["n_units"].min())
        units.append(min(units_per_draw(dataset, table) or smallest, smallest))
        rarest, folds = int(table["n_trials"].min()), dataset.decoding.folds
        trials.append(rarest - -(-rarest // folds))
        if units[-1] < FEWEST_UNITS:
            raise InputError(
                f"comparison with data set {name}",
                f"its populations are decoded with {units[-1]} unit; allowed: {FEWEST_UNITS} or "
                "more.",
                "Exclude small regions with regions.min_units.",
            )
    return Sizes(min(units), min(trials))


class Members:
    """Populations of a region in the windows, with optional added noise.

    Parameters
    ----------
    recordings : list of xarray.Dataset
        Recordings of all sessions.
    study : Study
        The data set, with its tasks, windows, decoding and inference.
    region : str
        The region.
    sizes : Sizes
        Units and trials with which all populations are decoded.
    """

    def __init__(self, recordings: list[xr.Dataset], study: Study, *, region: str, sizes: Sizes):
        decoding = study.dataset.decoding.model_copy(update={"pseudotrials": sizes.trials})
        self.study = replace(study, dataset=study.dataset.model_copy(update={"decoding": decoding}))
        self.recordings, self.region, self.sizes = recordings, region, sizes
        self.clean = self._in_windows(recordings)
        self.surrogates = [surrogate_labels(member, self.study) for member in self.clean]

    def _in_windows(self, recordings: list[xr.Dataset]) -> list[Population]:
        found = build_populations(recordings, self.study, self.region)
        return [without_times(member) for member in found]

    @cached_property
    def noise(self) -> list[Population]:
        """Populations of white noise, in every bin with the SD of each unit; computed on demand."""
        drawn = [_noise(one, self.study, self.region) for one in self.recordings]
        return self._in_windows(drawn)

    def with_noise(self, level: float) -> list[Population]:
        """Return the populations with white noise of `level` SDs of each unit added per bin."""
        if level == 0:
            return self.clean
        return [
            replace(
                member,
                parts=[
                    replace(part, rates=part.rates + np.float32(level) * noise.rates)
                    for part, noise in zip(member.parts, noises.parts, strict=True)
                ],
            )
            for member, noises in zip(self.clean, self.noise, strict=True)
        ]

    def decoders(self, level: float) -> list[PopulationDecoder]:
        """Return decoders of the populations, with noise of `level`, in the windows."""
        return [
            PopulationDecoder(
                member,
                self.study,
                region=self.region,
                n_units=self.sizes.units,
                surrogates=of_member,
                progress=tqdm(disable=True),
                score=sensitivity,
            )
            for member, of_member in zip(self.with_noise(level), self.surrogates, strict=True)
        ]

    def d_prime(self, level: float) -> float:
        """Return d' within tasks, averaged over windows, tasks and sessions."""
        decoded = [one.replicated([ORIGINAL])[0] for one in self.decoders(level)]
        within = [np.diagonal(np.diagonal(each, axis1=-2, axis2=-1)) for each in decoded]
        return float(np.mean(within))


def _noise(recording: xr.Dataset, study: Study, region: str) -> xr.Dataset:
    """Return a region's units of a recording, with white noise of each unit's SD as rates.

    Noise is drawn for all units of a recording, so it does not depend on the regions.
    """
    rng = study.rng("matching noise", region, recording.attrs["session"])
    rates = recording["rates"]
    # Double precision prevents a large offset from adding to the variance by rounding.
    sd = rates.astype(float).std(["trial", "time"]).values.astype(np.float32)
    noise = rng.standard_normal(rates.shape, dtype=np.float32) * sd[:, None]
    own = np.flatnonzero(recording["region"].values == region)
    return recording.isel(unit=own).assign(rates=(rates.dims, noise[:, own]))


def matching_noise(d_prime: Callable[[float], float], target: float) -> float:
    """Return a noise level at which d' equals `target`, or 0 if d' is not above it.

    Bisection ends at the first level with a d' within ``TOLERANCE``, which need not be the lowest
    such level.

    Parameters
    ----------
    d_prime : callable
        d' as a decreasing function of the noise level.
    target : float
        Target d'.
    """
    if d_prime(0.0) <= target + TOLERANCE:
        return 0.0
    low, high = 0.0, 1.0
    while d_prime(high) > target and high < LARGEST_NOISE:
        low, high = high, 2 * high
    for _ in range(STEPS):
        middle = (low + high) / 2
        difference = d_prime(middle) - target
        if abs(difference) <= TOLERANCE:
            return middle
        low, high = (middle, high) if difference > 0 else (low, middle)
    return high

r"""Absolute fit of a network population to a region: equal overlap of codes across tasks.

A distance is smallest for some region whatever the network's code. The fit asks whether a network
could have the code of a region at all. D is the difference of the overlaps of their
codes (`overlaps`), with one element for each pair of tasks and window in which both have a code in
both tasks. The statistic is

.. math:: \tau = D^\top S^{-1} D

with S the covariance of D over resamples of both sides, shrunk by the estimate of Ledoit and Wolf.
If sessions or replicate networks differ by more than their resamples, both S and the resamples
contain that excess. p is the rank of the statistic among those of resamples, whose mean is 0. Half
of the resamples estimate S and the other half are ranked, so that all statistics are measured
alike.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from neuro_attn.comparison.distance import NetworkSignature, matched
from neuro_attn.comparison.signatures import decodable
from neuro_attn.decoding.shrinkage import shrunk_covariance
from neuro_attn.randomness import stream
from neuro_attn.results import columns_of

FIT_COLUMNS = columns_of("fit")
COMPATIBLE = "compatible"
INCOMPATIBLE = "incompatible"
UNINFORMATIVE = "uninformative"


class Fit(NamedTuple):
    """Fit of a network population to a region.

    Parameters
    ----------
    n_overlaps : int
        Number of overlaps that are compared.
    overlap, region_overlap : float
        Overlap of the network and of the region, over all of these; NaN if there is none.
    statistic : float
        The statistic; NaN if no overlap is compared.
    p_value : float
        p of equal overlaps.
    p_unrelated, p_shared : float
        p if the network's overlaps were exactly 0, or exactly 1.
    """

    n_overlaps: int
    overlap: float
    region_overlap: float
    statistic: float
    p_value: float
    p_unrelated: float
    p_shared: float

    def verdict(self, confidence: float) -> str:
        """Return the verdict at a level of 1 - `confidence`.

        The test is uninformative if it would reject neither an overlap of 0 nor one of 1.
        """
        alpha = 1 - confidence
        if self.p_value <= alpha:
            return INCOMPATIBLE
        if min(self.p_unrelated, self.p_shared) <= alpha:
            return COMPATIBLE
        return UNINFORMATIVE


def fits(
    brain: Sequence[xr.Dataset], networks: Sequence[NetworkSignature], confidence: float = 0.95
) -> pd.DataFrame:
    """Test the fit of every network population to every region with a code.

    Parameters
    ----------
    brain, networks, confidence
        As for `distance.distances`; the level of the test is 1 - `confidence`.

    Returns
    -------
    pandas.DataFrame
        Columns ``FIT_COLUMNS``.
    """
    brain = [region for region in brain if decodable(region, confidence)]
    rows = []
    for network in networks:
        for own, region in matched(network, brain):
            found = fit(own, region, confidence)
            names = (network.network, network.trained, network.population, region.attrs["region"])
            rows.append((*names, *found, found.verdict(confidence)))
    return pd.DataFrame(rows, columns=FIT_COLUMNS)


def fit(own: xr.Dataset, region: xr.Dataset, confidence: float = 0.95) -> Fit:
    """Test whether the codes of a network population and a region overlap equally.

    Parameters
    ----------
    own, region : xarray.Dataset
        Signatures of the population and of the region, with the variables of
        `overlaps.overlaps_of`.
    confidence : float
        A task has a code in a window if its p-value of no code is at most 1 - `confidence`.
        Windows in which the population is not compared do not count.
    """
    sides = [_Side.of(each) for each in (own, region)]
    chosen = np.all([side.p_codes <= 1 - confidence for side in sides], axis=(0, 2))
    if everywhere := own.attrs.get("all_windows"):
        compared = np.isin(everywhere, own.attrs["windows"])
        chosen &= np.tile(compared, len(chosen) // len(compared))
    if not chosen.any():
        return Fit(0, np.nan, np.nan, np.nan, 1.0, 1.0, 1.0)
    network, brain = (side.only(chosen) for side in sides)
    deviations = network.deviations() - brain.deviations()
    statistic, p_value = _rank(network.overlaps - brain.overlaps, deviations)
    return Fit(
        n_overlaps=int(chosen.sum()),
        overlap=network.over_all,
        region_overlap=brain.over_all,
        statistic=statistic,
        p_value=p_value,
        p_unrelated=_rank(0 - brain.overlaps, deviations)[1],
        p_shared=_rank(1 - brain.overlaps, deviations)[1],
    )


class _Side(NamedTuple):
    """One side of a comparison; see `overlaps.overlaps_of`.

    ``names`` are the seed and the names of its random stream. ``energies`` (overlap, 3),
    ``sessions`` (session, overlap, 3), ``resamples`` (resample, overlap, 3) and ``p_codes``
    (overlap, 2).
    """

    names: tuple[int, str, str, str]
    energies: np.ndarray
    sessions: np.ndarray
    resamples: np.ndarray
    p_codes: np.ndarray

    @classmethod
    def of(cls, signature: xr.Dataset) -> "_Side":
        last = ("overlap", "energy")
        variables = ("energies", "session_energies", "energy_resamples")
        arrays = [signature[name].transpose(..., *last).values for name in variables]
        arrays.append(signature["p_codes"].transpose("overlap", "task").values)
        names = signature.attrs["dataset"], signature.attrs["region"]
        return cls((signature.attrs["seed"], "fit sessions", *names), *arrays)

    def only(self, chosen: np.ndarray) -> "_Side":
        """Return some of the overlaps."""
        return self._replace(
            energies=self.energies[chosen],
            sessions=self.sessions[:, chosen],
            resamples=self.resamples[:, chosen],
        )

    @property
    def scale(self) -> np.ndarray:
        """The geometric mean of the energies of both tasks (overlap,)."""
        return np.sqrt(self.energies[:, 1] * self.energies[:, 2])

    @property
    def overlaps(self) -> np.ndarray:
        """The overlap of every pair of tasks in every window (overlap,)."""
        return self.energies[:, 0] / self.scale

    @property
    def over_all(self) -> float:
        """The overlap over all pairs of tasks and windows."""
        return float(self.energies[:, 0].sum() / self.scale.sum())

    def deviations(self) -> np.ndarray:
        """Return the deviations of the overlaps in resamples, to first order (resample, overlap).

        Their variance is increased by the amount by which that over sessions, or over replicate
        networks, exceeds it. That excess is uncertain if these are few, so each resample gets its
        own draw from the chi-squared distribution of its estimate.
        """
        slope = np.sqrt(self.energies[:, 2] / self.energies[:, 1])
        half = self.overlaps / 2
        # Orthogonal to the energies themselves, so that deviations have a mean of 0.
        gradient = np.stack([np.ones_like(slope), -half * slope, -half / slope], axis=-1)
        found, sessions = (
            (each * gradient).sum(axis=-1) / self.scale for each in (self.resamples, self.sessions)
        )
        n_sessions = len(sessions)
        if n_sessions < 2:
            return found
        over_sessions = n_sessions * sessions.var(axis=0, ddof=1)
        excess = over_sessions.sum() / (found**2).mean(axis=0).sum() - 1
        if excess > 0:
            freedom = (n_sessions - 1) * _effective_number(found)
            drawn = stream(*self.names).chisquare(freedom, len(found)) / freedom
            found = found * np.sqrt(1 + excess / drawn)[:, None]
        return found


def _effective_number(deviations: np.ndarray) -> float:
    """Return the effective number of independent elements of vectors (resample, overlap)."""
    covariance = deviations.T @ deviations
    return float(np.trace(covariance) ** 2 / (covariance**2).sum())


def _rank(observed: np.ndarray, deviations: np.ndarray) -> tuple[float, float]:
    """Return the statistic of an observed D (overlap,), and its p-value among deviations."""
    scale = np.sqrt((deviations**2).mean(axis=0))
    (estimating, ranked), observed = np.split(deviations / scale, 2), observed / scale
    inverse = np.linalg.inv(shrunk_covariance(estimating[None])[0])
    statistic = float(observed @ inverse @ observed)
    among = np.einsum("ri,ij,rj->r", ranked, inverse, ranked)
    return statistic, float((1 + (among >= statistic).sum()) / (1 + len(among)))

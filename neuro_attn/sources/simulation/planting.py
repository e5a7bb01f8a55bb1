"""Tuning of simulated units: the truth that the analysis should find."""

import numpy as np
import xarray as xr
from scipy.linalg import hadamard

from neuro_attn import experiment
from neuro_attn.configuration import SimulatedRegion, Simulation
from neuro_attn.randomness import stream

LOOKS = ("set1-upper", "set1-lower", "set2-upper", "set2-lower")
PLANES = ("upper", "lower", "common")
COMMON_LOWER = "common lower"
"""Plane of a selected lower item, where it is not the common one."""
EARLY = "early_selection_axis"
"""Axis of selection in retro trials before `generalisation_onset`."""
_SIGNS = hadamard(4)


def plant(settings: Simulation, name: str, seed: int) -> xr.Dataset:
    """Draw the tuning of all units, as `simulate` returns it."""
    truth = xr.concat(
        [_of_region(region, settings, name, seed) for region in settings.regions], "unit"
    )
    names = list(settings.regions)
    onsets = [settings.regions[region].selection_onset for region in names]
    truth["selection_onset"] = ("planted_region", onsets, {"units": "s"})
    cosines = [settings.regions[region].selection_axis_cosine for region in names]
    truth["shared"] = ("planted_region", cosines)
    if _is_late(settings):
        late = [settings.regions[region].generalisation_onset for region in names]
        truth["generalisation_onset"] = (
            "planted_region",
            [np.nan if onset is None else onset for onset in late],
            {"units": "s"},
        )
    return truth.assign_coords(planted_region=names).assign_attrs(
        dataset=name, seed=seed, settings=settings.model_dump_json()
    )


def _is_late(settings: Simulation) -> bool:
    """Return whether the code of a region generalises later than it starts."""
    return any(each.generalisation_onset is not None for each in settings.regions.values())


def _of_region(region: str, settings: Simulation, name: str, seed: int) -> xr.Dataset:
    """Draw the tuning of the units of a region."""
    planted = settings.regions[region]
    is_tilted = any(each.color_plane_angles[1] for each in settings.regions.values())
    shown = [*PLANES, COMMON_LOWER] if is_tilted else list(PLANES)
    rng = stream(seed, "simulation", name, "tuning", region)
    n = planted.units
    baseline = 2 + (settings.baseline - 2) * rng.gamma(4, 1 / 4, n)
    # Tuning is drawn in units of each unit's Poisson SD, the metric in which decoders see it.
    noise = np.sqrt(baseline / settings.baseline)[:, None]
    pro, other, *of_sets = noise.T * _label_axes(n, rng).T
    cosine = planted.selection_axis_cosine
    retro = cosine * pro + np.sqrt(1 - cosine**2) * other
    tuning = noise * _orthogonal(n, len(of_sets) + 2 * len(PLANES), rng)
    common, planes = np.split(tuning, [len(of_sets)], axis=1)
    # A cue evokes a visual response, and its appearance identifies the cued item.
    looks = [common[:, k] + sign * axis for k, axis in enumerate(of_sets) for sign in (1, -1)]
    own = stream(seed, "simulation", name, "colour planes", region)
    planes = _with_angles(planes.reshape(n, len(PLANES), 2), noise, planted, own)
    session = np.array(settings.session_names, dtype=object)
    return xr.Dataset(
        {
            "baseline": ("unit", baseline),
            "selection_axis": (
                ("unit", "task"),
                planted.selection_sd * np.stack([pro, retro], axis=1),
            ),
            "visual": (
                ("unit", "look"),
                planted.cue_sd * np.stack(looks, axis=1) / np.sqrt(2),
            ),
            "color_plane": (
                ("unit", "plane", "component"),
                planted.color_sd * planes[:, : len(shown)],
            ),
            **({EARLY: ("unit", planted.selection_sd * other)} if _is_late(settings) else {}),
        },
        coords={
            "region": ("unit", np.full(n, region, dtype=object)),
            "session": ("unit", np.sort(np.resize(session, n))),
            "unit_id": ("unit", np.array([f"{region}-{i:03d}" for i in range(n)], object)),
            "task": list(experiment.TASKS),
            "look": list(LOOKS),
            "plane": shown,
        },
    )


def _with_angles(
    planes: np.ndarray, noise: np.ndarray, planted: SimulatedRegion, rng: np.random.Generator
) -> np.ndarray:
    """Return colour planes with their planted angles, and that of the selected lower item.

    Parameters
    ----------
    planes : array, shape (unit, plane, component)
        Orthogonal planes of the upper, the lower and the selected item, relative to the noise.
    noise : array, shape (unit, 1)
        Poisson SD of each unit.
    planted : SimulatedRegion
        The region.
    rng : numpy.random.Generator
        Source of randomness of a further plane, from which that of the lower item is tilted.

    Returns
    -------
    numpy.ndarray, shape (unit, plane, component)
        Those of `PLANES` and of `COMMON_LOWER`.
    """
    before, after = np.deg2rad(planted.color_plane_angles)
    upper, lower, common = planes.transpose(1, 0, 2)
    if planted.color_plane_angles[0] < 90:
        lower = np.cos(before) * upper + np.sin(before) * lower
    tilted = common
    if after:
        n = len(noise)
        taken = planes.reshape(n, -1) / noise
        further = rng.normal(size=(n, 2))
        if n >= taken.shape[1] + 2:
            further = np.linalg.qr(np.concatenate([taken, further], axis=1))[0][:, -2:]
        further *= np.sqrt(n) / np.linalg.norm(further, axis=0)
        tilted = np.cos(after) * common + np.sin(after) * noise * further
    return np.stack([upper, lower, common, tilted], axis=1)


def _label_axes(n: int, rng: np.random.Generator) -> np.ndarray:
    """Return four independent axes along which classes could differ, shape (unit, axis).

    Two are for the selection of the two tasks, two for the looks of the two cue sets. Units come
    in fours with the same strength of tuning and the signs of a Hadamard matrix, so the axes stay
    orthogonal however a decoder weighs units by their tuning, and nothing transfers by chance.
    Units beyond the last four are not tuned.
    """
    strength = np.abs(rng.normal(size=n // 4)).repeat(4)
    signs = np.tile(_SIGNS, (n // 4, 1)) * rng.choice([-1, 1], len(strength))[:, None]
    axes = np.zeros((n, 4))
    axes[rng.permutation(n)[: len(strength)]] = strength[:, None] * signs
    return axes * np.sqrt(n) / np.linalg.norm(axes, axis=0)


def _orthogonal(n: int, k: int, rng: np.random.Generator) -> np.ndarray:
    """Return k directions over n units with root mean square 1, orthogonal if n allows it."""
    directions = rng.normal(size=(n, k))
    if n >= k:
        directions = np.linalg.qr(directions)[0]
    return directions * np.sqrt(n) / np.linalg.norm(directions, axis=0)

"""Simulated sessions in which the overlap of two tasks' codes is planted, in unkind conditions.

A world states how noise, rates and codes are made. Worlds of units have a fixed pair of codes,
whose overlap is exact in the metric of `neuro_attn.shared_code.these_units`. Worlds of regions draw
codes anew in each session.
"""

from dataclasses import dataclass

import numpy as np

from neuro_attn.shared_code.these_units import RIDGE, TaskTrials

BASELINE = 5.0
"""Mean rate of a unit, in SDs of its noise."""


@dataclass(frozen=True)
class UnitsWorld:
    """Units whose trials are drawn again and again.

    Parameters
    ----------
    units, trials, classes : int
        Number of units, of trials of each task, and of classes.
    correlation : float
        Noise correlation between all pairs of units.
    dimensions : int
        Dimensions of strong noise that also hold both codes; 0 for none.
    gain : float
        SD of a gain that all units share on a trial.
    offset : float
        SD over units of the change of mean rates between tasks.
    rare : float
        Fraction of trials of the first class, where classes are unequal.
    coded : int
        Units with a code in each task; 0 for all.
    tails : {"normal", "t5", "poisson"}
        Distribution of the noise.
    memory : float
        Correlation of a unit's noise between successive trials.
    run : int
        Successive trials of the same class.
    """

    units: int = 40
    trials: int = 80
    classes: int = 2
    correlation: float = 0.0
    dimensions: int = 0
    gain: float = 0.0
    offset: float = 0.0
    rare: float = 0.5
    coded: int = 0
    tails: str = "normal"
    memory: float = 0.0
    run: int = 1


UNITS_WORLDS = {
    "white noise": UnitsWorld(),
    "noise correlation 0.2": UnitsWorld(correlation=0.2),
    "noise in 3 dimensions with both codes": UnitsWorld(dimensions=3),
    "shared gain": UnitsWorld(gain=0.2),
    "rates change by 1 SD": UnitsWorld(offset=1.0, gain=0.1),
    "rates change by 4 SD": UnitsWorld(offset=4.0, gain=0.1),
    "four classes": UnitsWorld(classes=4),
    "classes 80 to 20": UnitsWorld(rare=0.2),
    "codes in 3 units": UnitsWorld(coded=3),
    "heavy tails": UnitsWorld(tails="t5"),
    "Poisson counts": UnitsWorld(tails="poisson"),
    "100 units": UnitsWorld(units=100),
    "12 units, 40 trials": UnitsWorld(units=12, trials=40),
    "300 units, 20 trials": UnitsWorld(units=300, trials=20),
    "20 units, 8 trials": UnitsWorld(units=20, trials=8),
}
DEPENDENT_WORLDS = {
    f"AR(1) {memory:g}, {order}": UnitsWorld(memory=memory, run=run)
    for order, run in (("classes in random order", 1), ("classes in runs of 10", 10))
    for memory in (0.3, 0.7)
}
"""Worlds whose trials depend on each other, where the test for these units is not valid."""


def units_data_set(
    world: UnitsWorld, rng: np.random.Generator, *, cosine: float, strength: float
) -> tuple[TaskTrials, TaskTrials]:
    """Draw the trials of two tasks whose codes have an exact overlap.

    Parameters
    ----------
    world : UnitsWorld
        Its conditions.
    rng : numpy.random.Generator
        Draws codes, noise and trials.
    cosine : float
        Overlap of the two codes.
    strength : float
        d within tasks, in the metric: accuracy of the best decoder of two classes is Phi(d).
    """
    label = _labels(world)
    basis = np.linalg.qr(rng.normal(size=(world.units, max(world.dimensions, 1))))[0]
    codes = [_code(world, basis, rng) for _ in range(2)]
    offsets = [
        np.full(world.units, BASELINE),
        BASELINE + world.offset * rng.normal(size=world.units),
    ]
    # The metric depends on the codes, by way of the gain, so planting is repeated until it holds.
    first, second = codes
    for _ in range(8):
        metric, sd = _metric(world, basis, [first, second], offsets, label)
        first, second = _planted(codes[0], codes[1], metric, sd, cosine, strength)
    made = []
    for code, offset in zip((first, second), offsets, strict=True):
        order = np.repeat(rng.permutation(label[:: world.run]), world.run)
        made.append(TaskTrials(_trials(world, basis, offset + code[order], rng), order))
    return made[0], made[1]


def _labels(world: UnitsWorld) -> np.ndarray:
    if world.classes > 2:
        return np.arange(world.trials) % world.classes
    n_rare = round(world.rare * world.trials)
    return np.repeat([0, 1], [n_rare, world.trials - n_rare])


def _code(world: UnitsWorld, basis: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw class means (class, unit), less their mean over classes."""
    if world.dimensions:
        code = rng.normal(size=(world.classes, world.dimensions)) @ basis.T
    else:
        code = rng.normal(size=(world.classes, world.units))
    if world.coded:
        code[:, world.coded :] = 0
    return code - code.mean(axis=0)


def _covariance(world: UnitsWorld, basis: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Return the covariance of the noise where mean rates are these (unit,)."""
    if world.tails == "poisson":
        return np.diag(np.maximum(rates, 0.1))
    noise = (1 - world.correlation) * np.eye(world.units) + world.correlation
    if world.dimensions:
        noise = noise + 4 * basis @ basis.T
    return noise + world.gain**2 * np.outer(rates, rates)


def _metric(
    world: UnitsWorld,
    basis: np.ndarray,
    codes: list[np.ndarray],
    offsets: list[np.ndarray],
    label: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    share = np.bincount(label) / len(label) / 2
    pooled = sum(
        weight * _covariance(world, basis, offset + mean)
        for code, offset in zip(codes, offsets, strict=True)
        for weight, mean in zip(share, code, strict=True)
    )
    sd = np.sqrt(np.diag(pooled))
    correlation = pooled / np.outer(sd, sd)
    return np.linalg.inv((1 - RIDGE) * correlation + RIDGE * np.eye(len(sd))), sd


def _planted(
    first: np.ndarray,
    second: np.ndarray,
    metric: np.ndarray,
    sd: np.ndarray,
    cosine: float,
    strength: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return codes of this strength and overlap in the metric."""

    def product(one: np.ndarray, other: np.ndarray) -> float:
        return float(np.sum((one / sd @ metric) * (other / sd)))

    first = first / np.sqrt(product(first, first))
    second = second - product(first, second) * first
    second = second / np.sqrt(product(second, second))
    mixed = cosine * first + np.sqrt(1 - cosine**2) * second
    # Two classes at distance 2 d have centred means of energy 2 d^2.
    scale = np.sqrt(2) * strength
    return scale * first, scale * mixed


def _trials(
    world: UnitsWorld, basis: np.ndarray, means: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    if world.tails == "poisson":
        return rng.poisson(np.maximum(means, 0.1)).astype(float)
    if world.tails == "t5":
        noise = rng.standard_t(5, size=means.shape) * np.sqrt(3 / 5)
    else:
        noise = rng.normal(size=means.shape)
    for trial in range(1, len(noise) if world.memory else 0):
        noise[trial] *= np.sqrt(1 - world.memory**2)
        noise[trial] += world.memory * noise[trial - 1]
    noise = np.sqrt(1 - world.correlation) * noise
    noise += np.sqrt(world.correlation) * rng.normal(size=(len(means), 1))
    if world.dimensions:
        noise += 2 * rng.normal(size=(len(means), world.dimensions)) @ basis.T
    return means * (1 + world.gain * rng.normal(size=(len(means), 1))) + noise


@dataclass(frozen=True)
class RegionWorld:
    """A region whose sessions are drawn again and again.

    Parameters
    ----------
    sessions : int
        Number of sessions.
    latents : int
        Dimensions of tuning that all tasks share.
    within : int
        Dimensions inside these in which the axes of both tasks are drawn.
    cosine : float or None
        Cosine of the two axes in every session; None if they are drawn independently.
    strength : float
        Mean d' within tasks.
    spread : float
        Coefficient of variation of strength over sessions.
    rate : float
        d' of a change of the mean rate with the class, of random sign in each task and session.
    only : int
        Sessions with a code (one code for both tasks); 0 for all. The others have none.
    unequal : bool
        Whether the first session has 300 trials of a task and the others 16.
    """

    sessions: int = 8
    latents: int = 24
    within: int = 24
    cosine: float | None = None
    strength: float = 1.5
    spread: float = 0.5
    rate: float = 0.0
    only: int = 0
    unequal: bool = False


REGION_WORLDS = {
    "axes in 3 of 24 dimensions": RegionWorld(within=3),
    "axes in 6 of 24 dimensions": RegionWorld(within=6),
    "axes in 12 of 24 dimensions": RegionWorld(within=12),
    "axes in 5 of 100 dimensions": RegionWorld(latents=100, within=5),
    "mean rate with a random sign": RegionWorld(rate=1.0),
    "one of the sessions has a code": RegionWorld(only=1, cosine=1.0, strength=3.0),
    "sessions of 300 and 16 trials": RegionWorld(within=3, unequal=True),
}

Session = tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def region_data_set(world: RegionWorld, rng: np.random.Generator) -> list[Session]:
    """Draw the rates (trial, unit, 1) and classes of both tasks in every session."""
    sigma = np.sqrt(np.log(1 + world.spread**2))
    return [
        _session(world, number, rng.lognormal(-(sigma**2) / 2, sigma) * world.strength, rng)
        for number in range(world.sessions)
    ]


def _session(world: RegionWorld, number: int, strength: float, rng: np.random.Generator) -> Session:
    n_units = int(rng.integers(8, 61))
    per_class = int(rng.integers(10, 41))
    if world.unequal:
        per_class = 150 if number == 0 else 8
    loadings = rng.normal(size=(n_units, world.latents)) / np.sqrt(world.latents)
    noise = rng.normal(size=(world.latents, world.latents)) / np.sqrt(world.latents) * 0.5
    axes = np.zeros((2, world.latents))
    axes[:, : world.within] = rng.normal(size=(2, world.within))
    if world.cosine is not None:
        first = axes[0] / np.linalg.norm(axes[0])
        rest = axes[1] - first * (first @ axes[1])
        rest /= np.linalg.norm(rest)
        axes = np.stack([first, world.cosine * first + np.sqrt(1 - world.cosine**2) * rest])
    covariance = np.eye(n_units) + loadings @ noise @ noise.T @ loadings.T
    precision = np.linalg.inv(covariance)
    if 0 < world.only <= number:
        strength = 0.0
    factor = np.linalg.cholesky(covariance)
    made = []
    for axis in axes:
        code = loadings @ axis
        code *= strength / np.sqrt(code @ precision @ code)
        if world.rate:
            flat = np.ones(n_units)
            flat *= world.rate / np.sqrt(flat @ precision @ flat)
            code = code + rng.choice([-1, 1]) * flat
        label = rng.permutation(np.repeat([0, 1], per_class))
        rates = np.outer(label - 0.5, code) + rng.normal(size=(len(label), n_units)) @ factor.T
        made.append((rates[..., None], label))
    return made[0], made[1]


@dataclass(frozen=True)
class ReferenceWorld:
    """Three tasks with cues: a pair of tasks, and the reference of its generalisation.

    The codes of a task are that of the decoded variable and that of the look of its cue. The first
    and the second task share a look, the third has another. The second and the third share the code
    of the variable, and are the reference tasks of the first and the third.

    Parameters
    ----------
    relative : float
        Cosine of the first task's code of the variable with that of the others.
    look : float
        Strength of the look, relative to the code of the variable.
    gain : float
        Strength of both codes in the first task, relative to the other tasks.
    sessions : int
        Number of sessions; 1 is one of 40 units with 40 trials of each class and task.
    strength : float
        Mean d' of the code of the variable.
    spread : float
        Coefficient of variation of strength over sessions.
    """

    relative: float = 1.0
    look: float = 1.0
    gain: float = 1.0
    sessions: int = 8
    strength: float = 1.5
    spread: float = 0.5


def reference_data_set(
    world: ReferenceWorld, rng: np.random.Generator
) -> list[list[tuple[np.ndarray, np.ndarray]]]:
    """Draw the rates (trial, unit, 1) and classes of the three tasks in every session."""
    sigma = np.sqrt(np.log(1 + world.spread**2))
    made = []
    for _ in range(world.sessions):
        n_units, per_class = (int(rng.integers(*each)) for each in ((8, 61), (10, 41)))
        if world.sessions == 1:
            n_units, per_class = 40, 40
        strength = world.strength * rng.lognormal(-(sigma**2) / 2, sigma)
        variable, other, look, another = strength * np.linalg.qr(rng.normal(size=(n_units, 4)))[0].T
        mixed = world.relative * variable + np.sqrt(1 - world.relative**2) * other
        codes = (
            world.gain * (mixed + world.look * look),
            variable + world.look * look,
            variable + world.look * another,
        )
        tasks = []
        for code in codes:
            label = rng.permutation(np.repeat([0, 1], per_class))
            rates = np.outer(label - 0.5, code) + rng.normal(size=(len(label), n_units))
            tasks.append((rates[..., None], label))
        made.append(tasks)
    return made

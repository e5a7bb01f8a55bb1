"""Random streams named by what they are for, never by the order in which they are used."""

import hashlib

import numpy as np


def stream(seed: int, *names: object) -> np.random.Generator:
    """Return the generator that belongs to `names` under `seed`.

    The same seed and names give the same numbers, independent of other jobs, their order and the
    number of cores; different names give independent streams.

    Parameters
    ----------
    seed : int
        The one seed of the configuration.
    *names : object
        What the numbers are for, e.g. ``("simulation", "session0", "LPFC")``.

    Returns
    -------
    numpy.random.Generator
    """
    digest = hashlib.sha256("\x1f".join(map(str, names)).encode()).digest()
    key = np.frombuffer(digest, dtype=np.uint32)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=tuple(map(int, key))))

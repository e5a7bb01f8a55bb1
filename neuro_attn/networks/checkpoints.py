"""Checkpoints, from which an interrupted training resumes.

A checkpoint is a file of plain arrays (.npz, never pickled). It contains the leaves of the training
state and a digest of settings, seed and software version. We ignore a checkpoint whose digest
differs, or that cannot be read, and start the training from the beginning.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from neuro_attn.files import written_whole

_IDENTITY = "identity"
State = TypeVar("State")


def identity(*parts: Any) -> str:
    """Return the SHA-256 digest of everything that determines a training.

    Parameters
    ----------
    *parts
        Settings, seed and so on, as JSON-serialisable values.
    """
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def save(state: Any, made_of: str, path: Path) -> None:
    """Write a checkpoint atomically.

    Parameters
    ----------
    state : PyTree
        State of the training. Arrays and numbers are stored, other leaves are not.
    made_of : str
        Digest from `identity`.
    path : Path
        The file.
    """
    kept = {
        f"leaf{number}": np.asarray(leaf)
        for number, leaf in enumerate(jax.tree.leaves(state))
        if _is_kept(leaf)
    }
    with written_whole(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, allow_pickle=False, **kept, **{_IDENTITY: np.array(made_of)})


def load(like: State, made_of: str, path: Path) -> State | None:
    """Read a checkpoint that `save` wrote.

    Parameters
    ----------
    like : PyTree
        A state with the same structure, e.g. the initial one. It supplies the leaves that are not
        stored.
    made_of : str
        Digest from `identity`.
    path : Path
        The file.

    Returns
    -------
    PyTree or None
        The state, or None if the file is missing, damaged or has another digest or structure.
    """
    try:
        with open(path, "rb") as file:
            stored = dict(np.load(file, allow_pickle=False))
    except Exception:
        # For damaged files, numpy and zipfile raise exceptions of many types.
        return None
    leaves, structure = jax.tree.flatten(like)
    names = {f"leaf{number}" for number, leaf in enumerate(leaves) if _is_kept(leaf)}
    if str(stored.pop(_IDENTITY, "")) != made_of or set(stored) != names:
        return None
    restored = [
        _like(leaf, stored[f"leaf{number}"]) if _is_kept(leaf) else leaf
        for number, leaf in enumerate(leaves)
    ]
    loaded: State = jax.tree.unflatten(structure, restored)
    return loaded


def _is_kept(leaf: Any) -> bool:
    return isinstance(leaf, jax.Array | np.ndarray | np.generic | int | float)


def _like(leaf: Any, stored: np.ndarray) -> Any:
    """Convert a stored leaf to the type of `leaf`."""
    if isinstance(leaf, jax.Array):
        return jnp.asarray(stored)
    return type(leaf)(stored[()]) if not isinstance(leaf, np.ndarray) else stored

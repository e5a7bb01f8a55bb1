"""Checkpoints of a training, so that one that was killed continues where it was.

A checkpoint is a file of plain arrays (.npz; nothing is ever pickled): the leaves of whatever the
training holds, and a digest of what made them. One of other settings, of another seed or of another
version of the sources is ignored, as is one that cannot be read: the training then starts anew.
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
    """Return a digest of what a training is made of; the parts are what JSON can say."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def save(state: Any, made_of: str, path: Path) -> None:
    """Write a checkpoint, whole or not at all.

    Parameters
    ----------
    state : PyTree
        What the training holds. Arrays and numbers are kept, other leaves are not.
    made_of : str
        From `identity`.
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
    """Return what `save` wrote, or None where there is nothing that fits.

    Parameters
    ----------
    like : PyTree
        A state of the same training, e.g. the one that it starts from.
    made_of : str
        From `identity`.
    path : Path
        The file.
    """
    try:
        with open(path, "rb") as file:
            stored = dict(np.load(file, allow_pickle=False))
    except Exception:
        # numpy and zipfile raise errors of any type on damaged files.
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
    """Return a stored leaf as the kind of thing that it was."""
    if isinstance(leaf, jax.Array):
        return jnp.asarray(stored)
    return type(leaf)(stored[()]) if not isinstance(leaf, np.ndarray) else stored

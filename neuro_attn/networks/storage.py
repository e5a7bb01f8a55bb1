"""Save and load the weights of a network."""

from pathlib import Path
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from neuro_attn.errors import InputError
from neuro_attn.files import written_whole
from neuro_attn.networks.model import Model


def save_weights(model: Model, path: str | Path) -> None:
    """Write the weights of a network as named arrays (.npz), e.g. ``encoder.cell.weight_hh``."""
    arrays = {name: np.asarray(leaf) for name, leaf in _named(model) if eqx.is_array(leaf)}
    with written_whole(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def load_weights(path: str | Path, like: Model) -> Model:
    """Read weights that `save_weights` wrote.

    Files are never unpickled: a file with anything but plain arrays raises an error.

    Parameters
    ----------
    path : str or Path
        The file.
    like : Model
        A network of the same family and size, e.g. from `untrained`.

    Returns
    -------
    Model
        The network `like` with the weights of the file.

    Raises
    ------
    InputError
        If the file cannot be read, or if names or shapes of its arrays differ from `like`.
    """
    try:
        with open(path, "rb") as file:
            stored = dict(np.load(file, allow_pickle=False))
    except FileNotFoundError:
        raise InputError(str(path), "no such file.") from None
    except Exception as error:
        # For damaged files, numpy and zipfile raise exceptions of many types.
        raise InputError(
            str(path), f"is not a file of weights ({error}). Delete it and run the workflow again."
        ) from error
    expected = {name: leaf.shape for name, leaf in _named(like) if eqx.is_array(leaf)}
    found = {name: array.shape for name, array in stored.items()}
    if found != expected:
        wrong = sorted(
            name for name in found.keys() | expected.keys() if found.get(name) != expected.get(name)
        )
        raise InputError(
            str(path),
            f"contains weights of another network: {wrong[0]} has shape "
            f"{found.get(wrong[0], 'none')}, expected {expected.get(wrong[0], 'none')}.",
        )
    leaves = [
        jnp.asarray(stored[name]) if eqx.is_array(leaf) else leaf for name, leaf in _named(like)
    ]
    return jax.tree_util.tree_unflatten(jax.tree_util.tree_structure(like), leaves)


def _named(model: Model) -> list[tuple[str, Any]]:
    """Return the leaves of a network with their dotted field names."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(model)
    return [(jax.tree_util.keystr(path).lstrip("."), leaf) for path, leaf in leaves]

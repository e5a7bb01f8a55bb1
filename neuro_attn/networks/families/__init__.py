"""The families of networks: one module per family, discovered by file name (docs/adding.md).

Each module defines ``build(key, n_inputs, n_outputs, settings)``, which returns an untrained
`Model`. A family with attention also defines ``ATTENDED``, the kind of source it attends to:
``"step"`` (of the trial), ``"patch"`` (of an image) or ``"slot"`` (of a memory). A family that is
not trained by backpropagation defines ``LEARNER``, a `neuro_attn.networks.learning.Learner`.
"""

from collections.abc import Callable
from functools import cache, partial
from importlib import import_module
from types import ModuleType

from jax import Array

from neuro_attn import trusted_code
from neuro_attn.configuration import FAMILIES as NAMES
from neuro_attn.configuration import Network, family_file, is_own
from neuro_attn.errors import InputError
from neuro_attn.networks.learning import BACKPROPAGATION, Learner
from neuro_attn.networks.model import Model

__all__ = ["FAMILIES", "learner_of"]

Builder = Callable[[Array, int, int, Network], Model]
"""Builds a randomly initialised network from a random key, n_inputs, n_outputs and settings."""


@cache
def _module(family: str) -> ModuleType:
    if not is_own(family):
        module = trusted_code.load(family_file(family), f"family {family}")
        if not hasattr(module, "build"):
            remedy = "Define build(key, n_inputs, n_outputs, settings); see docs/adding.md."
            raise InputError(f"family {family}", "has no function build.", remedy)
        return module
    # Import on demand, so that a job depends only on the module of its own family.
    return import_module(f"neuro_attn.networks.families.{family.replace('-', '_')}")


def _build(family: str, key: Array, n_inputs: int, n_outputs: int, settings: Network) -> Model:
    model: Model = _module(family).build(key, n_inputs, n_outputs, settings)
    return model


class _Families(dict[str, Builder]):
    def __missing__(self, family: str) -> Builder:
        return partial(_build, family)


FAMILIES: dict[str, Builder] = _Families({name: partial(_build, name) for name in NAMES})
"""The function that builds an untrained network, for each family of this package.

That of a file of the user's own is found by the name of the file.
"""


def learner_of(family: str) -> Learner:
    """Return the learning rule of a family: its module's ``LEARNER``, or backpropagation."""
    learner: Learner = getattr(_module(family), "LEARNER", BACKPROPAGATION)
    return learner

"""The families of networks: a module each, found by its file's name (docs/adding.md).

A module holds ``build(key, n_inputs, n_outputs, settings)``, which makes an untrained `Model`;
``ATTENDED``, if the family has attention, which says over what: ``"step"`` (of the trial),
``"patch"`` (of an image) or ``"slot"`` (of a memory); and ``LEARNER``, a
`neuro_attn.networks.learning.Learner`, if it does not learn by backpropagation.
"""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from types import ModuleType

from jax import Array

from neuro_attn.configuration import FAMILIES as NAMES
from neuro_attn.configuration import Network
from neuro_attn.networks.learning import BACKPROPAGATION, Learner
from neuro_attn.networks.model import Model

__all__ = ["FAMILIES", "learner_of"]

Builder = Callable[[Array, int, int, Network], Model]
"""Makes a network with random weights from a key, its numbers of inputs and outputs, settings."""


def _module(family: str) -> ModuleType:
    # Imported when it is needed: a job stands on the module of its own family alone.
    return import_module(f"neuro_attn.networks.families.{family.replace('-', '_')}")


def _build(family: str, key: Array, n_inputs: int, n_outputs: int, settings: Network) -> Model:
    model: Model = _module(family).build(key, n_inputs, n_outputs, settings)
    return model


FAMILIES: dict[str, Builder] = {name: partial(_build, name) for name in NAMES}
"""What builds an untrained network of each family."""


def learner_of(family: str) -> Learner:
    """Return how a family learns: its module's ``LEARNER``, else backpropagation."""
    learner: Learner = getattr(_module(family), "LEARNER", BACKPROPAGATION)
    return learner

"""The families of networks, by name."""

from collections.abc import Callable

from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.bahdanau import Bahdanau
from neuro_attn.networks.model import Model
from neuro_attn.networks.seq2seq import Seq2Seq

Builder = Callable[[Array, int, int, Network], Model]
"""Makes a network with random weights from a key, its numbers of inputs and outputs, settings."""


def _seq2seq(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> Model:
    return Seq2Seq(key, n_inputs, n_outputs, settings.hidden)


def _bahdanau(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> Model:
    return Bahdanau(key, n_inputs, n_outputs, settings.hidden)


FAMILIES: dict[str, Builder] = {"seq2seq": _seq2seq, "bahdanau": _bahdanau}
"""What builds an untrained network of each family."""

"""Multiplicative gating by sigma-pi units, equivalent to a low-rank hypernetwork.

g_t = GRU(fixation and cues_t, g_{t-1}),  m_t = GRU(colours_t, m_{t-1})
p_t = (G g_t) * (M m_t),  y_t = V p_t

Each output is a weighted sum of products of gate and item activity (sigma-pi units; Rumelhart,
Hinton & McClelland 1986). As a hypernetwork (Ha, Dai & Le 2017), the gate generates the weights
V diag(G g_t) M of the readout from the items. There are no biases, so a gate of 0 blocks the items
completely. Populations: ``gate`` (g_t), ``item`` (m_t) and ``product`` (p_t).
"""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from neuro_attn.configuration import Network
from neuro_attn.networks.design import Design, design_of
from neuro_attn.networks.layers import GatedCell, slow_cell
from neuro_attn.networks.unrolled import Now, Unrolled


class Product(eqx.Module):
    """Elementwise product of projected gate and item activity: p = (G g) * (M m).

    Parameters
    ----------
    n_units : int
        Number of units of gate, item and product.
    key : jax.Array
        Random key of the initial weights.
    """

    G: eqx.nn.Linear
    M: eqx.nn.Linear

    def __init__(self, n_units: int, key: Array):
        key_gate, key_item = jax.random.split(key)
        self.G = eqx.nn.Linear(n_units, n_units, use_bias=False, key=key_gate)
        self.M = eqx.nn.Linear(n_units, n_units, use_bias=False, key=key_item)

    def __call__(self, gate: Array, item: Array) -> Array:
        """Return p, shape (unit,), from g and m, shape (unit,) each."""
        return self.G(gate) * self.M(item)


class Multiplicative(Unrolled):
    """Gate driven by fixation and cues that multiplies a memory of the items.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    design : Design
        The task, with the channels of colours and of fixation and cues.
    n_outputs : int
        Number of output units.
    n_units : int
        Number of units of gate, item and product.
    n_steps : int
        Longest initial time constant of gate and item units, in steps.
    """

    gate: GatedCell
    item: GatedCell
    product: Product
    readout: eqx.nn.Linear
    colors: tuple[int, ...] = eqx.field(static=True)
    others: tuple[int, ...] = eqx.field(static=True)

    def __init__(self, key: Array, design: Design, n_outputs: int, n_units: int, n_steps: int):
        keys = jax.random.split(key, 4)
        self.colors, self.others = design.color_channels, design.other_channels
        self.gate = slow_cell(len(self.others), n_units, n_steps, keys[0])
        self.item = slow_cell(len(self.colors), n_units, n_steps, keys[1])
        self.product = Product(n_units, keys[2])
        self.readout = eqx.nn.Linear(n_units, n_outputs, use_bias=False, key=keys[3])

    def begin(self) -> tuple[Array, Array]:
        """Return g_0 and m_0, shape (unit,) each."""
        return jnp.zeros(self.gate.hidden_size), jnp.zeros(self.item.hidden_size)

    def step(self, state: tuple[Array, Array], x: Array) -> tuple[tuple[Array, Array], Now]:
        """Return (g_t, m_t) and the activity at this step; see `Unrolled`."""
        gate = self.gate(x[jnp.array(self.others)], state[0])
        item = self.item(x[jnp.array(self.colors)], state[1])
        product = self.product(gate, item)
        populations = {"gate": gate, "item": item, "product": product}
        return (gate, item), Now(populations, {}, self.readout(product))


def build(key: Array, n_inputs: int, n_outputs: int, settings: Network) -> Multiplicative:
    """Return an untrained network."""
    design = design_of(settings)
    return Multiplicative(key, design, n_outputs, settings.hidden, settings.encoded_steps)

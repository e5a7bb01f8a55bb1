"""List recall tests whether a context of fixed size limits how many items a network recalls.

h_s = [f_s; b_s], the states of a bidirectional encoder (`neuro_attn.networks.layers.Bidirectional`)
d_0, y_0 = begin(h),  d_k, y_k = step(h, d_{k-1}, x_{k-1}),  p_k = softmax(y_k)

The decoders are those of the families, and y_k contains one score per item. The decoder of
``seq2seq`` receives the list as one vector c = [f_T; b_1] of fixed size (Cho et al. 2014). The
decoder of ``bahdanau`` attends to all h_s (Bahdanau, Cho & Bengio 2015, whose Figure 2 shows the
bottleneck in translation). During training, x_{k-1} is the correct item (teacher forcing; Williams
& Zipser 1989), and the loss is the mean cross-entropy. During testing, x_{k-1} is the network's
own last answer, the item with the highest score. x_0 = 0.
"""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd
from jax import Array

from neuro_attn.configuration import ListRecall
from neuro_attn.networks.families import bahdanau, seq2seq
from neuro_attn.networks.layers import Bidirectional, halves
from neuro_attn.networks.learning import BACKPROPAGATION, Batches
from neuro_attn.networks.progress import progress
from neuro_attn.randomness import stream
from neuro_attn.results import columns_of

VOCABULARY = 8
"""Number of different items."""
COLUMNS = columns_of("list_recall")
TOGETHER = 50
"""Number of training steps that are drawn, compiled and run together."""


class Recaller(eqx.Module):
    """Encoder that reads a list and decoder that recalls it."""

    encoder: Bidirectional

    @abstractmethod
    def begin(self, memory: Array) -> Array:
        """Return d_0, shape (unit,), given h, shape (position, 2 unit)."""

    @abstractmethod
    def step(self, memory: Array, state: Array, last: Array) -> tuple[Array, Array]:
        """Advance the decoder by one step.

        Parameters
        ----------
        memory : array, shape (position, 2 unit)
            Encoder states h.
        state : array, shape (unit,)
            d_{k-1}.
        last : array, shape (item,)
            x_{k-1}, one-hot.

        Returns
        -------
        state : array, shape (unit,)
            d_k.
        scores : array, shape (item,)
            y_k.
        """

    def __call__(self, items: Array, forced: Array | None = None) -> Array:
        """Read a list and recall it.

        Parameters
        ----------
        items : array, shape (position, item)
            The list, one-hot.
        forced : array, shape (position, item), optional
            Items that the decoder receives as x_1, x_2, ... in place of its own output, one-hot
            (teacher forcing). By default it receives its own output.

        Returns
        -------
        array, shape (position, item)
            Scores y_k.
        """
        memory = self.encoder(items, jnp.ones(len(items), bool))

        def step(carry: tuple[Array, Array], forced: Array | None) -> tuple:
            state, scores = self.step(memory, *carry)
            own = jax.nn.one_hot(jnp.argmax(scores), len(scores))
            return (state, own if forced is None else forced), scores

        start = (self.begin(memory), jnp.zeros(items.shape[1]))
        return jax.lax.scan(step, start, forced, length=len(items))[1]

    def loss(self, items: Array, target: Array, key: Array, first: int = 0) -> Array:
        """Return the cross-entropy of recall with teacher forcing, averaged over positions.

        Parameters
        ----------
        items, target : array, shape (position, item)
            The list to read and the list to recall, one-hot.
        key, first
            Unused; see `Learnable`.

        Returns
        -------
        array, shape ()
            Cross-entropy, nats.
        """
        return optax.losses.softmax_cross_entropy(self(items, forced=target), target).mean()


class FixedContext(Recaller):
    """Network that recalls a list from one context vector."""

    decoder: seq2seq.Decoder

    def __init__(self, key: Array, n_units: int):
        keys = jax.random.split(key, 5)
        self.encoder = Bidirectional(VOCABULARY, n_units, keys[0], keys[1])
        self.decoder = seq2seq.Decoder(keys[2:], 2 * n_units, VOCABULARY, n_units)

    def context(self, memory: Array) -> Array:
        """Return c, the final state of each encoder direction, shape (2 unit,)."""
        return jnp.concatenate([halves(memory[-1])[0], halves(memory[0])[1]])

    def begin(self, memory: Array) -> Array:
        """Return d_0; see `Recaller`."""
        return self.decoder.begin(self.context(memory))[0]

    def step(self, memory: Array, state: Array, last: Array) -> tuple[Array, Array]:
        """Return d_k and y_k; see `Recaller`."""
        return self.decoder.step(self.context(memory), state, last)


class Attending(Recaller):
    """Network that recalls a list with attention to the states of all positions."""

    decoder: bahdanau.Decoder

    def __init__(self, key: Array, n_units: int):
        keys = jax.random.split(key, 6)
        self.encoder = Bidirectional(VOCABULARY, n_units, keys[0], keys[1])
        self.decoder = bahdanau.Decoder(keys[2:], VOCABULARY, n_units)

    def begin(self, memory: Array) -> Array:
        """Return d_0; see `Recaller`."""
        return self.decoder.begin(memory)[0]

    def step(self, memory: Array, state: Array, last: Array) -> tuple[Array, Array]:
        """Return d_k and y_k; see `Recaller`."""
        state, scores, *_ = self.decoder.step(memory, jnp.ones(len(memory), bool), state, last)
        return state, scores


RECALLERS: dict[str, type[FixedContext] | type[Attending]] = {
    "seq2seq": FixedContext,
    "bahdanau": Attending,
}
"""The network class of each family."""


def list_recall(settings: ListRecall, family: str, replicate: int, seed: int) -> pd.DataFrame:
    """Train a network for each list length and test it on held-out lists.

    Parameters
    ----------
    settings : ListRecall
        List lengths, network size and training.
    family : str
        One of `RECALLERS`.
    replicate : int
        Number of the replicate network.
    seed : int
        The seed of the configuration.

    Returns
    -------
    pandas.DataFrame
        One row for each length: ``family``, ``seed``, ``length``, ``token_accuracy`` (the fraction
        of positions of held-out lists with the correct item), ``forced_accuracy`` (the same with
        teacher forcing, so that errors do not propagate), ``chance``, ``n_lists``.
    """
    rows = []
    for length in settings.lengths:
        held_out = held_out_lists(settings.test_lists, length, seed, replicate)
        model = train(settings, family, held_out, replicate, seed)
        free, forced = (token_accuracy(model, held_out, forced) for forced in (False, True))
        rows.append((family, replicate, length, free, forced, 1 / VOCABULARY, len(held_out)))
    return pd.DataFrame(rows, columns=COLUMNS)


def train(
    settings: ListRecall, family: str, held_out: np.ndarray, replicate: int, seed: int
) -> Recaller:
    """Train a network on random lists, with new lists at every step.

    Parameters
    ----------
    settings : ListRecall
        Network size and training.
    family : str
        One of `RECALLERS`.
    held_out : array, shape (list, position)
        Lists of the same length that are excluded from training.
    replicate, seed : int
        See `list_recall`.

    Returns
    -------
    Recaller
    """
    length = held_out.shape[1]
    names = ("list recall", length, replicate)
    key = jax.random.key(int(stream(seed, *names, family, "weights").integers(2**31)))
    model: Recaller = RECALLERS[family](key, settings.hidden)
    state = BACKPROPAGATION.begin(model, settings)
    rng = stream(seed, *names, "training lists")
    with progress(settings.steps, f"{family} recalls {length} items, seed {replicate}") as tell:
        for done in range(0, settings.steps, TOGETHER):
            n_steps = min(TOGETHER, settings.steps - done)
            lists = draw(n_steps * settings.batch, held_out, rng)
            items = jnp.asarray(one_hot(lists).reshape(n_steps, settings.batch, length, -1))
            batches = Batches(items, items, jnp.zeros(n_steps, jnp.uint32))
            model, state, losses = BACKPROPAGATION.learn(model, state, batches, settings)
            tell(done + n_steps, f"cross-entropy {float(losses.mean()):.3f} nats")
    return model


def token_accuracy(model: Recaller, lists: np.ndarray, forced: bool = False) -> float:
    """Return the fraction of positions at which the correct item is recalled.

    Parameters
    ----------
    model : Recaller
        The network.
    lists : array, shape (list, position), int
        Lists to recall.
    forced : bool
        Whether to use teacher forcing.
    """
    items = jnp.asarray(one_hot(lists))
    answers = np.asarray(recalled(model, items, items if forced else None))
    return float(np.mean(answers == lists))


@eqx.filter_jit
def recalled(model: Recaller, items: Array, forced: Array | None) -> Array:
    """Return the recalled items, shape (list, position), int.

    Parameters
    ----------
    model : Recaller
        The network.
    items : array, shape (list, position, item)
        Lists, one-hot.
    forced : array, shape (list, position, item), or None
        See `Recaller`.
    """
    return jnp.argmax(jax.vmap(model)(items, forced), axis=2)


def held_out_lists(n: int, length: int, seed: int, replicate: int) -> np.ndarray:
    """Draw distinct random lists, shape (at most n, length), int."""
    rng = stream(seed, "list recall", length, replicate, "held-out lists")
    different = np.unique(rng.integers(VOCABULARY, size=(4 * n, length)), axis=0)
    return rng.permutation(different)[:n]


def draw(n: int, held_out: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw random lists, excluding the held-out lists.

    Parameters
    ----------
    n : int
        Number of lists.
    held_out : array, shape (list, position)
        Excluded lists of the same length.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    array, shape (n, position), int
        Lists, in which items can occur more than once.
    """
    unwanted = {each.tobytes() for each in held_out}
    lists = rng.integers(VOCABULARY, size=(n, held_out.shape[1]))
    while (again := np.array([each.tobytes() in unwanted for each in lists])).any():
        lists[again] = rng.integers(VOCABULARY, size=(again.sum(), held_out.shape[1]))
    return lists


def one_hot(lists: np.ndarray) -> np.ndarray:
    """Return the one-hot code, shape (..., position, item), float32, of lists (..., position)."""
    return np.eye(VOCABULARY, dtype=np.float32)[lists]

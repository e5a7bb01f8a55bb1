"""The bottleneck of a fixed context: lists of items are read, then recalled in order.

h_s = [f_s; b_s], the states of a bidirectional encoder (`neuro_attn.networks.layers.Bidirectional`)
d_0, y_0 = begin(h),  d_k, y_k = step(h, d_{k-1}, x_{k-1}),  p_k = softmax(y_k)

The decoders are those of the families, and y_k are scores of the items. ``seq2seq`` knows the list
through the one vector c = [f_T; b_1] (Cho et al. 2014), however long it is; ``bahdanau`` attends to
all h_s (Bahdanau, Cho & Bengio 2015, whose Figure 2 shows this bottleneck in translation). In
training x_{k-1} is the item that should have been recalled (teacher forcing; Williams & Zipser
1989), and the loss is the mean cross-entropy. When it is scored, it is the network's own last
answer, the item with the highest score; x_0 = 0.
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
"""Different items."""
COLUMNS = columns_of("list_recall")
TOGETHER = 50
"""Training steps that are drawn, compiled and run together."""


class Recaller(eqx.Module):
    """An encoder that reads a list, and a decoder that recalls it."""

    encoder: Bidirectional

    @abstractmethod
    def begin(self, memory: Array) -> Array:
        """Return d_0, shape (unit,), from h, shape (position, 2 unit)."""

    @abstractmethod
    def step(self, memory: Array, state: Array, last: Array) -> tuple[Array, Array]:
        """Return d_k and y_k from h, d_{k-1} and x_{k-1}, shape (item,)."""

    def __call__(self, items: Array, told: Array | None = None) -> Array:
        """Read a list and recall it.

        Parameters
        ----------
        items : array, shape (position, item)
            The list, one-hot.
        told : array, shape (position, item), optional
            What the decoder is told that it has recalled, one-hot; None tells it what it did.

        Returns
        -------
        array, shape (position, item)
            y_k.
        """
        memory = self.encoder(items, jnp.ones(len(items), bool))

        def step(carry: tuple[Array, Array], told: Array | None) -> tuple:
            state, scores = self.step(memory, *carry)
            own = jax.nn.one_hot(jnp.argmax(scores), len(scores))
            return (state, own if told is None else told), scores

        start = (self.begin(memory), jnp.zeros(items.shape[1]))
        return jax.lax.scan(step, start, told, length=len(items))[1]

    def loss(self, items: Array, target: Array, key: Array, first: int = 0) -> Array:
        """Return the mean cross-entropy of recall with teacher forcing, over all positions."""
        return optax.losses.softmax_cross_entropy(self(items, told=target), target).mean()


class FixedContext(Recaller):
    """Recall from one vector."""

    decoder: seq2seq.Decoder

    def __init__(self, key: Array, n_units: int):
        keys = jax.random.split(key, 5)
        self.encoder = Bidirectional(VOCABULARY, n_units, keys[0], keys[1])
        self.decoder = seq2seq.Decoder(keys[2:], 2 * n_units, VOCABULARY, n_units)

    def context(self, memory: Array) -> Array:
        """Return c, the last state of each direction, shape (2 unit,)."""
        return jnp.concatenate([halves(memory[-1])[0], halves(memory[0])[1]])

    def begin(self, memory: Array) -> Array:
        """Return d_0; see `Recaller`."""
        return self.decoder.begin(self.context(memory))[0]

    def step(self, memory: Array, state: Array, last: Array) -> tuple[Array, Array]:
        """Return d_k and y_k; see `Recaller`."""
        return self.decoder.step(self.context(memory), state, last)


class Attending(Recaller):
    """Recall with attention to the states of all positions."""

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
"""The network of each family."""


def list_recall(settings: ListRecall, family: str, replicate: int, seed: int) -> pd.DataFrame:
    """Train a network for each length of list, and score it on lists that it never saw.

    Parameters
    ----------
    settings : ListRecall
        Lengths, size and training.
    family : str
        One of `RECALLERS`.
    replicate : int
        Which of the seeds.
    seed : int
        The seed of the configuration.

    Returns
    -------
    pandas.DataFrame
        One row for each length: ``family``, ``seed``, ``length``, ``token_accuracy`` (the fraction
        of all positions of held-out lists at which the right item is recalled), ``forced_accuracy``
        (the same where the decoder is told the right items up to there, so that no error leads to
        the next), ``chance``, ``n_lists``.
    """
    rows = []
    for length in settings.lengths:
        held_out = held_out_lists(settings.test_lists, length, seed, replicate)
        model = train(settings, family, held_out, replicate, seed)
        free, forced = (token_accuracy(model, held_out, told) for told in (False, True))
        rows.append((family, replicate, length, free, forced, 1 / VOCABULARY, len(held_out)))
    return pd.DataFrame(rows, columns=COLUMNS)


def train(
    settings: ListRecall, family: str, held_out: np.ndarray, replicate: int, seed: int
) -> Recaller:
    """Train a network on random lists, fresh ones at every step.

    Parameters
    ----------
    settings : ListRecall
        Size and training.
    family : str
        One of `RECALLERS`.
    held_out : array, shape (list, position)
        Lists of the same length that are never trained on.
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


def token_accuracy(model: Recaller, lists: np.ndarray, told: bool = False) -> float:
    """Return the fraction of items of lists (list, position) that are recalled in their place.

    With `told`, the decoder is told what it should have recalled (teacher forcing).
    """
    items = jnp.asarray(one_hot(lists))
    answers = np.asarray(recalled(model, items, items if told else None))
    return float(np.mean(answers == lists))


@eqx.filter_jit
def recalled(model: Recaller, items: Array, told: Array | None) -> Array:
    """Return what is recalled of one-hot lists, shape (list, position), int; see `Recaller`."""
    return jnp.argmax(jax.vmap(model)(items, told), axis=2)


def held_out_lists(n: int, length: int, seed: int, replicate: int) -> np.ndarray:
    """Draw random lists of which no two are the same, shape (n, length), int."""
    rng = stream(seed, "list recall", length, replicate, "held-out lists")
    different = np.unique(rng.integers(VOCABULARY, size=(4 * n, length)), axis=0)
    return rng.permutation(different)[:n]


def draw(n: int, held_out: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw random lists, none of them held out.

    Parameters
    ----------
    n : int
        Number of lists.
    held_out : array, shape (list, position)
        Lists of the same length that are not wanted.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    array, shape (n, position), int
        An item can come more than once in a list.
    """
    unwanted = {each.tobytes() for each in held_out}
    lists = rng.integers(VOCABULARY, size=(n, held_out.shape[1]))
    while (again := np.array([each.tobytes() in unwanted for each in lists])).any():
        lists[again] = rng.integers(VOCABULARY, size=(again.sum(), held_out.shape[1]))
    return lists


def one_hot(lists: np.ndarray) -> np.ndarray:
    """Return lists (..., position) of numbers as (..., position, item) of 0 and 1, float32."""
    return np.eye(VOCABULARY, dtype=np.float32)[lists]

"""Captions by attention over a grid of patches (Xu et al. 2015, "Show, attend and tell").

a_i = relu(C2 relu(C1 image))_i + p_i,  i = 1 ... L
e_ki = v' tanh(W d_{k-1} + U a_i),  alpha_k = softmax(e_k),  z_k = sum_i m_ki a_i
d_k = GRU([w_{k-1}; sum_i m_ki p_i], d_{k-1}),  d_0 = 0
p(w_k | w_1 ... w_{k-1}, image) = softmax(V [d_k; z_k])

C1 and C2 are convolutions, and p_i is a learned position code. Receptive fields are about as large
as an object, and overlap. The context z_k is new for every word, and all that a word receives of
the contents of the image. The state d_k receives the words so far and the positions that were
attended to, but no contents. This closes two ways around attention. There is no vector of the whole
image, and d_0 does not depend on it. And the decoder cannot read a whole object at one word, and
write later words from memory while it attends elsewhere, which is possible where z_k also enters
d_k (Xu et al. 2015). m_k is the map of word k:

soft              m = alpha
straight-through  m = one-hot(s), s ~ Categorical(alpha); the gradient is that of soft weights
                  (Bengio, Leonard & Courville 2013)
stochastic        the same m with the score-function estimator (Williams 1992; Xu et al. 2015,
                  section 4.1)

During testing, hard attention selects the most probable patch. The loss of `stochastic` is the
mean of two losses: that of `soft`, from which attention learns from the start (Xu et al. set half
of the samples to their expectation), and the expected cross-entropy over samples s = s_1 ... s_T,

    L = E_s[-sum_k log p(w_k | s)],
    grad L = E_s[-sum_k (grad log p(w_k | s) + (R_k - b_k) grad log alpha_k(s_k))],
    R_k = sum_{j >= k} log p(w_j | s)

R_k omits earlier words, which s_k does not affect. The baseline b_k is the mean R_k of the other
samples of the same image (leave-one-out; Kool, van Hoof & Welling 2019), which are independent of
s_k, so the estimator has no bias.
"""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from jax import Array

from neuro_attn.networks.attention import AdditiveAttention
from neuro_attn.networks.layers import GatedCell, recurrent_cell
from neuro_attn.networks.skills.captioning.scenes import END, SIZE, WORDS

SIDES, STRIDES = (4, 4), (2, 4)
"""Side lengths and strides of the two convolutions, pixels and units."""
PADDING = 1
"""Width of the border around the image, pixels."""
FIELD = SIDES[0] + (SIDES[1] - 1) * STRIDES[0]
"""Side length of the receptive field of a patch, pixels."""
STEP = STRIDES[0] * STRIDES[1]
"""Distance of neighbouring patches, pixels."""
GRID = (SIZE + 2 * PADDING - FIELD) // STEP + 1
"""Side length of the grid, patches."""
SAMPLES = 2
"""Number of samples of the patches per image for the score-function estimator."""


class Annotations(eqx.Module):
    """Annotations of an image: relu(C2 relu(C1 image)) + p.

    Parameters
    ----------
    n_units : int
        Number of units per patch.
    key : jax.Array
        Random key of the initial weights.
    """

    C1: eqx.nn.Linear
    C2: eqx.nn.Linear
    p: Array

    def __init__(self, n_units: int, key: Array):
        keys = jax.random.split(key, 3)
        n_local = max(n_units // 4, 1)
        self.C1 = eqx.nn.Linear(3 * SIDES[0] ** 2, n_local, key=keys[0])
        self.C2 = eqx.nn.Linear(n_local * SIDES[1] ** 2, n_units, key=keys[1])
        self.p = 0.3 * jax.random.normal(keys[2], (GRID**2, n_units))

    def __call__(self, image: Array) -> Array:
        """Return a, shape (patch, unit), of an image, shape (row, column, colour)."""
        border = [(PADDING, PADDING), (PADDING, PADDING), (0, 0)]
        local = jax.nn.relu(_convolved(self.C1, jnp.pad(image, border), 0))
        units = jax.nn.relu(_convolved(self.C2, local, 1))
        return units.reshape(GRID**2, -1) + self.p


def _convolved(weights: eqx.nn.Linear, image: Array, layer: int) -> Array:
    """Convolve an image, shape (row, column, channel), with the side and stride of a layer.

    Within a loop, XLA computes this product on a CPU much faster than its own convolutions.
    """
    side, stride = SIDES[layer], STRIDES[layer]
    last = len(image) - side + 1
    shifted = [
        image[row : row + last : stride, column : column + last : stride]
        for row in range(side)
        for column in range(side)
    ]
    return jax.vmap(jax.vmap(weights))(jnp.concatenate(shifted, axis=2))


class Step(NamedTuple):
    """A step of the decoder."""

    state: Array
    """d_k, shape (unit,)."""
    scores: Array
    """V [d_k; z_k], shape (word,)."""
    map: Array
    """m_k, shape (patch,)."""
    probabilities: Array
    """alpha_k, shape (patch,)."""


class Written(NamedTuple):
    """A sentence, or the scores of words that the decoder received."""

    words: Array
    """Word with the highest score at each step, shape (word,), int."""
    scores: Array
    """V [d_k; z_k], shape (word, word of the vocabulary)."""
    maps: Array
    """m_k, shape (word, patch)."""
    probabilities: Array
    """alpha_k, shape (word, patch)."""


class Captioner(eqx.Module):
    """Network that writes a caption with attention, and base class of the kinds of attention.

    Parameters
    ----------
    key : jax.Array
        Random key of the initial weights.
    n_units : int
        Number of units of an annotation, of the attention layer and of the decoder.
    """

    annotations: Annotations
    attention: AdditiveAttention
    cell: GatedCell
    readout: eqx.nn.Linear

    def __init__(self, key: Array, n_units: int):
        keys = jax.random.split(key, 4)
        self.annotations = Annotations(n_units, keys[0])
        self.attention = AdditiveAttention(n_units, n_units, n_units, keys[1], "patch")
        self.cell = recurrent_cell(len(WORDS) + n_units, n_units, keys[2])
        self.readout = eqx.nn.Linear(2 * n_units, len(WORDS), key=keys[3])

    def map(self, probabilities: Array, key: Array | None) -> Array:
        """Return m_k, shape (patch,), of soft attention.

        Parameters
        ----------
        probabilities : array, shape (patch,)
            alpha_k.
        key : jax.Array or None
            Random key for sampling a patch; None selects the most probable one.
        """
        return probabilities

    def step(
        self,
        memory: Array,
        state: Array,
        last: Array,
        *,
        key: Array | None,
        moved: Array | None,
        soft: bool,
    ) -> Step:
        """Write a word.

        Parameters
        ----------
        memory : array, shape (patch, unit)
            a.
        state : array, shape (unit,)
            d_{k-1}.
        last : array, shape (), int
            w_{k-1}, `END` at first.
        key : jax.Array or None
            See `map`.
        moved : array, shape (patch,), or None
            A map that replaces m_k unless all its weights are 0.
        soft : bool
            Whether m_k is alpha_k, whatever the kind of attention.
        """
        probabilities = jax.nn.softmax(self.attention.scores(state, memory))
        weights = probabilities if soft else self.map(probabilities, key)
        if moved is not None:
            weights = jnp.where(moved.any(), moved, weights)
        context = weights @ memory
        word = jax.nn.one_hot(last, len(WORDS))
        seen = weights @ self.annotations.p
        state = self.cell(jnp.concatenate([word, seen]), state)
        scores = self.readout(jnp.concatenate([state, context]))
        return Step(state, scores, weights, probabilities)

    def write(
        self,
        memory: Array,
        length: int,
        *,
        forced: Array | None = None,
        key: Array | None = None,
        moved: Array | None = None,
        soft: bool = False,
    ) -> Written:
        """Write a sentence.

        Parameters
        ----------
        memory : array, shape (patch, unit)
            a.
        length : int
            Number of words.
        forced : array, shape (word,), int, optional
            Words that the decoder receives as w_1, w_2, ... (teacher forcing); by default those
            that it writes.
        key : jax.Array, optional
            Random key for sampling patches; by default hard attention selects the most probable.
        moved : array, shape (word, patch), optional
            Maps that replace those of the network, at words where they are not 0.
        soft : bool
            Whether attention is soft, whatever its kind.
        """
        keys = None if key is None else jax.random.split(key, length)

        def step(carry: tuple[Array, Array], now: tuple) -> tuple:
            forced, key, moved = now
            done = self.step(memory, *carry, key=key, moved=moved, soft=soft)
            word = jnp.argmax(done.scores)
            return (done.state, word if forced is None else forced), (word, *done[1:])

        start = (jnp.zeros(self.cell.hidden_size), jnp.array(END))
        return Written(*jax.lax.scan(step, start, (forced, keys, moved), length=length)[1])

    def loss(self, image: Array, words: Array, key: Array, first: int = 0) -> Array:
        """Return the cross-entropy of a sentence, averaged over its words and its end.

        Parameters
        ----------
        image : array, shape (row, column, colour)
            The image.
        words : array, shape (word,), int
            The correct sentence.
        key : jax.Array
            Random key for sampling patches.
        first : int
            Unused; see `neuro_attn.networks.learning.Learnable`.

        Returns
        -------
        array, shape ()
            Cross-entropy, nats.
        """
        memory = self.annotations(image)
        written = self.write(memory, len(words), forced=words, key=key)
        return -jnp.mean(log_likelihoods(written, words), where=belongs(words))


class StraightThrough(Captioner):
    """Network with hard attention, trained with the straight-through estimator."""

    def map(self, probabilities: Array, key: Array | None) -> Array:
        """Return a one-hot map; if sampled, its gradient is that of soft weights."""
        drawn = select(probabilities, key)
        return (
            drawn if key is None else drawn + probabilities - jax.lax.stop_gradient(probabilities)
        )


class Stochastic(Captioner):
    """Network with hard attention, trained with the score-function estimator."""

    def map(self, probabilities: Array, key: Array | None) -> Array:
        """Return a one-hot map, which has no gradient; see `Captioner`."""
        return select(probabilities, key)

    def loss(self, image: Array, words: Array, key: Array, first: int = 0) -> Array:
        """Return a cross-entropy whose gradient is the estimate; see `Captioner.loss`."""
        memory = self.annotations(image)
        soft = self.write(memory, len(words), forced=words, soft=True)

        def sample(key: Array) -> tuple[Array, Array]:
            written = self.write(memory, len(words), forced=words, key=key)
            chosen = jnp.sum(written.maps * written.probabilities, axis=1)
            return log_likelihoods(written, words), jnp.log(chosen)

        of_words, of_patches = jax.vmap(sample)(jax.random.split(key, SAMPLES))
        of_samples = score_function_loss(of_words, of_patches, belongs(words))
        return (of_samples - jnp.mean(log_likelihoods(soft, words), where=belongs(words))) / 2


def select(probabilities: Array, key: Array | None) -> Array:
    """Return a one-hot map, shape (patch,): the most probable patch or, with a key, a sample."""
    if key is None:
        patch = jnp.argmax(probabilities)
    else:
        patch = jax.random.categorical(key, jnp.log(jax.lax.stop_gradient(probabilities)))
    return jax.nn.one_hot(patch, len(probabilities))


def score_function_loss(of_words: Array, of_patches: Array, belong: Array) -> Array:
    """Return the cross-entropy over samples, with the gradient of the score-function estimator.

    Parameters
    ----------
    of_words : array, shape (sample, word)
        log p(w_k | s).
    of_patches : array, shape (sample, word)
        log alpha_k(s_k).
    belong : array, shape (word,), bool
        Words that belong to the sentence.

    Returns
    -------
    array, shape ()
        Mean of -log p(w_k | s) over samples and words, nats. Its gradient has the expectation of
        that of the expected cross-entropy (see the head of this module).
    """
    of_words = jnp.where(belong, of_words, 0)
    reward = jnp.cumsum(of_words[:, ::-1], axis=1)[:, ::-1]
    baseline = (reward.sum(axis=0) - reward) / (len(reward) - 1)
    advantage = jax.lax.stop_gradient(reward - baseline)
    # Its value is 0, and its gradient that of the score function.
    score = of_patches - jax.lax.stop_gradient(of_patches)
    total = of_words + jnp.where(belong, advantage * score, 0)
    return -total.sum(axis=1).mean() / belong.sum()


def log_likelihoods(written: Written, words: Array) -> Array:
    """Return log p(w_k | w_1 ... w_{k-1}, image) of each word, shape (word,)."""
    return -optax.losses.softmax_cross_entropy_with_integer_labels(written.scores, words)


def belongs(words: Array) -> Array:
    """Return which words belong to a sentence, including its first `END`, shape (word,), bool."""
    is_word = words != END
    return is_word | (jnp.arange(len(words)) == is_word.sum())


CAPTIONERS: dict[str, type[Captioner]] = {
    "soft": Captioner,
    "straight-through": StraightThrough,
    "stochastic": Stochastic,
}
"""The network class of each family."""

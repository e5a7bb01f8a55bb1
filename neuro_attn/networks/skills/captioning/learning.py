"""Training of captioners, and their tables of results."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd

from neuro_attn.configuration import Captioning
from neuro_attn.networks.learning import BACKPROPAGATION, Batches
from neuro_attn.networks.progress import progress
from neuro_attn.networks.skills.captioning import scores
from neuro_attn.networks.skills.captioning.captioner import CAPTIONERS, GRID, Captioner
from neuro_attn.networks.skills.captioning.scenes import (
    MOST,
    SIZE,
    WORDS,
    Scenes,
    captions,
    draw_images,
    draw_scenes,
)
from neuro_attn.randomness import stream
from neuro_attn.results import columns_of

TOGETHER = 50
"""Number of training steps that are drawn, compiled and run together."""
TABLES = ("captioning", "captioning_images", "captioning_maps")


def captioning(
    settings: Captioning, family: str, replicate: int, seed: int
) -> dict[str, pd.DataFrame]:
    """Train a network to describe images, and score it on held-out images.

    Parameters
    ----------
    settings : Captioning
        Network size and training.
    family : str
        One of `CAPTIONERS`.
    replicate : int
        Number of the replicate network.
    seed : int
        The seed of the configuration.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``captioning`` (one row for each number of objects), and for the examples
        ``captioning_images`` (one row for each pixel) and ``captioning_maps`` (one row for each
        word and patch); see `neuro_attn.results.skill_tables`.
    """
    model = train(settings, family, replicate, seed)
    # All networks describe the same images.
    rng = stream(seed, "captioning", "held-out images")
    scenes = draw_scenes(settings.test_images, held_out=True, rng=rng)
    images = draw_images(scenes, rng)
    rows = {
        "captioning": _scored(model, scenes, images),
        "captioning_images": _pixels(scenes, images),
        "captioning_maps": _maps(model, scenes, images),
    }
    return {
        name: pd.DataFrame(
            [(family, replicate, *row) for row in rows[name]], columns=columns_of(name)
        )
        for name in TABLES
    }


def train(settings: Captioning, family: str, replicate: int, seed: int) -> Captioner:
    """Train a network on random images, with new images at every step.

    Parameters
    ----------
    settings : Captioning
        Network size and training.
    family : str
        One of `CAPTIONERS`.
    replicate, seed : int
        See `captioning`.
    """
    names = ("captioning", replicate)
    key = jax.random.key(int(stream(seed, *names, family, "weights").integers(2**31)))
    model = CAPTIONERS[family](key, settings.hidden)
    state = BACKPROPAGATION.begin(model, settings)
    rng = stream(seed, *names, "training images")
    with progress(settings.steps, f"{family} captions, seed {replicate}") as tell:
        for done in range(0, settings.steps, TOGETHER):
            n_steps = min(TOGETHER, settings.steps - done)
            batches = _batches(n_steps, settings.batch, rng)
            model, state, losses = BACKPROPAGATION.learn(model, state, batches, settings)
            tell(done + n_steps, f"cross-entropy {float(losses.mean()):.3f} nats")
    return model


def _batches(n_steps: int, batch: int, rng: np.random.Generator) -> Batches:
    scenes = draw_scenes(n_steps * batch, held_out=False, rng=rng)
    images, words = draw_images(scenes, rng), captions(scenes).words
    return Batches(
        jnp.asarray(images.reshape(n_steps, batch, *images.shape[1:])),
        jnp.asarray(words.reshape(n_steps, batch, -1)),
        jnp.asarray(rng.integers(2**32, size=n_steps, dtype=np.uint32)),
    )


def _scored(model: Captioner, scenes: Scenes, images: np.ndarray) -> list[tuple]:
    correct = captions(scenes)
    answers = scores.answers(model, images, correct.words)
    right, others = scores.mass(answers.maps, scenes, correct.named)
    moved = scores.moves(scenes, correct)
    follow = scores.follows(model, images, correct, moved)
    exact, token = scores.is_correct(answers.words, correct.words)
    n_objects, rows = scenes.present.sum(axis=1), []
    for n in range(1, MOST + 1):
        those = n_objects == n
        follow_here = follow[those[moved.image]]
        rows.append(
            (
                n,
                *(float(each[those].mean()) for each in (exact, token, right, others)),
                1 / GRID**2,
                float(follow_here.mean()) if len(follow_here) else np.nan,
                int(those.sum()),
                len(follow_here),
            )
        )
    return rows


def _examples(scenes: Scenes) -> np.ndarray:
    """Return the first image with each number of objects, shape (number,), int."""
    n_objects = scenes.present.sum(axis=1)
    return np.array([np.flatnonzero(n_objects == n)[0] for n in range(1, MOST + 1)])


def _pixels(scenes: Scenes, images: np.ndarray) -> list[tuple]:
    return [
        (number, row, column, *map(float, images[image, row, column]))
        for number, image in enumerate(_examples(scenes))
        for row in range(SIZE)
        for column in range(SIZE)
    ]


def _maps(model: Captioner, scenes: Scenes, images: np.ndarray) -> list[tuple]:
    shown = _examples(scenes)
    examples = scenes.of(shown)
    correct, right = captions(examples), scores.right_patches(examples)
    answers = scores.answers(model, images[shown], correct.words)
    rows = []
    for n, words in enumerate(correct.words):
        for k in range(np.count_nonzero(words)):
            of_word = (n, k, WORDS[words[k]], WORDS[answers.forced[n, k]])
            thing = correct.named[n, k]
            rows += [
                (
                    *of_word,
                    *divmod(patch, GRID),
                    float(weight),
                    thing >= 0 and patch == right[n, thing],
                )
                for patch, weight in enumerate(answers.maps[n, k])
            ]
    return rows

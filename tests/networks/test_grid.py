"""Attention over an image of the two items: the picture, and where the network looks."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from neuro_attn import networks
from neuro_attn.configuration import NetworkTrials
from neuro_attn.networks import picture
from neuro_attn.networks import trials as task
from neuro_attn.networks.design import design_of
from neuro_attn.networks.model import online
from tests.networks.conftest import EASY

ENCODED_STEPS = NetworkTrials().encoded_steps

PICTURE = picture.Picture(design_of(NetworkTrials()))
UPPER, LOWER = picture.PATCHES[:2]
UPPER_CHANNELS, LOWER_CHANNELS, CUE_CHANNELS = [1, 2], [3, 4], [5, 6, 7, 8]


def shown(*channels: int) -> np.ndarray:
    """Return a step at which these channels are on."""
    x = np.zeros(len(task.CHANNELS), "float32")
    x[list(channels)] = 1
    return x


@pytest.mark.parametrize(
    ("channels", "rows"),
    [(UPPER_CHANNELS, [0, 1]), (CUE_CHANNELS, [2, 3]), (LOWER_CHANNELS, [4, 5])],
)
def test_items_and_cues_fill_a_patch_each(channels, rows):
    for channel in channels:
        image = np.asarray(PICTURE.hold(PICTURE.blank(), jnp.asarray(shown(channel))))
        plane, row, column = np.nonzero(image)
        assert len(set(plane)) == 1
        assert sorted(set(row)) == rows
        assert sorted(set(column)) == [2, 3]


def test_the_picture_holds_what_was_shown():
    image = PICTURE.blank()
    for x in [shown(*UPPER_CHANNELS), *[shown()] * 20, shown(*LOWER_CHANNELS)]:
        image = PICTURE.hold(image, jnp.asarray(x))
    together = PICTURE.hold(PICTURE.blank(), jnp.asarray(shown(*UPPER_CHANNELS, *LOWER_CHANNELS)))
    np.testing.assert_array_equal(image, together)


def test_the_annotation_of_a_patch_tells_of_this_patch_alone(built):
    annotate = eqx.filter_jit(built["grid"].annotations)
    image = np.random.default_rng(0).normal(size=(picture.COLOR_PLANES, 6, 6)).astype("float32")
    before = annotate(jnp.asarray(image))
    assert before.shape == (9, 8)
    for patch in range(9):
        row, column = 2 * (patch // 3), 2 * (patch % 3)
        changed = image.copy()
        changed[:, row : row + 2, column : column + 2] += 1
        differs = np.any(annotate(jnp.asarray(changed)) != before, axis=1)
        assert differs.tolist() == [other == patch for other in range(9)]


def test_weights_over_the_patches_sum_to_one(ran, seen):
    weights = ran("grid")[1]["patches"]
    assert weights.shape == (len(seen), ENCODED_STEPS, 9)
    assert (weights > 0).all()
    np.testing.assert_allclose(weights.sum(axis=2), 1, atol=1e-5)


@pytest.mark.slow
def test_trained_it_looks_at_the_cued_item(small):
    settings = small("grid", hidden=32, batch=32, steps=250, learning_rate=1e-2, **EASY)
    model, _ = networks.train(settings, 1, "grid", 0)
    rng = np.random.default_rng(0)
    trials = task.draw(100, settings, rng)
    inputs = task.inputs(trials, settings, 0.1, rng)
    weights = np.asarray(online(model, inputs)[1]["patches"])[:, -1]
    is_upper = (trials["selected"] == "upper").to_numpy()
    cued = np.where(is_upper, weights[:, UPPER], weights[:, LOWER])
    other = np.where(is_upper, weights[:, LOWER], weights[:, UPPER])
    for order in ("pro", "retro"):
        of_task = (trials["task_order"] == order).to_numpy()
        # Over four seeds 0.62 to 0.83 (SD 0.09), and 0.03 to 0.08 (SD 0.03); chance is 0.11.
        assert cued[of_task].mean() > 0.35
        assert other[of_task].mean() < 0.2

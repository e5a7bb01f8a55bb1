"""Image captioning: scenes and sentences, what a word depends on, and estimators of gradients."""

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from pydantic import ValidationError

from neuro_attn.configuration import Captioning
from neuro_attn.networks.skills.captioning import scores
from neuro_attn.networks.skills.captioning.captioner import (
    CAPTIONERS,
    FIELD,
    GRID,
    PADDING,
    STEP,
    Annotations,
    Captioner,
    Stochastic,
    belongs,
    log_likelihoods,
    score_function_loss,
)
from neuro_attn.networks.skills.captioning.learning import TABLES, captioning
from neuro_attn.networks.skills.captioning.scenes import (
    BOX,
    COLORS,
    LENGTH,
    SHAPES,
    WORDS,
    Captions,
    Scenes,
    captions,
    draw_images,
    draw_scenes,
    is_held_out,
    text,
)
from neuro_attn.results import columns_of

UNITS = 16


@pytest.fixture(scope="module")
def scenes():
    return draw_scenes(300, held_out=True, rng=np.random.default_rng(3))


@pytest.fixture(scope="module", params=CAPTIONERS)
def model(request) -> Captioner:
    return CAPTIONERS[request.param](jax.random.key(3), UNITS)


@pytest.fixture(scope="module")
def hard() -> Stochastic:
    return Stochastic(jax.random.key(5), UNITS)


@eqx.filter_jit
def write(model, image, forced=None, key=None, moved=None):
    return model.write(model.annotations(image), LENGTH, forced=forced, key=key, moved=moved)


# Scenes and sentences


def test_a_box_contains_exactly_the_pixels_of_its_object(scenes):
    images = draw_images(scenes, None)
    rest = images.copy()
    for n, k in zip(*np.nonzero(scenes.present), strict=True):
        row, column = scenes.corners[n, k]
        box = images[n, row : row + BOX, column : column + BOX]
        rest[n, row : row + BOX, column : column + BOX] = 0
        color = list(COLORS.values())[scenes.colors[n, k]]
        shape = list(SHAPES.values())[scenes.shapes[n, k]]
        np.testing.assert_array_equal(box, np.multiply.outer(shape, color))
    assert not rest.any()
    # No smaller box would do: every side has a pixel of each shape.
    for shape in SHAPES.values():
        assert shape[[0, -1]].any(axis=1).all()
        assert shape[:, [0, -1]].any(axis=0).all()


def in_words(scenes, n: int) -> str:
    """The sentence of an image, written by another rule: from its objects, one after the other."""
    said, before = "", None
    for k in np.flatnonzero(scenes.present[n]):
        row = scenes.corners[n, k, 0] // 8
        if before is not None:
            said += " left of " if row == before else " above "
        color, shape = list(COLORS)[scenes.colors[n, k]], list(SHAPES)[scenes.shapes[n, k]]
        said, before = f"{said}a {color} {shape}", row
    return said


def test_sentences_name_objects_in_the_order_of_reading(scenes):
    correct = captions(scenes)
    assert [text(words) for words in correct.words] == [in_words(scenes, n) for n in range(300)]
    for n, k in zip(*np.nonzero(correct.named >= 0), strict=True):
        thing = correct.named[n, k]
        features = (list(COLORS)[scenes.colors[n, thing]], list(SHAPES)[scenes.shapes[n, thing]])
        assert WORDS[correct.words[n, k]] in features
    assert (np.sum(correct.named >= 0, axis=1) == 2 * scenes.present.sum(axis=1)).all()
    assert (correct.words[:, -1] == 0).all()


def test_no_scene_is_both_learned_and_held_out(scenes):
    learned = draw_scenes(3000, held_out=False, rng=np.random.default_rng(4))
    assert is_held_out(scenes).all()
    assert not is_held_out(learned).any()

    def named(scenes):
        sentences = map(bytes, captions(scenes).words)
        return set(zip(sentences, map(bytes, scenes.places), strict=True))

    assert not named(scenes) & named(learned)


def test_one_receptive_field_alone_contains_an_object(scenes):
    starts = STEP * np.arange(GRID) - PADDING
    corners, patches = scenes.corners[scenes.present], scores.right_patches(scenes)[scenes.present]
    inside = (starts <= corners[..., None]) & (corners[..., None] + BOX <= starts + FIELD)
    np.testing.assert_array_equal(inside.sum(axis=-1), 1)
    np.testing.assert_array_equal(inside.argmax(axis=-1) @ [GRID, 1], patches)


# What a patch and a word depend on


def field(place: int) -> slice:
    """The pixels of a receptive field along a side of the image."""
    first = STEP * place - PADDING
    return slice(max(first, 0), first + FIELD)


def test_an_annotation_depends_on_its_receptive_field_alone():
    annotations = Annotations(UNITS, jax.random.key(0))
    image = np.random.default_rng(1).standard_normal((24, 24, 3))
    inside = np.zeros((GRID**2, 24, 24, 1), bool)
    for patch in range(GRID**2):
        rows, columns = (field(place) for place in divmod(patch, GRID))
        inside[patch, rows, columns] = True
    own = np.arange(GRID**2)
    annotate = eqx.filter_jit(lambda images: jax.vmap(annotations)(images))
    usual, other, changed = (
        np.asarray(annotate(jnp.asarray(np.where(where, -image, image), jnp.float32)))[own, own]
        for where in (np.zeros_like(inside), ~inside, inside)
    )
    np.testing.assert_array_equal(other, usual)
    assert np.all(np.any(changed != usual, axis=1))


def test_maps_sum_to_one_and_are_one_hot_with_hard_attention(model):
    image = jax.random.normal(jax.random.key(1), (24, 24, 3))
    for key in (None, jax.random.key(2)):
        maps = np.asarray(write(model, image, key=key).maps)
        np.testing.assert_allclose(maps.sum(axis=1), 1, atol=1e-5)
        is_hard = type(model).__name__ in ("Stochastic", "StraightThrough")
        assert np.allclose(maps.max(axis=1), 1, atol=1e-6) == is_hard


def test_a_word_depends_on_the_image_only_through_attended_patches(model):
    image = jax.random.normal(jax.random.key(1), (24, 24, 3))
    maps = jnp.zeros((LENGTH, GRID**2)).at[:, 0].set(1)
    outside = (image + 1).at[field(0), field(0)].set(image[field(0), field(0)])
    first, second = (write(model, each, moved=maps).scores for each in (image, outside))
    np.testing.assert_array_equal(first, second)
    inside = write(model, image.at[field(0), field(0)].add(1), moved=maps).scores
    assert np.all(np.any(inside != first, axis=1))


def test_the_samples_of_hard_attention_have_the_probabilities_of_soft_attention(hard):
    image = jax.random.normal(jax.random.key(1), (24, 24, 3))
    sharper = eqx.tree_at(lambda m: m.attention.v.weight, hard, replace_fn=lambda v: 8 * v)
    first = jax.vmap(lambda key: write(sharper, image, key=key).maps[0])
    counted = first(jax.random.split(jax.random.key(2), 2000)).mean(axis=0)
    expected = write(sharper, image).probabilities[0]
    assert np.ptp(expected) > 0.05
    # 9 fractions of 2,000 samples: beyond 5 SE in fewer than 1 of 10,000 tests.
    np.testing.assert_array_less(
        np.abs(counted - expected), 5 * np.sqrt(expected * (1 - expected) / 2000) + 1e-3
    )


# The estimators


def test_the_score_function_estimator_has_the_exact_gradient_as_its_expectation(hard):
    """Three patches and two words: all 9 sequences of patches, and all 81 pairs, are enumerated."""
    memory, positions = jax.random.normal(jax.random.key(7), (2, 3, UNITS))
    hard = eqx.tree_at(lambda model: model.annotations.p, hard, positions)
    words = jnp.array([4, 0])
    sequences = jnp.array(list(itertools.product(range(3), repeat=2)))

    def logs(model, sequence):
        written = model.write(memory, 2, forced=words, moved=jax.nn.one_hot(sequence, 3))
        chosen = jnp.sum(written.maps * written.probabilities, axis=1)
        return log_likelihoods(written, words), jnp.log(chosen)

    def expected(model):
        of_words, of_patches = jax.vmap(lambda each: logs(model, each))(sequences)
        return jnp.sum(jnp.exp(of_patches.sum(axis=1)) * -of_words.mean(axis=1))

    def estimated(model):
        of_words, of_patches = jax.vmap(lambda each: logs(model, each))(sequences)
        probability = jax.lax.stop_gradient(jnp.exp(of_patches.sum(axis=1)))
        pairs = jnp.array(list(itertools.product(range(9), repeat=2)))
        loss = jax.vmap(
            lambda pair: score_function_loss(of_words[pair], of_patches[pair], belongs(words))
        )(pairs)
        return jnp.sum(probability[pairs].prod(axis=1) * loss)

    value, exact = eqx.filter_jit(eqx.filter_value_and_grad(expected))(hard)
    same, estimate = eqx.filter_jit(eqx.filter_value_and_grad(estimated))(hard)
    assert float(same) == pytest.approx(float(value), rel=1e-5)
    for ours, theirs in zip(jax.tree.leaves(estimate), jax.tree.leaves(exact), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-6)
    # Without the score function the gradient of attention would be missing altogether.
    assert np.abs(exact.attention.W.weight).max() > 1e-4


def test_words_after_the_end_change_neither_loss_nor_gradient():
    rng = np.random.default_rng(0)
    words, patches = jnp.asarray(-rng.random((2, 4, 5)))
    belong = jnp.arange(5) < 3
    loss = jax.value_and_grad(score_function_loss, argnums=(0, 1))
    value, gradients = loss(words, patches, belong)
    other, _ = loss(words.at[:, 3:].add(-9), patches.at[:, 3:].add(-9), belong)
    assert float(value) == pytest.approx(float(other)) == pytest.approx(-words[:, :3].mean())
    assert not any(np.any(each[:, 3:]) for each in gradients)


def test_the_loss_is_the_mean_cross_entropy_of_words_and_end(model):
    image = jax.random.normal(jax.random.key(1), (24, 24, 3))
    words = jnp.array([1, 2, 6, *[0] * (LENGTH - 3)])
    if type(model) is not Captioner:
        # All patches are equal, so that samples do not matter.
        image = jnp.zeros_like(image)
        model = eqx.tree_at(lambda m: m.annotations.p, model, jnp.zeros((GRID**2, UNITS)))
    scores_ = np.asarray(write(model, image, forced=words).scores, float)
    logs = scores_ - np.log(np.exp(scores_).sum(axis=1, keepdims=True))
    expected = -logs[np.arange(4), [1, 2, 6, 0]].mean()
    loss = eqx.filter_jit(type(model).loss)(model, image, words, jax.random.key(0))
    assert float(loss) == pytest.approx(expected, rel=1e-4)


# Scores


def test_scores_count_sentences_words_and_attention():
    one = np.array([[[4, 9, 9]], [[0, 1, 0]], [[2, 0, 0]]])
    scene = Scenes(*one, np.zeros((1, 3, 2), int))
    correct = captions(scene)
    assert text(correct.words[0]) == "a red triangle"
    wrong = correct.words.copy()
    wrong[0, 1] = WORDS.index("blue")
    after = correct.words.copy()
    after[0, 4:] = 3  # what follows the end is no part of a sentence
    assert scores.is_correct(after, correct.words) == ([True], [1])
    assert scores.is_correct(wrong, correct.words) == ([False], [3 / 4])
    maps = np.zeros((1, LENGTH, GRID**2))
    maps[0, :3, 4] = 1, 0.25, 0.75
    right, others = scores.mass(maps, scene, correct.named)
    assert right == [0.5]
    assert others == [0]


def test_attention_moves_to_every_other_object_whose_word_differs(scenes):
    correct = captions(scenes)
    moved = scores.moves(scenes, correct)
    patches = scores.right_patches(scenes)
    expected = set()
    for n, k in zip(*np.nonzero(correct.named >= 0), strict=True):
        for other in np.flatnonzero(scenes.present[n]):
            is_color = WORDS[correct.words[n, k]] in COLORS
            words = list(COLORS if is_color else SHAPES)
            word = WORDS.index(words[(scenes.colors if is_color else scenes.shapes)[n, other]])
            if other != correct.named[n, k] and word != correct.words[n, k]:
                expected.add((n, k, patches[n, other], word))
    assert set(zip(*moved, strict=True)) == expected


class Reader(eqx.Module):
    """Writes the number of the attended patch."""

    def annotations(self, image):
        return jnp.eye(GRID**2)

    def write(self, memory, length, *, forced, moved):
        return Captions(words=jnp.argmax(moved @ memory, axis=1), named=forced)


def test_words_of_a_network_that_reads_the_attended_patch_follow_it(scenes):
    correct, images = captions(scenes), draw_images(scenes, None)
    moved = scores.moves(scenes, correct)
    there = moved._replace(other=moved.patch)
    assert scores.follows(Reader(), images, correct, there).all()
    assert not scores.follows(
        Reader(), images, correct, moved._replace(other=moved.patch + 1)
    ).any()


@pytest.mark.slow
def test_tables_have_a_row_for_each_number_of_objects_word_and_pixel():
    settings = Captioning(hidden=8, steps=2, batch=4, test_images=60)
    tables = captioning(settings, "soft", 1, 7)
    assert tuple(tables) == TABLES
    for name, table in tables.items():
        assert list(table.columns) == columns_of(name)
    assert list(tables["captioning"]["n_objects"]) == [1, 2, 3]
    assert tables["captioning"]["n_images"].sum() == 60
    assert len(tables["captioning_images"]) == 3 * 24 * 24
    maps = tables["captioning_maps"]
    np.testing.assert_allclose(maps.groupby(["image", "word"])["weight"].sum(), 1, atol=1e-5)
    assert maps.groupby("image")["is_named"].sum().tolist() == [2, 4, 6]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"families": ("soft", "soft")}, "an entry occurs twice"),
        ({"families": ("hard",)}, "'soft', 'straight-through' or 'stochastic'"),
        ({"test_images": 10}, "greater than or equal to 60"),
    ],
)
def test_impossible_settings_are_refused(keys, message):
    with pytest.raises(ValidationError, match=message):
        Captioning(**keys)

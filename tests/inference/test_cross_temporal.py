"""Cross-temporal generalisation: two nulls, both directions, and the families of tests."""

import numpy as np
import pytest
from scipy import stats

from benchmarks import cross_temporal as worlds
from neuro_attn.configuration import Inference
from neuro_attn.inference.clusters import cluster_p_value
from neuro_attn.inference.cross_temporal import cross_temporal
from neuro_attn.inference.pvalues import corrected_p_value, p_value
from neuro_attn.inference.tables import summary_table, transfer_table

SETTINGS = Inference(permutations=99, bootstraps=60)
DIRECTIONS = {"p_corrected": 1, "p_corrected_below": -1}
CROSS = ("train_time", "test_time")
TIMES = 0.05 + 0.1 * np.arange(8)
CODED = np.where(TIMES > 0.4, 0.8, 0.5)


def cell(decoding, name):
    """Return accuracy (time, time) or its null, of the first session and pair of tasks."""
    values = decoding[name].isel(train_task=0, test_task=0)
    if name == "accuracy":
        return values.isel(session=0).mean("draw").transpose(*CROSS).values
    return values.transpose(*CROSS, "permutation").values


def p_of(result, name, region=0):
    return result[name].isel(region=region, train_task=0, test_task=0).transpose(*CROSS).values


# --- directions --------------------------------------------------------------------------------


@pytest.mark.parametrize("correction", ["max", "cluster", "fdr"])
def test_both_directions_are_one_family(decoding, correction):
    made = decoding(np.where(TIMES > 0.4, 0.6, 0.42), noise=0.03)
    settings = SETTINGS.model_copy(update={"correction": correction})
    result = cross_temporal([made], settings)
    observed, null = cell(made, "accuracy"), cell(made, "cross_null")
    both, null_of_both = np.stack([observed, -observed]), np.stack([null, -null])
    if correction == "max":
        # The largest departure from the null's mean, in either direction.
        everything = np.concatenate([null, observed[..., None]], axis=-1)
        z = everything - everything.mean(axis=-1, keepdims=True)
        z /= everything.std(axis=-1, keepdims=True)
        largest = abs(z[..., :-1]).max(axis=(0, 1))
        expected = [((largest >= sign * z[..., -1:]).sum(axis=-1) + 1) / 100 for sign in (1, -1)]
    elif correction == "cluster":
        expected = cluster_p_value(
            both, null_of_both, family=(0, 1, 2), times=(1, 2), alpha=settings.alpha
        )
    else:
        p = p_value(both, null_of_both)
        expected = stats.false_discovery_control(p.ravel()).reshape(p.shape)
    for name, each in zip(DIRECTIONS, expected, strict=True):
        np.testing.assert_allclose(p_of(result, name), each)


@pytest.mark.parametrize("correction", ["max", "cluster"])
def test_accuracy_above_chance_is_above_and_accuracy_below_chance_below(decoding, correction):
    settings = SETTINGS.model_copy(update={"correction": correction})
    course = np.select([TIMES < 0.3, TIMES < 0.6], [0.9, 0.5], 0.1)
    result = cross_temporal([decoding(course)], settings)
    above, below = (p_of(result, name) for name in DIRECTIONS)
    assert (above[:, TIMES < 0.3] == 0.01).all()
    assert (below[:, TIMES > 0.6] == 0.01).all()
    assert (above[:, TIMES > 0.3] > 0.05).all()
    assert (below[:, TIMES < 0.6] > 0.05).all()


def test_reversed_accuracy_exchanges_the_directions(decoding):
    made = decoding(np.where(TIMES > 0.4, 0.6, 0.45), noise=0.03)
    turned = made.assign({name: 1 - made[name] for name in ("accuracy", "cross_null")})
    one, other = (cross_temporal([each], SETTINGS) for each in (made, turned))
    np.testing.assert_array_equal(one["p_corrected"], other["p_corrected_below"])
    np.testing.assert_array_equal(one["p_corrected_below"], other["p_corrected"])


# --- nulls and sessions ------------------------------------------------------------------------


def test_p_is_the_larger_one_of_both_nulls(decoding):
    made = decoding(CODED)
    wide = made["cross_null"].copy(data=0.5 + 10 * (made["cross_null"].values - 0.5))
    shuffled, mirrored = (made.assign(cross_null=each) for each in (made["cross_null"], wide))
    both = cross_temporal([made.assign(cross_mirrored=wide)], SETTINGS)
    alone = [cross_temporal([each], SETTINGS) for each in (shuffled, mirrored)]
    for name in DIRECTIONS:
        expected = np.maximum(*(each[name].values for each in alone))
        np.testing.assert_array_equal(both[name].values, expected)
    assert (p_of(both, "p_corrected")[:, TIMES > 0.4] > 0.05).any()


def test_accuracies_are_means_over_sessions_and_keep_their_regions(decoding):
    course = np.array([0.5, 0.7, 0.9])[:, None, None, None] * np.ones((3, 2, 2, 8))
    of_sessions = decoding(course, sessions=["a", "b", "c"])
    result = cross_temporal([of_sessions, decoding(0.5, region="V4")], SETTINGS)
    dims = ("region", "train_task", "test_task", *CROSS)
    assert {result[name].dims for name in ("accuracy", *DIRECTIONS)} == {dims}
    assert result["region"].values.tolist() == ["LPFC", "V4"]
    np.testing.assert_allclose(result["accuracy"].sel(region="LPFC"), 0.7)
    assert (result["p_corrected"].sel(region="LPFC") == 0.01).all()
    # Noise-free accuracy at the null's mean: the maximum over 64 pairs of times exceeds it.
    assert (result["p_corrected"].sel(region="V4") == 1).all()
    assert result["n_units"].values.tolist() == [30, 10]
    assert result.attrs["chance"] == 0.5


# --- families ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def regions(decoding):
    return [
        decoding(np.where(TIMES > 0.4, 0.56, 0.5), region=region, noise=0.02, seed=seed)
        for seed, region in enumerate(["LPFC", "V4", "FEF"])
    ]


def stacked(regions, name):
    """Return accuracy or null (region, train_task, test_task, time, time) at all pairs of times."""
    last = ("permutation",) if name == "cross_null" else ()
    dims = ("train_task", "test_task", *CROSS, *last)
    values = [each[name] for each in regions]
    if name == "accuracy":
        values = [each.isel(session=0).mean("draw", dtype=float) for each in values]
    return np.stack([each.transpose(*dims).values for each in values])


@pytest.mark.parametrize("over", [[], ["regions"], ["task_pairs"], ["regions", "task_pairs"]])
def test_p_is_corrected_over_the_families_that_are_asked_for(regions, over):
    settings = SETTINGS.model_copy(update={"correct_over": over})
    result = cross_temporal(regions, settings)
    observed, null = stacked(regions, "accuracy"), stacked(regions, "cross_null")
    axes = [0, *([1] if "regions" in over else []), *([2, 3] if "task_pairs" in over else []), 4, 5]
    both = np.stack([observed, -observed]), np.stack([null, -null])
    for name, expected in zip(DIRECTIONS, corrected_p_value(*both, tuple(axes)), strict=True):
        np.testing.assert_array_equal(result[name].values, expected)


@pytest.mark.parametrize("table", [transfer_table, summary_table])
def test_tables_of_accuracy_are_corrected_over_pairs_of_tasks_on_request(regions, table):
    of_pairs, by_regions, by_default = (
        table(regions, SETTINGS.model_copy(update={"correct_over": over}))
        for over in (["task_pairs"], ["regions"], [])
    )
    # These tables are corrected over regions in any case.
    assert by_regions.equals(by_default)
    assert (of_pairs["p_corrected"] >= by_default["p_corrected"]).all()
    assert (of_pairs["p_corrected"] > by_default["p_corrected"]).any()
    others = by_default.columns.drop("p_corrected")
    assert of_pairs[others].equals(by_default[others])


# --- planted codes -----------------------------------------------------------------------------

FAR_RATE = 1e-5


def test_one_code_is_called_the_same_and_a_reversed_one_reversed():
    # benchmarks/cross_temporal.json: 0.975 and 0.955 of data sets.
    for name, direction, other in (
        ("one code", "above", "below"),
        ("a code that reverses", "below", "above"),
    ):
        cases = [worlds.experiment(number, name) for number in range(6)]
        assert sum(case[direction] for case in cases) >= stats.binom.ppf(FAR_RATE, 6, 0.95)
        assert sum(case[other] for case in cases) <= stats.binom.isf(FAR_RATE, 6, 0.05)


def test_a_code_that_rotates_is_stable_over_short_and_unrelated_over_long_intervals():
    rng = np.random.default_rng(31)
    # Orthogonal axes of 40 units in each of two sessions.
    first, other = np.moveaxis(np.linalg.qr(rng.normal(size=(2, 40, 2)))[0], -1, 0) * 3
    angles = np.deg2rad([0, 30, 60, 90])
    axes = [np.cos(angle) * first + np.sin(angle) * other for angle in angles]
    made = worlds.decoding_of(axes, 31, rng, epochs=np.arange(4))
    p = p_of(cross_temporal([made], SETTINGS), "p_corrected")
    neighbours = [p[i, j] for i in range(4) for j in range(4) if abs(i - j) == 1]
    assert max(p.diagonal()) < 0.05
    assert max(neighbours) < 0.05
    assert min(p[0, 3], p[3, 0]) > 0.05

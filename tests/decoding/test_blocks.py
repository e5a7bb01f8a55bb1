"""Permutations in blocks give the same bytes as in one job."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro_attn import decoding, recording
from neuro_attn.configuration import Decoding, Inference
from neuro_attn.configuration.blocks import blocks
from neuro_attn.inference import confusion, nulls, reduction, tables
from neuro_attn.inference.clusters import cluster_p_value
from neuro_attn.inference.corrections import against_null, corrected, stacked
from neuro_attn.inference.cross_temporal import cross_temporal
from neuro_attn.inference.onset_table import onset_table
from neuro_attn.inference.pvalues import corrected_p_value, false_discovery_p_value
from tests.studies import study_of

PERMUTATIONS = 40


@given(st.integers(1, 30_000), st.integers(0, 30_000), st.integers(1, 2_000))
def test_more_permutations_only_add_to_the_blocks(few, added, size):
    before, after = blocks(few, size), blocks(few + added, size)
    assert [number for block in after for number in block] == list(range(few + added))
    whole = [block for block in before if len(block) == size]
    assert after[: len(whole)] == whole
    assert max(map(len, after)) <= size


@pytest.fixture(scope="module")
def decode(population, trials):
    """Decode two sessions apart, in blocks of some size."""
    rng = np.random.default_rng(0)
    drawn = [trials([[6, 6], [6, 6]], rng) for _ in range(2)]
    sessions = [(rng.normal(size=(24, 5, 3)), *each) for each in drawn]
    members = [population(each, window=True) for each in sessions]
    members = [replace(each, session=f"s{n}") for n, each in enumerate(members)]

    @cache
    def made(size):
        numbers = blocks(PERMUTATIONS, size)
        settings = Decoding(draws=2), Inference(permutations=len(numbers[0]), bootstraps=20)
        keys = {"region": "V4", "n_units": 4, "progress": False}
        study = study_of(*settings)
        first = decoding.decode_region(members, study, **keys)
        others = [
            decoding.decode_nulls(members, study, label_sets=each, **keys) for each in numbers[1:]
        ]
        return [first, *others]

    return made


def tables_of(regions, settings):
    """Return all tables of inference as bytes, and the tests at pairs of times."""
    return [
        tables.transfer_table(regions, settings).to_csv(),
        tables.summary_table(regions, settings).to_csv(),
        onset_table(regions, settings).to_csv(),
        tables.unit_count_table(regions).to_csv(),
        tables.trial_count_table(regions).to_csv(),
        confusion.confusion_table(regions).to_csv(),
        confusion.information_table(regions).to_csv(),
    ], cross_temporal(regions, settings)


def of_regions(blocks_, settings):
    """Return the reduced results of two regions from the same blocks."""
    found = reduction.reduced(blocks_, settings)
    return [found.assign_attrs(region=region) for region in ("V4", "FEF")]


@pytest.mark.parametrize(
    ("correction", "over"), [("max", []), ("cluster", ["regions", "task_pairs"]), ("fdr", [])]
)
def test_any_number_of_blocks_gives_the_same_bytes(decode, correction, over):
    settings = Inference(
        permutations=PERMUTATIONS,
        min_consecutive_bins=1,
        alpha=0.3,
        correction=correction,
        correct_over=over,
    )
    (csvs, pairs), *others = (
        tables_of(of_regions(decode(PERMUTATIONS // n_blocks), settings), settings)
        # Forty blocks take five times as long, and blocks are merged before any correction.
        for n_blocks in ((1, 8, 40) if correction == "max" else (1, 8))
    )
    for other_csvs, other_pairs in others:
        assert other_csvs == csvs
        assert other_pairs.identical(pairs)
    # Results that are not reduced before have the same tables.
    whole = [decode(PERMUTATIONS)[0].assign_attrs(region=name) for name in ("V4", "FEF")]
    csvs_of_whole, pairs_of_whole = tables_of(whole, settings)
    assert csvs_of_whole == csvs
    for name in ("p_corrected", "p_corrected_below"):
        np.testing.assert_array_equal(pairs_of_whole[name], pairs[name])


def test_reduced_results_on_disk_give_the_same_bytes(decode, tmp_path):
    """As in jobs: nulls stay on disk, and what remains is written and read again."""
    settings = Inference(permutations=PERMUTATIONS, min_consecutive_bins=1, alpha=0.3)
    blocks_on_disk = []
    for number, block in enumerate(decode(PERMUTATIONS // 2)):
        recording.save(block, tmp_path / f"{number}.nc")
        blocks_on_disk.append(recording.on_disk(tmp_path / f"{number}.nc", nulls.STORED))
    recording.save(reduction.reduced(blocks_on_disk, settings), tmp_path / "reduced.nc")
    found = recording.on_disk(tmp_path / "reduced.nc", reduction.LARGE)
    csvs, pairs = tables_of([found], settings)
    expected_csvs, expected_pairs = tables_of(decode(PERMUTATIONS), settings)
    assert csvs == expected_csvs
    for name in ("p_corrected", "p_corrected_below"):
        np.testing.assert_array_equal(pairs[name], expected_pairs[name])


@pytest.mark.parametrize("correction", ["max", "cluster", "fdr"])
def test_tests_of_parts_are_those_of_all_permutations_at_once(correction):
    """Rows and blocks are read one after the other; the definitions take whole arrays."""
    rng = np.random.default_rng(5)
    maps = [rng.normal(0.5, 0.1, (2, 4, 4, 31)).round(2) for _ in range(3)]
    maps[0][0, 1, 2] = 0.5  # nothing varies there
    observed, null = np.stack(maps)[..., 0], np.stack(maps)[..., 1:]
    tests = [
        stacked(
            [
                against_null(
                    observed[0, pair],
                    np.split(null[0, pair], [10, 25], axis=-1),
                    method=correction,
                    two_sided=True,
                )
            ]
        )
        for pair in range(2)
    ]
    both = np.stack([observed[0], -observed[0]], axis=1)
    null_of_both = np.stack([null[0], -null[0]], axis=1)
    family = (0, 1, 2, 3)
    if correction == "max":
        expected = corrected_p_value(both, null_of_both, family)
    elif correction == "cluster":
        expected = cluster_p_value(both, null_of_both, family=family, times=(2, 3), alpha=0.05)
    else:
        expected = false_discovery_p_value(both, null_of_both, family)
    np.testing.assert_array_equal(np.stack(corrected(tests, correction)), expected)


def test_decoding_keeps_the_mean_over_sessions_at_pairs_of_times(decode):
    """Nulls at pairs of times would grow with sessions; those at equal times are of each one."""
    made = decode(PERMUTATIONS)[0]
    assert made["null"].dims == ("session", "train_task", "test_task", "time", "permutation")
    equal = reduction.at_equal_times(made["cross_null"]).transpose(..., "permutation")
    np.testing.assert_allclose(equal, made["null"].mean("session"), atol=1e-7)

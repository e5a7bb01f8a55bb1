"""Permutations in blocks give the same bytes as in one job."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro_attn import decoding
from neuro_attn.configuration import Decoding, Inference
from neuro_attn.configuration.blocks import blocks
from neuro_attn.inference import tables
from neuro_attn.inference.blocks import with_nulls
from neuro_attn.inference.cross_temporal import cross_temporal
from neuro_attn.results import write_csv
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

    def made(size):
        numbers = blocks(PERMUTATIONS, size)
        settings = Decoding(draws=2), Inference(permutations=len(numbers[0]), bootstraps=20)
        keys = {"region": "V4", "n_units": 4, "progress": False}
        study = study_of(*settings)
        first = decoding.decode_region(members, study, **keys)
        others = [
            decoding.decode_nulls(members, study, label_sets=each, **keys) for each in numbers[1:]
        ]
        return with_nulls(first, others)

    return made


@pytest.mark.parametrize("n_blocks", [8, 40])
def test_any_number_of_blocks_gives_the_same_bytes(decode, n_blocks, tmp_path):
    one, several = decode(PERMUTATIONS), decode(PERMUTATIONS // n_blocks)
    assert one.sizes["permutation"] == PERMUTATIONS
    assert several.identical(one)
    settings = Inference(permutations=PERMUTATIONS)
    for name in ("transfer", "summary"):
        written = []
        for made in (one, several):
            table = getattr(tables, f"{name}_table")([made], settings)
            write_csv(table, tmp_path / f"{name}.csv")
            written.append((tmp_path / f"{name}.csv").read_bytes())
        assert written[0] == written[1]


def test_inference_holds_the_pairs_of_times_of_one_region_at_a_time(decode):
    """Tables have the same values without them, and regions are tested one after the other."""
    whole = decode(PERMUTATIONS)
    kept = tables.without_pairs_of_times(whole)
    assert "train_time" not in kept["null"].dims
    settings = Inference(permutations=PERMUTATIONS)
    for table in (tables.transfer_table, tables.summary_table):
        pd.testing.assert_frame_equal(table([kept], settings), table([whole], settings))
    taken = []

    def regions():
        for number in range(3):
            taken.append(number)
            yield whole.assign_attrs(region=f"R{number}")

    found = cross_temporal(regions(), settings)
    assert taken == [0, 1, 2]
    (alone,) = cross_temporal([whole], settings)["p_corrected"].values
    for region in found["p_corrected"].values:
        np.testing.assert_array_equal(region, alone)

"""Random streams belong to names: not to the order of work, the process or the machine."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro_attn.randomness import stream

names = st.lists(st.one_of(st.text(max_size=8), st.integers()), min_size=1, max_size=3)


@given(seed=st.integers(0, 2**32), names=names)
def test_the_same_seed_and_names_give_the_same_numbers_whatever_ran_before(seed, names):
    expected = stream(seed, *names).random(4)
    stream(seed, "other").random(1000)
    np.testing.assert_array_equal(stream(seed, *names).random(4), expected)


def test_numbers_are_the_same_in_every_process_and_version():
    program = "from neuro_attn.randomness import stream; print(stream(7, 'a', 1).integers(10**9))"
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": hash_seed},
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert told == {f"{stream(7, 'a', 1).integers(10**9)}\n"}


def test_different_seeds_and_names_give_different_numbers():
    keys = [(seed, "split", "s1", draw) for seed in range(4) for draw in range(4)]
    keys += [(0, "split", "s2", 0), (0, "s1", "split", 0), (0, "split", "s10"), (0, "split")]
    # Two of these begin with the same 53 bits with a probability below 1e-13.
    assert len({stream(*key).random() for key in keys}) == len(keys)


def test_names_are_not_run_together():
    assert stream(0, "ab", "c").random() != stream(0, "a", "bc").random()
    assert stream(0, "a", "").random() != stream(0, "a").random()


def test_streams_are_independent():
    # 2,000 correlations of 200 numbers with SD 1/sqrt(200): the largest beyond 6 SD has a
    # probability below 1e-5.
    numbers = np.stack([stream(3, "permutation", i).normal(size=200) for i in range(64)])
    correlation = np.corrcoef(numbers)[np.triu_indices(64, 1)]
    assert np.abs(correlation).max() < 6 / np.sqrt(200)


def test_a_seed_is_not_negative():
    with pytest.raises(ValueError, match="non-negative"):
        stream(-1, "a")

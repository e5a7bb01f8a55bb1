"""Damaged MATLAB files of version 5 are refused before SciPy's compiled reader sees them."""

import os
import random
import struct
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.io import loadmat, savemat, whosmat
from scipy.sparse import csc_matrix

from neuro_attn.errors import InputError
from neuro_attn.sources.mat import structure, variables

NAMES = np.array(["V4", "", "a longer name"], dtype=object)
CONTENT = {
    "numbers": np.arange(24.0).reshape(2, 3, 4),
    "small": np.array([[7]], dtype=np.uint8),
    "complex": np.array([[1 + 2j, 3]]),
    "truth": np.array([[True, False]]),
    "empty": np.zeros((0, 3)),
    "text": "seen",
    "texts": np.array(["one", "three"]),
    "cells": NAMES,
    "struct": {"name": "a", "inner": {"values": np.arange(3)}, "cells": NAMES},
    "sparse": csc_matrix(np.eye(4)[:, :3]),
}


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "compressed"])
def good(request, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("mat") / "good.mat"
    savemat(path, CONTENT, do_compression=request.param)
    return path


@pytest.mark.parametrize("name", CONTENT)
def test_what_scipy_writes_is_right(good, name):
    structure.check(good)
    structure.check(good, name)


@pytest.mark.parametrize("compressed", [False, True])
@given(n=st.sampled_from([8_184, 8_192, 8_193, 100_000]), seed=st.none() | st.integers(0, 9))
def test_arrays_of_many_blocks_are_right(compressed, tmp_path_factory, n, seed):
    values = np.zeros(n) if seed is None else np.random.default_rng(seed).normal(size=n)
    path = tmp_path_factory.getbasetemp() / "long.mat"
    savemat(path, {"first": values, "second": values[::-1]}, do_compression=compressed)
    structure.check(path, "first")
    structure.check(path, "second")


@pytest.mark.parametrize("version", ["4", "5"])
def test_both_versions_are_read(version, tmp_path):
    savemat(tmp_path / "a.mat", {"rates": np.eye(3)}, format=version)
    np.testing.assert_array_equal(variables.content(tmp_path / "a.mat", "rates"), np.eye(3))


def test_an_unknown_type_is_refused(tmp_path):
    path = tmp_path / "a.mat"
    savemat(path, {"rates": np.eye(3)})
    content = path.read_bytes()
    at = content.index(struct.pack("<2I", 9, 72))
    path.write_bytes(content[:at] + struct.pack("<I", 33_000) + content[at + 4 :])
    with pytest.raises(InputError, match="element of type"):
        variables.content(path, "rates")


def test_sparse_indices_beyond_the_matrix_are_refused(tmp_path):
    path = tmp_path / "a.mat"
    matrix = csc_matrix(np.eye(3))
    matrix.indices = np.array([0, 1, 1_000_000], dtype=np.int32)
    savemat(path, {"rates": matrix})
    with pytest.raises(InputError, match="outside its rows"):
        variables.content(path, "rates")


def test_cells_within_cells_without_end_are_refused(tmp_path):
    inner = np.eye(1)
    for _ in range(150):
        outer = np.empty((1, 1), dtype=object)
        outer[0, 0] = inner
        inner = outer
    savemat(tmp_path / "a.mat", {"cells": inner})
    with pytest.raises(ValueError, match="nested"):
        structure.check(tmp_path / "a.mat", "cells")


@given(damage=st.lists(st.tuples(st.integers(0), st.binary(min_size=1, max_size=8)), min_size=1))
def test_a_check_of_any_damage_ends_in_an_answer_or_a_value_error(good, tmp_path_factory, damage):
    content = bytearray(good.read_bytes())
    for place, patch in damage:
        at = place % len(content)
        content[at : at + len(patch)] = patch
    path = tmp_path_factory.getbasetemp() / "damaged.mat"
    path.write_bytes(content)
    try:
        structure.check(path, "struct")
    except (ValueError, structure.zlib.error):
        return


READ = """
import sys
from collections.abc import Iterable
from pathlib import Path
from tests.sources.test_matstructure import read_damaged
read_damaged(Path(sys.argv[1]), range(1500))
"""


def damaged(content: bytes, number: int) -> bytes:
    """Overwrite up to four places, preferably with bytes that make sizes and types extreme."""
    draw, made = random.Random(number), bytearray(content)
    for _ in range(draw.randint(1, 4)):
        at, n = draw.randrange(len(made)), draw.randint(1, 16)
        made[at : at + n] = bytes(draw.choice((0, 255, draw.randrange(256))) for _ in range(n))
    return bytes(made)


def read_damaged(good: Path, numbers: Iterable[int], checked: bool = True) -> None:
    """Read damaged copies of a file with SciPy where the check passes."""
    content, path = good.read_bytes(), good.with_name(f"{os.getpid()}.mat")
    for number in numbers:
        path.write_bytes(damaged(content, number))
        try:
            if checked:
                structure.check(path)
            for name, _, _ in whosmat(path):
                if checked:
                    structure.check(path, name)
                loadmat(path, variable_names=[name], spmatrix=False)
        except Exception:
            continue


def test_what_passes_the_check_does_not_crash_scipy(tmp_path):
    """Without the check, 15 of these 1,500 files end the process; of 20,000 with it, none did."""
    path = tmp_path / "good.mat"
    savemat(path, CONTENT)
    command = [sys.executable, "-W", "ignore", "-c", READ, str(path)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]

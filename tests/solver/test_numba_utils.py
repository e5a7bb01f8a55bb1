"""What compiled loops build on is right."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neuro_attn.solver import numba_utils
from neuro_attn.solver.numba_utils import exp, njit_cached


@njit_cached
def exp_of(x):
    return exp(x)


@given(x=st.floats(-87, 87, width=32))
def test_the_quick_exponential_has_the_digits_of_float32(x):
    found = exp_of(np.float32(x))
    assert abs(found / np.exp(np.float64(np.float32(x))) - 1) < 3e-7


def test_beyond_the_range_of_float32_it_neither_overflows_nor_vanishes():
    for x in (-1e30, -100.0, 100.0, 1e30):
        found = exp_of(np.float32(x))
        assert 0 < found < np.inf


@given(x=st.floats(-700, 700))
def test_in_float64_it_is_exp(x):
    assert np.isclose(exp_of(x), np.exp(x), rtol=1e-15)


def test_without_a_folder_to_write_to_it_is_compiled_all_the_same(tmp_path):
    """An image of a container may have neither a home nor a package that can be written to."""
    source = Path(numba_utils.__file__).read_text(encoding="utf-8")
    package = tmp_path / "package"
    package.mkdir()
    (package / "numba_utils.py").write_text(source, encoding="utf-8")
    # A file where folders would have to be.
    (package / "__pycache__").touch()
    (tmp_path / ".cache").touch()
    code = (
        "import numpy as np, numba_utils\n"
        "assert numba_utils._exp_single(np.float32(0)) == 1\n"
        "assert not numba_utils._exp_single.stats.cache_path\n"
    )
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    environment |= {"HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", code], check=True, cwd=package, env=environment)


def test_what_was_compiled_from_other_sources_is_not_used(tmp_path):
    """Numba itself looks at the file of a function only, not at those of what it calls."""
    package = tmp_path / "package"
    package.mkdir()
    source = Path(numba_utils.__file__).read_text(encoding="utf-8")
    (package / "numba_utils.py").write_text(source, encoding="utf-8")
    called = "from numba_utils import njit_cached\n"
    called += "@njit_cached\ndef called(x):\n    return x + {}\n"
    calls = "from numba_utils import njit_cached\nfrom called import called\n"
    calls += "@njit_cached\ndef calls(x):\n    return called(x)\n"
    (package / "calls.py").write_text(calls, encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if key != "NUMBA_CACHE_DIR"}
    for added in (1, 2):
        (package / "called.py").write_text(called.format(added), encoding="utf-8")
        code = "from calls import calls; print(calls(0), sum(calls.stats.cache_hits.values()))"
        command = [sys.executable, "-c", code]
        for hits in (0, 1):
            done = subprocess.run(
                command, check=True, cwd=package, env=environment, capture_output=True, text=True
            )
            assert done.stdout.split() == [str(added), str(hits)]
    assert len(list((package / "__pycache__").glob("compiled-*"))) == 1

"""What compiled loops build on is right."""

import subprocess
import sys

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro_attn.decoding.native import exp, quick


@quick
def exp_of(x):
    return exp(x)


@settings(deadline=None)
@given(x=st.floats(-87, 87, width=32))
def test_the_quick_exponential_has_the_digits_of_float32(x):
    found = exp_of(np.float32(x))
    assert abs(found / np.exp(np.float64(np.float32(x))) - 1) < 3e-7


def test_beyond_the_range_of_float32_it_neither_overflows_nor_vanishes():
    for x in (-1e30, -100.0, 100.0, 1e30):
        found = exp_of(np.float32(x))
        assert 0 < found < np.inf


@settings(deadline=None)
@given(x=st.floats(-700, 700))
def test_in_float64_it_is_exp(x):
    assert np.isclose(exp_of(x), np.exp(x), rtol=1e-15)


def test_without_a_folder_to_write_to_it_is_compiled_all_the_same(tmp_path):
    """An image of a container may have neither a home nor a package that can be written to."""
    code = (
        "import numba.core.caching as caching\n"
        "caching.CacheImpl._locator_classes = []\n"
        "import numpy as np\n"
        "from neuro_attn.decoding import native\n"
        "assert native._exp_single(np.float32(0)) == 1\n"
        "assert not native._exp_single.stats.cache_path\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)

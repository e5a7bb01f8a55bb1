"""The solver could be published by itself."""

import subprocess
import sys

ALONE = """
import sys
import numpy as np
from neuro_attn.solver import LogisticDecoder
LogisticDecoder().fit(np.array([[0.0], [1.0], [2.0], [3.0]]), [0, 0, 1, 1])
loaded = [name for name in sys.modules if name.startswith("neuro_attn.")]
print(*(name for name in loaded if not name.startswith("neuro_attn.solver")))
"""


def test_fitting_loads_nothing_else_of_the_package():
    done = subprocess.run([sys.executable, "-c", ALONE], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == ""

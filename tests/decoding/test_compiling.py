"""After the code of a decoder is compiled, the jobs that follow compile nothing more."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

# Prints the files of compiled code that a program asks for, each for a function and its types.
ASKED = """
import sys
from neuro_attn.decoding import readouts
from neuro_attn.solver import numba_utils
from tests.workflow.conftest import SMALL
from neuro_attn.configuration import parse

asked, load = set(), numba_utils._Files.load

def recorded(self, key):
    asked.add(self._stem(key))
    return load(self, key)

numba_utils._Files.load = recorded
SMALL["decoding"]["decoder"] = sys.argv[1]
dataset = parse(SMALL).datasets["small"]
"""
COMPILE = """
readouts.has_compiled_code = lambda: False
readouts.compile_decoder(dataset.decoding)
print(*asked)
"""
RUN = """
from neuro_attn import decoding, sources
from neuro_attn.geometry.tables import measure
from neuro_attn.shared_code.tables import tables_of
from neuro_attn.study import Study

study = Study("small", dataset, 0)
recordings = list(sources.read("small", dataset, ".", 0))
members = decoding.build_populations(recordings, study, "LPFC")
decoding.decode_region(members, study, region="LPFC", n_units=None, progress=False)
measure(recordings, study, "LPFC")
tables_of(recordings, study, ["LPFC", "V4/anterior"])
print(*asked)
"""


@pytest.mark.parametrize("decoder", ["logistic_regression", "linear_discriminant"])
def test_decoding_and_geometry_use_what_one_job_compiles_for_all(decoder):
    files = []
    for program in (COMPILE, RUN):
        command = [sys.executable, "-c", ASKED + program, decoder]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        files.append(set(done.stdout.split()))
    compiled, used = files
    assert used
    assert used <= compiled

"""Most jobs and commands start without scikit-learn and SciPy's statistics, a second each."""

import subprocess
import sys

import pytest

from neuro_attn import solver
from neuro_attn.solver.cross_validation import cross_validated_accuracy
from neuro_attn.solver.estimator import LogisticDecoder

STARTED = (
    "neuro_attn.decoding",
    "neuro_attn.decoding.confounds",
    "neuro_attn.inference.tables",
    "neuro_attn.comparison",
    "neuro_attn.onboarding.checking",
    "neuro_attn.networks",
)


def test_decoding_checking_and_inference_start_without_scikit_learn():
    code = (
        f"import sys, {', '.join(STARTED)}; print({{'sklearn', 'scipy.stats'}} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_the_estimator_is_there_when_it_is_used():
    assert solver.LogisticDecoder is LogisticDecoder
    assert solver.cross_validated_accuracy is cross_validated_accuracy
    with pytest.raises(AttributeError, match=r"'neuro_attn\.solver' has no attribute 'Other'"):
        _ = solver.Other

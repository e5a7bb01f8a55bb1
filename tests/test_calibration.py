"""Error rates, coverage and power, as `benchmarks.calibration` measures them, on fewer data sets.

There are about 30 claims on chance here; each fails with a probability of at most FAR_RATE where
what it claims holds, so that all together fail by chance less often than 1 in 10,000 times.
"""

import pandas as pd
import pytest
from scipy import stats

from benchmarks import calibration as simulated

pytestmark = pytest.mark.slow

FAR_RATE = 2e-6
N_NULL, N_PLANTED = 32, 12


@pytest.fixture(scope="module", params=["simultaneous", "pseudopopulation"])
def null(request):
    """What is found in data sets in which there is nothing to be found."""
    return pd.DataFrame(
        [simulated.null_experiment(number, request.param) for number in range(N_NULL)]
    )


def named(null, ties_dealt_out):
    return [name for name in null if name.endswith("ties dealt out") == ties_dealt_out]


def test_max_t_clusters_and_onsets_raise_no_more_false_alarms_than_stated(null):
    tests = named(null, False)
    assert len(tests) == 9
    for name in tests:
        wrong = null[name] if null[name].dtype == bool else null[name] <= simulated.ALPHA
        assert wrong.sum() <= stats.binom.isf(FAR_RATE, N_NULL, simulated.ALPHA), name


def test_p_values_are_uniform_where_there_is_nothing_or_larger_across_tasks(null):
    tests = named(null, True)
    assert len(tests) == 3
    for name in tests:
        side = simulated.side(name)
        assert stats.kstest(null[name], "uniform", alternative=side).pvalue > FAR_RATE, name


def test_the_planted_transfer_is_found_in_an_experiment_of_the_original_size():
    # Accuracy is .99 and more, and 30 SDs of its null above chance.
    found = simulated.power_experiment(0)
    for pair in ("pro to retro_2", "retro_2 to pro"):
        assert found[f"LPFC, {pair}"]

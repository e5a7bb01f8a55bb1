"""Tests over sessions, compared with those of MNE on the same data.

`python -m benchmarks.peers [--datasets N]` needs the packages of benchmarks/requirements.lock
(`make benchmarks` installs them). It draws sessions x windows and regions, tests each mean against
0 by `neuro_attn.shared_code.sessions.sign_flip_test` and by MNE's `permutation_t_test`, and prints
the largest difference of the corrected p-values. Both take the maximum over tests of statistics
that order the sign patterns of a test alike, so the p-values are equal.
"""

import argparse

import numpy as np
from mne.stats import permutation_t_test

from neuro_attn.shared_code.sessions import sign_flip_test, sign_patterns

SESSIONS, TESTS = (6, 8, 10), (1, 4, 12)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--datasets", type=int, default=100, help="per number of sessions, tests")
    n_datasets = parser.parse_args().datasets
    worst = 0.0
    for n_sessions in SESSIONS:
        for n_tests in TESTS:
            found = [_difference(n_sessions, n_tests, seed) for seed in range(n_datasets)]
            worst = max(worst, *found)
            print(f"{n_sessions} sessions, {n_tests} tests: p differ by at most {max(found):.1e}")
    assert worst < 1e-12, worst
    print(f"{len(SESSIONS) * len(TESTS) * n_datasets} data sets: all corrected p-values are equal")


def _difference(n_sessions: int, n_tests: int, seed: int) -> float:
    rng = np.random.default_rng([n_sessions, n_tests, seed])
    mean, sd = rng.normal(size=n_tests) / 2, rng.lognormal(size=n_tests)
    values = rng.normal(mean, sd, (n_sessions, n_tests))
    ours = sign_flip_test(values, sign_patterns(n_sessions, rng)).p_corrected
    # With "all", MNE 1.13 leaves out one sign pattern at random; a number that is large gives
    # all of them.
    _, theirs, _ = permutation_t_test(values, n_permutations=2**n_sessions, tail=0, verbose=False)
    return float(np.abs(ours - theirs).max())


if __name__ == "__main__":
    main()

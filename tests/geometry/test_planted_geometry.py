"""What is planted in simulated experiments is found, and nothing where there is nothing.

A small run of the benchmark `benchmarks/geometry.py`. There, over 100 experiments, the SD of every
measure was .6 to 1.1 times what the intervals take it to be, so 6 of the latter are 5 of the former
and more: 19 claims fail by chance in fewer than 1 of 10,000 runs.
"""

import pytest

from benchmarks.geometry import noise_experiment, planted_cosine, planted_experiment


def test_planted_axes_and_planes_are_found_before_during_and_after_selection():
    rows = planted_experiment(seed=5, bootstraps=60)
    assert all(row["defined"] for row in rows)
    measures = {(row["measure"], row["region"]): row for row in rows}
    for region in ("before", "during", "after"):
        assert {("plane_cosine", region), ("alignment", region)} <= measures.keys()
    assert measures["axis_cosine", "reversed"]["planted"] == -0.5
    for row in rows:
        assert abs(row["value"] - row["planted"]) < 6 * row["half"] / 1.96, row
        assert row["half"] < 0.5


def test_the_planted_angle_goes_from_orthogonal_to_parallel():
    assert planted_cosine(onset=2.0) == 0
    assert planted_cosine(onset=0.0) == pytest.approx(1, abs=1e-4)
    assert 0.1 < planted_cosine(onset=0.6) < 0.5


def test_noise_alone_has_no_geometry():
    """28 tests at 2.5 % and less: more than 6 by chance in fewer than 1 of 10,000 runs."""
    rows = [row for seed in range(4) for row in noise_experiment(seed, bootstraps=40)]
    assert {"ccgp_label", "ccgp_task", "shattering", "cued_color"} <= {r["measure"] for r in rows}
    assert sum(row["alarm"] for row in rows) <= 6

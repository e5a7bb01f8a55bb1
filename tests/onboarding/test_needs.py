"""Memory that `check` expects of jobs, against the memory that jobs took."""

import json
from pathlib import Path

import pytest

from benchmarks import scale_memory

MARGIN, SPARE = 1.5, 0.35e9
"""By which factor jobs request more than is expected, and bytes that are negligible: every job
requests at least 1.5 GB (workflow/rules/resources.smk)."""
MEASURED = json.loads(scale_memory.WRITTEN.read_text())["sizes"]


@pytest.mark.parametrize("name", MEASURED)
def test_the_expected_memory_is_that_which_jobs_took(name):
    expected = scale_memory.predicted(MEASURED[name])
    assert "decode" in expected
    for rule, memory in expected.items():
        took = MEASURED[name]["took"][rule]["memory"]
        assert took / MARGIN < memory < MARGIN * took + SPARE, rule


def test_no_measured_job_took_more_than_4_gb():
    took = [each["memory"] for size in MEASURED.values() for each in size["took"].values()]
    assert 1e8 < max(took) < 4e9


PAGE = (Path(__file__).parents[2] / "docs/cluster.md").read_text(encoding="utf-8")
LARGE = "large, 2 permutations"
ROWS = {
    (LARGE, "record"): "read a session of 2,000 units with 60 million spikes, in 1,500 trials of "
    "60 bins",
    (LARGE, "decode"): "decode these 2,000 units, with 2 permutations and 20 bootstraps",
    ("large, 8 permutations", "decode"): "decode them with 8 permutations",
    (LARGE, "compare_codes"): "compare their codes",
    (LARGE, "measure_geometry"): "measure their geometry",
    ("permutations", "decode"): "decode 6 units in 60 bins of two tasks, with 1,000 permutations",
    ("permutations", "reduce"): "test this region against 1,000 permutations",
    ("region of 150 sessions", "decode"): "decode 4 units in each of 150 sessions, with the first "
    "1,000 permutations",
    ("region of 150 sessions", "reduce"): "test this region against 10,000 permutations",
}
"""Rows of the page, by size and rule."""


@pytest.mark.parametrize(("size", "rule"), ROWS)
def test_the_page_states_what_was_measured(size, rule):
    took = MEASURED[size]["took"][rule]
    row = f"| {ROWS[size, rule]} | {took['memory'] / 1e9:.2g} GB, {took['seconds']:.0f} s |"
    assert row in PAGE, row


def test_the_page_states_the_memory_that_is_expected_with_5000_permutations():
    large = MEASURED[LARGE]
    expected = scale_memory.predicted(large | {"size": large["size"] | {"permutations": 5000}})
    assert max(expected.values()) < 4e9
    assert f"is expected to hold {max(expected.values()) / 1e9:.1f} GB" in PAGE

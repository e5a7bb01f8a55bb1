"""Memory that `check` expects of jobs, against the memory that jobs took."""

import json

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

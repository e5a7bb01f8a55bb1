"""Where `check` reports no problem a run completes, and where it reports one a run stops."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings

from neuro_attn.configuration import parse
from neuro_attn.errors import InputError
from neuro_attn.onboarding import checking, rendering
from tests.onboarding.agreement import Case, cases, run

EXAMPLES = int(os.environ.get("NEURO_ATTN_EXAMPLES", 100))
"""Configurations that are drawn; NEURO_ATTN_EXAMPLES=2000 draws as many."""


# Arrays are too long for the report of a failure; the message of the assertion has what matters.
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@pytest.mark.slow
@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(cases())
def test_a_run_completes_exactly_where_check_reports_no_problem(case: Case):
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        written = parse(case.write(folder))
        reports = checking.examine(written, folder)
        said = rendering.render(reports, "drawn.yaml")
        problems = [problem for report in reports for problem in report.problems]
        stopped = None
        try:
            run(written, folder)
        except InputError as error:
            stopped = error
        event("a run " + ("stops" if stopped else "completes") + f" ({case.source})")
        keys = case.keys | {"trials": {k: len(v.trials) for k, v in case.sessions.items()}}
        assert (stopped is not None) == bool(problems), f"{stopped}\n{said}\n{case.source} {keys}"

"""The verdict follows from the overlap and its tests."""

import numpy as np
import pytest

from neuro_attn.shared_code.verdicts import Evidence, allowed_by, verdict_of

SURE = Evidence(0.9, 0.7, 1.1, 0.74, 1.06, 0.01, 0.001, 0.001)


def verdict(**changes):
    return verdict_of(SURE._replace(**changes), alpha=0.05, bound=0.3)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "shared"),
        ({"p_first": 0.2}, "not decodable"),
        ({"p_second": 0.05}, "not decodable"),
        ({"p_corrected": 0.2}, "inconclusive"),
        ({"low": 0.2, "high": 0.8}, "partly shared"),
        ({"low": 0.2, "high": 1.1}, "inconclusive"),
        ({"low": -1.1, "high": -0.6, "narrow_low": -1, "narrow_high": -0.7}, "reversed"),
        (
            {"low": -0.3, "high": 0.3, "narrow_low": -0.25, "narrow_high": 0.25, "p_corrected": 1},
            "task-specific",
        ),
        ({"low": -0.4, "high": 0.4, "narrow_low": -0.35, "narrow_high": 0.35}, "inconclusive"),
        ({"low": np.nan, "high": np.nan}, "inconclusive"),
    ],
)
def test_the_first_condition_that_holds_decides(changes, expected):
    assert verdict(**changes) == expected


def test_an_interval_is_put_in_words():
    assert allowed_by(-0.2, 0.4) == "overlaps from \N{MINUS SIGN}0.20 to 0.40 remain possible"
    assert allowed_by(-2, 3) == "any overlap remains possible"
    assert allowed_by(np.nan, np.nan) == "the overlap cannot be estimated"

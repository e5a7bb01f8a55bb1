"""Onsets: the first lasting crossing of the threshold, never before there is evidence of it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from neuro_attn.inference.onsets import onsets, threshold
from neuro_attn.inference.pvalues import corrected_p_value
from neuro_attn.rates import bin_rates

BIN = 0.05
TIMES = -0.2 + BIN * (np.arange(20) + 0.5)


def onset(course, level=0.6, times=TIMES, sustained=3):
    return float(onsets(np.asarray(course), np.full(len(times), level), times, sustained))


def test_a_course_that_never_rises_has_no_onset():
    assert onset(np.full(20, 0.5)) == np.inf
    assert onset(np.full(20, 0.6)) == np.inf


def test_an_onset_lasts_as_many_bins_as_asked_for():
    course = np.full(20, 0.5)
    course[3:5] = 0.9
    course[10:13] = 0.9
    assert onset(course, sustained=1) == onset(course, sustained=2)
    assert TIMES[2] < onset(course, sustained=2) <= TIMES[3]
    assert TIMES[9] < onset(course, sustained=3) <= TIMES[10]
    assert onset(course, sustained=4) == np.inf


def test_more_bins_asked_for_than_there_are_is_no_onset():
    courses = np.ones((4, 2))
    got = onsets(courses, np.full(2, 0.6), np.array([0.1, 0.2]), sustained=3)
    np.testing.assert_array_equal(got, np.full(4, np.inf))


def test_a_course_above_from_the_start_has_its_onset_where_the_first_bin_begins():
    assert onset(np.full(20, 0.9)) == pytest.approx(TIMES[0] - BIN / 2)
    assert onset(np.full(1, 0.9), times=TIMES[:1], sustained=1) == TIMES[0]


def test_many_courses_are_one_course_each():
    rng = np.random.default_rng(0)
    courses, level = rng.normal(size=(3, 5, 20)), rng.normal(size=20)
    got = onsets(courses, level, TIMES, 2)
    for i, j in np.ndindex(3, 5):
        assert got[i, j] == onsets(courses[i, j], level, TIMES, 2)


courses = st.lists(st.integers(40, 90), min_size=20, max_size=20).map(lambda n: np.array(n) / 100)


@settings(deadline=None)
@given(course=courses, sustained=st.integers(1, 4))
def test_an_onset_lies_between_the_edges_of_the_first_lasting_bin(course, sustained):
    above = course > 0.6
    first = next((i for i in range(21 - sustained) if above[i : i + sustained].all()), None)
    got = onset(course, sustained=sustained)
    if first is None:
        assert got == np.inf
    else:
        assert TIMES[first] - BIN / 2 - 1e-9 <= got <= TIMES[first] + BIN / 2 + 1e-9


@settings(deadline=None)
@given(course=courses, shift=st.floats(-10, 10), bins=st.integers(0, 10))
def test_what_comes_later_has_a_later_onset_by_as_much(course, shift, bins):
    course[0] = 0.4
    expected = onset(course)
    assert onset(course, times=TIMES + shift) == pytest.approx(expected + shift)
    delayed = np.concatenate([np.full(bins, 0.4), course])
    longer = TIMES[0] + BIN * np.arange(20 + bins)
    assert onset(delayed, times=longer) == pytest.approx(expected + bins * BIN)


@settings(deadline=None)
@given(step_ms=st.integers(-100, 600), height=st.floats(0.1, 1e4), spacing=st.floats(1e-4, 0.01))
def test_spikes_from_a_step_on_give_no_onset_before_its_bin(step_ms, height, spacing):
    # Pitfall 17. Bins are 50 ms, the first one begins at -200 ms.
    spikes = step_ms / 1000 + 0.0005 + np.arange(0, 1, spacing)
    rates = bin_rates([spikes], np.array([0.0]), -0.2, BIN, 20)[0, 0]
    got = onset(height * rates, level=height * 1e-3)
    edge = np.floor(step_ms / 50) * BIN
    assert edge - 1e-9 <= got <= edge + BIN


# --- the threshold -----------------------------------------------------------------------------


def test_a_course_exceeds_the_threshold_where_its_corrected_p_is_at_most_alpha():
    rng = np.random.default_rng(1)
    scale = np.linspace(0.02, 0.1, 20)
    for m in (99, 200):
        observed = 0.5 + scale * rng.normal(2, 2, size=20)
        null = 0.5 + scale[:, None] * rng.normal(size=(20, m))
        above = observed > threshold(observed, null, 0.05)
        significant = corrected_p_value(observed, null, family=(0,)) <= 0.05
        np.testing.assert_array_equal(above, significant)


def test_noise_exceeds_the_threshold_anywhere_as_rarely_as_stated():
    rng = np.random.default_rng(2)
    n_courses, m = 1000, 99
    exceeded = 0
    for _ in range(n_courses):
        observed, null = rng.normal(size=20), rng.normal(size=(20, m))
        exceeded += bool((observed > threshold(observed, null, 0.05)).any())
    # Outside the central 1 - 5e-5 of Binomial(1000, .05).
    low, high = stats.binom.interval(1 - 5e-5, n_courses, 0.05)
    assert low <= exceeded <= high

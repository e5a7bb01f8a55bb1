"""Onsets: whether accuracy stays above chance is tested, when it left chance is estimated."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import ndtr

from benchmarks import onsets as simulated
from neuro_attn.inference import onsets
from neuro_attn.inference.latencies import latencies
from neuro_attn.inference.onsets import first_lasting_bin
from neuro_attn.inference.rises import LONGEST, signal
from neuro_attn.rates import bin_rates

BIN = 0.05
TIMES = -0.2 + BIN * (np.arange(20) + 0.5)


# --- whether -----------------------------------------------------------------------------------


def first(course, level=0.6, n_bins=3):
    return first_lasting_bin(np.asarray(course) > level, n_bins)


def test_a_course_that_never_rises_has_no_onset():
    assert first(np.full(20, 0.5)) is None
    assert first(np.full(20, 0.6)) is None


def test_an_onset_lasts_as_many_bins_as_asked_for():
    course = np.full(20, 0.5)
    course[3:5] = 0.9
    course[10:13] = 0.9
    assert [first(course, n_bins=n) for n in (1, 2, 3, 4)] == [3, 3, 10, None]


def test_more_bins_asked_for_than_there_are_is_no_onset():
    assert first(np.ones(2), n_bins=3) is None
    assert first(np.ones(2), n_bins=2) == 0


# --- when --------------------------------------------------------------------------------------

NULL = 0.5 + 0.005 * stats.norm.ppf((np.arange(99) + 0.5) / 99) * np.ones((20, 1))
"""A null with an SD of .005 and a mean of .5 at all times."""


def onset(course, n_bins=3, level=0.6, null=NULL, times=TIMES, whole=False):
    course = np.asarray(course)
    start = first(course, level, n_bins)
    resampled = course[:, None]
    null, rng = null[: len(times)], np.random.default_rng(0)
    found = onsets.onset(course, resampled, null, times=times, first=start, n_bins=n_bins, rng=rng)
    return found if whole else found.time


SIGNALS = {
    "exponential": lambda x: 1 - np.exp(-np.maximum(x, 0)),
    "ramp": lambda x: np.clip(x, 0, 1),
    "sigmoid": lambda x: (1 - np.cos(np.pi * np.clip(x, 0, 1))) / 2,
}


def rising(start, rise, highest=0.8, weakness=0.3, times=TIMES, shape="exponential"):
    """Return the accuracy of a decoder of a signal that rises from `start`, without noise."""
    width = np.diff(times).mean()
    fine = times[:, None] + width * ((np.arange(1000) + 0.5) / 1000 - 0.5)
    signal = SIGNALS[shape]((fine - start) / rise).mean(axis=1)
    d = stats.norm.ppf(highest) * signal**2 * np.sqrt((1 + weakness) / (signal**2 + weakness))
    return ndtr(d)


FINE = -0.2 + 0.02 * (np.arange(50) + 0.5)


@pytest.mark.parametrize("shape", SIGNALS)
def test_signals_are_averaged_over_bins(shape):
    edges, starts = np.arange(-0.1, 0.5, 0.05), np.array([0.0, 0.013, 0.12])
    found = signal(shape, 0.2, edges=edges, starts=starts)
    fine = edges[:-1, None] + 0.05 * (np.arange(10_000) + 0.5) / 10_000
    expected = [SIGNALS[shape]((fine - start) / 0.2).mean(axis=1) for start in starts]
    np.testing.assert_allclose(found, expected, atol=1e-8)


@pytest.mark.parametrize(
    ("shape", "rise"),
    [("exponential", 0.02), ("exponential", 0.08), ("ramp", 0.1), ("ramp", 0.3), ("sigmoid", 0.2)],
)
@pytest.mark.parametrize("start", [0.1, 0.12, 0.14])
def test_the_onset_of_a_rise_without_noise_is_its_start(start, shape, rise):
    # Two bins or three contain the part of a bin before the start, and how fast and in which shape
    # accuracy rises; together they leave some 40 ms undecided, fine bins some 25 ms.
    assert onset(rising(start, rise, shape=shape)) == pytest.approx(start, abs=0.045)
    null = np.repeat(NULL[:1], 50, axis=0)
    found = onset(rising(start, rise, times=FINE, shape=shape), null=null, times=FINE)
    assert found == pytest.approx(start, abs=0.03)


@pytest.mark.parametrize("highest", [0.65, 0.8, 0.95, 0.999])
def test_a_weak_signal_has_its_onset_no_later_than_a_strong_one(highest):
    # A crossing of the threshold comes some 50 ms later at .65 than at .999.
    assert onset(rising(0.12, 0.04, highest)) == pytest.approx(0.12, abs=0.03)


@pytest.mark.parametrize(("shape", "rise"), [("exponential", 0.1), ("ramp", 0.2), ("sigmoid", 0.3)])
def test_the_shape_of_a_rise_with_little_noise_is_recognised(shape, rise):
    course = rising(0.1, rise, times=FINE, shape=shape)
    # Fitted up to the plateau.
    null = np.repeat(NULL[:1], 50, axis=0)
    found = onset(course, null=null, times=FINE, n_bins=15, whole=True)
    assert found.shape == shape
    assert found.fit_p_value > 0.5


def test_a_rise_in_two_steps_or_one_that_falls_again_fits_no_shape():
    for levels in ([0.65, 0.65, 0.65, 0.85], [0.8, 0.55, 0.8, 0.8], [0.65, 0.52, 0.5, 0.8]):
        course = np.full(20, 0.5)
        course[6:10], course[10:] = levels, 0.85
        assert onset(course, n_bins=6, level=0.51, whole=True).fit_p_value < 0.05


def test_a_course_above_from_the_start_has_its_onset_in_the_first_bin():
    assert TIMES[0] - BIN / 2 <= onset(np.full(20, 0.9)) <= TIMES[0] + BIN / 2
    assert onset(np.full(1, 0.9), times=TIMES[:1], n_bins=1) == TIMES[0]


def test_what_comes_after_the_lasting_bins_counts_only_as_the_highest_accuracy():
    course = rising(0.12, 0.04)
    stop = first(course) + 3
    later = np.concatenate([course[:stop], [course.max()], np.full(19 - stop, 0.5)])
    assert onset(later) == onset(course)


def test_resamples_that_are_the_data_have_their_onset_up_to_what_is_unknown_of_the_shape():
    course = rising(0.12, 0.04)
    start = first(course)
    resampled = np.repeat(course[:, None], 50, axis=1)
    found = onsets.onset(
        course, resampled, NULL, times=TIMES, first=start, n_bins=3, rng=np.random.default_rng(0)
    )
    again = found.resampled
    assert again.min() < found.time < again.max()
    assert np.ptp(again) < 0.05
    later = np.roll(resampled, 1, axis=0)
    rng = np.random.default_rng(0)
    moved = onsets.onset(
        np.roll(course, 1), later, NULL, times=TIMES, first=start + 1, n_bins=3, rng=rng
    )
    np.testing.assert_allclose(moved.resampled, again + BIN, atol=1e-6)


courses = st.lists(st.integers(40, 90), min_size=20, max_size=20).map(lambda n: np.array(n) / 100)


@given(course=courses, n_bins=st.integers(1, 4))
def test_an_onset_precedes_the_bins_that_support_it_by_no_more_than_a_rise_takes(course, n_bins):
    start = first(course, n_bins=n_bins)
    if start is None:
        return
    got = onset(course, n_bins)
    earliest = max(TIMES[0], TIMES[start] - LONGEST) - BIN / 2
    assert earliest - 1e-9 <= got <= TIMES[start] + BIN / 2 + 1e-9


@given(course=courses, shift=st.floats(-10, 10), bins=st.integers(0, 10))
def test_what_comes_later_has_a_later_onset_by_as_much(course, shift, bins):
    course[0] = 0.4
    course[-3:] = 0.8
    expected = onset(course)
    assert onset(course, times=TIMES + shift) == pytest.approx(expected + shift, abs=1e-6)
    # Rises begin within the recording, so there must be time for the longest before the course.
    before = math.ceil(LONGEST / BIN) + 1

    def preceded_by(n_bins):
        times = TIMES[0] + BIN * np.arange(20 + n_bins)
        null = np.repeat(NULL[:1], 20 + n_bins, axis=0)
        return onset(np.concatenate([np.full(n_bins, 0.4), course]), null=null, times=times)

    assert preceded_by(before + bins) == pytest.approx(preceded_by(before) + bins * BIN, abs=1e-6)


@given(step_ms=st.integers(-100, 500), spacing=st.floats(1e-4, 0.005))
def test_spikes_from_a_step_on_give_no_onset_more_than_a_bin_before_theirs(step_ms, spacing):
    # Pitfall 17. Bins are 50 ms, the first one begins at -200 ms.
    spikes = step_ms / 1000 + 0.0005 + np.arange(0, 1, spacing)
    rates = bin_rates([spikes], np.array([0.0]), -0.2, BIN, 20)[0, 0]
    got = onset(0.5 + 0.4 * rates / rates.max(), level=0.51)
    edge = np.floor(step_ms / 50) * BIN
    assert edge - BIN - 1e-9 <= got <= edge + 2 * BIN


# --- latency -----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SIGNALS)
def test_the_latency_is_when_accuracy_has_risen_to_half_of_its_maximum(shape):
    times = 0.001 * np.arange(1000)
    course = SIGNALS[shape]((times - 0.3) / 0.2)
    expected = np.interp(course.max() / 2, course[300:], times[300:])
    (found,) = latencies(0.4 * course[None], times)
    assert found == pytest.approx(expected, abs=0.002)


def test_noise_before_and_after_the_rise_does_not_move_the_latency_far():
    rng = np.random.default_rng(0)
    course = np.where(TIMES > 0.3, 0.3, 0)
    noisy = course + 0.05 * rng.normal(size=(200, len(TIMES)))
    # A single bin before the rise, or a dip after it, would be the first or last crossing in many.
    assert np.abs(latencies(noisy, TIMES) - 0.3).max() < BIN


@example(course=np.r_[[0.4] * 4, 0.41, [0.4] * 15], shift=0, scale=3)  # two equal maxima
@given(course=courses, shift=st.floats(-10, 10), scale=st.floats(0.1, 10))
def test_the_latency_moves_with_the_times_and_not_with_the_scale(course, shift, scale):
    above = course - course[:5].mean()
    (found,) = latencies(above[None], TIMES)
    assert TIMES[0] <= found <= TIMES[-1]
    assert latencies(scale * above[None], TIMES + shift)[0] == pytest.approx(found + shift)


# --- coverage: benchmarks/onsets.json has the rates with n = 400 ---------------------------------

N, RATE = 60, 1e-6


@pytest.mark.parametrize(("shape", "duration"), simulated.SHAPES)
def test_intervals_hold_onsets_and_latencies_of_all_shapes(shape, duration):
    """At a coverage of .92, fewer than the bound are held with a probability of 1e-6."""
    world = simulated.World(shape, duration, 0.9)
    found = [simulated.alone_experiment(number, world) for number in range(N)]
    found = [each for each in found if each]
    assert len(found) > N / 2
    for name in ("onset", "latency"):
        held = sum(each[name] for each in found)
        assert held >= stats.binom.ppf(RATE, len(found), 0.92), name
    poor = sum(each["bad fit"] for each in found)
    assert poor <= stats.binom.isf(RATE, len(found), 0.05)

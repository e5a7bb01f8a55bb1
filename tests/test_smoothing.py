"""Smoothed rates are convolutions of the spikes, and a causal kernel sees no later spike."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as limited
from hypothesis import strategies as st
from scipy import integrate, ndimage

from neuro_attn.configuration import Smoothing, Time, parse
from neuro_attn.errors import InputError
from neuro_attn.rates import bin_rates
from neuro_attn.recording import SpikeSession, from_spikes
from neuro_attn.smoothing import rates_around, smoothed_rates

CAUSAL = [
    Smoothing(kernel="causal_gaussian", sd=0.05),
    Smoothing(kernel="causal_boxcar", width=0.1),
]
CENTRED = [Smoothing(kernel="gaussian", sd=0.03), Smoothing(kernel="boxcar", width=0.1)]
kernels = st.sampled_from([*CAUSAL, *CENTRED])
# Spikes lie on odd multiples of half a millisecond, and times on whole ones.
trains = st.lists(st.integers(0, 3000), max_size=80).map(
    lambda ms: np.sort(np.array(ms, dtype=float)) / 1000 + 0.0005
)


def name(smoothing):
    return smoothing.kernel


@limited(max_examples=25)
@given(kernel=st.sampled_from(CAUSAL), early=trains, late=trains, later=trains)
def test_what_lies_before_an_event_does_not_see_what_comes_after_it(kernel, early, late, later):
    event = np.array([4.0])
    time = Time(start=-0.3, stop=0.3, bin=0.02, smoothing=kernel)
    one, other = (
        rates_around([np.concatenate([early, 4.0 + after])], event, time) for after in (late, later)
    )
    np.testing.assert_array_equal(one[..., :15], other[..., :15])


@pytest.mark.parametrize("kernel", CENTRED, ids=name)
def test_a_centred_kernel_shows_a_response_before_its_event(kernel):
    response = [np.arange(1.0, 2.0, 0.001)]
    time = Time(start=-0.1, stop=0.1, bin=0.01, smoothing=kernel)
    assert rates_around(response, np.array([1.0]), time)[0, 0, 9] > 0
    causal = time.model_copy(update={"smoothing": CAUSAL[0]})
    assert (rates_around(response, np.array([1.0]), causal)[0, 0, :10] == 0).all()


@pytest.mark.parametrize("kernel", CAUSAL, ids=name)
def test_a_spike_at_a_time_comes_after_it(kernel):
    rates = smoothed_rates([np.array([1.0])], np.array([0.5]), np.array([0.5, 0.501]), kernel)
    assert rates[0, 0, 0] == 0 < rates[0, 0, 1]


@pytest.mark.parametrize("kernel", [*CAUSAL, *CENTRED], ids=name)
def test_every_spike_adds_one_to_the_integral_of_the_rate(kernel):
    spikes = np.array([1.0003, 1.0103, 1.3207])
    times = np.arange(-1, 3, 0.0005)
    rates = smoothed_rates([spikes], np.array([0.0]), times, kernel)[0, 0]
    assert integrate.trapezoid(rates, times) == pytest.approx(3, abs=0.02)


def test_gaussian_rates_are_those_of_scipy():
    rng = np.random.default_rng(0)
    counts = rng.poisson(0.03, 4000)
    # Each spike lies at the middle of its sample of 1 ms, as the rates do.
    spikes = np.repeat(np.arange(4000), counts) / 1000 + 0.0005
    expected = 1000 * ndimage.gaussian_filter1d(counts.astype(float), 30, truncate=4)
    times = np.arange(500, 3500) / 1000 + 0.0005
    rates = smoothed_rates([spikes], np.array([0.0]), times, CENTRED[0])[0, 0]
    # scipy normalises the sum over samples, we the integral; both end at four SDs.
    np.testing.assert_allclose(rates, expected[500:3500], rtol=1e-4, atol=0.02)


@limited(max_examples=25)
@given(train=trains, event=st.integers(1000, 2000))
def test_causal_gaussian_rates_are_a_direct_convolution(train, event):
    counts = np.bincount(np.round(train * 1000 - 0.5).astype(int), minlength=4000)[:4000]
    lags = (np.arange(200) + 0.5) / 1000
    kernel = np.exp(-0.5 * (lags / 0.05) ** 2)
    kernel /= kernel.sum() / 1000
    expected = np.convolve(counts, kernel)[: len(counts)]
    times = np.arange(-50, 50) / 100
    rates = smoothed_rates([train], np.array([event / 1000]), times, CAUSAL[0])[0, 0]
    # The rate at t is made of the samples that end at t.
    samples = event + np.round(times * 1000).astype(int) - 1
    np.testing.assert_allclose(rates, expected[samples], rtol=1e-4, atol=1e-2)


@limited(max_examples=25)
@given(train=trains, events=st.lists(st.integers(500, 2500), min_size=1, max_size=4))
def test_a_boxcar_as_wide_as_its_step_is_a_bin(train, events):
    time = Time(start=-0.2, stop=0.3, bin=0.02, smoothing=Smoothing(kernel="boxcar", width=0.02))
    slid = rates_around([train], np.array(events) / 1000, time)
    binned = bin_rates([train], np.array(events) / 1000, -0.2, 0.02, 25)
    np.testing.assert_allclose(slid, binned, rtol=1e-6)


@limited(max_examples=25)
@given(train=trains, kernel=st.sampled_from([CAUSAL[1], CENTRED[1]]))
def test_sliding_windows_count_the_spikes_in_each(train, kernel):
    times = np.arange(-20, 20) / 100
    rates = smoothed_rates([train], np.array([1.5]), times, kernel)[0, 0]
    begins = 1.5 + times - kernel.reach[0]
    inside = (train >= begins[:, None] - 1e-9) & (train < begins[:, None] + 0.1 - 1e-9)
    np.testing.assert_allclose(rates, inside.sum(axis=1) / 0.1, rtol=1e-6)


@limited(max_examples=25)
@given(train=trains, kernel=kernels, seed=st.integers(0, 99))
def test_a_rate_does_not_depend_on_other_units_and_trials(train, kernel, seed):
    events = np.random.default_rng(seed).uniform(0, 3, 5)
    times = np.arange(-10, 10) / 50
    alone = smoothed_rates([train], events[:1], times, kernel)
    together = smoothed_rates([train[::2], train], events, times, kernel)
    np.testing.assert_array_equal(together[0, 1], alone[0, 0])


def test_many_spikes_give_the_same_rates_in_parts(monkeypatch):
    rng = np.random.default_rng(0)
    train, events = np.sort(rng.uniform(0, 50, 5000)), rng.uniform(1, 49, 60)
    times = np.arange(-10, 10) / 50
    whole = smoothed_rates([train], events, times, CAUSAL[0])
    for size in (1, 3000, 50_000):
        monkeypatch.setattr("neuro_attn.smoothing._AT_ONCE", size)
        np.testing.assert_array_equal(smoothed_rates([train], events, times, CAUSAL[0]), whole)


# --- the kernel's reach beyond the time ---------------------------------------------------------


def a_session(observed=None):
    """Return a unit that fires every 10 ms from 0 to 20 s, with trials 2 s apart."""
    trials = pd.DataFrame({"trial_id": range(9), "order": "pro", "cue": 2.0 * np.arange(1, 10)})
    sides = np.where(np.arange(9) % 2, "left", "right")
    return SpikeSession(
        "s1",
        [np.arange(0.005, 20, 0.01)],
        pd.DataFrame({"unit_id": [1], "region": ["V4"]}),
        trials.assign(side=sides),
        "s1.nwb",
        observed=observed,
    )


def settings(dataset, **smoothing):
    time = {"start": -0.2, "stop": 0.4, "bin": 0.1, "smoothing": smoothing or None}
    return dataset(source="nwb", files="*.nwb", time=time)


def test_rates_at_the_edges_of_the_time_use_spikes_beyond_them(dataset):
    made = from_spikes(a_session(), "small", settings(dataset, kernel="causal_gaussian", sd=0.2))
    np.testing.assert_allclose(made["rates"], 100, rtol=0.02)
    np.testing.assert_allclose(made["time"], [-0.15, -0.05, 0.05, 0.15, 0.25, 0.35])


def test_trials_whose_kernel_reaches_beyond_the_recording_are_left_out(dataset):
    observed = [np.array([[1.5, 18.5]])]
    plain = from_spikes(a_session(observed), "small", settings(dataset))
    assert plain.sizes["trial"] == 9
    kernel = {"kernel": "causal_gaussian", "sd": 0.2}
    made = from_spikes(a_session(observed), "small", settings(dataset, **kernel))
    assert made["trial_id"].values.tolist() == list(range(1, 9))


def test_trials_whose_kernels_overlap_share_spikes(dataset):
    with pytest.raises(InputError, match="share spikes"):
        from_spikes(a_session(), "small", settings(dataset, kernel="gaussian", sd=0.25))


# --- the configuration ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("smoothing", "message"),
    [
        ({"kernel": "gaussian"}, "kernel gaussian needs sd"),
        ({"kernel": "boxcar", "sd": 0.1}, "kernel boxcar needs width"),
        ({"kernel": "boxcar", "width": 0.1, "sd": 0.1}, "has width, not sd; remove the key"),
        ({"kernel": "gaussian", "sd": 200}, "times are in s, so 200 ms is 0.2"),
    ],
)
def test_a_kernel_without_its_size_is_an_error_that_names_the_key(dataset, smoothing, message):
    with pytest.raises(InputError, match=message):
        settings(dataset, **smoothing)


def test_networks_and_rates_cannot_be_smoothed(dataset):
    from neuro_attn import sources

    made = dataset(
        source="netcdf",
        files="*.nc",
        tasks={"pro": {"trials": "order == 'pro'"}},
        time={"start": 0, "stop": 0.4, "bin": 0.1, "smoothing": {"kernel": "gaussian", "sd": 0.1}},
    )
    with pytest.raises(
        InputError, match=r"datasets.small.time.smoothing: only spikes can be smoothed"
    ):
        sources.read("small", made, "data", 1)
    keys = {
        "label": "selected",
        "tasks": {"pro": {"trials": "trial_type == 'pro'", "align": "cue_onset"}},
        "time": {"start": 0, "stop": 0.4, "bin": 0.1, "smoothing": {"kernel": "gaussian", "sd": 1}},
        "windows": {"late": [0.2, 0.4]},
    }
    networks = {"tiny": {"family": "luong-dot"}}
    with pytest.raises(InputError, match="a network has no spikes to smooth"):
        parse({"networks": networks, "network_analysis": keys, "datasets": {}})


def test_captions_and_methods_name_the_kernel(dataset):
    made = settings(dataset, kernel="causal_gaussian", sd=0.2)
    assert made.time.described == "every 100 ms with a causal half-Gaussian kernel (SD 200 ms)"
    assert settings(dataset).time.described == "in bins of 100 ms"

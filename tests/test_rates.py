from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro_attn import rates as rates_module
from neuro_attn.rates import SLACK, bin_edges, bin_rates

# Spikes and events stand on odd multiples of half a millisecond and edges on whole milliseconds,
# so that no rounding can move a spike over an edge.
spike_trains = st.lists(st.integers(0, 4000), max_size=60).map(
    lambda ms: np.sort(np.array(ms, dtype=float)) / 1000 + 0.0005
)


@given(
    trains=st.lists(spike_trains, min_size=1, max_size=4),
    events_ms=st.lists(st.integers(500, 3500), min_size=1, max_size=5),
    start_ms=st.integers(-300, 300),
    width_ms=st.integers(1, 80),
    n_bins=st.integers(1, 12),
)
def test_rates_are_what_a_histogram_around_each_event_counts(
    trains, events_ms, start_ms, width_ms, n_bins
):
    events = np.array(events_ms) / 1000
    rates = bin_rates(trains, events, start_ms / 1000, width_ms / 1000, n_bins)
    for k, event in enumerate(events_ms):
        edges = (event + start_ms + width_ms * np.arange(n_bins + 1)) / 1000
        for i, train in enumerate(trains):
            # np.histogram counts a spike on its last edge too; here none can lie on an edge.
            counts = np.histogram(train, edges)[0]
            np.testing.assert_allclose(rates[k, i], counts / (width_ms / 1000), rtol=1e-6)


@given(train=spike_trains, seed=st.integers(0, 2**32 - 1))
def test_other_units_and_trials_do_not_change_a_rate(train, seed):
    events = np.random.default_rng(seed).uniform(0, 4, 5)
    alone = bin_rates([train], events[:1], -0.1, 0.05, 6)
    together = bin_rates([train[::2], train], events, -0.1, 0.05, 6)
    np.testing.assert_array_equal(together[0, 1], alone[0, 0])


def test_a_spike_on_an_edge_belongs_to_the_bin_that_it_opens():
    rates = bin_rates([np.array([1.0, 1.5])], np.array([1.0]), 0.0, 0.5, 2)
    np.testing.assert_array_equal(rates, [[[2.0, 2.0]]])


@given(
    sampling_rate=st.sampled_from([1000, 20_000, 30_000, 32_000]),
    divided=st.booleans(),
    clock=st.integers(0, 100_000),
    events=st.lists(st.integers(0, 2000), min_size=1, max_size=4),
    start=st.integers(-600, 600),
    width=st.integers(1, 300),
    n_bins=st.integers(1, 20),
    spikes=st.lists(st.integers(-600, 8600), max_size=60),
)
def test_spikes_in_samples_are_counted_as_exact_arithmetic_counts_them(
    sampling_rate, divided, clock, events, start, width, n_bins, spikes
):
    """Events and bins are whole numbers of samples, on clocks that started up to a day before."""
    first = clock * sampling_rate
    # A grid in every sample of the first window, besides the spikes that are drawn.
    spikes = sorted([*spikes, *range(events[0] + start, events[0] + start + width * n_bins)])

    def in_seconds(samples):
        samples = first + np.array(samples)
        return samples / sampling_rate if divided else samples * (1 / sampling_rate)

    rates = bin_rates(
        [in_seconds(spikes)],
        in_seconds(events),
        start / sampling_rate,
        width / sampling_rate,
        n_bins,
    )
    expected = np.zeros((len(events), n_bins))
    for trial, event in enumerate(events):
        for spike in spikes:
            place = Fraction(spike - event - start, width) // 1
            if 0 <= place < n_bins:
                expected[trial, place] += 1
    np.testing.assert_array_equal(np.rint(rates[:, 0] * width / sampling_rate), expected)


@pytest.mark.parametrize("decimals", [3, 4, 5, 6])
def test_times_written_to_a_microsecond_meet_no_edge(decimals):
    """A spike in the sample of the event is in the first bin after it, however both are rounded."""
    samples = np.arange(30_000, 31_000, 10) * 10
    exact, rounded = samples / 30_000, np.round(samples / 30_000, 6)
    for spikes, events in [(exact, rounded), (rounded, exact), (rounded, rounded)]:
        rates = bin_rates([spikes], events, -0.001, 0.001, 2)[:, 0]
        assert (rates == [0, 1000]).all()
    # Any spikes and events of few decimals, whose bins are whole milliseconds.
    times = np.round(np.random.default_rng(0).uniform(0, 1e4, 1000), decimals)
    rates = bin_rates([np.sort(times)], times, -0.3, 0.1, 6)[:, 0]
    plain = bin_rates([np.sort(times) + 0.05 * 10.0**-decimals], times, -0.3, 0.1, 6)[:, 0]
    np.testing.assert_array_equal(rates, plain)


def test_a_clock_of_large_numbers_is_given_the_slack_of_its_rounding():
    """Seconds since 1970 have a last digit of 0.24 microseconds."""
    samples = np.arange(1000)
    times = 1_700_000_000 + samples / 30_000
    rates = bin_rates([times], times[300:600:3], -0.001, 0.001, 4)[:, 0]
    assert (np.rint(rates * 0.001) == 30).all()
    small, large = (bin_edges(np.array([t]), 0.0, 1.0, 1)[0, 0] for t in (0.0, 1.7e9))
    assert small == -SLACK
    assert 1.7e9 - large < 1e-5


def test_no_spike_after_a_time_shows_in_bins_before_it():
    early = np.array([0.1, 0.2, 0.3])
    late = np.append(early, [0.55, 0.6])
    event = np.array([0.0])
    before = slice(0, 5)
    np.testing.assert_array_equal(
        bin_rates([early], event, 0.0, 0.1, 8)[..., before],
        bin_rates([late], event, 0.0, 0.1, 8)[..., before],
    )


def test_a_silent_unit_has_rate_zero_and_no_trials_give_no_rates():
    assert not bin_rates([np.empty(0)], np.array([1.0, 2.0]), 0.0, 0.1, 3).any()
    assert bin_rates([np.array([1.0])], np.empty(0), 0.0, 0.1, 3).shape == (0, 1, 3)
    assert bin_rates([], np.array([1.0]), 0.0, 0.1, 3).shape == (1, 0, 3)


@given(
    train=st.lists(st.floats(0, 4), max_size=80).map(sorted),
    events=st.lists(st.floats(0, 4), min_size=1, max_size=6),
    on_edges=st.integers(0, 5),
    width=st.floats(0.003, 0.5),
    n_bins=st.integers(1, 40),
)
def test_few_spikes_and_many_are_counted_by_the_same_edges(train, events, on_edges, width, n_bins):
    events = np.array(events)
    edges = bin_edges(events, -0.1, width, n_bins)
    # Some spikes stand on edges, where rounding decides; enough others make the train dense.
    sparse = np.sort(np.concatenate([train, edges.ravel()[:: on_edges + 1]]))
    dense = np.sort(np.concatenate([sparse, np.linspace(-1, 5, 2000)]))
    for spikes in (sparse, dense):
        expected = np.diff(np.searchsorted(spikes, edges), axis=1) / width
        rates = bin_rates([spikes], events, -0.1, width, n_bins)[:, 0]
        np.testing.assert_array_equal(rates, expected.astype(np.float32))


def test_only_units_with_more_spikes_than_edges_are_searched_edge_by_edge(monkeypatch):
    """The fast way is the one taken where it is faster."""
    taken = []
    plain = rates_module._occupied

    def watched(times, *rest):
        taken.append(len(times))
        return plain(times, *rest)

    monkeypatch.setattr(rates_module, "_occupied", watched)
    few, many = np.linspace(0, 1, 5), np.linspace(0, 1, 500)
    bin_rates([few, many], np.zeros(1), 0.0, 0.1, 10)
    assert taken == [5]

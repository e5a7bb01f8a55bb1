"""What is planted is found in the simulated spikes.

Sums of squared z-scores of independent units follow a chi-squared distribution; `FALSE_ALARM` is
the probability with which one of these tests fails by chance.
"""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from pydantic import ValidationError
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from neuro_attn.configuration import SimulatedRegion, Simulation
from neuro_attn.rates import bin_rates
from neuro_attn.sources.simulation import generation as simulation

FALSE_ALARM = 1e-5
SILENT = {"selection_sd": 0, "color_sd": 0, "cue_sd": 0}
"""A region whose units fire at their baseline."""


def simulate(regions, seed=1, **settings):
    """Return the one session of a simulation and the truth."""
    planted = Simulation(regions=regions, **{"sessions": 1, "cycles": 8, **settings})
    (session,), truth = simulation.simulate(planted, "toy", seed)
    return session, truth


def counts(session, event, start, stop, trials=slice(None)):
    """Return spike counts (trial, unit) in a window around an event."""
    times = session.trials[event].to_numpy()[trials]
    rates = bin_rates(session.spike_times, times, start, stop - start, 1)
    return rates[..., 0].astype(float) * (stop - start)


def assert_no_more_than_noise(z):
    assert stats.chi2.sf((z**2).sum(), z.size) > FALSE_ALARM


def contrast(values, positive, negative):
    """Return the difference between means over trials, and its SE, of each unit."""
    one, other = values[positive], values[negative]
    se = np.sqrt(stats.sem(one, axis=0) ** 2 + stats.sem(other, axis=0) ** 2)
    return one.mean(axis=0) - other.mean(axis=0), se


# --- rates -------------------------------------------------------------------------------------


def test_units_fire_at_their_baseline_before_anything_happens():
    session, truth = simulate({"V4": SimulatedRegion(units=40)})
    found = counts(session, "fixation_onset", 0, 0.3)
    expected = 0.3 * truth["baseline"].values * len(found)
    assert_no_more_than_noise((found.sum(axis=0) - expected) / np.sqrt(expected))


def test_the_lowest_baseline_still_gives_rates():
    with pytest.raises(ValidationError, match="greater than or equal to 2"):
        Simulation(baseline=1.9)
    regions = {"V4": SimulatedRegion(units=200)}
    lowest = simulation.plant(Simulation(baseline=2.0, regions=regions), "toy", 1)
    assert (lowest["baseline"] == 2).all()
    for tuning in ("selection_axis", "visual", "color_plane"):
        assert np.isfinite(lowest[tuning]).all()


def test_baselines_have_the_planted_mean_over_units():
    _, truth = simulate({"V4": SimulatedRegion(units=4000)}, cycles=1, block_trials={"pro": 1})
    baseline = truth["baseline"].values
    assert abs(baseline.mean() - 10) < 5 * stats.sem(baseline)
    assert baseline.min() > 2


def test_spikes_lie_in_trials_in_order():
    session, _ = simulate({"V4": SimulatedRegion(units=4)}, cycles=1)
    start, stop = (session.trials[name].to_numpy() for name in ("start_time", "stop_time"))
    for spikes in session.spike_times:
        assert len(spikes)
        assert (np.diff(spikes) >= 0).all()
        trial = np.searchsorted(start, spikes, side="right") - 1
        assert (trial >= 0).all()
        assert (spikes < stop[trial] + simulation.STEP).all()


def test_spikes_are_poisson_unless_asked_otherwise():
    session, _ = simulate({"V4": SimulatedRegion(units=30, **SILENT)})
    found = counts(session, "start_time", 0, 2)
    fano = found.var(axis=0, ddof=1) / found.mean(axis=0)
    # The Fano factor of Poisson counts of about 20 has an SE of sqrt(2 / (n - 1)).
    assert_no_more_than_noise((fano - 1) / np.sqrt(2 / (len(found) - 1)))
    correlation = np.corrcoef(found.T)[np.triu_indices(30, 1)]
    assert_no_more_than_noise(correlation * np.sqrt(len(found)))


@pytest.mark.parametrize("correlation", [0.0, 0.5])
def test_gains_have_the_planted_variance_and_correlation(correlation):
    overdispersion = 0.1
    session, _ = simulate(
        {"V4": SimulatedRegion(units=30, **SILENT)},
        overdispersion=overdispersion,
        noise_correlation=correlation,
    )
    found = counts(session, "start_time", 0, 2)
    assert (found.var(axis=0) > found.mean(axis=0)).all()
    relative = found / found.mean(axis=0) - 1
    # var(count) = mean + overdispersion mean^2, and the covariance has no Poisson part.
    own = (relative**2 - 1 / found.mean(axis=0)).mean(axis=1)
    pairs = (relative.sum(axis=1) ** 2 - (relative**2).sum(axis=1)) / (30 * 29)
    # Means over 960 trials, 5 SE: 6e-7 each if normal, below 1e-5 with their skewness.
    assert abs(own.mean() - overdispersion) < 5 * stats.sem(own)
    assert abs(pairs.mean() - correlation * overdispersion) < 5 * stats.sem(pairs)


# --- selection ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def selective():
    planted = {"selection_sd": 1.0, "color_sd": 0, "cue_sd": 0, "selection_onset": 0.2}
    regions = {
        "LPFC": SimulatedRegion(units=30, selection_axis_cosine=1.0, **planted),
        "V4": SimulatedRegion(units=30, **planted),
    }
    return simulate(regions)


def selection_contrast(session, task, start, stop):
    trials = session.trials
    of_task = trials["task_order"] == task
    upper = trials["selected"] == "upper"
    rates = counts(session, "cue_onset", start, stop) / (stop - start)
    return contrast(rates, of_task & upper, of_task & ~upper)


@pytest.mark.parametrize("task", ["pro", "retro"])
def test_selection_follows_its_axis_after_the_onset_and_is_absent_before(selective, task):
    session, truth = selective
    axis = truth["selection_axis"].sel(task=task).values
    difference, se = selection_contrast(session, task, -0.2, 0.2)
    assert_no_more_than_noise(difference / se)
    # From .12 s after the onset on, selection is complete but for exp(-4) of it, on average .2 %.
    difference, se = selection_contrast(session, task, 0.32, 0.8)
    assert_no_more_than_noise((difference - 2 * axis * 0.998) / se)
    assert np.corrcoef(difference, axis)[0, 1] > 0.8


def test_the_region_with_a_shared_code_has_the_same_code_in_the_spikes_of_both_tasks(selective):
    session, truth = selective
    codes = [selection_contrast(session, task, 0.32, 0.8)[0] for task in ("pro", "retro")]
    scale = np.sqrt(truth["baseline"].values)
    region = truth["region"].values

    def correlation(name):
        one, other = (code[region == name] / scale[region == name] for code in codes)
        return np.corrcoef(one, other)[0, 1]

    # Noise shrinks 1 to about .9; the SE of a correlation of 30 pairs near 0 is .19.
    assert correlation("LPFC") > 0.7
    assert abs(correlation("V4")) < 0.7


@pytest.mark.parametrize("units", [4, 7, 40])
@pytest.mark.parametrize("shared", [1.0, 0.6, 0.0, -0.5])
def test_the_planted_axes_have_the_planted_cosine_and_strength(units, shared):
    region = SimulatedRegion(units=units, selection_axis_cosine=shared, selection_sd=1.5)
    truth = simulation.plant(Simulation(regions={"V4": region}), "toy", 3)
    # In units of each unit's Poisson SD, relative to that of a unit of mean baseline.
    axes = truth["selection_axis"].values / np.sqrt(truth["baseline"].values / 10)[:, None]
    length = np.linalg.norm(axes, axis=0)
    np.testing.assert_allclose(length, 1.5 * np.sqrt(units))
    assert axes[:, 0] @ axes[:, 1] / length.prod() == pytest.approx(shared, abs=1e-12)
    assert truth["shared"].item() == shared


def test_by_default_prefrontal_cortex_alone_shares_the_code_and_selects_first():
    truth = simulation.plant(Simulation(), "toy", 1)
    assert truth["shared"].to_series().to_dict() == {"LPFC": 1, "FEF": 0, "parietal": 0, "V4": 0}
    onsets = truth["selection_onset"].to_series()
    assert onsets.is_monotonic_increasing
    assert onsets.idxmin() == "LPFC"


# --- cues and colours --------------------------------------------------------------------------


def test_the_visual_response_is_that_of_the_cues_look():
    session, truth = simulate(
        {"V4": SimulatedRegion(units=30, selection_sd=0, color_sd=0, cue_sd=2.5)}, cycles=12
    )
    trials = session.trials
    rates = counts(session, "cue_onset", 0.05, 0.2) / 0.15
    responses = {}
    for task, cue_set in (("pro", 1), ("retro", 1), ("retro", 2)):
        of_block = (trials["task_order"] == task) & (trials["cue_set"] == cue_set)
        upper = trials["selected"] == "upper"
        responses[task, cue_set] = contrast(rates, of_block & upper, of_block & ~upper)

    def z_between(one, other):
        return (one[0] - other[0]) / np.hypot(one[1], other[1])

    pro, alike, different = responses.values()
    assert_no_more_than_noise(z_between(pro, alike))
    assert stats.chi2.sf((z_between(pro, different) ** 2).sum(), 30) < 1e-20
    planted = truth["visual"].sel(look="set1-upper") - truth["visual"].sel(look="set1-lower")
    assert np.corrcoef(pro[0], planted)[0, 1] > 0.8


def test_colors_move_from_their_locations_plane_to_the_common_one_with_selection():
    session, truth = simulate(
        {
            "V4": SimulatedRegion(
                units=30, selection_sd=0, cue_sd=0, color_sd=2.0, selection_onset=0.1
            )
        },
        cycles=12,
    )
    trials = session.trials
    retro = ((trials["trial_type"] == "retro") & (trials["selected"] == "upper")).to_numpy()
    angle = trials["upper_color"].to_numpy()[retro]
    found = {}
    for name, start in (("memory", -0.3), ("selected", 0.3)):
        rates = counts(session, "cue_onset", start, start + 0.4, retro)
        found[name] = 2 * np.cos(angle) @ rates / len(rates)

    def correlation(name, plane):
        planted = truth["color_plane"].sel(plane=plane).isel(component=0)
        return np.corrcoef(found[name], planted)[0, 1]

    # Noise alone has an SE of 1/sqrt(30) = .18.
    assert correlation("memory", "upper") > 0.75 > correlation("memory", "common")
    assert correlation("selected", "common") > 0.75 > correlation("selected", "upper")


def test_color_planes_are_orthogonal():
    truth = simulation.plant(Simulation(), "toy", 1)
    for region in ("LPFC", "V4"):
        units = truth.sel(unit=truth["region"] == region)
        planes = units["color_plane"].values.reshape(units.sizes["unit"], -1)
        planes = planes / np.sqrt(units["baseline"].values)[:, None]
        gram = planes.T @ planes
        np.testing.assert_allclose(gram / gram[0, 0], np.eye(6), atol=1e-12)


# --- sessions and seeds ------------------------------------------------------------------------

SMALL = {"LPFC": SimulatedRegion(units=6), "V4": SimulatedRegion(units=4)}


def several(seed=1, name="toy", **settings):
    planted = Simulation(**{"sessions": 2, "cycles": 1, "regions": SMALL, **settings})
    return simulation.simulate(planted, name, seed)


def test_the_same_seed_gives_the_same_spikes():
    (one, truth), (other, again) = several(), several()
    xr.testing.assert_identical(truth, again)
    for first, second in zip(one, other, strict=True):
        pd.testing.assert_frame_equal(first.trials, second.trials)
        for spikes, same in zip(first.spike_times, second.spike_times, strict=True):
            np.testing.assert_array_equal(spikes, same)


@pytest.mark.parametrize("changed", [{"seed": 2}, {"name": "other"}])
def test_another_seed_or_name_gives_other_trials_tuning_and_spikes(changed):
    (one, truth), (other, again) = several(), several(**changed)
    assert (truth["baseline"].values != again["baseline"].values).all()
    assert (one[0].trials["start_time"] != other[0].trials["start_time"])[1:].all()
    assert one[0].spike_times[0].tolist() != other[0].spike_times[0].tolist()


def test_a_sessions_trials_do_not_depend_on_how_many_sessions_there_are():
    (two, _), (four, _) = several(), several(sessions=4)
    for first, second in zip(two, four, strict=False):
        assert first.session == second.session
        pd.testing.assert_frame_equal(first.trials, second.trials)


def test_a_region_does_not_depend_on_the_other_regions():
    (together, _), (alone, _) = several(), several(regions={"V4": SMALL["V4"]})
    for one, other in zip(together, alone, strict=True):
        in_v4 = np.flatnonzero(one.units["region"] == "V4")
        assert len(in_v4) == len(other.spike_times) == 2
        for number, spikes in zip(in_v4, other.spike_times, strict=True):
            np.testing.assert_array_equal(one.spike_times[number], spikes)


def test_units_are_spread_evenly_over_the_sessions_and_named_once():
    sessions, truth = several(regions={"V4": SimulatedRegion(units=11)}, sessions=3)
    assert [len(each.spike_times) for each in sessions] == [4, 4, 3]
    assert [each.session for each in sessions] == ["session01", "session02", "session03"]
    names = [name for each in sessions for name in each.units["unit_id"]]
    assert names == truth["unit_id"].values.tolist()
    assert len(set(names)) == 11


# --- negative controls -------------------------------------------------------------------------


def test_controls_that_are_off_change_no_spike():
    # The walk has numbers of its own: one that goes nowhere leaves the rest as it was.
    (still, _), (drifting, _) = several(), several(drift=1e-15)
    for one, other in zip(still, drifting, strict=True):
        pd.testing.assert_frame_equal(one.trials, other.trials)
        for spikes, same in zip(one.spike_times, other.spike_times, strict=True):
            np.testing.assert_array_equal(spikes, same)


def test_log_rates_drift_as_far_as_planted_from_the_start_of_a_session_to_its_end():
    strength = 0.5
    session, _ = simulate(
        {"V4": SimulatedRegion(units=200, **SILENT)}, drift=strength, baseline=20.0
    )
    found = counts(session, "start_time", 0, 2)
    tenth = len(found) // 10
    early, late = found[:tenth].sum(axis=0), found[-tenth:].sum(axis=0)
    change = np.log(late / early)
    # Means over the first and the last tenth of a random walk that reaches a variance of 1 are
    # apart with a variance of 1 - 2/3 * .1; counts add 1 / early + 1 / late.
    variance = strength**2 * (1 - 0.2 / 3) + 1 / early + 1 / late
    low, high = stats.chi2.interval(1 - FALSE_ALARM, 200)
    assert low < (change**2 / variance).sum() < high


def test_drift_is_slow_and_every_units_own():
    session, _ = simulate({"V4": SimulatedRegion(units=100, **SILENT)}, drift=1.0)
    found = np.log(counts(session, "start_time", 0, 2).reshape(16, -1, 100).sum(axis=1) + 1)
    steps = np.diff(found, axis=0)
    # A random walk goes as far in all 15 steps as the root of 15 in one, noise does not. A ratio of
    # two variances of 100 units: F(100, 100) is below 2.4 but for 1e-5.
    whole = (found[-1] - found[0]).var()
    assert whole > 15 * steps.var() / 2.4
    correlation = np.corrcoef(found[-1] - found[0], np.roll(found[-1] - found[0], 1))[0, 1]
    assert abs(correlation) < 4.5 / np.sqrt(100)


def accuracy_of_labels(session, n_splits=20):
    """Return the balanced accuracy of decoding the label from spikes, over random halves."""
    of_task = (session.trials["trial_type"] == "pro").to_numpy()
    upper = (session.trials["selected"] == "upper").to_numpy()[of_task]
    rates = np.sqrt(counts(session, "cue_onset", 0, 0.5, of_task))
    splits = StratifiedShuffleSplit(n_splits, test_size=0.5, random_state=0)
    decoder = make_pipeline(StandardScaler(), LogisticRegression())
    return cross_val_score(decoder, rates, upper, cv=splits, scoring="balanced_accuracy").mean()


@pytest.mark.parametrize(("drift", "run"), [(0.0, 1), (0.0, 15), (3.0, 1), (3.0, 15)])
def test_labels_are_decoded_without_a_code_if_they_come_in_runs_and_rates_drift(drift, run):
    # Pitfall 5: neighbours in time are alike and of one class, and stand on both sides of a split.
    accuracy = [
        accuracy_of_labels(
            simulate(
                {"V4": SimulatedRegion(units=80, **SILENT)},
                seed=seed,
                drift=drift,
                selection_run=run,
                cycles=4,
                block_trials={"pro": 60, "retro_2": 60},
            )[0]
        )
        for seed in range(3)
    ]
    # 192 trials: the SE of a mean of three is at most .021. In the trap, accuracy was .77 with an
    # SD of .05 over sessions. .615 is more than 5 SE from both.
    assert (np.mean(accuracy) > 0.615) == (drift > 0 and run > 1)


def test_shuffled_labels_are_the_true_ones_of_a_block_in_another_order():
    (true, truth), (shuffled, same) = several(), several(shuffle_selected=True)
    assert (same["selection_axis"] == truth["selection_axis"]).all()
    for one, other in zip(true, shuffled, strict=True):
        for spikes, the_same in zip(one.spike_times, other.spike_times, strict=True):
            np.testing.assert_array_equal(spikes, the_same)
        pd.testing.assert_frame_equal(
            one.trials.drop(columns="selected"), other.trials.drop(columns="selected")
        )
        # 120 labels agree by chance with a probability below 1e-30.
        assert (one.trials["selected"] != other.trials["selected"]).any()
        for _, block in other.trials.groupby("block"):
            expected = one.trials.loc[block.index, "selected"]
            assert sorted(block["selected"]) == sorted(expected)


def test_shuffled_labels_tell_nothing_of_a_strong_signal():
    region = {"LPFC": SimulatedRegion(units=40, selection_sd=4.0)}
    shuffled, _ = simulate(region, cycles=4, shuffle_selected=True)
    true, _ = simulate(region, cycles=4)
    assert accuracy_of_labels(true) > 0.9
    assert abs(accuracy_of_labels(shuffled) - 0.5) < 5 * 0.036


def test_labels_are_as_imbalanced_as_asked_for_and_noise_is_still_decoded_at_chance():
    # Pitfall 9: always saying "upper" is right on 80 % of the trials.
    session, _ = simulate({"V4": SimulatedRegion(units=20, **SILENT)}, upper_fraction=0.8)
    for _, block in session.trials.groupby("block"):
        assert (block["selected"] == "upper").mean() == 0.8
    # The rarer class has 77 of 384 trials: accuracy has an SE of at most .033.
    assert abs(accuracy_of_labels(session) - 0.5) < 5 * 0.033

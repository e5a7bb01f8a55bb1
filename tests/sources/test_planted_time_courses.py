"""What the simulation plants over time: late generalisation, failed selection, planes of colours.

Rates without noise are inputs times weights, so these claims hold exactly.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy.linalg import subspace_angles
from scipy.special import i0e

from neuro_attn.configuration import SimulatedRegion, Simulation, load
from neuro_attn.configuration.experiment import of_trial_type
from neuro_attn.geometry.planes import plane_angle_cosine
from neuro_attn.sources.simulation import generation as simulation
from neuro_attn.sources.simulation.drive import drive_of, weights_of

PAPER = Path(__file__).parents[2] / "config/panichello_buschman.yaml"
PUBLISHED = {"retro": 51.8, "pro": 46.1, "single": 38.1}
"""Mean absolute errors of Panichello & Buschman (2021), degrees."""


@pytest.fixture(scope="module")
def paper():
    return load(PAPER).datasets["panichello_buschman"].simulation


def signals(region, after, **settings):
    """Return trials, tuning, and the change of rates (trial, unit) at a time after the cue (s)."""
    planted = Simulation(regions={"FEF": region}, sessions=1, cycles=2, **settings)
    truth = simulation.plant(planted, "toy", 1)
    (session,) = simulation.outlines(planted, "toy", 1)
    at = session.trials["cue_onset"].to_numpy()[:, None] + after - simulation.STEP / 2
    drive = drive_of(session.trials, at, region, planted)[:, 0]
    return session.trials, truth, drive @ weights_of(truth, region).T


def axis_of(trials, rates, task):
    """Return half of the difference between the classes in the trials of a task."""
    of_task = (trials["task_order"] == task).to_numpy()
    upper = (trials["selected"] == "upper").to_numpy()
    return (rates[of_task & upper].mean(axis=0) - rates[of_task & ~upper].mean(axis=0)) / 2


def cosine(one, other, truth):
    scale = np.sqrt(truth["baseline"].values)
    one, other = one / scale, other / scale
    return one @ other / np.linalg.norm(one) / np.linalg.norm(other)


# --- selection ---------------------------------------------------------------------------------


def test_a_late_code_is_unrelated_to_that_of_the_other_task_until_it_generalises():
    region = SimulatedRegion(
        selection_axis_cosine=0.6, selection_onset=0.1, generalisation_onset=0.5, cue_sd=0,
        color_sd=0,
    )  # fmt: skip
    found = {}
    for after in (0.05, 0.4, 0.9):
        trials, truth, rates = signals(region, after)
        assert truth["generalisation_onset"].item() == 0.5
        found[after] = [axis_of(trials, rates, task) for task in ("pro", "retro")]
    np.testing.assert_allclose(found[0.05], 0, atol=1e-6)
    assert cosine(*found[0.4], truth) == pytest.approx(0, abs=1e-4)
    assert cosine(*found[0.9], truth) == pytest.approx(0.6, abs=1e-4)
    np.testing.assert_allclose(found[0.9], truth["selection_axis"].values.T, rtol=1e-3, atol=1e-3)


def test_selection_is_absent_on_trials_with_large_errors_alone():
    region = SimulatedRegion(color_sd=0, cue_sd=0)
    trials, truth, rates = signals(region, 0.7, report_error=30, selection_fails_beyond=25)
    failed = (trials["report_error"].abs() > 25).to_numpy()
    assert 0 < failed.sum() < len(trials)
    assert (rates[failed] == 0).all()
    for task in ("pro", "retro"):
        found = axis_of(trials[~failed], rates[~failed], task)
        np.testing.assert_allclose(found, truth["selection_axis"].sel(task=task), rtol=1e-3)


def test_where_selection_fails_colors_stay_in_the_planes_of_their_locations():
    region = SimulatedRegion(selection_sd=0, cue_sd=0)
    kept, _, failed = signals(region, 0.7, selection_fails_beyond=1e-9)
    _, _, before = signals(region, 0.1)
    retro = (kept["trial_type"] == "retro").to_numpy()
    np.testing.assert_allclose(failed[retro], before[retro], atol=1e-6)


# --- planes of colours -------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), [(90, 0), (79.1, 20.1), (40, 90)])
def test_color_planes_have_the_planted_angles_and_so_have_those_of_the_studys_measure(
    before, after
):
    region = SimulatedRegion(
        color_plane_angles=(before, after), selection_sd=0, cue_sd=0, selection_onset=0.1
    )
    for time, angle, two in ((0.05, before, ("upper", "lower")), (0.9, after, None)):
        trials, truth, rates = signals(region, time)
        tuning = truth["color_plane"] / np.sqrt(truth["baseline"])
        last = truth["plane"].values[-1]
        planes = [tuning.sel(plane=plane).values for plane in two or ("common", last)]
        np.testing.assert_allclose(np.rad2deg(subspace_angles(*planes)), angle, atol=1e-3)
        if 0 < angle < 90:
            expected = _responses(trials, rates, truth)
            measured = np.rad2deg(np.arccos(plane_angle_cosine(expected)))
            assert measured == pytest.approx(angle, abs=0.1)


def _responses(trials, rates, truth):
    """Return responses (color and item, unit) to four colours of each item when it is selected."""
    retro = (trials["trial_type"] == "retro").to_numpy()
    found = []
    for item in ("upper", "lower"):
        mine = retro & (trials["selected"] == item).to_numpy()
        angle = trials[f"{item}_color"].to_numpy()[mine]
        other = trials["distractor_color"].to_numpy()[mine]
        waves = [wave(each) for each in (angle, other) for wave in (np.cos, np.sin)]
        fitted = np.linalg.lstsq(np.stack(waves, axis=1), rates[mine], rcond=None)[0][:2]
        ring = np.arange(4) * np.pi / 2
        found.append(np.stack([np.cos(ring), np.sin(ring)], axis=1) @ fitted)
    return np.concatenate(found) / np.sqrt(truth["baseline"].values)


# --- the original experiment -------------------------------------------------------------------


def expected_error(planted, kind):
    """Return the mean absolute error that the settings imply, degrees; 90 for swaps and guesses."""
    kappa = 1 / np.deg2rad(of_trial_type(planted.report_error, kind)) ** 2
    error = (np.arange(18_000) + 0.5) / 100
    density = np.exp(kappa * (np.cos(np.deg2rad(error)) - 1)) / i0e(kappa)
    others = of_trial_type(planted.guess_fraction, kind) + of_trial_type(
        planted.swap_fraction, kind
    )
    return (1 - others) * np.average(error, weights=density) + others * 90


@pytest.mark.parametrize("kind", PUBLISHED)
def test_the_paper_is_simulated_with_its_report_errors(paper, kind):
    assert expected_error(paper, kind) == pytest.approx(PUBLISHED[kind], abs=0.05)


def test_reports_of_the_paper_have_the_published_errors_within_a_degree(paper):
    many = paper.model_copy(
        update={"cycles": 1, "block_trials": {"pro": 100_000, "retro_2": 100_000}}
    )
    trials = simulation._draw_trials(many, np.random.default_rng(1))
    error = trials["report_error"].abs().groupby(trials["trial_type"]).mean()
    # SE of a mean: SD 50 / sqrt(40,000) = .25 degrees at most, 4 SE: 6e-5 each at most.
    assert error.to_dict() == pytest.approx(PUBLISHED, abs=1)


def test_the_paper_is_simulated_with_its_numbers_of_trials_and_units(paper):
    trials = pd.concat(each.trials for each in simulation.outlines(_fewest(paper), "toy", 1))
    published = {"pro": 8169, "retro": 8620, "single": 4207}
    found = trials["trial_type"].value_counts() * paper.sessions / 2
    assert found.to_dict() == pytest.approx(published, rel=0.02)
    assert paper.sessions == 23
    units = {name: region.units for name, region in paper.regions.items()}
    assert units == {"LPFC": 682, "FEF": 187, "parietal": 331, "V4": 341}


def _fewest(paper):
    regions = {"V4": SimulatedRegion(units=4)}
    return paper.model_copy(update={"sessions": 2, "regions": regions})


# --- settings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"report_error": {"pro": 20, "retro": 30}}, "no value for single"),
        ({"swap_fraction": 0.6, "guess_fraction": 0.5}, "together more than all"),
        ({"timing": {"pro": {"cue": {"or": [0.3]}}}}, "either"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings, message):
    with pytest.raises(ValidationError, match=message):
        Simulation(**settings)


def test_data_sets_with_one_stream_have_the_same_trials():
    paper = load(PAPER).datasets.values()
    assert len({each.simulation.stream for each in paper}) == 1
    assert len({each.simulation.model_dump_json() for each in paper}) == 1

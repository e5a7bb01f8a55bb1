"""One recording under two names is refused in every source, and different recordings never are."""

import os
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from neuro_attn import sources
from neuro_attn.configuration import parse
from neuro_attn.duplicates import check_distinct, fingerprinted
from neuro_attn.errors import InputError
from neuro_attn.onboarding import checking
from tests import formats


def refused(settings, folder) -> InputError:
    """Return the error of a run, which `check` must report as well."""
    (name,) = settings.datasets
    with pytest.raises(InputError) as error:
        sources.read(name, settings.datasets[name], folder, settings.seed)
    (report,) = checking.examine(settings, folder)
    assert str(error.value) in map(str, report.problems)
    return error.value


@pytest.mark.parametrize("source", formats.EVERY)
def test_one_recording_under_two_names_is_refused(source, tmp_path):
    planted = formats.planted()
    keys = formats.write_several(source, tmp_path, {"monday": planted, "again": planted})
    error = refused(parse({"datasets": {"mine": keys}}), tmp_path)
    again, monday = (
        formats.session_names(source, name, planted)[0] for name in ("again", "monday")
    )
    assert f"sessions {again!r} and {monday!r} contain the same recording" in error.problem
    assert f"sessions.exclude: [{monday}" in error.remedy


@pytest.mark.parametrize("source", formats.EVERY)
def test_the_remedy_ends_it(source, tmp_path):
    planted = formats.planted(n_units=3)
    keys = formats.write_several(source, tmp_path, {"monday": planted, "again": planted})
    keys["sessions"] = {"exclude": formats.session_names(source, "monday", planted)}
    settings = parse({"datasets": {"mine": keys}})
    assert sources.read("mine", settings.datasets["mine"], tmp_path, 0)
    (report,) = checking.examine(settings, tmp_path)
    assert report.problems == []


@pytest.mark.parametrize("source", formats.EVERY)
def test_different_recordings_with_the_same_trials_pass(source, tmp_path):
    """False-alarm rate below 1 in 10,000: the threshold is 1 in 1,000,000."""
    sessions = {name: formats.planted(seed=seed) for seed, name in enumerate(("one", "two"))}
    keys = formats.write_several(source, tmp_path, sessions)
    settings = parse({"datasets": {"mine": keys}})
    assert sources.read("mine", settings.datasets["mine"], tmp_path, 0)


@pytest.mark.parametrize("source", ["nwb", "netcdf", "matlab", "raster", "binned"])
def test_a_link_to_a_file_is_the_same_recording(source, tmp_path):
    keys = formats.write(source, tmp_path, formats.planted(n_units=1))
    (path,) = tmp_path.iterdir()
    os.symlink(path, tmp_path / f"linked{path.suffix}")
    error = refused(parse({"datasets": {"mine": keys}}), tmp_path)
    assert "contain the same recording" in error.problem


def test_a_copy_with_some_units_removed_and_others_added_is_found(tmp_path):
    whole, other = formats.planted(), formats.planted(seed=1)
    curated = replace(whole, spike_times=[*whole.spike_times[:6], *other.spike_times[:4]])
    keys = formats.write_several("csv", tmp_path, {"whole": whole, "curated": curated})
    error = refused(parse({"datasets": {"mine": keys}}), tmp_path)
    assert "6 of 10 active units have the same activity on all 80 trials" in error.problem


def recording(session: str, activity: np.ndarray) -> xr.Dataset:
    made = xr.Dataset(
        coords={"event_time": ("trial", np.arange(len(activity), dtype=float))},
        attrs={"session": session},
    )
    return fingerprinted(made, activity)


def test_units_that_hardly_fire_agree_by_chance():
    """Silent units and one spike on the same trial are no evidence."""
    activity = np.zeros((40, 3))
    activity[7, 1] = 1
    check_distinct([recording("a", activity), recording("b", activity)], "mine")


def test_trials_in_another_order_are_the_same_recording():
    activity = np.random.default_rng(0).poisson(5, (40, 3)).astype(float)
    other = recording("b", activity)
    backward = xr.Dataset(
        coords={"event_time": ("trial", np.arange(40.0)[::-1])}, attrs={"session": "a"}
    )
    backward = fingerprinted(backward, activity[::-1])
    with pytest.raises(InputError, match="3 of 3 active units"):
        check_distinct([backward, other], "mine")


def test_every_copy_but_the_first_is_named():
    activity = np.random.default_rng(0).poisson(5, (40, 3)).astype(float)
    with pytest.raises(InputError) as error:
        check_distinct([recording(name, activity) for name in "abc"], "mine")
    assert "The same holds for 1 more." in error.value.problem
    assert error.value.remedy.endswith("sessions.exclude: [b, c].")


def test_units_shared_by_fewer_than_half_are_no_copy():
    """Networks may share their inputs, and recordings an artefact."""
    rng = np.random.default_rng(0)
    one, other = (rng.poisson(5, (40, 6)).astype(float) for _ in range(2))
    other[:, :2] = one[:, :2]
    check_distinct([recording("a", one), recording("b", other)], "mine")

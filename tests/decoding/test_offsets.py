"""A signal on a large offset, in every format of rates and at every stage that divides by an SD."""

import numpy as np
import pytest
import xarray as xr

from neuro_attn import sources
from neuro_attn.comparison.matching import _noise
from neuro_attn.configuration import parse
from neuro_attn.decoding import build_populations, decode_region
from neuro_attn.errors import InputError
from neuro_attn.geometry.estimates import in_noise_units
from neuro_attn.geometry.information import omega_squared
from neuro_attn.inference import tables
from neuro_attn.study import Study
from tests import formats

OFFSET = 200_000.0
"""Rates are multiples of 10 up to 200, so that float32 holds them on it exactly."""


def decoded(source, folder, constant=0, n_units=10):
    session = formats.planted(n_trials=48, n_units=n_units)
    keys = formats.write(source, folder, session)
    if source in formats.BINNED:
        keys["values"] = "other"
    keys["regions"] = {**keys.get("regions", {}), "min_units": 1}
    keys |= {"inference": {"permutations": 3, "bootstraps": 20}}
    keys["decoding"] = {**keys.get("decoding", {}), "draws": 2, "unit_counts": []}
    dataset = parse({"datasets": {"planted": keys}}).datasets["planted"]
    recordings = sources.read("planted", dataset, folder, 0)
    for recording in recordings:
        recording["rates"].values[:, :constant] = recording["rates"].values[:1, :constant]
    members = build_populations(recordings, Study("planted", dataset, 1), "V4")
    made = decode_region(
        members, Study("planted", dataset, 1), region="V4", n_units=None, progress=False
    )
    return made, tables.summary_table([made], dataset.inference), recordings


@pytest.mark.parametrize("source", formats.RATES)
def test_an_offset_changes_nothing_in_any_format_of_rates(source, tmp_path, monkeypatch):
    plain, summary, _ = decoded(source, tmp_path / "plain")
    rates_of, means_of = formats.rates_of, formats.means_of
    monkeypatch.setattr(formats, "rates_of", lambda session: rates_of(session) + OFFSET)
    # Means of samples of 1 ms.
    monkeypatch.setattr(formats, "means_of", lambda session: 1000 * means_of(session) + OFFSET)
    made, with_offset, recordings = decoded(source, tmp_path / "offset")
    assert recordings[0]["rates"].values.min() >= OFFSET
    within = summary["train_task"] == summary["test_task"]
    assert (summary.loc[within, "accuracy"] > 0.9).all()
    columns = ["accuracy", "p_value", "n_constant"]
    # A trial of 24 that changes sides would move an accuracy by more.
    np.testing.assert_allclose(with_offset[columns], summary[columns], atol=0.01)
    for name in ("cross_null", "cross_mirrored", "bootstrap", "confidence", "patterns"):
        np.testing.assert_allclose(made[name].mean(), plain[name].mean(), atol=0.01)


def test_constant_units_are_counted_in_tables_and_in_the_log(tmp_path, caplog):
    made, summary, _ = decoded("netcdf", tmp_path, constant=3)
    assert (made["window_n_constant"] == 3).all()
    assert (summary["n_constant"] == 3).all()
    assert made["n_constant"].dims == ("session", "train_task", "time")
    assert (made["n_constant"] >= 3).all()
    assert (
        "planted, region V4, session planted, task pro: of 10 units, 3 in window late "
        "(mean over folds and draws) are constant over the training trials and have no weight."
    ) in caplog.text
    caplog.clear()
    made, summary, _ = decoded("netcdf", tmp_path / "varying")
    assert (summary["n_constant"] == 0).all()
    assert "constant" not in caplog.text


def test_geometry_takes_a_signal_on_an_offset_for_what_it_is():
    rng = np.random.default_rng(0)
    group = np.resize([0, 1], 40)
    rates = np.round(8 * (rng.normal(size=(40, 5)) + group[:, None])).astype(np.float32) / 8
    membership = (group == np.arange(2)[:, None]).astype(float)
    moved = rates + np.float32(OFFSET)
    np.testing.assert_allclose(
        in_noise_units(moved, membership.T), in_noise_units(rates, membership.T), atol=1e-9
    )
    np.testing.assert_allclose(
        omega_squared(moved, membership), omega_squared(rates, membership), atol=1e-9
    )
    rounded = np.full((40, 1), 0.1, np.float32)
    rounded[group == 1] = np.nextafter(rounded[0], np.float32(1))
    assert (in_noise_units(rounded, membership.T) == 0).all()
    assert np.isnan(omega_squared(rounded, membership)).all()


def test_noise_that_matches_a_unit_has_its_sd_on_any_offset(tmp_path):
    keys = formats.write("netcdf", tmp_path, formats.planted())
    dataset = parse({"datasets": {"planted": keys}}).datasets["planted"]
    (recording,) = sources.read("planted", dataset, tmp_path, 0)
    moved = recording.assign(rates=recording["rates"] + np.float32(OFFSET))
    study = Study("planted", dataset, 0)
    plain, other = (_noise(each, study, "V4")["rates"] for each in (recording, moved))
    np.testing.assert_allclose(other, plain, rtol=1e-6)


def test_a_single_unit_is_decoded_in_several_draws(tmp_path):
    made, summary, _ = decoded("netcdf", tmp_path, n_units=1)
    halves = made["half_accuracy"]
    assert halves.sizes["draw"] == 2
    xr.testing.assert_equal(halves.isel(half=0), halves.isel(half=1))
    np.testing.assert_allclose(halves.isel(half=0), made["window_accuracy"], atol=1e-6)
    assert (summary["n_units"] == 1).all()


def test_a_signal_that_recordings_cannot_hold_is_refused(tmp_path, monkeypatch):
    rates_of = formats.rates_of
    monkeypatch.setattr(formats, "rates_of", lambda session: rates_of(session) + 1e12)
    keys = formats.write("matlab", tmp_path, formats.planted(n_trials=24))
    dataset = parse({"datasets": {"planted": {**keys, "values": "other"}}}).datasets["planted"]
    message = "single precision, in which we compute, cannot resolve them. Subtract the offset"
    with pytest.raises(InputError, match=message):
        sources.read("planted", dataset, tmp_path, 0)

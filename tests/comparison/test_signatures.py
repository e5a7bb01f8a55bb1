"""A signature says what decoding said, each number under its name."""

import numpy as np
import pytest
import xarray as xr

from neuro_attn.comparison import apart, signature, together
from neuro_attn.comparison.signatures import why_no_code
from neuro_attn.errors import InputError


def test_every_pair_of_tasks_and_window_is_a_feature_named_in_words(decoding):
    result = signature(decoding(0.7))
    assert set(result["feature"].values) == {
        f"d_prime {train}->{test} {window}"
        for train in ("pro", "retro")
        for test in ("pro", "retro")
        for window in ("cue", "delay")
    }
    assert result.attrs["region"] == "LPFC"


def test_a_feature_holds_the_sensitivity_of_its_own_pair_and_window(decoding):
    d_prime = np.arange(8).reshape(2, 2, 2) / 10
    result = signature(decoding(d_prime, noise=0))
    assert float(result["value"].sel(feature="d_prime pro->retro cue")) == pytest.approx(0.2)
    assert float(result["value"].sel(feature="d_prime retro->pro delay")) == pytest.approx(0.5)


def test_values_are_means_over_draws_and_sessions_and_the_sd_is_that_of_replicates(decoding):
    source = decoding(0.7, sessions=("seed0", "seed1", "seed2"))
    pick = {"train_task": "retro", "test_task": "pro", "window": "delay"}
    found = signature(source).sel(feature="d_prime retro->pro delay")
    one = source.sel(pick)
    assert float(found["value"]) == pytest.approx(float(one["window_d_prime"].mean()))
    replicates = one["window_bootstrap"].mean("session").values
    assert found["replicates"].values == pytest.approx(replicates)
    assert float(found["sd"]) == pytest.approx(replicates.std(ddof=1))
    halves = one["half_d_prime"].mean("session").transpose("half", "draw").values
    assert found["halves"].values == pytest.approx(halves)


def test_a_feature_without_a_value_is_named(decoding):
    source = decoding(0.7)
    source["window_d_prime"].loc[{"train_task": "pro", "test_task": "retro"}] = np.nan
    with pytest.raises(InputError, match=r"LPFC.*d_prime pro->retro cue, d_prime pro->retro delay"):
        signature(source)


def test_a_code_in_one_window_is_a_code_however_weak_it_is_in_the_others(decoding):
    """Between no transfer and full transfer: 4 SDs in the delay (mean over windows 2), or 1.7.

    An SD of 50 replicates has an SE of 10 %, so either is on its side of 3 but for 1 in 10,000.
    """

    def why(cue, delay):
        d_prime = np.where(np.eye(2, dtype=bool)[..., None], [cue, delay], 0)
        decoded = decoding(d_prime, noise=0.5)
        exact = d_prime[None, ..., None] + 0 * decoded["window_d_prime"]
        return why_no_code(signature(decoded.assign(window_d_prime=exact)), 0.95)

    assert why(0, 2) == ""
    assert "3 are needed" in why(0.85, 0.85)


def test_regions_of_unequal_sessions_and_features_are_written_and_read_in_order(decoding):
    """Regions recorded in one and in three sessions; colours known of the second."""
    tasks = {"train_task": ["pro", "pro-1"], "test_task": ["pro", "pro-1"]}
    d_prime = np.where(np.eye(2, dtype=bool)[..., None], 2.0, 0.0)
    one, three = (
        signature(decoding(d_prime, name, sessions=range(n)).assign_coords(tasks))
        for name, n in (("V4", 1), ("LPFC", 3))
    )
    color = three.isel(feature=[0]).assign_coords(
        feature=["alignment pro cue"], within=("feature", [False])
    )
    three = xr.concat([three, color], "feature", combine_attrs="override")
    read = apart(together([one, three]))
    for before, after in zip((one, three), read, strict=True):
        xr.testing.assert_identical(
            after.drop_vars("session", errors="ignore"), before.drop_vars("session")
        )
        assert list(after["feature"].values) == list(before["feature"].values)
        assert why_no_code(after, 0.95) == why_no_code(before, 0.95) == ""

"""Confounds: what the units tell beside the label, and what tells the label beside the units.

FAR is 5 standard errors of a mean, beyond which a true mean lies with a probability below 1e-5.
"""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from neuro_attn.decoding import build_populations, regions_table
from neuro_attn.decoding.confounds import COLUMNS, decode_confounds, together
from neuro_attn.decoding.cross_task import decode_region, decode_windows
from neuro_attn.errors import InputError
from neuro_attn.inference.tables import summary_table
from neuro_attn.study import Study

N_TRIALS = 160


def recording_of(session, n_trials=N_TRIALS, of_label=0.0, of_side=0.0, of_time=0.0, seed=0):
    """Return a Recording of 8 units that code label, side or the trial number as told.

    The label follows ``side`` on 3 trials of 4, and has nothing to do with ``look``.
    """
    rng = np.random.default_rng([seed, *session.encode()])
    label, look = rng.integers(0, 2, (2, n_trials))
    side = np.where(rng.random(n_trials) < 0.75, label, 1 - label)
    number = np.arange(n_trials)
    driven = (
        of_label * (2 * label - 1) + of_side * (2 * side - 1) + of_time * (number / n_trials - 0.5)
    )
    rates = 20 + driven[:, None, None] + rng.normal(size=(n_trials, 8, 4))
    return xr.Dataset(
        {"rates": (("trial", "unit", "time"), rates.astype(np.float32))},
        coords={
            "time": [0.05, 0.15, 0.25, 0.35],
            "trial_id": ("trial", number),
            "task": ("trial", np.array(["pro", "retro"], object)[number % 2]),
            "label": ("trial", np.array(["left", "right"], object)[label]),
            "side": ("trial", np.array(["l", "r"], object)[side]),
            "look": ("trial", look),
            "latency": ("trial", np.where(number < 6, np.nan, side + rng.random(n_trials))),
            "in_retro": ("trial", np.where(number % 2, look, 0)),
            "constant": ("trial", np.ones(n_trials)),
            "unit_id": ("unit", [f"u{i}" for i in range(8)]),
            "region": ("unit", ["V4"] * 8),
            "session": ("unit", [session] * 8),
        },
        attrs={"session": session},
    )


@pytest.fixture(scope="module")
def decoded(dataset):
    """Return what `decode_confounds` says of recordings, as one table."""

    def decode(recordings, confounds, population="simultaneous", **keys):
        settings = dataset(
            source="netcdf",
            files="*",
            confounds=confounds,
            decoding={"population": population, "draws": 2, "unit_counts": []},
            inference={"permutations": 39, "bootstraps": 20},
            **keys,
        )
        table = regions_table(recordings, Study("small", settings, 1))
        found = decode_confounds(recordings, Study("small", settings, 1), table)
        tables = {key: summary_table(each, settings.inference) for key, each in found.items()}
        return together(tables)

    return decode


def within(table, confound, what, column="accuracy", task="pro"):
    rows = table[(table["confound"] == confound) & (table["decoded"] == what)]
    rows = rows[(rows["train_task"] == task) & (rows["test_task"] == task)]
    return rows.loc[rows["session"] == "all", column].item()


@pytest.mark.slow
@pytest.mark.parametrize("population", ["simultaneous", "pseudopopulation"])
def test_a_confound_that_carries_the_result_is_seen_from_both_sides(decoded, population):
    # Units code the side, not the label; look is neither coded nor related to the label.
    recordings = [recording_of(session, of_side=1.0) for session in "ab"]
    table = decoded(recordings, ["side", "look"], population)
    assert table.columns.tolist() == COLUMNS
    # Eight units with a separation of 2 SD each leave no errors; the side tells the label on 3 of 4
    # trials (SE .05 of 80 trials a session; both sessions together: .03).
    assert within(table, "side", "confound") > 0.95
    if population == "simultaneous":
        assert abs(within(table, "side", "label") - 0.75) < 5 * 0.035
    for confound in ("confound", "label"):
        assert within(table, "side", confound, "p_value") == 1 / 40
        # SE below .05, as for any accuracy on 160 test trials that are not all independent.
        assert abs(within(table, "look", confound) - 0.5) < 0.25


def test_drift_is_seen_as_the_trial_number_and_tells_no_label(decoded):
    table = decoded([recording_of("a", of_time=6.0)], ["trial_number"])
    assert within(table, "trial_number", "confound") > 0.85
    assert abs(within(table, "trial_number", "label") - 0.5) < 0.25


def test_a_mean_rate_that_follows_the_label_tells_it(decoded):
    table = decoded([recording_of("a", of_label=1.0)], ["mean_rate"])
    assert within(table, "mean_rate", "confound") > 0.9
    assert within(table, "mean_rate", "label") > 0.95
    rows = table[table["decoded"] == "label"]
    assert (rows["n_units"] == 1).all()


def test_a_confound_on_a_large_offset_is_as_good_as_without_it(decoded):
    """Times in s since 1970: float32 resolves 128 s of them, and the confound varies by 1 s."""
    recording = recording_of("a")
    since_1970 = 1.7e9 + (recording["label"].values == "right")
    recording = recording.assign_coords(clock=("trial", since_1970))
    # One value, rounded in two ways, does not vary.
    rounded = np.where(np.arange(N_TRIALS) % 2, 0.1 + 0.2, 0.3)
    recording = recording.assign_coords(rounded=("trial", rounded))
    table = decoded([recording], ["clock", "rounded"])
    assert within(table, "clock", "label") == 1
    assert "rounded" not in table["confound"].tolist()


def test_missing_values_are_left_out_of_the_confound_but_not_of_the_label(decoded):
    recording = recording_of("a")
    table = decoded([recording], ["latency", "side"])
    n_test = table[table["session"] == "all"].groupby(["confound", "decoded"])["n_test"].sum()
    assert n_test["latency", "confound"] < n_test["latency", "label"]
    assert n_test["latency", "label"] == n_test["side", "label"]
    assert within(table, "latency", "label") > 0.6


def test_a_confound_is_decoded_in_the_tasks_in_which_it_varies(decoded, caplog):
    table = decoded([recording_of("a")], ["in_retro", "constant"])
    assert set(table["confound"]) == {"in_retro"}
    assert set(table["train_task"]) == {"retro"}
    for what in ("confound", "label"):
        where = f"small, confound constant, {what} decoded, region V4, task pro"
        assert f"{where}: the confound does not vary" in caplog.text
    few = "task pro: no session has 2 trials of every class of the confound"
    assert f"small, confound in_retro, confound decoded, region V4, {few}" in caplog.text


def test_regions_are_decoded_in_the_tasks_that_all_have_and_the_log_says_why(decoded, caplog):
    one, other = recording_of("a"), recording_of("b")
    other["region"] = "unit", ["FEF"] * 8
    other["side"] = "trial", np.where(other["task"] == "pro", "l", other["side"])
    table = decoded([one, other], ["side"])
    assert set(table["region"]) == {"FEF", "V4"}
    assert set(table["train_task"]) == {"retro"}
    for what in ("confound", "label"):
        where = f"small, confound side, {what} decoded, region"
        assert f"{where} V4, task pro: left out because it cannot be decoded in FEF" in caplog.text
    assert "FEF, task pro: no session has 2 trials of every class of the confound" in caplog.text
    assert "FEF, task pro: the confound does not vary" in caplog.text


def test_a_session_without_every_class_of_the_confound_is_left_out_and_logged(decoded, caplog):
    one, other = recording_of("a"), recording_of("b")
    other["side"] = "trial", np.where(other["task"] == "pro", "l", other["side"])
    table = decoded([one, other], ["side"])
    rows = table[table["decoded"] == "confound"]
    assert set(rows["session"]) == {"all", "a"}
    assert set(rows["train_task"]) == {"pro", "retro"}
    assert "confound decoded, region V4, session b: left out, fewer than 2 trials" in caplog.text


def test_a_confound_that_is_no_trial_column_is_an_error(decoded):
    with pytest.raises(InputError, match=r"datasets.small.confounds: no trial column 'sid'\."):
        decoded([recording_of("a")], ["sid"])


def test_no_confounds_are_an_empty_table(decoded):
    pd.testing.assert_frame_equal(decoded([recording_of("a")], []), pd.DataFrame(columns=COLUMNS))


def test_windows_alone_are_those_of_the_whole_decoding(dataset):
    settings = dataset(
        source="netcdf",
        files="*",
        decoding={"draws": 2, "unit_counts": []},
        inference={"permutations": 5, "bootstraps": 20},
    )
    members = build_populations(
        [recording_of("a", of_label=0.3)], Study("small", settings, 1), "V4"
    )
    alone = decode_windows(members, Study("small", settings, 1), region="V4", n_units=5)
    whole = decode_region(members, Study("small", settings, 1), region="V4", n_units=5)
    for name in alone.data_vars:
        one, other = (each[name].astype(float) for each in (alone, whole))
        if name == "window_accuracy":
            one, other = one.mean("draw"), other.mean("draw")
        # Batches differ in size, so rounding may move a trial on the boundary.
        difference = np.abs(one - other.transpose(*one.dims)).values
        assert np.quantile(difference, 0.95) < 1e-5

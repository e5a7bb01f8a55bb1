"""Confounds: decoded from the units, in place of the units, regressed out, and balanced.

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
    """Return the table of confounds of recordings."""

    def decode(recordings, confounds, population="simultaneous", permutations=1, **keys):
        settings = dataset(
            source="netcdf",
            files="*",
            confounds=confounds,
            decoding={"population": population, "draws": 2, "unit_counts": []},
            inference={"permutations": permutations, "bootstraps": 20},
            **keys,
        )
        table = regions_table(recordings, Study("small", settings, 1))
        found = decode_confounds(recordings, Study("small", settings, 1), table)
        return together(
            found, [summary_table(each.decodings, settings.inference) for each in found]
        )

    return decode


ROWS = {
    "confound": ("confound", "units", "none"),
    "label": ("label", "confound", "none"),
    "raw": ("label", "units", "none"),
    **{name: ("label", "units", name) for name in ("regressed out", "balanced", "subsampled")},
}


def rows_of(table, confound, what):
    wanted = dict(zip(["decoded", "decoded_from", "control"], ROWS[what], strict=True))
    return table[(table[["confound", *wanted]] == [confound, *wanted.values()]).all(axis=1)]


def within(table, confound, what, column="accuracy", task="pro"):
    rows = rows_of(table, confound, what)
    rows = rows[(rows["train_task"] == task) & (rows["test_task"] == task)]
    return rows.loc[rows["session"] == "all", column].item()


@pytest.mark.slow
@pytest.mark.parametrize("population", ["simultaneous", "pseudopopulation"])
def test_a_confound_that_carries_the_result_is_seen_from_both_sides(decoded, population):
    # Units code the side, not the label; look is neither coded nor related to the label.
    recordings = [recording_of(session, of_side=1.0) for session in "ab"]
    table = decoded(recordings, ["side", "look"], population, permutations=39)
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
    # Two of the quartiles belong to each class, and differ by noise alone.
    assert within(table, "mean_rate", "confound") > 0.45
    assert within(table, "mean_rate", "label") > 0.95
    # Four intervals of cubic splines.
    assert (rows_of(table, "mean_rate", "label")["n_units"] == 7).all()


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
    n_test = {
        (confound, what): rows_of(table, confound, what)["n_test"].max()
        for confound in ("latency", "side")
        for what in ("confound", "label", "regressed out")
    }
    assert n_test["latency", "confound"] < n_test["latency", "label"]
    assert n_test["latency", "label"] == n_test["side", "label"]
    assert n_test["latency", "regressed out"] == n_test["side", "regressed out"]
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
    rows = rows_of(table, "side", "confound")
    assert set(rows["session"]) == {"all", "a"}
    assert set(rows["train_task"]) == {"pro", "retro"}
    assert "confound decoded, region V4, session b: left out, fewer than 2 trials" in caplog.text


@pytest.mark.parametrize("key", ["confounds", "balance"])
def test_a_confound_that_is_no_trial_column_is_an_error(decoded, key):
    keys = {"confounds": [], key: ["sid"]}
    with pytest.raises(InputError, match=rf"datasets.small.{key}: no trial column 'sid'\."):
        decoded([recording_of("a")], **keys)


@pytest.mark.parametrize("population", ["simultaneous", "pseudopopulation"])
def test_controls_remove_the_code_of_a_confound(decoded, population):
    """One SE is below .05, as for any accuracy on 160 test trials; 5 SE are .25."""
    sessions = [recording_of(session, n_trials=240, of_side=1.0) for session in "ab"]
    table = decoded(sessions, ["side"], population, balance=["side"])
    assert within(table, "side", "raw") > 0.65
    assert within(table, "side", "subsampled") > 0.6
    for control in ("regressed out", "balanced"):
        assert abs(within(table, "side", control) - 0.5) < 0.2
    few = rows_of(table, "side", "balanced")["n_train"].tolist()
    assert few == rows_of(table, "side", "subsampled")["n_train"].tolist()
    assert max(few) < min(rows_of(table, "side", "raw")["n_train"])


def test_controls_keep_the_code_of_the_label_itself(decoded):
    """The units code the label alone: two controls of the same confound are side by side."""
    recording = recording_of("a", of_label=1.0)
    table = decoded([recording], ["side"], permutations=39, balance=["side"])
    for control in ("raw", "regressed out", "balanced"):
        assert within(table, "side", control) > 0.9
        assert within(table, "side", control, "p_value") == 1 / 40
    cell = table[(table["session"] == "all") & (table["train_task"] == table["test_task"])]
    controls = [what for what in ROWS if what not in ("confound", "label")]
    of_pro = cell[(cell["train_task"] == "pro") & (cell["decoded_from"] == "units")]
    of_pro = of_pro[of_pro["decoded"] == "label"]
    assert of_pro["control"].tolist() == ["none", *controls[1:]]
    assert np.ptp(of_pro.index) == len(of_pro) - 1


def test_the_label_without_control_has_the_values_of_the_whole_decoding(decoded, dataset):
    recordings = [recording_of(session, of_label=0.4) for session in "ab"]
    keys = {"decoding": {"population": "simultaneous", "draws": 2, "unit_counts": []}}
    keys["inference"] = {"permutations": 1, "bootstraps": 20}
    settings = dataset(source="netcdf", files="*", **keys)
    study = Study("small", settings, 1)
    members = build_populations(recordings, study, "V4")
    whole = decode_region(members, study, region="V4", n_units=8)
    expected = summary_table([whole], settings.inference).set_index(
        ["session", "train_task", "test_task"]
    )
    found = rows_of(decoded(recordings, ["look"]), "look", "raw").set_index(expected.index.names)
    assert len(found) == len(expected)
    # Batches differ in size, so rounding may move a trial on the boundary.
    difference = (found["accuracy"] - expected["accuracy"]).abs()
    assert difference.max() < 0.01


def test_numbers_need_not_follow_the_label_in_one_direction(decoded):
    """Label and rates follow |x|, which its median does not divide."""
    recording = recording_of("a", n_trials=240)
    x = np.random.default_rng(1).normal(size=240)
    follows = np.abs(x) > np.median(np.abs(x))
    recording = recording.assign_coords(
        x=("trial", x), label=("trial", np.where(follows, "right", "left").astype(object))
    )
    recording["rates"] = recording["rates"] + xr.DataArray(2 * np.abs(x), dims="trial")
    table = decoded([recording], ["x"], permutations=39)
    assert within(table, "x", "label") > 0.85
    assert within(table, "x", "confound") > 0.35
    for what in ("confound", "label", "raw"):
        assert within(table, "x", what, "p_value") == 1 / 40
    assert within(table, "x", "raw") > 0.8
    # One SE is below .05. No row is left out, as labels differ within quartiles.
    assert abs(within(table, "x", "regressed out") - 0.5) < 0.25


def test_values_without_trials_of_a_class_are_named_in_the_table(decoded):
    one, other = recording_of("a"), recording_of("b")
    left = other["label"].values == "left"
    cue = np.where(np.arange(N_TRIALS) < 40, "x", "y").astype(object)
    one = one.assign_coords(cue=("trial", cue))
    other = other.assign_coords(cue=("trial", np.where(left & (cue == "x"), "y", cue)))
    table = decoded([one, other], [], balance=["cue"])
    rows = rows_of(table, "cue", "balanced").groupby("session")["missing_cells"].unique()
    assert rows["a"].tolist() == [""]
    cells = "cue x: 0 of task pro, class left and 0 of task retro, class left"
    assert rows["b"].tolist() == [cells]
    assert rows["all"].tolist() == [f"session b: {cells}"]


def test_a_confound_that_determines_the_label_is_not_regressed_out(decoded, caplog):
    recording = recording_of("a", of_label=1.0)
    recording = recording.assign_coords(copy=("trial", recording["label"].values))
    table = decoded([recording], ["copy"], balance=["copy"])
    assert set(table["control"]) == {"none"}
    assert set(table["decoded_from"]) == {"units", "confound"}
    assert "confound copy, regressed out: left out, shuffle gives only 1 label sets" in caplog.text
    assert "confound copy, balanced, region V4, task pro: no value has 2 trials" in caplog.text


def test_too_many_values_are_not_regressed_out(decoded, caplog):
    recording = recording_of("a")
    pictures = np.arange(N_TRIALS).astype(str).astype(object)
    recording = recording.assign_coords(picture=("trial", pictures))
    table = decoded([recording], ["picture"])
    assert set(table["decoded_from"]) == {"confound"}
    assert "picture, regressed out, region V4, session a: left out" in caplog.text


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

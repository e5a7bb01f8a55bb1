"""The tables of results: their columns, and what `all` means."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from neuro_attn.configuration import Inference
from neuro_attn.inference import tables
from neuro_attn.inference.clusters import cluster_p_value
from neuro_attn.inference.cross_temporal import cross_temporal
from neuro_attn.inference.onset_table import onset_table
from neuro_attn.inference.pvalues import corrected_p_value
from neuro_attn.inference.significance import significant
from neuro_attn.results import columns_of, read_csv, write_csv

SETTINGS = Inference(permutations=99, bootstraps=60)
TASKS, WINDOWS = ["pro", "retro"], ["early", "late"]
TIMES = 0.05 + 0.1 * np.arange(8)
IDENTICAL = np.where(TIMES > 0.4, 0.8, 0.5)
"""A code from .4 s on, the same in both tasks."""
INDEPENDENT = np.where(np.eye(2, dtype=bool)[..., None], IDENTICAL, 0.5)
"""The same, of each task by itself."""


def of(table, **names):
    """Return the one row of a table that has these names."""
    (row,) = table.loc[(table[list(names)] == pd.Series(names)).all(axis=1)].to_dict("records")
    return row


# --- columns -----------------------------------------------------------------------------------


def test_the_columns_are_those_that_are_documented(decoding):
    decodings = [decoding(IDENTICAL)]
    numbers = ["accuracy", "chance", "ci_low", "ci_high", "p_value", "p_corrected"]
    names, sizes = (
        ["region", "session", "train_task", "test_task"],
        [
            "n_units",
            "n_constant",
            "n_train",
            "n_test",
            "n_sessions",
        ],
    )
    expected = {
        tables.transfer_table: [*names, "time", *numbers, *sizes],
        tables.summary_table: [*names, "window", *numbers, *sizes],
        onset_table: [
            "region",
            "compared_with",
            "train_task",
            "test_task",
            "onset_s",
            "ci_low",
            "ci_high",
            "shape",
            "fit_p_value",
            "latency_s",
            "latency_ci_low",
            "latency_ci_high",
            "difference",
        ],
    }
    for function, columns in expected.items():
        assert function(decodings, SETTINGS).columns.tolist() == columns
    counts = ["region", "train_task", "test_task", "window", "n_units", "accuracy", "sd", "chance"]
    assert tables.unit_count_table(decodings).columns.tolist() == counts


def test_every_region_session_pair_of_tasks_and_time_is_one_row_in_order(decoding):
    decodings = [
        decoding(IDENTICAL, region="V4", sessions=["b", "a"]),
        decoding(IDENTICAL, region="FEF", sessions=["b"]),
    ]
    table = tables.transfer_table(decodings, SETTINGS)
    keys = ["region", "session", "train_task", "test_task", "time"]
    assert not table.duplicated(keys).any()
    assert len(table) == (3 + 2) * 4 * len(TIMES)
    order = table[["region", "session"]].drop_duplicates().to_numpy().tolist()
    assert order == [["V4", "all"], ["V4", "a"], ["V4", "b"], ["FEF", "all"], ["FEF", "b"]]
    assert table["time"][: len(TIMES)].tolist() == TIMES.tolist()


# --- sessions ----------------------------------------------------------------------------------


def three_sessions(decoding):
    course = np.array([0.5, 0.7, 0.9])[:, None, None, None] * np.ones((3, 2, 2, 8))
    return decoding(course, sessions=["a", "b", "c"])


def test_all_is_the_mean_over_sessions_and_the_sum_of_their_units_and_trials(decoding):
    made = three_sessions(decoding)
    for table, point in (
        (tables.transfer_table([made], SETTINGS), "time"),
        (tables.summary_table([made], SETTINGS), "window"),
    ):
        together = table[table["session"] == "all"]
        apart = table[table["session"] != "all"]
        keys = ["train_task", "test_task", point]
        means = apart.groupby(keys, sort=False)["accuracy"].mean().to_numpy()
        np.testing.assert_allclose(together["accuracy"], means)
        for count in ("n_units", "n_constant", "n_train", "n_test", "n_sessions"):
            assert (together[count] == apart[count].iloc[0] * 3).all()
        assert (apart["n_sessions"] == 1).all()


def test_all_is_tested_against_the_mean_of_the_sessions_nulls(decoding):
    made = three_sessions(decoding)
    table = tables.summary_table([made], SETTINGS)
    null = made["window_null"].mean("session").isel(train_task=0, test_task=1, window=1).values
    p = ((null >= 0.7).sum() + 1) / 100
    row = of(table, session="all", train_task="pro", test_task="retro", window="late")
    assert row["p_value"] == p


def test_a_pseudopopulation_is_all_and_nothing_else(decoding):
    table = tables.transfer_table([decoding(IDENTICAL)], SETTINGS)
    assert set(table["session"]) == {"all"}
    assert set(table["n_sessions"]) == {1}


def test_intervals_hold_the_accuracy_though_resamples_do_worse(decoding):
    # Planted replicates are .03 lower, 1.5 of their SDs.
    table = tables.transfer_table([decoding(IDENTICAL)], SETTINGS)
    assert (table["ci_low"] < table["accuracy"]).all()
    assert (table["accuracy"] < table["ci_high"]).all()
    # 95 % of replicates of SD .02 span .078; the percentiles of 60 have an SE of about .01.
    width = (table["ci_high"] - table["ci_low"]).to_numpy()
    assert ((width > 0.03) & (width < 0.14)).all()


def test_intervals_of_accuracy_end_where_accuracy_does(decoding):
    perfect = tables.transfer_table([decoding(1.0)], SETTINGS)
    assert (perfect["ci_high"] == 1).all()
    assert (perfect["ci_low"] < 1).all()
    always_wrong = tables.transfer_table([decoding(0.0)], SETTINGS)
    assert (always_wrong["ci_low"] == 0).all()


def test_p_is_corrected_over_times_and_regions(decoding):
    alone = tables.transfer_table([decoding(0.53, region="V4")], SETTINGS)
    company = [decoding(0.53, region="V4"), decoding(0.5, region="FEF", seed=1)]
    together = tables.transfer_table(company, SETTINGS).query("region == 'V4'")
    assert (alone["p_corrected"] >= alone["p_value"]).all()
    assert (together["p_corrected"].to_numpy() >= alone["p_corrected"].to_numpy()).all()
    assert (together["p_corrected"].to_numpy() > alone["p_corrected"].to_numpy()).any()
    np.testing.assert_array_equal(together["p_value"], alone["p_value"])


@pytest.mark.parametrize("correction", ["cluster", "fdr"])
def test_the_correction_is_the_one_that_is_asked_for_and_windows_keep_the_maximum(
    decoding, correction
):
    settings = SETTINGS.model_copy(update={"correction": correction})
    decodings = [decoding(IDENTICAL, region="V4"), decoding(0.53, region="FEF", seed=1)]
    by_maximum = tables.transfer_table(decodings, SETTINGS)
    table = tables.transfer_table(decodings, settings)
    assert not table["p_corrected"].equals(by_maximum["p_corrected"])
    pd.testing.assert_frame_equal(
        table.drop(columns="p_corrected"), by_maximum.drop(columns="p_corrected")
    )
    pd.testing.assert_frame_equal(
        tables.summary_table(decodings, settings), tables.summary_table(decodings, SETTINGS)
    )
    pd.testing.assert_frame_equal(
        onset_table(decodings, settings), onset_table(decodings, SETTINGS)
    )
    for pair, rows in table.groupby(["train_task", "test_task"], sort=False):
        if correction == "fdr":
            expected = stats.false_discovery_control(rows["p_value"])
        else:
            train, test = (TASKS.index(name) for name in pair)
            null = np.array(
                [
                    each["null"]
                    .isel(session=0, train_task=train, test_task=test)
                    .transpose("time", "permutation")
                    for each in decodings
                ]
            )
            observed = rows["accuracy"].to_numpy().reshape(2, -1)
            expected = cluster_p_value(
                observed, null, family=(0, 1), times=(1,), alpha=settings.alpha
            ).ravel()
        np.testing.assert_allclose(rows["p_corrected"], expected)


# --- onsets ------------------------------------------------------------------------------------


def course_from(start):
    return np.where(start < TIMES, 0.8, 0.5)


def test_onsets_and_their_differences_are_found(decoding):
    decodings = [
        decoding(course_from(0.2), region="LPFC"),
        decoding(course_from(0.4), region="V4"),
    ]
    table = onset_table(decodings, SETTINGS)
    names = {"train_task": "pro", "test_task": "retro"}
    for region, start in (("LPFC", 0.2), ("V4", 0.4)):
        row = of(table, region=region, compared_with="", **names)
        assert abs(row["onset_s"] - start) <= 0.05  # half a bin
        assert row["ci_low"] <= row["onset_s"] <= row["ci_high"]
        assert row["latency_ci_low"] <= row["latency_s"] <= row["latency_ci_high"]
        assert abs(row["latency_s"] - start) <= 0.02  # interpolated between bin centres
        assert row["fit_p_value"] > 0.05
        assert row["difference"] == ""
    row = of(table, region="LPFC", compared_with="V4", **names)
    assert row["onset_s"] == pytest.approx(-0.2, abs=0.03)
    assert row["latency_s"] == pytest.approx(-0.2, abs=0.02)
    assert row["ci_low"] <= row["ci_high"] < 0
    assert row["difference"] == "onset"
    assert (row["shape"], np.isnan(row["fit_p_value"])) == ("", True)
    assert len(table) == 3 * 4


def test_onsets_are_compared_in_the_pairs_that_are_listed(decoding):
    starts = {"LPFC": 0.2, "FEF": 0.3, "V4": 0.4}
    decodings = [decoding(course_from(start), region=name) for name, start in starts.items()]
    everything = onset_table(decodings, SETTINGS)
    plain = everything[everything["compared_with"] == ""]
    pd.testing.assert_frame_equal(
        onset_table(decodings, SETTINGS, compared=[]), plain.reset_index(drop=True)
    )
    listed = onset_table(decodings, SETTINGS, compared=[["V4", "LPFC"], ["V4", "other"]])
    assert len(listed) == len(plain) + 4
    back, there = listed[listed["compared_with"] == "LPFC"], everything["compared_with"] == "V4"
    ahead = everything[there & (everything["region"] == "LPFC")]
    np.testing.assert_allclose(back["onset_s"], -ahead["onset_s"].to_numpy())
    np.testing.assert_allclose(back["ci_low"], -ahead["ci_high"].to_numpy())


@pytest.mark.parametrize(
    ("over", "axes"),
    [([], {3}), (["regions"], {0, 3}), (["regions", "task_pairs"], {0, 1, 2, 3})],
)
def test_onsets_are_corrected_over_what_is_asked_for(decoding, monkeypatch, over, axes):
    seen = []
    monkeypatch.setattr(
        "neuro_attn.inference.onset_table.rise_of", lambda *_, p, **__: seen.append(p)
    )
    settings = SETTINGS.model_copy(update={"correct_over": over})
    weak = np.where(TIMES > 0.4, 0.54, 0.5)
    regions = [decoding(weak, region=name, seed=seed) for seed, name in enumerate(("LPFC", "V4"))]
    onset_table(regions, settings)
    observed = np.stack(
        [
            np.diagonal(each["accuracy"].isel(session=0).mean("draw"), axis1=2, axis2=3)
            for each in regions
        ]
    )
    null = np.stack([each["null"].isel(session=0).values for each in regions])
    expected = corrected_p_value(observed, null, tuple(sorted(axes)))
    np.testing.assert_array_equal(np.reshape(seen, expected.shape), expected)


def test_the_shapes_of_resampled_rises_follow_the_seed_and_the_data_set(decoding):
    # Shapes matter where noise is of the size of the rise; estimates have none drawn.
    made = decoding(course_from(0.3), noise=0.05)
    elsewhere = made.assign_attrs(dataset="other")
    one, same, other_seed, other_data = (
        onset_table([each], SETTINGS, seed)
        for each, seed in ((made, 1), (made, 1), (made, 2), (elsewhere, 1))
    )
    pd.testing.assert_frame_equal(one, same)
    for other in (other_seed, other_data):
        assert (one["onset_s"] == other["onset_s"]).all()
        assert (one["ci_low"] != other["ci_low"]).any()


def test_a_region_without_an_onset_has_no_row_and_no_difference(decoding):
    decodings = [decoding(INDEPENDENT, region="V4"), decoding(0.5, region="FEF")]
    table = onset_table(decodings, SETTINGS)
    rows = table[["region", "compared_with", "train_task", "test_task"]].to_numpy().tolist()
    assert rows == [["V4", "", "pro", "pro"], ["V4", "", "retro", "retro"]]


@pytest.mark.parametrize("correction", ["max", "cluster", "fdr"])
@pytest.mark.parametrize(("permutations", "any_found"), [(19, False), (20, True)])
def test_without_an_attainable_p_below_alpha_there_is_no_onset_and_nothing_significant(
    decoding, correction, permutations, any_found
):
    made = SETTINGS.model_copy(update={"permutations": permutations, "correction": correction})
    decodings = [decoding(0.95, n=permutations)]
    assert (len(onset_table(decodings, made)) > 0) == any_found
    summary, transfer = (f(decodings, made) for f in (tables.summary_table, tables.transfer_table))
    for p in (summary["p_corrected"], transfer["p_corrected"], transfer["p_value"]):
        assert significant(p, made.alpha).any() == any_found
    cross = cross_temporal(decodings, made)["p_corrected"].values
    # The false discovery rate counts the tests of both directions, of which one can be found.
    either = any_found and correction != "fdr"
    assert significant(cross, made.alpha).any() == either


# --- other results -----------------------------------------------------------------------------


def test_unit_counts_are_those_that_all_sessions_reach(decoding):
    made = three_sessions(decoding)
    made["unit_accuracy"].loc[{"session": "b", "n_units": 10}] = np.nan
    table = tables.unit_count_table([made, decoding(IDENTICAL, region="V4")])
    assert table.query("region == 'LPFC'")["n_units"].unique().tolist() == [5]
    assert table.query("region == 'V4'")["n_units"].unique().tolist() == [5, 10]
    expected = made["unit_accuracy"].sel(n_units=5).mean(["session", "draw"]).values.ravel()
    np.testing.assert_allclose(table.query("region == 'LPFC'")["accuracy"], expected)


def test_the_sd_over_draws_is_that_of_a_sample(decoding):
    made = decoding(IDENTICAL)
    each = made["unit_accuracy"].isel(session=0).transpose(..., "draw").values
    expected = each.std(axis=-1, ddof=1).ravel()
    np.testing.assert_allclose(tables.unit_count_table([made])["sd"], expected)
    assert tables.unit_count_table([made.isel(draw=[0])])["sd"].isna().all()


def test_training_sizes_are_those_that_all_sessions_reach_with_the_mean_number_of_trials(decoding):
    made = three_sessions(decoding)
    at = {"session": "b", "train_task": "retro"}
    made["trial_accuracy"].loc[{**at, "training_size": "10"}] = np.nan
    made["n_per_class"].loc[{**at, "training_size": "10"}] = np.nan
    made["n_per_class"].loc[{**at, "training_size": "all"}] = 9
    table = tables.trial_count_table([made, decoding(IDENTICAL, region="V4")])
    assert table.columns.tolist() == columns_of("trial_counts")
    sizes = table.groupby(["region", "train_task"])["training_size"].unique().map(list).to_dict()
    assert sizes == {
        ("LPFC", "pro"): ["5", "matched", "all"],
        ("LPFC", "retro"): ["5", "matched", "all"],
        ("V4", "pro"): ["5", "matched", "all"],
        ("V4", "retro"): ["5", "10", "matched", "all"],
    }
    names = {"region": "LPFC", "train_task": "retro", "test_task": "pro", "window": "late"}
    row = of(table, **names, training_size="all")
    assert row["n_per_class"] == (12 + 9 + 12) / 3
    names.pop("region")
    draws = made["trial_accuracy"].sel(names, drop=True).sel(training_size="all").mean("session")
    assert row["accuracy"] == pytest.approx(draws.mean().item())
    assert row["sd"] == pytest.approx(draws.std(ddof=1).item())


@pytest.mark.parametrize("name", ["NA", "011", "None", "1e5", "true", "area 7, left"])
def test_names_survive_the_file_whatever_they_look_like(decoding, tmp_path, name):
    names = {dim: [name, "002"] for dim in ("train_task", "test_task", "window")}
    decodings = [
        decoding(IDENTICAL, region=name, sessions=[name]).assign_coords(names),
        decoding(0.5, region="V4", sessions=["002"]).assign_coords(names),
    ]
    made = {
        "transfer": tables.transfer_table(decodings, SETTINGS),
        "summary": tables.summary_table(decodings, SETTINGS),
        "onsets": onset_table(decodings, SETTINGS),
        "unit_counts": tables.unit_count_table(decodings),
        "trial_counts": tables.trial_count_table(decodings),
    }
    for kind, table in made.items():
        path, again = tmp_path / f"{kind}.csv", tmp_path / f"again/{kind}.csv"
        write_csv(table, path)
        pd.testing.assert_frame_equal(read_csv(path), table, check_dtype=False, rtol=1e-8)
        write_csv(read_csv(path), again)
        assert again.read_bytes() == path.read_bytes()

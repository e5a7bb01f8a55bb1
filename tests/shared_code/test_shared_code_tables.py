"""The tables of shared codes, from recordings of a simulation with planted codes."""

import numpy as np
import pandas as pd
import pytest

from neuro_attn import sources
from neuro_attn.configuration import Inference, load
from neuro_attn.configuration.experiment import SimulatedRegion
from neuro_attn.results import columns_of
from neuro_attn.shared_code.estimates import UNITS, Estimate, Sizes
from neuro_attn.shared_code.of_region import TaskPair
from neuro_attn.shared_code.tables import concluded, tables_of
from neuro_attn.shared_code.these_units import UnitsOverlap
from neuro_attn.study import Study
from tests.studies import study_of

# Of 40 seeds none gave another verdict on LPFC, FEF and V4 than the tests expect.
REGIONS = {
    "LPFC": SimulatedRegion(
        units=32, selection_onset=0.1, selection_axis_cosine=1.0, selection_sd=3.0
    ),
    "FEF": SimulatedRegion(units=32, selection_onset=0.1, selection_sd=3.0),
    "V4": SimulatedRegion(
        units=32, selection_onset=0.1, selection_axis_cosine=-1.0, selection_sd=3.0
    ),
    "parietal": SimulatedRegion(units=32, selection_sd=0.0),
}


def analysed(sessions, seed=0, subjects=1, **inference):
    dataset = load("config/config.yaml").datasets["simulation"]
    changes = {"sessions": sessions, "subjects": subjects, "regions": REGIONS}
    simulation = dataset.simulation.model_copy(update=changes)
    settings = dataset.inference.model_copy(update=inference)
    dataset = dataset.model_copy(update={"simulation": simulation, "inference": settings})
    recordings = sources.read("simulation", dataset, "data", seed)
    return tables_of(recordings, Study("simulation", dataset, seed), list(REGIONS))


@pytest.fixture(scope="module")
def few():
    return analysed(2)


@pytest.fixture(scope="module")
def many():
    return analysed(8, subjects=2)


def of_window(table, window="delay"):
    return table[table["window"] == window].set_index("region")


@pytest.mark.parametrize("name", ["overlap", "overlap_differences", "overlap_sessions", "verdicts"])
def test_the_columns_are_those_of_the_specification(few, name):
    table = getattr(few, name)
    assert list(table.columns) == columns_of(name)
    assert len(table)


def test_with_few_sessions_verdicts_are_about_these_units(few):
    verdicts = of_window(few.verdicts)
    assert set(verdicts["level"]) == {"these units"}
    found = verdicts["verdict"].to_dict()
    assert (found["LPFC"], found["FEF"], found["V4"]) == ("shared", "task-specific", "reversed")
    assert verdicts.loc["LPFC", "conclusion"] == "shared in these 32 units (2 sessions)"


def test_a_region_without_a_code_is_not_decodable():
    # Both tasks must be below alpha by chance: in 2 to 4 of 1,000 data sets at 0.05.
    verdicts = of_window(analysed(2, alpha=0.001).verdicts)
    assert verdicts.loc["parietal", "verdict"] == "not decodable"


@pytest.mark.parametrize("confidence", [0.6, 0.95, 0.999])
def test_the_coverage_of_the_intervals_that_are_shown_changes_no_verdict(confidence):
    # An overlap of 0.68 with a standard error of 0.1: its 95 % interval begins below 0.5.
    overlap = UnitsOverlap(0.68, 1.0, 1.0, np.diag([0.01, 0, 0]), np.zeros(3), 1e6)
    estimate = Estimate(
        level=UNITS,
        region="V4",
        subject="all",
        test=TaskPair("pro", "retro", "late", (0, 1, 0)),
        overlap=overlap,
        p_value=0.001,
        p_corrected=0.001,
        smallest_p=0.0,
        p_codes=(0.001, 0.001),
        bayes_factor=np.nan,
        sizes=Sizes(40, 1, 1),
    )
    study = study_of(inference=Inference(confidence=confidence))
    assert concluded(estimate, study)[0] == "partly shared"


def test_where_trials_may_depend_on_each_other_a_verdict_on_units_says_what_it_assumes(few):
    careful = analysed(2, null_model="pseudosession").verdicts["conclusion"]
    assert careful.str.endswith("; the test assumes independent trials").all()
    assert not few.verdicts["conclusion"].str.contains("assumes").any()


def test_with_eight_sessions_verdicts_are_about_the_region(many):
    verdicts = of_window(many.verdicts)
    assert set(verdicts["level"]) == {"the region"}
    found = verdicts["verdict"].to_dict()
    assert (found["LPFC"], found["V4"]) == ("shared", "reversed")
    # The null of every session holds in FEF, so it is called shared only by error.
    assert found["FEF"] in ("task-specific", "inconclusive")
    assert verdicts.loc["LPFC", "conclusion"] == "shared in this region (8 sessions of 2 subjects)"


def test_an_undecided_region_has_the_verdict_about_its_units_beside_it(many):
    for row in of_window(many.verdicts).itertuples():
        assert ("in these 32 units" in row.conclusion) == (row.verdict == "inconclusive")


def test_no_row_about_the_region_has_a_p_below_what_its_sessions_allow(few, many):
    for tables, smallest in ((few, 0.5), (many, 2 / 2**8)):
        rows = tables.overlap[tables.overlap["level"] == "the region"]
        of_all = rows[rows["subject"] == "all"]
        assert (of_all["smallest_p"] == smallest).all()
        assert (of_all["p_value"] >= smallest).all()


def test_several_subjects_have_rows_of_their_own(few, many):
    assert set(few.overlap["subject"]) == {"all"}
    region = many.overlap[many.overlap["level"] == "the region"]
    assert set(region["subject"]) == {"all", "subject1", "subject2"}
    of_one = region[region["subject"] == "subject1"]
    assert set(of_one["n_sessions"]) == {4}
    assert set(of_one["n_subjects"]) == {1}


@pytest.fixture(scope="module")
def animals():
    return analysed(8, subjects=8)


def test_with_enough_subjects_verdicts_are_about_others(animals):
    verdicts = of_window(animals.verdicts)
    assert set(verdicts["level"]) == {"other subjects"}
    said = "shared in this region in other subjects (8 sessions of 8 subjects)"
    assert verdicts.loc["LPFC", "conclusion"] == said


def test_one_session_of_each_subject_makes_both_levels_equal(animals):
    rows = animals.overlap[animals.overlap["subject"] == "all"].drop(columns="subject")
    keys = ["region", "window"]
    region, subjects = (
        rows[rows["level"] == level].set_index(keys).drop(columns="level").sort_index()
        for level in ("the region", "other subjects")
    )
    pd.testing.assert_frame_equal(region, subjects)


def test_differences_between_regions_have_the_same_levels(animals):
    rows = animals.overlap_differences.drop(columns="p_corrected")
    keys = ["region", "compared_with", "window"]
    region, subjects = (
        rows[rows["level"] == level].set_index(keys).drop(columns="level").sort_index()
        for level in ("the region", "other subjects")
    )
    pd.testing.assert_frame_equal(region, subjects)


def test_few_subjects_have_no_rows_about_others(many):
    for table in (many.overlap, many.overlap_differences):
        assert "other subjects" not in set(table["level"])


def test_corrected_p_values_are_never_below_uncorrected_ones(many):
    for table in (many.overlap, many.overlap_differences):
        known = table.dropna(subset=["p_value"])
        assert (known["p_corrected"] >= known["p_value"] - 1e-12).all()


def test_a_shared_and_a_reversed_code_differ(many):
    differences = many.overlap_differences
    rows = differences[
        (differences["region"] == "LPFC")
        & (differences["compared_with"] == "V4")
        & (differences["window"] == "delay")
    ].set_index("level")
    assert set(rows.index) == {"these units", "the region"}
    assert (rows["ci_low"] > 1).all()
    assert (rows["p_corrected"] < 0.05).all()


def test_a_region_without_a_code_is_not_compared_in_its_units(many):
    differences = many.overlap_differences
    units = differences[differences["level"] == "these units"]
    codes = many.overlap[many.overlap["level"] == "these units"]
    weak = codes[codes[["p_first", "p_second"]].max(axis=1) >= 0.05]
    assert len(weak)
    for row in weak.itertuples():
        here = units[units["window"] == row.window]
        assert row.region not in {*here["region"], *here["compared_with"]}


def test_sessions_are_listed_with_their_own_units(many):
    table = many.overlap_sessions
    assert len(table) == 8 * 4 * 2
    assert set(table["n_units"]) == {4}
    lpfc = table[(table["region"] == "LPFC") & (table["window"] == "delay")]
    assert (lpfc["d_prime_across"] > 0).all()


def test_the_mean_d_prime_gives_all_sessions_the_same_weight(many):
    sessions = many.overlap_sessions
    mean = (sessions["d_prime_across"] + sessions["d_prime_back"]).div(2)
    expected = mean.groupby([sessions["region"], sessions["window"]]).mean()
    rows = many.overlap.query("level == 'the region' and subject == 'all'")
    found = rows.set_index(["region", "window"])["d_prime"]
    pd.testing.assert_series_equal(found.sort_index(), expected.sort_index(), check_names=False)
    units = many.overlap[many.overlap["level"] == "these units"]
    assert units["d_prime"].isna().all()


def test_a_region_does_not_change_the_estimates_of_another(many):
    dataset = load("config/config.yaml").datasets["simulation"]
    simulation = dataset.simulation.model_copy(update={"sessions": 8, "regions": REGIONS})
    dataset = dataset.model_copy(update={"simulation": simulation})
    recordings = sources.read("simulation", dataset, "data", 0)
    alone = tables_of(recordings, Study("simulation", dataset, 0), ["LPFC"])
    columns = ["overlap", "ci_low", "ci_high", "p_value"]
    for level in ("these units", "the region"):
        one, other = (
            table[(table["level"] == level) & (table["region"] == "LPFC")]
            .query("subject == 'all'")[columns]
            .reset_index(drop=True)
            for table in (alone.overlap, many.overlap)
        )
        pd.testing.assert_frame_equal(one, other)

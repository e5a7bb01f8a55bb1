"""Published values are compared with the right rows of a run, and never by mistake with others."""

import math
from pathlib import Path

import pandas as pd
import pytest

from neuro_attn.configuration import load, parse
from neuro_attn.errors import InputError
from neuro_attn.published import check_published, compared, files_of
from neuro_attn.report.published import rows_of
from neuro_attn.results import TABLES, columns_of, read_csv, write_csv
from tests.test_configuration import NWB, message

CONFIG = Path(__file__).parents[1] / "config"
WITHIN = {"region": "V4", "session": "all", "train_task": "pro", "test_task": "pro"}
VALUE = {
    "quantity": "accuracy in V4",
    "published": 0.7,
    "table": "summary",
    "row": {**WITHIN, "window": "late"},
    "column": "accuracy",
}


def configured(**changed):
    keys = {**NWB, "published": [{**VALUE, **changed}]}
    return parse({"datasets": {"d": keys}})


def refused(**changed):
    with pytest.raises(InputError) as error:
        check_published(configured(**changed))
    return str(error.value)


def written(folder, name, rows):
    """Write a table with some columns given and the others empty."""
    blank = {c.name: "" if c.kind == "text" else 0 for c in TABLES[name].columns}
    path = folder / f"{name}.csv"
    write_csv(
        pd.DataFrame([{**blank, **row} for row in rows], columns=columns_of(name)), path, name
    )
    return path


@pytest.fixture
def tables(tmp_path):
    accuracies = [
        {**WITHIN, "window": "late", "accuracy": 0.83, "ci_low": 0.8, "ci_high": 0.86},
        {**WITHIN, "window": "late", "region": "LPFC", "accuracy": 0.9},
        {**WITHIN, "window": "late", "train_task": "retro", "accuracy": 0.6},
    ]
    return {
        "summary": written(tmp_path, "summary", accuracies),
        "regions": written(tmp_path, "regions", [{"region": r} for r in ("LPFC", "V4", "FEF")]),
    }


def beside(tables, **changed):
    values = configured(**changed).datasets["d"].published
    assert set(files_of(values)) == {"summary", "regions"}
    return compared(values, tables, "d").iloc[0]


# --- what is compared --------------------------------------------------------------------------


def test_the_value_of_the_run_is_that_of_the_row_that_is_named(tables):
    row = beside(tables, planted=0.85, interval=["ci_low", "ci_high"], location="Fig. 2a")
    assert (row["published"], row["here"], row["planted"]) == (0.7, 0.83, 0.85)
    assert (row["ci_low"], row["ci_high"], row["location"]) == (0.8, 0.86, "Fig. 2a")
    assert row["recovered"]


@pytest.mark.parametrize(
    ("changed", "recovered"),
    [
        ({"planted": 0.87, "interval": ["ci_low", "ci_high"]}, False),
        ({"planted": 0.87}, None),
        ({"interval": ["ci_low", "ci_high"]}, None),
    ],
)
def test_a_planted_value_is_recovered_if_the_interval_contains_it(tables, changed, recovered):
    found = beside(tables, **changed)["recovered"]
    assert (found if found is None else bool(found)) is recovered


def test_a_result_that_the_run_does_not_have_is_missing(tables):
    row = beside(tables, row={**VALUE["row"], "region": "FEF"}, planted=0.5)
    assert math.isnan(row["here"])


def test_numbers_that_identify_a_row_may_be_rounded(tables):
    row = beside(tables, row={**VALUE["row"], "accuracy": 0.83 + 1e-12})
    assert row["here"] == 0.83


def test_words_are_compared_with_words(tmp_path):
    verdict = {"region": "V4", "first_task": "pro", "second_task": "retro", "window": "late"}
    tables = {
        "verdicts": written(tmp_path, "verdicts", [{**verdict, "verdict": "shared"}]),
        "regions": written(tmp_path, "regions", [{"region": "V4"}]),
    }
    found = {}
    for planted in ("shared", "task-specific"):
        changed = {"table": "verdicts", "row": verdict, "column": "verdict", "planted": planted}
        values = configured(**changed, published="shared").datasets["d"].published
        found[planted] = compared(values, tables, "d").iloc[0]
    assert found["shared"]["here_text"] == "shared"
    assert [row["recovered"] for row in found.values()] == [True, False]


def test_the_answer_page_shows_numbers_and_words_in_the_order_of_the_configuration(
    tables, tmp_path
):
    values = configured(planted=0.9, unit="of 1", interval=["ci_low", "ci_high"])
    words = configured(column="region", published="<b>", quantity="name")
    both = [*values.datasets["d"].published, *words.datasets["d"].published]
    write_csv(compared(both, tables, "d"), tmp_path / "published.csv", "published")
    assert read_csv(tmp_path / "published.csv", "published")["recovered"].isna().tolist() == [
        False,
        True,
    ]
    first, second = rows_of(tmp_path / "published.csv")
    assert first == {
        "quantity": "accuracy in V4 (of 1)",
        "location": "",
        "published": "0.700",
        "here": "0.830",
        "interval": "[0.800, 0.860]",
        "planted": "0.900",
    }
    assert (second["published"], second["here"], second["planted"]) == ("<b>", "V4", "")
    assert rows_of(tmp_path / "none.csv") == []


# --- mistakes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"table": "sumary"},
            "0.table: this data set has no table 'sumary'. Did you mean",
        ),
        ({"table": "published"}, "this data set has no table 'published'"),
        ({"table": "behaviour_measures"}, "this data set has no table 'behaviour_measures'"),
        ({"column": "acuracy"}, "no column 'acuracy' in table summary. Did you mean accuracy?"),
        ({"row": {"area": "V4"}}, "published.0.row: no column 'area' in table summary"),
        ({"interval": ["ci_low", "ci_hi"]}, "no column 'ci_hi' in table summary. Did you mean"),
        ({"published": "high"}, "column accuracy contains numbers, so it cannot be compared with"),
        ({"row": {"window": "latest"}}, "row.window: no window 'latest'. Did you mean late?"),
        ({"row": {"test_task": "retr"}}, "row.test_task: no task 'retr'. Did you mean retro?"),
    ],
)
def test_what_no_result_can_match_is_refused_before_the_run(changed, expected):
    assert expected in refused(**changed)


def test_a_planted_value_of_another_kind_is_refused_with_its_key():
    wrong = {**NWB, "published": [{**VALUE, "planted": "shared"}]}
    assert "published.0.planted: must be a number" in message({"datasets": {"d": wrong}})


def test_a_name_that_no_row_has_is_refused_with_those_that_rows_have(tables):
    with pytest.raises(InputError, match=r"no region 'PFC'. Did you mean LPFC\?"):
        beside(tables, row={**VALUE["row"], "region": "PFC"})


def test_a_row_that_is_not_identified_is_refused_with_the_columns_that_would_identify_it(tables):
    with pytest.raises(InputError, match=r"2 rows of summary.csv match. Give the value of train"):
        beside(tables, row={"region": "V4", "window": "late"})


@pytest.mark.parametrize("path", sorted(CONFIG.glob("*.yaml")), ids=lambda path: path.name)
def test_published_values_of_the_configurations_have_tables_and_columns(path):
    check_published(load(path))


def test_what_the_papers_configuration_calls_planted_is_what_it_plants():
    paper, accurate = load(CONFIG / "panichello_buschman.yaml").datasets.values()
    planted = paper.simulation.regions
    for value in paper.published:
        region = planted.get(value.row.get("region", ""))
        if value.table == "onsets":
            assert value.planted == region.selection_onset
        if value.table == "regions":
            assert value.planted == region.units
        if value.table == "verdicts":
            verdicts = {1.0: "shared", 0.5: "partly shared", 0.0: "task-specific"}
            assert value.planted == verdicts[region.selection_axis_cosine]
    angles = [math.degrees(math.acos(value.planted)) for value in accurate.published]
    assert angles == pytest.approx(planted["LPFC"].color_plane_angles, abs=0.1)

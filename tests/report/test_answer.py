"""The answer page states the verdicts of the tables, in words that follow from them."""

import html
import json
import re

import pandas as pd
import pytest

from neuro_attn.figures import shared_codes
from neuro_attn.figures.captions import interval
from neuro_attn.figures.over_time import Shown, averaged
from neuro_attn.figures.tables import table_element
from neuro_attn.figures.verdict_words import (
    OPEN,
    SAYS,
    headline,
    networks_in_words,
    regions_in_words,
)
from neuro_attn.report.courses import MOST, RIGHT, chart
from neuro_attn.report.methods_text import citations, methods


def verdicts(*rows: tuple) -> pd.DataFrame:
    """Return a table of verdicts from region, first and second task, window and verdict."""
    table = pd.DataFrame(rows, columns=["region", "first_task", "second_task", "window", "verdict"])
    return table.assign(conclusion=table["verdict"] + " in this region (8 sessions)")


def test_every_verdict_has_a_sentence_or_leaves_the_question_open():
    assert {*SAYS, *OPEN} == set(shared_codes.COLORS)


@pytest.mark.parametrize(
    ("verdict", "sentence"),
    [
        ("shared", "V4 shares a code between pro and retro (cue)."),
        ("partly shared", "V4 partly shares a code between pro and retro (cue)."),
        ("reversed", "V4 reverses the code of pro in retro (cue)."),
        ("task-specific", "V4 has task-specific codes in pro and retro (cue)."),
        ("inconclusive", "No conclusion: V4."),
        ("not decodable", "No conclusion: V4."),
    ],
)
def test_one_region_is_one_sentence(verdict, sentence):
    assert headline(verdicts(("V4", "pro", "retro", "cue", verdict))) == sentence


def test_a_headline_names_regions_together_and_says_where_tasks_differ():
    table = verdicts(
        ("V4", "a", "b", "cue", "shared"),
        ("FEF", "a", "b", "cue", "shared"),
        ("IT", "a", "b", "cue", "not decodable"),
        ("V4", "a", "c", "cue", "reversed"),
    )
    assert headline(table) == (
        "FEF and V4 share a code between a and b (cue). No conclusion (a and b): IT. "
        "V4 reverses the code of a in c (cue)."
    )


def test_a_headline_states_a_code_only_in_the_windows_in_which_a_region_has_it():
    table = verdicts(
        ("V4", "a", "b", "cue", "shared"),
        ("V4", "a", "b", "delay", "inconclusive"),
        ("FEF", "a", "b", "cue", "inconclusive"),
        ("FEF", "a", "b", "delay", "shared"),
    )
    assert headline(table) == (
        "FEF shares a code between a and b (delay). V4 shares a code between a and b (cue)."
    )


def test_regions_that_answer_come_first_with_all_their_windows():
    table = verdicts(
        ("V4", "a", "b", "cue", "inconclusive"),
        ("V4", "a", "b", "delay", "inconclusive"),
        ("IT", "a", "b", "cue", "not decodable"),
        ("IT", "a", "b", "delay", "shared"),
    )
    first, second = regions_in_words(table)
    assert (first.region, first.verdict) == ("IT", "shared")
    assert first.text == (
        "cue: not decodable in this region (8 sessions). delay: shared in this region (8 sessions)."
    )
    assert second.text == "cue and delay: inconclusive in this region (8 sessions)."


def test_networks_say_which_regions_remain_possible_and_which_are_incompatible():
    table = pd.DataFrame(
        {
            "network": ["a", "b", "c"],
            "population": ["memory"] * 3,
            "verdict": ["undecided", "none", "V4"],
            "possible": ["V4, IT", "", "V4"],
            "region": ["V4", "", "V4"],
        }
    )
    rows = [
        ("a", True, "LPFC", "incompatible"),
        ("a", True, "V4", "compatible"),
        ("a", False, "V4", "incompatible"),
        ("b", True, "LPFC", "incompatible"),
        ("b", True, "V4", "incompatible"),
    ]
    fit = pd.DataFrame(rows, columns=["network", "trained", "region", "verdict"])
    assert networks_in_words(table, fit.assign(population="memory")) == [
        "a (memory) may resemble V4 or IT; incompatible with LPFC",
        "b (memory) resembles no region; incompatible with LPFC and V4",
        "c (memory) resembles V4 only",
    ]


def test_methods_state_the_numbers_of_the_configuration(dataset):
    mine = dataset(
        source="simulation", decoding={"folds": 5, "draws": 3}, inference={"permutations": 77}
    )
    text = methods("mine", mine, "40 units in 2 regions")
    for stated in ("side", "pro and retro", "100 ms", "late (0.2 to 0.4 s)", "5 folds", "77 perm"):
        assert stated in text


def test_methods_state_reference_and_licence_of_the_recordings_where_they_are_known(dataset):
    stated = {"citation": "Who W (2020). What. Where 1, 2.", "licence": "CC-BY-4.0"}
    text = methods("mine", dataset(source="simulation", **stated), "")
    assert "The recordings are described in: Who W (2020). What. Where 1, 2. The licence" in text
    assert "licence of the recordings is CC-BY-4.0. At each time" in text
    assert "licence" not in methods("mine", dataset(source="simulation"), "")


@pytest.mark.parametrize(
    ("correction", "cited"), [("max", "Westfall"), ("cluster", "Maris"), ("fdr", "Benjamini")]
)
def test_methods_cite_the_correction_that_was_used(dataset, correction, cited):
    mine = dataset(source="simulation", inference={"correction": correction})
    references = " ".join(citations(methods("mine", mine, "")))
    assert {name for name in ("Maris", "Benjamini") if name in references} <= {cited}
    assert cited in references
    assert "Phipson" in references


def test_cells_of_numbers_can_be_sorted_with_missing_values_last():
    table = table_element(pd.DataFrame({"p_value": [0.0001, float("nan")], "region": ["a", "b"]}))
    assert '<td class="number" data-sort="0.0001">&lt; 0.001</td><td>a</td>' in table
    assert '<td class="number" data-sort="">\N{EN DASH}</td><td>b</td>' in table


@pytest.fixture
def course() -> pd.DataFrame:
    """Accuracy over time of eight regions, of which the last has the highest accuracy."""
    rows = [
        (f"area {n} <b>", train, test, time, 0.5 + 0.05 * n * (time > 0))
        for n in range(MOST + 2)
        for train in ("pro", "retro")
        for test in ("pro", "retro")
        for time in (-0.1, 0.0, 0.1, 0.2)
    ]
    names = ["region", "train_task", "test_task", "time", "accuracy"]
    table = pd.DataFrame(rows, columns=names)
    low, high = table["accuracy"] - 0.1, table["accuracy"] + 0.1
    return table.assign(session="all", ci_low=low, ci_high=high, chance=0.5, p_corrected=0.01)


def test_the_chart_has_the_numbers_of_the_table_at_every_time(course):
    shown = chart(course, Shown(windows={"late": (0.0, 0.2)}))
    values = json.loads(html.unescape(re.findall(r'data-values="([^"]*)"', shown)[0]))
    assert values["times"] == ["\N{MINUS SIGN}0.1 s", "0 s", "0.1 s", "0.2 s"]
    for drawn, (_, rows) in zip(values["regions"], course.groupby("region"), strict=True):
        for kind, means in averaged(rows).groupby("kind"):
            cells = means[["accuracy", "ci_low", "ci_high"]].itertuples(index=False)
            assert drawn[kind] == [interval(*cell, 2) for cell in cells]


def test_the_chart_reads_without_scripts(course):
    shown = chart(course, Shown(windows={"late": (0.0, 0.2)}))
    # Curves and names of the first regions are drawn; a script can show the others.
    assert shown.count('<g class="curve"') == MOST + 2
    assert shown.count('data-more=""') == 2 * 2
    assert '<div class="values" hidden>' in shown
    for text in ("late", "chance", "time from the task", "solid: across tasks", "highest values"):
        assert text in shown
    assert "<b>" not in shown
    # The label of chance is beside the frame, where no curve is.
    (place,) = re.findall(r'<text x="([\d.]+)" y="[\d.]+" class="start">chance</text>', shown)
    assert float(place) > RIGHT


def test_the_event_of_a_time_axis_is_a_name_and_not_that_of_a_column(dataset):
    tasks = {
        name: {"trials": f"order == '{name}'", "align": "cue_onset"} for name in ("pro", "retro")
    }
    assert Shown.of(dataset(source="simulation", tasks=tasks)).event == "cue onset"

"""The answer page states the verdicts of the tables, in words that follow from them."""

import pandas as pd
import pytest

from neuro_attn.figures import shared_codes
from neuro_attn.figures.tables import table_element
from neuro_attn.figures.verdict_words import (
    OPEN,
    SAYS,
    headline,
    networks_in_words,
    regions_in_words,
)
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
        "V4 and FEF share a code between a and b (cue). No conclusion (a and b): IT. "
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
        "V4 shares a code between a and b (cue). FEF shares a code between a and b (delay)."
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


def test_networks_say_which_regions_remain_possible():
    table = pd.DataFrame(
        {
            "network": ["a", "b", "c"],
            "population": ["memory"] * 3,
            "verdict": ["undecided", "none", "V4"],
            "possible": ["V4, IT", "", "V4"],
            "region": ["V4", "", "V4"],
        }
    )
    assert networks_in_words(table) == [
        "a (memory) may resemble V4 or IT",
        "b (memory) resembles no region",
        "c (memory) resembles V4 only",
    ]


def test_methods_state_the_numbers_of_the_configuration(dataset):
    mine = dataset(
        source="simulation", decoding={"folds": 5, "draws": 3}, inference={"permutations": 77}
    )
    text = methods("mine", mine, "40 units in 2 regions")
    for stated in ("side", "pro and retro", "100 ms", "late (0.2 to 0.4 s)", "5 folds", "77 perm"):
        assert stated in text


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

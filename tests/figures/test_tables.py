"""The HTML twin of a table can be read, and shows what the CSV holds."""

from html.parser import HTMLParser

import numpy as np
import pandas as pd

from neuro_attn.figures.tables import to_html


class _Cells(HTMLParser):
    def __init__(self):
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: list[str] = []
        self.in_cell = False

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "tr":
            self.rows.append([])
        self.in_cell = tag in ("td", "th")
        if self.in_cell:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        self.in_cell = self.in_cell and tag not in ("td", "th")

    def handle_data(self, data):
        if self.in_cell:
            self.rows[-1][-1] += data


def cells(page: str) -> list[list[str]]:
    parser = _Cells()
    parser.feed(page)
    return parser.rows


def test_numbers_are_rounded_as_they_are_read():
    frame = pd.DataFrame(
        {
            "region": ["LPFC", "V4"],
            "session": ["all", "session01"],
            "time": [-0.19, 0.30000000000000004],
            "accuracy": [0.863417, 1.0],
            "p_value": [1 / 201, 0.0416],
            "p_corrected": [0.005, 1.0],
            "difference": [np.nan, -0.0123],
            "n_units": [574, 12345],
            "n_sessions": [3.0, np.nan],
            "trained": [True, False],
        }
    )
    header, first, second = cells(to_html(frame, "Transfer", "Accuracy over time."))
    assert header == [
        "region",
        "session",
        "time (s)",
        "accuracy",
        "p",
        "p, corrected",
        "difference",
        "n units",
        "n sessions",
        "trained",
    ]
    assert first == [
        "LPFC",
        "all sessions",
        "\N{MINUS SIGN}0.190",
        "0.863",
        "0.005",
        "0.005",
        "\N{EN DASH}",
        "574",
        "3",
        "yes",
    ]
    assert second == [
        "V4",
        "session01",
        "0.300",
        "1.000",
        "0.042",
        "1.000",
        "\N{MINUS SIGN}0.012",
        "12345",
        "\N{EN DASH}",
        "no",
    ]


def test_p_values_of_many_permutations_are_told_apart_and_never_0():
    page = to_html(pd.DataFrame({"p_value": [1 / 1001, 3 / 1001, 1 / 10_001]}), "", "")
    assert cells(page)[1:] == [["0.001"], ["0.003"], ["< 0.001"]]


def test_all_numbers_of_a_column_have_the_same_decimals():
    values = [0.67, 0.534, 1.0, 123456.7, -0.0001, 12.34]
    for columns, decimals in {
        ("accuracy", "ci_low", "overlap"): 3,
        ("onset_s", "ci_low", "ci_high"): 3,
        ("distance", "ci_low", "runner_up_distance", "fraction_nearest"): 2,
        ("report_error",): 1,
    }.items():
        page = to_html(pd.DataFrame(dict.fromkeys(columns, values)), "", "")
        texts = [text for row in cells(page)[1:] for text in row]
        assert {len(text.split(".")[1]) for text in texts} == {decimals}
        assert not any(text.startswith("\N{MINUS SIGN}0.") for text in texts)


def test_a_note_stands_before_the_caption_and_is_escaped():
    page = to_html(pd.DataFrame({"p_value": [0.05]}), "t", "c", "first look: p < q")
    assert '<p class="note">First look: p &lt; q.</p>\n<p>c</p>' in page
    assert 'class="note"' not in to_html(pd.DataFrame({"p_value": [0.05]}), "t", "c")


def test_sessions_named_by_numbers_are_names():
    page = to_html(pd.DataFrame({"session": ["20161206"]}), "", "")
    assert cells(page)[1] == ["20161206"]
    assert '<td class="number"' not in page


def test_missing_values_of_every_kind_are_dashes():
    frame = pd.DataFrame(
        {
            "untrained_as_near": pd.array([True, pd.NA], dtype="boolean"),
            "runner_up": ["V4", None],
            "n": pd.array([1, pd.NA], dtype="Int64"),
        }
    )
    assert cells(to_html(frame, "", ""))[1:] == [
        ["yes", "V4", "1"],
        ["\N{EN DASH}", "\N{EN DASH}", "\N{EN DASH}"],
    ]


def test_text_is_escaped_everywhere():
    evil = "<script>alert('&\"')</script>"
    page = to_html(pd.DataFrame({evil: [evil]}), evil, evil)
    assert "<script" not in page
    assert cells(page) == [[evil.replace("_", " ")], [evil]]


def test_the_page_is_whole_and_needs_nothing_else():
    page = to_html(pd.DataFrame({"a": [1.5]}), "Title", "Caption")
    assert page.startswith("<!DOCTYPE html>")
    assert '<meta charset="utf-8">' in page
    assert "http" not in page
    assert "src=" not in page


def test_a_table_without_rows_keeps_its_header():
    assert cells(to_html(pd.DataFrame({"region": [], "time": []}), "t", "c")) == [
        ["region", "time (s)"]
    ]

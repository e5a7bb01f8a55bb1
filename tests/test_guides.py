"""Tutorials, guides and explanations say what the package does and what tests show."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from runpy import run_path
from typing import Any, get_args

import matplotlib as mpl
import pytest

from benchmarks import first_figure
from neuro_attn.shared_code.verdicts import Verdict
from tests.figures.conftest import SHAPES, make_transfer

ROOT = Path(__file__).parents[1]


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def python_of(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", text_of(page), re.MULTILINE | re.DOTALL)


GAP = "\0"
"""Stands for what is filled in where a message is written."""


def strings(source: str) -> Iterator[str]:
    """Yield the texts of a module, with a gap for every value that is filled in."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(
                part.value if isinstance(part, ast.Constant) else GAP for part in node.values
            )


def messages(page: str) -> list[str]:
    """Return the messages in the first column of the tables of a page."""
    tables = re.findall(r"^\| message \|.*?\n\n", text_of(page), re.MULTILINE | re.DOTALL)
    rows = [row for table in tables for row in table.splitlines()[2:] if row.startswith("|")]
    return [message for row in rows for message in re.findall(r"`([^`]+)`", row.split("|")[1])]


def test_every_message_that_troubleshooting_explains_is_one_of_the_package():
    texts = {
        text
        for path in ROOT.glob("neuro_attn/**/*.py")
        for text in strings(path.read_text("utf-8"))
    }
    # Where a message begins with the key, the two are joined when it is printed.
    quoted = [re.sub(r"^--\w+: ", "", message) for message in messages("docs/troubleshooting.md")]
    assert len(quoted) > 30
    for message in quoted:
        parts = [re.escape(part.strip()) for part in message.split("...")]
        pattern = re.compile(".*".join(parts), re.DOTALL)
        assert any(map(pattern.search, texts)), message


def test_every_pitfall_links_to_the_tests_that_are_named_after_it():
    concepts = text_of("docs/concepts.md")
    sections = concepts.split("\n## Pitfalls\n")[1].split("\n## ")[0].split("\n### ")[1:]
    numbers = set()
    for section in sections:
        links = re.findall(r"\[`test_(\d\d)`\]\(\.\./(tests/[\w/]+\.py)\)", section)
        assert links, section
        for number, file in links:
            assert f"\ndef test_{number}_" in text_of(file)
            numbers.add(int(number))
    assert numbers == set(range(1, 39))


def test_the_tutorial_has_a_sentence_for_every_verdict():
    table = text_of("docs/interpreting.md").split("| verdict |")[1].split("\n\n")[0]
    named = re.findall(r"^\| ([a-z -]+) \|", table, re.MULTILINE)
    assert sorted(named) == sorted(get_args(Verdict))


def test_the_time_to_the_first_figure_is_that_of_the_run_that_was_kept():
    times = json.loads(first_figure.KEPT.read_text(encoding="utf-8"))
    page = text_of("docs/your_data.md")
    assert first_figure.sentence(times) in page
    assert times["last line"] in page


def test_the_tutorial_quotes_the_results_of_the_start():
    start = text_of("docs/start.md")
    quoted = re.findall(r"overlap (\S*\d) \[(\S+), (\S+)\]", _tutorial())
    assert len(quoted) >= 2
    for estimate, low, high in quoted:
        assert f"| {estimate} | {low} | {high} |" in start
    (session,) = re.findall(r"0\.\d\d within `unilateral`, and .*? across tasks", _tutorial())
    assert session.replace(", and ", ", ") in text_of("docs/your_data.md")


def _tutorial() -> str:
    return text_of("docs/interpreting.md")


MOUSE = run_path(str(ROOT / "docs/site/mouse.py"))


def test_the_tables_of_the_mouse_are_those_of_its_run():
    text = text_of("docs/mouse.md")
    assert MOUSE["page"](text) == text, "run: python docs/site/mouse.py"


def test_the_conclusion_on_the_mouse_states_what_the_run_found():
    """Every overlap, p-value and number of units is that of its region, and no region is missed."""
    (conclusion,) = re.findall(r"^> (.*)$", text_of("docs/mouse.md"), re.MULTILINE)
    found = MOUSE["KEPT"]["regions"]
    shared, numbers, one, neither = re.findall(
        r"units of (.*?), the side had one code.*?\(overlap (.*?); jackknife"
        r".*?In (.*?) we found a significant code of the side only without"
        r".*?, and in (.*?) in neither",
        conclusion,
    )[0]
    for region, text in zip(re.split(", | and ", shared), numbers.split("; "), strict=True):
        p = MOUSE["p_text"](found[region]["p_corrected"])
        n_units = found[region]["n_units"]
        sign = "" if p.startswith("<") else "= "
        assert text == f"{MOUSE['overlap'](region)}, p {sign}{p}, {n_units:.0f} units"
    regions: dict[tuple, set[str]] = {}
    for region, each in found.items():
        codes = (each["p_first"] <= 0.05, each["p_second"] <= 0.05)
        regions.setdefault((each["verdict"], *codes), set()).add(region)
    assert regions == {
        ("shared", True, True): names(shared),
        ("not decodable", True, False): names(one),
        ("not decodable", False, False): names(neither),
    }
    assert MOUSE["KEPT"]["smallest p of a difference"] > 0.05


def names(text: str) -> set[str]:
    """Return the regions that a list in words names."""
    return set(re.split(", | and ", text))


def test_the_rows_that_seem_to_contradict_the_verdicts_are_as_the_page_says():
    dg, md = (MOUSE["KEPT"]["regions"][region]["accuracies"] for region in ("DG", "MD"))
    directions = ("unilateral to bilateral", "bilateral to unilateral")
    assert min(dg[pair]["p_corrected"] for pair in directions) > 0.05
    assert max(md[pair]["p_corrected"] for pair in directions) <= 0.05
    assert md["bilateral to bilateral"]["p_corrected"] > 0.05


def test_the_quick_look_at_arrays_runs():
    (example,) = python_of("docs/quick_look.md")
    found: dict[str, Any] = {}
    exec(example, found)
    assert "shared in these 20 units" in repr(found["found"])


def test_the_figure_for_a_paper_has_the_width_of_a_column_and_text_that_stays_text(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    example, of_results = python_of("docs/paper_figures.md")
    found: dict[str, Any] = {}
    exec(example, found)
    drawn = Path("figure_1.svg").read_text(encoding="utf-8")
    assert ">overlap</text>" in drawn
    (width,) = re.findall(r'<svg[^>]*? width="([\d.]+)pt"', drawn)
    assert float(width) / 72 * 25.4 == pytest.approx(89, abs=0.1)
    Path("results").mkdir()
    found["found"].verdicts.to_csv("results/verdicts.csv", index=False)
    make_transfer(SHAPES["one region"]).to_csv("results/transfer.csv", index=False)
    exec(of_results, found)
    page = found["redraw"]("results", "IT")
    assert [len(part.axes) for part in page.subfigs] == [1, 1]
    mpl.pyplot.close("all")

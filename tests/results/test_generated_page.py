"""docs/outputs.md is generated from the specifications, and a stale page is noticed."""

import re
from pathlib import Path
from runpy import run_path

import pytest

from neuro_attn.configuration.analysis import Analysis
from neuro_attn.configuration.null_models import NULL_MODELS
from neuro_attn.geometry.specification import MEASURES
from neuro_attn.results import TABLES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/outputs.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def generator() -> dict:
    return run_path(str(ROOT / "docs/site/outputs.py"))


def section(title: str) -> str:
    """Return the text below a heading."""
    (_, text) = PAGE.split(f"# {title}\n", 1)
    return re.split(r"^##+ ", text, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of the rows of all tables in a text."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|") and not line.startswith("|-")
    ]


def test_the_page_is_up_to_date(generator):
    assert generator["page"](PAGE) == PAGE, "run: python docs/site/outputs.py"


def test_every_generated_part_is_on_the_page(generator):
    blocks = re.findall(r"<!-- generated: ([\w ]+) -->", PAGE)
    assert sorted(blocks) == sorted(generator["BLOCKS"])
    assert PAGE.count("<!-- end -->") == len(blocks)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_table_has_a_section_with_its_files_and_columns(generator, table):
    text = section(generator["heading"](table))
    (header, *columns) = rows(text)
    assert header == ["column", "type", "unit", "meaning"]
    assert [row[0].strip("`") for row in columns] == table.names
    assert all(row[3] for row in columns)
    assert table.details in text
    (first, *others) = table.files
    assert all(f"`{file}`" in text for file in others)
    anchor = generator["anchor"](table)
    assert f"[`{first}`](#{anchor})" in section("What comes out")


@pytest.mark.parametrize("table", [t for t in TABLES.values() if t.when], ids=lambda t: t.name)
def test_a_table_that_does_not_always_exist_says_when_it_does(table):
    assert table.details.startswith("Only ")
    if table.when in Analysis.model_fields:
        assert f"`{table.when}`" in table.details.split(".")[0]


def test_every_null_model_and_every_measure_is_explained():
    nulls = {row[0]: row for row in rows(section("How to read the numbers"))}
    for null in NULL_MODELS.values():
        assert nulls[f"`{null.name}`"][1:] == [null.labels, null.assumes, null.limitation]
    explained = [row[:3] for row in rows(section("Measures of geometry"))]
    for measure in MEASURES:
        for name, meaning in measure.meanings.items():
            assert any(row[0] == f"`{name}`" and row[2] == meaning for row in explained), name


def test_the_tables_of_the_report_are_listed():
    listed = set(re.findall(r"`(\w+)`", section("Report, figures, tables").split("tables:\n")[1]))
    assert listed == {table.name for table in TABLES.values() if table.title}

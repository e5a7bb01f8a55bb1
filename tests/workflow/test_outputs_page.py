"""docs/outputs.md names every file that a run writes, and every variable in its arrays.

Its tables are generated from their specification: tests/results/test_generated_page.py.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import xarray as xr

from neuro_attn.figures.specification import FORMATS
from tests.workflow.conftest import ROOT

PAGE = (ROOT / "docs/outputs.md").read_text(encoding="utf-8")
FIGURES_PAGE = (ROOT / "docs/figures.md").read_text(encoding="utf-8")
QUOTED = re.compile(r"`([^`\n]+)`")
FREE = {"trial"}
"""Dimensions whose coordinates are the source's own columns, in recordings."""


def sections() -> dict[str, str]:
    """Return the text of each section by its title, such as 'summary.csv' or 'recordings'."""
    parts = re.split(r"^##+ (.+)$", PAGE, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(text: str) -> Iterator[list[str]]:
    """Yield the cells of all rows of tables in a text."""
    for line in text.splitlines():
        if line.startswith("|") and not line.startswith("|-"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def listed(text: str, header: str) -> set[str]:
    """Return the names in the first column of the tables with a header, such as 'column'."""
    found, header_of_table, before = set(), "", ""
    for line in text.splitlines():
        is_first = line.startswith("|") and not before.startswith("|")
        first_cell = line.strip("|").split("|")[0].strip()
        header_of_table = first_cell if is_first else header_of_table
        if line.startswith("|") and header_of_table == header:
            found |= set(QUOTED.findall(first_cell))
        before = line
    return found


def names(text: str) -> set[str]:
    """Return the words that are quoted as code."""
    return {name for quoted in QUOTED.findall(text) for name in re.findall(r"\w+", quoted)}


def documented_files() -> list[re.Pattern[str]]:
    """Return the names of files in results/ on the page, as patterns."""
    told = [name for row in rows(PAGE) for name in QUOTED.findall(row[0])]
    figures = [
        f"figures/{name}.{suffix}"
        for name in re.findall(r"^`([\w{}-]+)`", FIGURES_PAGE, re.MULTILINE)
        for suffix in (*FORMATS, "rst")
    ]
    files = [name for name in [*told, *figures] if "." in name and "*" not in name]
    return [re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(name))) for name in files]


@pytest.fixture(scope="module")
def results(small_run) -> Path:
    return small_run.folder / "results"


def test_every_file_is_on_the_page(results):
    patterns = documented_files()
    unknown = [
        path
        for each in sorted(results.rglob("*"))
        if each.is_file()
        and not any(p.fullmatch(path := str(each.relative_to(results))) for p in patterns)
        and path.split("/")[0] not in {"logs", "benchmarks", "checksums", "tables"}
    ]
    assert unknown == []
    tables = {path.stem.split("-")[0] for path in (results / "tables").glob("*.html")}
    assert tables <= names(sections()["Report, figures, tables"])


@pytest.mark.parametrize(
    ("pattern", "title"),
    [
        ("small/recordings/*.nc", "recordings"),
        ("network-tiny/recordings/*.nc", "recordings"),
        ("small/decoding/*.nc", "decoding/{region}.nc"),
        ("small/resampled/*.nc", "resampled/{region}.nc"),
        ("small/cross_temporal.nc", "cross_temporal.nc"),
        ("small/truth.nc", "truth.nc"),
    ],
)
def test_every_variable_and_attribute_of_every_array_is_on_the_page(results, pattern, title):
    text = sections()[title]
    # Dimensions stand in a column, or in parentheses, without quotes.
    told = names(text) | set(re.findall(r"\w+", " ".join(row[1] for row in rows(text))))
    told |= {word for group in re.findall(r"\(([^)]*)\)", text) for word in group.split(", ")}
    (path, *_) = sorted(results.glob(pattern))
    with xr.open_dataset(path, engine="h5netcdf") as data:
        free = {
            name
            for name, variable in data.variables.items()
            if title == "recordings" and set(variable.dims) == FREE
        }
        required = {"task", "label", "trial_id", "event_time"} & free
        assert set(data.variables) - free | required <= told
        assert set(data.dims) <= told
        assert set(data.attrs) <= told
        # And what stands in the tables is there.
        assert listed(text, "variable") | listed(text, "name") <= set(data.variables)

"""docs/outputs.md names every file that a run writes, and every column and variable in it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import xarray as xr

from neuro_attn.results import TABLES, read_csv, table_of
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
    """Return what the page says that files in results/ are called, as patterns."""
    told = [name for row in rows(PAGE) for name in QUOTED.findall(row[0])]
    in_folder = [f"comparison/{row[0].strip('`')}" for row in rows(sections()["comparison"])]
    figures = [
        f"figures/{name}.{suffix}"
        for name in re.findall(r"^`([\w{}-]+)`", FIGURES_PAGE, re.MULTILINE)
        for suffix in ("png", "svg", "rst")
    ]
    files = [name for name in [*told, *in_folder, *figures] if "." in name and "*" not in name]
    return [re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(name))) for name in files]


def documented_table(path: str) -> str:
    """Return the text that explains the columns of a table in results/."""
    name = Path(path).name
    if name in sections():
        text = sections()[name]
        # "Columns as in `summary.csv`", "The same for each named window"
        others = {"summary.csv": "transfer.csv", "confounds.csv": "summary.csv"}
        return text + (documented_table(others[name]) if name in others else "")
    pattern = re.sub(r"(?<=networks/)[^/]+/seed\d+", "{network}/seed{n}", path)
    pattern = re.sub(r"(?<=list_recall/)[^/]+/seed\d+", "{family}/seed{n}", pattern)
    for row in rows(sections()["networks"] + sections()["comparison"]):
        for told in QUOTED.findall(row[0]):
            if told in (pattern, name) or f"{Path(pattern).parent}/{told}" == pattern:
                return row[1] if "all training logs" not in row[1] else sections()["networks"]
    raise AssertionError(f"the page does not explain {path}")


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
    explained = sections()["Report, figures, tables"].split("`tables/`")[1]
    tables = {path.stem.split("-")[0] for path in (results / "tables").glob("*.html")}
    assert tables <= names(explained)


def test_every_column_of_every_table_is_on_the_page(results):
    for path in sorted(results.rglob("*.csv")):
        name = str(path.relative_to(results))
        assert set(read_csv(path).columns) <= names(documented_table(name)), name


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_specified_file_and_column_is_on_the_page(table):
    for file in table.files:
        assert set(table.names) <= names(documented_table(file)), file
        assert any(pattern.fullmatch(re.sub(r"{\w+}", "0", file)) for pattern in documented_files())


def test_the_page_names_no_column_that_is_not_specified():
    checked = {}
    for title, text in sections().items():
        if title.endswith(".csv"):
            checked[title] = listed(text, "column")
            assert checked[title] <= set(table_of(title).names), title
    assert sum(map(bool, checked.values())) > 5


@pytest.mark.parametrize(
    ("pattern", "title"),
    [
        ("small/recordings/*.nc", "recordings"),
        ("network-tiny/recordings/*.nc", "recordings"),
        ("small/decoding/*.nc", "decoding/{region}.nc"),
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

"""Write the generated parts of docs/outputs.md: ``python docs/site/outputs.py``.

The page contains blocks between ``<!-- generated: NAME -->`` and ``<!-- end -->``. They follow from
the specifications of tables, null models and measures in the package; everything else is written
by hand. tests/results/test_generated_page.py fails if the page is out of date.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from neuro_attn.configuration.null_models import NULL_MODELS
from neuro_attn.geometry.specification import MEASURES
from neuro_attn.results import TABLES, Table

PAGE = Path(__file__).resolve().parents[1] / "outputs.md"
BLOCK = re.compile(r"(<!-- generated: ([\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)
KINDS = {"text": "text", "number": "number", "count": "whole number", "truth": "true or false"}
MEASURED = {
    "pair": "pair of tasks",
    "task": "task",
    "times": "task, halves of a window or two windows",
}
SUBJECTS = {
    "dataset": "data sets",
    "network": "networks",
    "skill": "networks",
    "comparison": "comparison",
}


def page(text: str) -> str:
    """Return the text of the page with all blocks generated anew."""
    return BLOCK.sub(lambda block: f"{block[1]}\n{BLOCKS[block[2]]()}\n\n{block[3]}", text)


def list_of_tables() -> str:
    """Return a table of all tables of results: their files, and what a row is."""
    rows = [
        (", ".join(f"[`{file}`](#{anchor(table)})" for file in table.files), table.meaning)
        for table in TABLES.values()
    ]
    return grid(("file", "each row"), rows)


def tables_of(subject: str) -> Callable[[], str]:
    """Return a function that returns the sections of all tables of a subject."""

    def sections() -> str:
        return "\n\n".join(
            section(table) for table in TABLES.values() if SUBJECTS[table.subject] == subject
        )

    return sections


def section(table: Table) -> str:
    """Return the section of a table: a row, the columns, the details, the other files."""
    rows = [
        (f"`{column.name}`", KINDS[column.kind], column.unit, column.meaning)
        for column in table.columns
    ]
    parts = [
        f"### {heading(table)}",
        f"Each row: {table.meaning[0].lower()}{table.meaning[1:]}",
        grid(("column", "type", "unit", "meaning"), rows),
        table.details,
    ]
    if table.files[1:]:
        others = " and ".join(f"`{file}`" for file in table.files[1:])
        parts.append(f"{others} {'has' if len(table.files) == 2 else 'have'} the same columns.")
    return "\n\n".join(filter(None, parts))


def heading(table: Table) -> str:
    """Return the heading of a table: its file, without the folder of its section."""
    return table.files[0].partition("/")[2]


def anchor(table: Table) -> str:
    """Return the anchor of a table's section, as GitHub and MkDocs make it from the heading."""
    return re.sub(r"[^\w -]", "", heading(table).lower()).replace(" ", "-")


def null_models() -> str:
    """Return a table of all null models."""
    rows = [
        (f"`{null.name}`", null.labels, null.assumes, null.limitation)
        for null in NULL_MODELS.values()
    ]
    return grid(("`null_model`", "labels", "exact if", "limitation"), rows)


def measures() -> str:
    """Return a table of all measures of geometry."""
    rows = [
        (
            f"`{name}`",
            MEASURED[measure.of],
            meaning,
            "`colors`" if measure.needs_colors else "",
            "yes" if name in measure.over_time else "",
        )
        for measure in MEASURES
        for name, meaning in measure.meanings.items()
    ]
    return grid(("measure", "of", "meaning", "requires", "in every bin"), rows)


def tables_of_the_report() -> str:
    """Return a list of the tables that the report shows, by subject."""
    shown: dict[str, list[str]] = {}
    for table in TABLES.values():
        if table.title:
            shown.setdefault(SUBJECTS[table.subject], []).append(f"`{table.name}`")
    return "\n".join(f"- {subject}: {', '.join(names)}" for subject, names in shown.items())


def grid(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table in Markdown."""
    cells = [[cell.replace("|", "\\|") for cell in row] for row in (header, *rows)]
    lines = [f"| {' | '.join(row)} |".replace("|  |", "| |") for row in cells]
    return "\n".join([lines[0], "|---" * len(cells[0]) + "|", *lines[1:]])


BLOCKS = {
    "list of tables": list_of_tables,
    "null models": null_models,
    "measures": measures,
    "tables of data sets": tables_of("data sets"),
    "tables of networks": tables_of("networks"),
    "tables of the comparison": tables_of("comparison"),
    "tables of the report": tables_of_the_report,
}

if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

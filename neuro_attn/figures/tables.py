"""HTML versions of the CSV tables, for the report."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from neuro_attn.escaping import html, rst
from neuro_attn.files import write_text
from neuro_attn.results import TABLES, read_csv

HEADERS = {
    "time": "time (s)",
    "onset_s": "onset (s)",
    "ci_low": "interval from",
    "ci_high": "interval to",
    "p_value": "p",
    "p_corrected": "p, corrected",
    "n_units": "n units",
    "n_constant": "n constant units",
    "n_train": "n training trials",
    "n_test": "n test trials",
    "n_sessions": "n sessions",
    "sd": "SD over draws",
    "distance": "distance (bootstrap SDs)",
    "step": "training step",
}
"""Headers of columns, where they differ from the name."""

DECIMALS = 3
"""Decimals of accuracies, ratios, measures and times (s), and of their intervals."""

DECIMALS_OF_DISTANCES, DECIMALS_OF_DEGREES = 2, 1

STYLE = """
body { font: 14px/1.45 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; color: #222;
       margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
h1 { font-size: 1.25rem; margin: 0 0 .4rem; }
p { max-width: 46rem; margin: 0 0 1rem; color: #555; }
p.note { background: #fbe9c6; color: #222; padding: .3rem .7rem; }
.frame { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; text-align: left; white-space: nowrap; }
th { position: sticky; top: 0; background: #fff; border-bottom: 2px solid #222; }
td.number, th.number { text-align: right; }
tbody tr:nth-child(odd) { background: #f3f5f7; }
tbody tr:last-child td { border-bottom: 1px solid #999; }
"""
"""Style of the pages of tables and of the cards of networks."""


class Page(NamedTuple):
    """A table of the report.

    Parameters
    ----------
    table : str
        Its name in `results.TABLES`.
    note : str
        A caution to show above the table and before its caption, e.g. from
        `significance.first_look`; empty for none.
    csv : str
        The name of its file among the results, to be shown.
    file, html, caption : str
        The file of the table, and the files to write.
    """

    table: str
    note: str
    csv: str
    file: str
    html: str
    caption: str


def write_tables(pages: Iterable[Page]) -> None:
    """Write tables as HTML pages with their captions.

    Parameters
    ----------
    pages : iterable of Page
        The tables.
    """
    for page in pages:
        table = TABLES[page.table]
        frame = read_csv(page.file, page.table)
        write_text(to_html(frame, table.title, page.csv, page.note), page.html)
        warning = f"**{page.note.capitalize()}.**\n\n" if page.note else ""
        write_text(f"{warning}{table.caption} As CSV: {rst(page.csv)}.\n", page.caption)


def to_html(frame: pd.DataFrame, title: str, caption: str, note: str = "") -> str:
    """Return a table as a self-contained HTML page.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table; its index is not shown.
    title, caption : str
        Plain text above the table.
    note : str
        A caution before the caption, e.g. from `significance.first_look`.

    Returns
    -------
    str
        HTML with a fixed number of decimals per column, three decimals for p-values (never 0), an
        en dash for missing values, and units in the header. Exact numbers are in the CSV.
    """
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{html(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{html(title)}</h1>\n{_note(note)}<p>{html(caption)}</p>\n"
        f'<div class="frame">{table_element(frame)}</div>\n</body>\n</html>\n'
    )


def table_element(frame: pd.DataFrame, meanings: Mapping[str, str] | None = None) -> str:
    """Return a table as an element of HTML, as described in `to_html`.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table; its index is not shown.
    meanings : mapping of str to str, optional
        What columns contain, shown when the pointer is over their headers; by default their names.
    """
    numeric = {
        str(name): pd.api.types.is_numeric_dtype(frame[name])
        and not pd.api.types.is_bool_dtype(frame[name])
        for name in frame.columns
    }
    names = list(map(str, frame.columns))
    meanings = meanings or {}
    head = "".join(
        f'<th scope="col"{_css(numeric[name])} title="{html(meanings.get(name, name))}">'
        f"{html(HEADERS.get(name, name.replace('_', ' ')))}</th>"
        for name in names
    )
    columns = []
    for name, (_, cells) in zip(names, frame.items(), strict=True):
        decimals = _decimals(name, names)
        # Programs that sort the rows need numbers, not their typography.
        columns.append(
            [
                f"<td{_css(numeric[name])}{_key(value) if numeric[name] else ''}>"
                f"{html(_cell(value, name, decimals))}</td>"
                for value in cells
            ]
        )
    body = "\n".join(f"<tr>{''.join(cells)}</tr>" for cells in zip(*columns, strict=True))
    return (
        f'<table class="sortable asc n-last">\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table>"
    )


def _key(value: float) -> str:
    """Return the attribute by which rows are sorted; missing values come last."""
    return ' data-sort=""' if pd.isna(value) else f' data-sort="{float(value):.9g}"'


def _note(note: str) -> str:
    return f'<p class="note">{html(note.capitalize())}.</p>\n' if note else ""


def _css(numeric: bool) -> str:
    return ' class="number"' if numeric else ""


def _decimals(column: str, columns: list[str]) -> int:
    """Return the number of decimals of a column."""
    if column.startswith("n_"):
        return 0  # counts are integers, even in a column of floats because of missing values
    if column.startswith(("report_error", "error_", "learned_below")):
        return DECIMALS_OF_DEGREES
    return DECIMALS_OF_DISTANCES if "distance" in columns else DECIMALS


def _cell(value: object, column: str, decimals: int) -> str:
    """Return a value as text for display."""
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return "\N{EN DASH}"
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if column == "session":
        return "all sessions" if value == "all" else str(value)
    if isinstance(value, int | np.integer):
        return f"{value}".replace("-", "\N{MINUS SIGN}")
    if not isinstance(value, float | np.floating):
        return str(value)
    if column in ("p_value", "p_corrected"):
        return p_text(float(value))
    rounded = round(float(value), decimals) + 0.0  # no minus before a zero
    return f"{rounded:.{decimals}f}".replace("-", "\N{MINUS SIGN}")


def p_text(value: float) -> str:
    """Return a p-value as text: "< 0.001" below 0.0005, and an en dash if it is missing."""
    if np.isnan(value):
        return "\N{EN DASH}"
    return "< 0.001" if value < 0.0005 else f"{value:.3f}"

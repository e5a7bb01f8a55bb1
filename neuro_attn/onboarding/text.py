"""Aligned tables for the terminal."""

import shutil
import sys
from collections.abc import Sequence

from neuro_attn.escaping import printable

WIDTH = 100
"""Most columns that text fits into."""
_WIDEST = 28
_GAP = "  "


def terminal_width() -> int:
    """Return the columns that text fits into: those of the terminal, if it has fewer than `WIDTH`.

    In a file or a pipe, text has the same form whatever the terminal is.
    """
    if not sys.stdout.isatty():
        return WIDTH
    return min(WIDTH, max(shutil.get_terminal_size().columns, 40))


def plain(text: object) -> str:
    """Return text as it is shown, so that its width can be measured: control characters escaped."""
    return printable(str(text))


def shortened(text: str, width: int) -> str:
    """Return text cut to `width` characters, marked where it is cut."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def _middle_out(text: str, width: int) -> str:
    """Return text cut to `width` characters in its middle: names often differ at their end."""
    if len(text) <= width:
        return text
    end = (width - 1) // 2
    return f"{text[: width - 1 - end]}…{text[len(text) - end :]}"


def table(header: Sequence[str], rows: Sequence[Sequence[object]], indent: int = 2) -> list[str]:
    """Return the lines of a table that fits the terminal.

    Numbers stand on the right of their column, text on the left. The last column takes what is
    left of the line. Names in the first column are cut in their middle, other cells at their end.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    rows : sequence of sequence
        Cells: text or numbers.
    indent : int
        Spaces before each line.
    """
    limit = terminal_width()
    right = [_are_numbers([row[k] for row in rows]) for k in range(len(header))]
    cells = [[plain(cell) for cell in row] for row in (header, *rows)]
    widths = [min(_WIDEST, max(len(row[k]) for row in cells)) for k in range(len(header))]
    # What does not fit beside the others gives way, from the last column on.
    widths[-1] = max(len(row[-1]) for row in cells)
    for k in reversed(range(len(header))):
        spare = limit - indent - sum(widths) - len(_GAP) * (len(widths) - 1)
        widths[k] = max(min(widths[k], 4), widths[k] + min(spare, 0))
    # Rows are called by their first cell.
    cuts = [_middle_out, *[shortened] * (len(header) - 1)]
    return [
        " " * indent
        + _GAP.join(
            cut(cell, width).rjust(width) if flush else cut(cell, width).ljust(width)
            for cell, width, flush, cut in zip(row, widths, right, cuts, strict=True)
        ).rstrip()
        for row in cells
    ]


def _are_numbers(cells: Sequence[object]) -> bool:
    """Return whether all cells that are not empty hold a number, at least one does."""
    filled = [str(cell) for cell in cells if str(cell)]
    return bool(filled) and all(cell.replace(".", "", 1).isdigit() for cell in filled)


def wrapped(text: str, first: str = "  - ", other: str = "    ") -> list[str]:
    """Return the lines of a paragraph that fits the terminal."""
    limit, lines, line = terminal_width(), [], first
    for word in plain(text).split():
        if len(line) + len(word) > limit and line.strip(" -"):
            lines.append(line.rstrip())
            line = other
        line += word + " "
    return [shortened(each, limit) for each in [*lines, line.rstrip()]]


def count(n: int, what: str) -> str:
    """Return a number and what is counted, in the plural where it must be."""
    return f"{n:,} {what}" + ("" if n == 1 else "s")


def listed(names: Sequence[str], most: int = 5) -> str:
    """Return names with commas between them, and how many there are beyond the first few."""
    shown = ", ".join(names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")

"""Tables and paragraphs for the terminal; long lines are continued below."""

import shutil
import sys
import textwrap
from collections.abc import Sequence

from neuro_attn.escaping import printable

WIDTH = 100
"""Most columns that text fits into."""
_WORDS = (40, 16)
"""Longest words that a table keeps in one line; what gives fewer lines is taken."""
_GAP = "  "


def terminal_width() -> int:
    """Return the columns that text fits into: those of the terminal, if it has fewer than `WIDTH`.

    In a file or a pipe, the width of text does not depend on the terminal.
    """
    if not sys.stdout.isatty():
        return WIDTH
    return min(WIDTH, max(shutil.get_terminal_size().columns, 40))


def plain(text: object) -> str:
    """Return text with escaped control characters, so that its width is that on the terminal."""
    return printable(str(text))


def table(header: Sequence[str], rows: Sequence[Sequence[object]], indent: int = 2) -> list[str]:
    """Return the lines of a table that fits the terminal.

    Numbers are right-aligned and text is left-aligned. No cell is truncated: cells that are
    wider than their column continue in the next line. Where the columns are too many for the
    terminal, each row becomes a list with a line for each cell.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    rows : sequence of sequence
        Cells: text or numbers.
    indent : int
        Spaces before each line.
    """
    right = [_are_numbers([row[k] for row in rows]) for k in range(len(header))]
    cells = [[plain(cell) for cell in row] for row in (header, *rows)]
    room = terminal_width() - indent - len(_GAP) * (len(header) - 1)
    columns = list(zip(*cells, strict=True))
    layouts = [
        [line for row in cells for line in _row(row, widths, right, " " * indent)]
        for longest in _WORDS
        if (widths := _widths(columns, right, longest, room))
    ]
    return min(layouts, key=len) if layouts else _lists(cells, indent)


def _widths(
    columns: list[tuple[str, ...]], numbers: list[bool], longest: int, room: int
) -> list[int]:
    """Return the widths of the columns; none if they cannot share the room.

    Columns that are wider than others give way first. No column breaks numbers, or words of up to
    `longest` characters.
    """
    wanted = [max(map(len, column)) for column in columns]
    least = [_least(*each, longest) for each in zip(columns, numbers, strict=True)]
    for most in range(max(wanted), 0, -1):
        widths = [max(few, min(many, most)) for few, many in zip(least, wanted, strict=True)]
        if sum(widths) <= room:
            return widths
    return []


def _least(column: tuple[str, ...], number: bool, longest: int) -> int:
    """Return the minimum width of a column: that of its numbers, and of words up to `longest`."""
    header, *cells = column
    in_header = max(map(len, header.split()), default=1)
    if number:
        return max(in_header, *map(len, cells))
    return max(in_header, *(min(len(word), longest) for cell in cells for word in cell.split()), 1)


def _row(row: list[str], widths: list[int], right: list[bool], before: str) -> list[str]:
    parts = [_broken(cell, width) for cell, width in zip(row, widths, strict=True)]
    height = max(map(len, parts))
    lines = zip(*([*part, *[""] * (height - len(part))] for part in parts), strict=True)
    return [
        before
        + _GAP.join(
            cell.rjust(width) if flush else cell.ljust(width)
            for cell, width, flush in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    ]


def _broken(cell: str, width: int) -> list[str]:
    """Return the lines of a cell; only words that are wider than the column are broken."""
    return textwrap.wrap(cell, width, break_on_hyphens=False) or [""]


def _lists(cells: list[list[str]], indent: int) -> list[str]:
    """Return a paragraph for each cell of each row, with the name of the column before it."""
    (first, *others), *rows = cells
    lines: list[str] = []
    for name, *values in rows:
        lines += wrapped(f"{first}: {name}", " " * indent, " " * (indent + 4))
        for column, value in zip(others, values, strict=True):
            lines += wrapped(f"{column}: {value}", " " * (indent + 2), " " * (indent + 4))
    return lines


def _are_numbers(cells: Sequence[object]) -> bool:
    """Return whether a column has numbers, and its other cells are empty."""
    filled = [str(cell) for cell in cells if str(cell)]
    return bool(filled) and all(cell.replace(".", "", 1).isdigit() for cell in filled)


def wrapped(text: str, first: str = "  - ", other: str = "    ") -> list[str]:
    """Return the lines of a paragraph that fits the terminal, except for longer words."""
    lines = textwrap.wrap(
        " ".join(plain(text).split()),
        terminal_width(),
        initial_indent=first,
        subsequent_indent=other,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines or [first.rstrip()]


def count(n: int, what: str) -> str:
    """Return a number with a noun, in the plural unless the number is 1."""
    return f"{n:,} {what}" + ("" if n == 1 else "s")


def listed(names: Sequence[str], most: int = 5) -> str:
    """Return the first few names, separated by commas, and the number of the others."""
    shown = ", ".join(names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")

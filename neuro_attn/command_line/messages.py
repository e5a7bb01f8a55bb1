"""Messages to the user on standard error: one line each, wrapped in a terminal."""

import os
import shutil
import sys
import textwrap

from neuro_attn.errors import PREFIX, UnreadableError

TRACEBACK_VARIABLE = "NEURO_ATTN_TRACEBACK"
"""Environment variable that, if set, adds the traceback to messages about unreadable files."""


def tell(message: object) -> None:
    """Print an error message on standard error."""
    print(wrapped(f"{PREFIX}{message}"), file=sys.stderr, flush=True)
    trace(message)


def trace(message: object) -> None:
    """Print the original traceback of a message on standard error, if the user requested it."""
    if isinstance(message, UnreadableError) and os.environ.get(TRACEBACK_VARIABLE):
        print(message.original(), file=sys.stderr, flush=True)


def wrapped(text: str) -> str:
    """Return text formatted for standard error.

    In a terminal, lines are wrapped between words. In a log or a pipe, each message is a single
    line, so that programs can search for it.
    """
    if not sys.stderr.isatty():
        return text
    return textwrap.fill(
        text,
        columns(),
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def columns() -> int:
    """Return the width of the terminal in columns."""
    return max(shutil.get_terminal_size().columns, 20)

"""Messages to the user on standard error: one line each, broken at words in a terminal."""

import shutil
import sys
import textwrap

from neuro_attn.errors import PREFIX


def tell(message: object) -> None:
    """Print an error message on standard error."""
    print(wrapped(f"{PREFIX}{message}"), file=sys.stderr, flush=True)


def wrapped(text: str) -> str:
    """Return text as it is shown on standard error.

    In a terminal, lines are broken between words. In a log or a pipe, a message stays one line, so
    that programs find it whole.
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
    """Return the columns of the terminal."""
    return max(shutil.get_terminal_size().columns, 20)

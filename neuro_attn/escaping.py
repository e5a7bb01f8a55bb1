"""Escaping of names from files and configurations for other formats."""

import html as _html
import re

_MARKUP = re.compile(r"([^\w\s]|_)")

_ESCAPED = re.compile(r"\\(\\|[tnr]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_FORMULA = re.compile(r"(^|;)(\s*)('*)([=+\-@\uff1d\uff0b\uff0d\uff20])")
"""Beginning of a cell that spreadsheets execute, with the characters that may precede it. Where the
list separator is a semicolon, programs split rows at semicolons even within quotes."""


def printable(text: str, keep: str = "") -> str:
    r"""Return text with control characters, including line ends, written as escapes.

    Characters that a terminal would interpret, or that are invisible, never reach it: escape
    sequences, changes of the direction of writing, halves of surrogate pairs.

    Parameters
    ----------
    text : str
        Any text.
    keep : str
        Characters that are not escaped.

    Examples
    --------
    >>> print(printable("V4\x1b\n"))
    V4\x1b\n
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or character in keep
        else character.encode("unicode_escape", "surrogatepass").decode()
        for character in text
    )


def rst(text: object) -> str:
    r"""Return text that reStructuredText displays verbatim, in one line.

    Characters that are not printable become escapes, as in `printable`. Every character other than
    letters, digits and spaces is escaped. A name then never creates a link, directive, list or
    role, at any position in a line.

    Examples
    --------
    >>> print(rst("V4_ |x| `y <javascript:z>`_"))
    V4\_ \|x\| \`y \<javascript\:z\>\`\_
    """
    name = printable(" ".join(str(text).split()))
    escaped = _MARKUP.sub(r"\\\1", name)
    # A line of only backslashes would underline a title; an escaped space is invisible.
    is_line = bool(name) and not name.strip("\\")
    return rf"\ {escaped}" if is_line else escaped


def html(text: object) -> str:
    """Return text that HTML displays verbatim, in an element or a quoted attribute."""
    return _html.escape(printable(str(text)))


def csv(text: str) -> str:
    r"""Return text for a cell of a CSV file that is safe in spreadsheets and terminals.

    An apostrophe is inserted before a beginning that spreadsheets interpret as a formula (``=``,
    ``+``, ``-``, ``@``), unless the text is a number; these are the characters that OWASP lists
    ("CSV Injection"). Characters that are not printable become escapes, as in `printable`, and
    backslashes are doubled. Any other text is unchanged. `from_csv` is the inverse.

    Examples
    --------
    >>> print(csv("=1+1"), csv("-0.5"), csv("V4-d"), csv("two\nlines"))
    '=1+1 -0.5 V4-d two\nlines
    """
    shown = printable(text.replace("\\", r"\\"))
    return shown if _NUMBER.fullmatch(shown) else _FORMULA.sub(r"\1\2\3'\4", shown)


def from_csv(cell: str) -> str:
    """Return the text that `csv` escaped."""
    shown = _FORMULA.sub(lambda found: found[0].replace("'", "", 1), cell)
    return _ESCAPED.sub(lambda found: found[0].encode().decode("unicode_escape"), shown)

"""Escaping of names from files and configurations for other formats."""

import re

_MARKUP = re.compile(r"([^\w\s]|_)")


def printable(text: str, keep: str = "") -> str:
    r"""Return text with control characters, line ends among them, written as escapes.

    Characters that the terminal would act upon or that are invisible never reach it: escape
    sequences, changes of the direction of writing, halves of surrogate pairs.

    Parameters
    ----------
    text : str
        Any text.
    keep : str
        Characters that stay as they are.

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

    Every character other than letters, digits and spaces is escaped. A name then never creates a
    link, directive, list or role, at any position in a line.

    Examples
    --------
    >>> print(rst("V4_ |x| `y <javascript:z>`_"))
    V4\_ \|x\| \`y \<javascript\:z\>\`\_
    """
    name = " ".join(str(text).split())
    escaped = _MARKUP.sub(r"\\\1", name)
    # A line of only backslashes would underline a title; an escaped space is invisible.
    is_line = bool(name) and not name.strip("\\")
    return rf"\ {escaped}" if is_line else escaped

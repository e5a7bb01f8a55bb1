"""Names from files and configurations, escaped for what they are written into."""

import re

_MARKUP = re.compile(r"([^\w\s]|_)")


def rst(text: object) -> str:
    r"""Return text that reStructuredText shows as it is, in one line.

    Every character that is neither a letter, a digit nor a space is escaped. A name then makes no
    link, directive, list or role, wherever in a line it stands.

    Examples
    --------
    >>> print(rst("V4_ |x| `y <javascript:z>`_"))
    V4\_ \|x\| \`y \<javascript\:z\>\`\_
    """
    name = " ".join(str(text).split())
    escaped = _MARKUP.sub(r"\\\1", name)
    # A line of backslashes alone would underline a title; a space that is escaped shows nothing.
    is_line = bool(name) and not name.strip("\\")
    return rf"\ {escaped}" if is_line else escaped

"""Printing of any text to a terminal, pipe or log, in any encoding.

Names come from files. Within `escaped`, control characters in what is printed are shown as
escapes, and so are characters that the encoding of the output lacks. Only progress moves the
cursor: `bar` and `drawn` write to the underlying stream.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any, TextIO, cast

from neuro_attn.escaping import printable

if TYPE_CHECKING:
    from tqdm import tqdm

# All processes print errors and few show progress, so tqdm is imported when it is needed.


class _Escaped:
    """A text stream that escapes what is written to it.

    Parameters
    ----------
    below : text file
        The stream that receives the text.
    """

    def __init__(self, below: TextIO):
        self.below = below

    def write(self, text: str) -> int:
        """Write text; line ends and tabs are kept."""
        encoding = self.below.encoding or "utf-8"
        shown = printable(text, keep="\n\t")
        self.below.write(shown.encode(encoding, "backslashreplace").decode(encoding))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.below, name)


def escaping(stream: TextIO) -> TextIO:
    """Return a stream that escapes what is written to it and passes it on to `stream`."""
    return stream if isinstance(stream, _Escaped) else cast(TextIO, _Escaped(stream))


@contextmanager
def escaped() -> Iterator[None]:
    """Escape what is printed on standard output and standard error within the block."""
    # Standard streams are None if the program was started with closed output.
    with (
        open(os.devnull, "w", encoding="utf-8") as nowhere,
        redirect_stdout(escaping(sys.stdout or nowhere)),
        redirect_stderr(escaping(sys.stderr or nowhere)),
    ):
        yield


def drawn(line: str) -> None:
    """Draw a line of progress over the last one on standard error, which must be a terminal."""
    stream = _below(sys.stderr)
    stream.write(f"\r{printable(line)}\x1b[K")
    stream.flush()


def bar(things: Iterable[Any] | None = None, *, desc: str, **settings: Any) -> "tqdm":
    """Return a progress bar of tqdm on standard error; there is none without a terminal.

    Parameters
    ----------
    things : iterable, optional
        Iterable whose items the bar counts.
    desc : str
        Description; names need not be escaped.
    **settings
        Keyword arguments of `tqdm.tqdm`.
    """
    from tqdm import tqdm

    settings.setdefault("disable", None)
    return tqdm(things, desc=printable(desc), file=_below(sys.stderr), **settings)


def tell(line: str) -> None:
    """Print a line on standard error, above progress bars."""
    from tqdm import tqdm

    tqdm.write(printable(line), file=_below(sys.stderr))


def _below(stream: TextIO) -> TextIO:
    return stream.below if isinstance(stream, _Escaped) else stream

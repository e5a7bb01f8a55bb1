"""Errors that the user can correct, and how jobs report them."""

import difflib
import errno
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, suppress
from pathlib import Path

from neuro_attn.escaping import printable
from neuro_attn.printing import escaping

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_CLOSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


LONGEST = 6_000
"""Maximum number of characters of a part of a message."""


def _clipped(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}... ({len(text) - LONGEST:,} more characters)"


class InputError(ValueError):
    """Raised for input errors that the user can correct.

    Parameters
    ----------
    where : str
        File, config key, table or column, as precisely as known.
    problem : str
        What is wrong and what was given.
    remedy : str, optional
        What is allowed, or how to correct it.
    """

    def __init__(self, where: str, problem: str, remedy: str = ""):
        # Names and values come from files. They must not break the line or control the terminal,
        # and a damaged file can contain millions of characters in place of a number.
        shown = (printable(_clipped(each)) for each in (where, problem, remedy))
        self.where, self.problem, self.remedy = shown
        super().__init__(" ".join(filter(None, (f"{self.where}: {self.problem}", self.remedy))))

    def at(self, where: str) -> "InputError":
        """Return the same error with a more precise location."""
        moved = type(self)(where, self.problem, self.remedy)
        moved.__cause__ = self.__cause__
        return moved


MOST_LISTED = 10
"""Largest number of problems that one message lists; more are counted."""


def listing_problems(
    where: str, problems: Sequence[str], remedy: str = "", n_problems: int | None = None
) -> InputError:
    """Return one error that lists several problems of a file, with numbers.

    Parameters
    ----------
    where, remedy : str
        As in an `InputError`.
    problems : sequence of str
        The problems, at least one.
    n_problems : int, optional
        Number of all problems, if there are more.

    Examples
    --------
    >>> str(listing_problems("a.npz", ["no population.", "no array time."]))
    'a.npz: 2 problems. (1) no population. (2) no array time.'
    """
    n = len(problems) if n_problems is None else n_problems
    if n == 1:
        return InputError(where, problems[0], remedy)
    listed = [f"({number}) {text}" for number, text in enumerate(problems[:MOST_LISTED], 1)]
    if n > MOST_LISTED:
        listed.append(f"And {n - MOST_LISTED} more.")
    return InputError(where, f"{n} problems. {' '.join(listed)}", remedy)


class UnreadableError(InputError):
    """Raised if a library, or our own code, fails on a file for an unforeseen reason.

    The original exception is its ``__cause__``.
    """

    def original(self) -> str:
        """Return the traceback of the original exception."""
        return "".join(traceback.format_exception(self.__cause__)) if self.__cause__ else ""


PREFIX = "neuro-attn: error: "
"""Beginning of every message to the user, by which it is found in other output."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a question that names the most similar known word; empty if none is similar."""
    close = most_similar(word, known)
    return "" if close is None else f"Did you mean {close}?"


def most_similar(word: str, known: Iterable[str]) -> str | None:
    """Return the most similar known word, if one is similar; words may differ in case."""
    words = list(known)
    if same := [each for each in words if each.strip().casefold() == word.strip().casefold()]:
        return same[0]
    close = difflib.get_close_matches(word, words, n=1)
    return close[0] if close else None


def did_you_mean_file(path: Path) -> str:
    """Return a hint for a missing file or folder: a similar path that exists, or its mistake.

    Each part of the path that does not exist is replaced by the most similar name in its folder. If
    the file has no similar name but one of its folders has, the hint names that folder.
    """
    if hint := shell_syntax(str(path)):
        return hint
    found, corrected = Path(), False
    for part in path.parts:
        if not os.path.exists(found / part):
            close = difflib.get_close_matches(part, _names_in(found), n=1)
            if not close:
                return f"Did you mean the folder {found}?" if corrected else ""
            part, corrected = close[0], True
        found = found / part
    return f"Did you mean {found}?" if corrected else ""


def _names_in(folder: Path) -> list[str]:
    with suppress(OSError):
        return os.listdir(folder)
    return []


_QUOTES = "\"'\u2018\u2019\u201c\u201d"


def shell_syntax(path: str) -> str:
    """Return a hint for a path with characters that only a shell interprets, else an empty text.

    Examples
    --------
    >>> shell_syntax('"mice/*.nwb"')
    'Remove the quotation marks, which are part of the path: mice/*.nwb.'
    """
    bare = path.strip().strip(_QUOTES).strip()
    if bare != path.strip():
        return f"Remove the quotation marks, which are part of the path: {bare}."
    if (full := os.path.expanduser(os.path.expandvars(path))) != path:
        return f"Write the path in full, since ~ and variables are not expanded: {full}."
    return ""


def of_the_system(error: OSError | MemoryError, where: str = "") -> InputError:
    """Return an error of the operating system as an `InputError`.

    Parameters
    ----------
    error : OSError or MemoryError
        As it was raised.
    where : str
        What could not be read or written, if the error names no file.
    """
    if isinstance(error, MemoryError):
        return InputError(
            where or "memory",
            "there is not enough memory.",
            "Reduce permutations, draws, bins or units, or provide more memory; "
            "neuro-attn check reports how much a run needs.",
        )
    # The message of the system is clearer than that of a library that wraps it.
    said = (error.strerror if error.filename is not None else None) or str(error)
    remedy = ""
    if error.errno in _FULL:
        said, remedy = "no space is left on the disk", "Free some space, then run again."
    elif error.errno in _CLOSED:
        remedy = "Check the permissions of the file and its folder."
    said = said.splitlines()[0][:300] if said else type(error).__name__
    return InputError(where or str(error.filename or "a file"), f"{said.rstrip('.')}.", remedy)


@contextmanager
def report_user_errors(log: str) -> Iterator[None]:
    """Report an input or system error in one message without traceback; exit with code 1.

    Parameters
    ----------
    log : str
        Log file. It receives the message, the original traceback if a file could not be read, and
        the standard error of the block unless that is a terminal.
    """
    terminal, original = escaping(sys.stderr), ""
    try:
        with (
            open(log, "w", encoding="utf-8") as file,
            redirect_stderr(terminal if terminal.isatty() else escaping(file)),
        ):
            yield
        return
    except InputError as error:
        message = f"{PREFIX}{error}"
        original = error.original() if isinstance(error, UnreadableError) else ""
    except (OSError, MemoryError) as error:
        message = f"{PREFIX}{of_the_system(error)}"
    print(message, file=terminal)
    # If the disk is full, writing to the log can fail, too.
    with suppress(OSError), open(log, "a", encoding="utf-8") as file:
        print(*filter(None, (message, original)), sep="\n", file=file)
    sys.exit(1)

"""The guard around everything that reads a file: any exception ends in one message."""

import errno
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from neuro_attn import budget
from neuro_attn.errors import InputError, UnreadableError, of_the_system

DAMAGED = (
    "The file may be damaged or incomplete: copy, download or save it again. If other programs "
    "read it, please report this message and what wrote the file."
)
_OF_CONTENT = frozenset({None, errno.EINVAL, errno.ERANGE, errno.EOVERFLOW, errno.EBADMSG})
"""Error numbers with which libraries report what a file contains, not what the system refuses."""


@contextmanager
def guarded(where: object, kind: str, remedy: str = DAMAGED) -> Iterator[None]:
    """Turn any exception of reading a file into one message.

    Libraries raise exceptions of any type on files that are damaged or contradict themselves, and
    so does our own code where a file does not hold what it promises. Guards are nested: around a
    session, a file, a table, a column. The innermost one names the place. Messages that already
    say what is wrong pass unchanged.

    Names that do not exist in our own code, and warnings that tests raise as errors, are mistakes
    of ours for any file. They are not caught. (SciPy has such a name, for some damaged files.)

    Parameters
    ----------
    where : object
        The file, with table and column as far as they are known.
    kind : str
        What the file should be, such as "NWB file"; completes "is not a readable".
    remedy : str
        What to do about it.

    Raises
    ------
    InputError
        If the system refuses to read the file.
    BudgetError
        If memory does not suffice.
    UnreadableError
        For any other exception, which is its cause.
    """
    import numpy as np

    try:
        # What overflows or is no number is refused where it matters, in a message, not a warning.
        with (
            budget.reading(str(where)),
            np.errstate(all="ignore"),
            warnings.catch_warnings(action="error", category=np.exceptions.ComplexWarning),
        ):
            yield
    except np.exceptions.ComplexWarning as error:
        raise InputError(
            str(where), "contains complex numbers.", "Save real numbers, such as magnitudes."
        ) from error
    except (InputError, Warning):
        raise
    except Exception as error:
        if isinstance(error, NameError) and _is_ours(error):
            raise
        if isinstance(error, OSError) and error.errno not in _OF_CONTENT:
            raise of_the_system(error, str(where)) from error
        raise UnreadableError(
            str(where), f"is not a readable {kind} ({said(error)}).", remedy
        ) from error


def _is_ours(error: BaseException) -> bool:
    """Return whether an exception was raised by a line of this package, not of a library."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return bool(frames) and str(frames[-1].f_globals.get("__name__")).startswith("neuro_attn.")


def said(error: BaseException) -> str:
    """Return what an error of a library says, short enough to stand in a message."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    text = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {text[0][:200]}".rstrip(": ")

"""Conversion of any exception that reading a file raises into one message."""

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
"""Error numbers by which libraries report the content of a file, not a refusal of the system."""


@contextmanager
def guarded(where: object, kind: str, remedy: str = DAMAGED) -> Iterator[None]:
    """Convert any exception that reading a file raises into one message.

    Damaged or contradictory files cause exceptions of any type, in libraries and in our own code.
    Guards are nested, around a session, a file, a table and a column, and the innermost one names
    the place. An `InputError` passes unchanged.

    Undefined names in our own code, and warnings that tests raise as errors, do not depend on the
    file and are not caught. (SciPy has an undefined name that some damaged files reach.)

    Parameters
    ----------
    where : object
        The file, with table and column if they are known.
    kind : str
        What the file should be, such as "NWB file"; completes "is not a readable".
    remedy : str
        How to correct it.

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
        # Later checks report overflow and values that are not numbers where they matter.
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
    """Return the text of an error of a library, shortened for a message."""
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    text = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {text[0][:200]}".rstrip(": ")

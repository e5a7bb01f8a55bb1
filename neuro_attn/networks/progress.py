"""Progress on stderr: a bar in a terminal, about ten plain lines in a log file."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from neuro_attn import printing

LINES = 10
"""Number of progress lines in a log file."""


@contextmanager
def progress(total: int, label: str, begun: int = 0) -> Iterator[Callable[[int, str], None]]:
    """Yield a function that reports the progress of a loop.

    Parameters
    ----------
    total : int
        Total number of steps.
    label : str
        Description of the loop, e.g. ``training bahdanau seed 0``.
    begun : int
        Number of steps completed in an earlier process; if not 0, a line reports the resumption.

    Yields
    ------
    callable
        ``tell(done, message)``, to be called with the number of completed steps and a short
        message.
    """
    if begun:
        print(f"{label}: resumes at step {begun} of {total}", file=sys.stderr, flush=True)
    with printing.bar(desc=label, total=total, initial=begun, unit="step") as bar:
        lines = begun * LINES // total

        def tell(done: int, message: str) -> None:
            nonlocal lines
            if not bar.disable:
                bar.set_postfix_str(message, refresh=False)
                bar.update(done - bar.n)
            elif done * LINES // total > lines:
                lines = done * LINES // total
                print(f"{label}: step {done} of {total}, {message}", file=sys.stderr, flush=True)

        yield tell

"""Progress on stderr: a bar in a terminal, about ten plain lines in a log file."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from neuro_attn import printing

LINES = 10
"""Lines where there is no terminal to draw a bar in."""


@contextmanager
def progress(total: int, label: str, begun: int = 0) -> Iterator[Callable[[int, str], None]]:
    """Yield what tells a reader how far a loop of steps is.

    Parameters
    ----------
    total : int
        Steps in all.
    label : str
        What is going on, e.g. ``training bahdanau seed 0``.
    begun : int
        Steps that were done before; it is told from where the loop goes on.

    Yields
    ------
    callable
        To be called with the number of steps done and a few words on them.
    """
    if begun:
        print(f"{label}: goes on from step {begun} of {total}", file=sys.stderr, flush=True)
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

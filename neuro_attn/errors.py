"""The one error that a user can cause and mend."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr


class InputError(ValueError):
    """Something a user gave cannot be used.

    Parameters
    ----------
    where : str
        File, config key, table or column, as precisely as known.
    problem : str
        What is wrong and what was given.
    remedy : str, optional
        What is allowed, or what to do about it.
    """

    def __init__(self, where: str, problem: str, remedy: str = ""):
        self.where = where
        self.problem = problem
        self.remedy = remedy
        super().__init__(f"{where}: {problem}" + (f" {remedy}" if remedy else ""))


PREFIX = "neuro-attn: error: "
"""How a message to the user begins, so that it is found among other output."""


@contextmanager
def told_in_one_message(log: str) -> Iterator[None]:
    """Turn an `InputError` in the block into one message and exit code 1, without a traceback.

    Parameters
    ----------
    log : str
        File that gets the message, and what the block writes to standard error unless that is a
        terminal.
    """
    terminal = sys.stderr
    with open(log, "w", encoding="utf-8") as file:
        try:
            with redirect_stderr(terminal if terminal.isatty() else file):
                yield
        except InputError as error:
            message = f"{PREFIX}{error}"
            print(message, file=file)
            print(message, file=terminal)
            sys.exit(1)

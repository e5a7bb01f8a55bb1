"""The options of `init`, and the questions that it asks for options that are not given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from neuro_attn.errors import InputError, did_you_mean


class Ask(Protocol):
    """Puts a question to the user, as `terminal.Dialogue` does."""

    def __call__(
        self,
        option: str,
        question: str,
        candidates: Sequence[str],
        accept: Callable[[str], Any],
        default: str = "",
    ) -> Any:
        """Return what `accept` makes of the first answer that it accepts."""
        ...


@dataclass(frozen=True)
class InitOptions:
    """The options of `init`; empty or None if not given.

    Parameters
    ----------
    label : sequence of str
        One trial column, or NAME=EXPRESSION for each class.
    tasks : sequence of str
        NAME=EXPRESSION for each task.
    align : sequence of str
        One trial column, or NAME=COLUMN for each task.
    region_column, table, units_table : str
        Names in the files.
    start, stop, bin : float or None
        Time bins, s from the event.
    windows : sequence of str
        NAME=START:STOP for each analysis window.
    event_sample : int or None
        Sample of the event, for files of the Neural Decoding Toolbox that do not give it.
    """

    label: Sequence[str] = ()
    tasks: Sequence[str] = ()
    align: Sequence[str] = ()
    region_column: str = ""
    table: str = ""
    units_table: str = ""
    start: float | None = None
    stop: float | None = None
    bin: float | None = None
    windows: Sequence[str] = ()
    event_sample: int | None = None


def choose(
    option: str,
    question: str,
    candidates: Sequence[str],
    ask: Ask | None,
    accept: Callable[[str], Any] | None = None,
    default: str = "",
) -> str:
    """Return the only candidate, or the answer of the user.

    Without `accept`, the answer must be one of the candidates.

    Raises
    ------
    InputError
        If there are several candidates and no terminal to ask at; it names the option.
    """
    if len(candidates) == 1:
        return candidates[0]
    if ask is not None:
        return ask(option, question, candidates, accept or partial(_one_of, candidates), default)
    listed = ", ".join(candidates[:20]) or "none found"
    raise InputError(option, f"not given: {question}.", f"Candidates: {listed}.")


def _one_of(candidates: Sequence[str], answer: str) -> str:
    if answer not in candidates:
        raise InputError(
            "", f"{answer!r} is none of the candidates.", did_you_mean(answer, candidates)
        )
    return answer

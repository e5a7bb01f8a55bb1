"""The options of `init`, and the questions for what they leave open."""

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
        """Return what an accepted answer means."""
        ...


@dataclass(frozen=True)
class Wishes:
    """The options of `init`; empty or None if not given.

    Parameters
    ----------
    label : list of str
        One trial column, or NAME=EXPRESSION for each class.
    tasks : list of str
        NAME=EXPRESSION for each task.
    align : list of str
        One trial column, or NAME=COLUMN for each task.
    region_column, table, units_table : str
        Names in the files.
    start, stop, bin : float or None
        Time bins, s from the event.
    windows : list of str
        NAME=START:STOP for each analysis window.
    event_sample : int or None
        For rasters that do not name their event.
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
        If there are several candidates and nobody can be asked; it names the option.
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


def parts(answer: str) -> list[str]:
    """Return the parts of an answer that are separated by semicolons."""
    return [part.strip() for part in answer.split(";") if part.strip()]


def by_task(align: list[str], tasks: list[str]) -> dict[str, str]:
    """Return each task's event."""
    if not align:
        return {}
    if len(align) == 1 and "=" not in align[0]:
        return dict.fromkeys(tasks, align[0])
    given = all_named(align, "--align", "COLUMN")
    if wrong := set(given) ^ set(tasks):
        raise InputError(
            "--align",
            f"names the tasks {', '.join(given)}; {', '.join(sorted(wrong))} do not match.",
            f"Give one column, or NAME=COLUMN for each of: {', '.join(tasks)}.",
        )
    return given


def all_named(texts: Sequence[str], option: str, what: str) -> dict[str, str]:
    """Split each NAME=SOMETHING at its first equals sign; no name occurs twice."""
    named = [_named(text, option, what) for text in texts]
    names = [name for name, _ in named]
    for name in names:
        if names.count(name) > 1:
            raise InputError(option, f"the name {name!r} is given twice.", "Choose another name.")
    return dict(named)


def _named(text: str, option: str, what: str) -> tuple[str, str]:
    """Split NAME=SOMETHING at its first equals sign, which is not part of a comparison."""
    name, sign, rest = text.partition("=")
    if (
        not sign
        or not name.strip()
        or not rest.strip()
        or name[-1] in "<>!"
        or rest.startswith("=")
    ):
        raise InputError(option, f"{text!r} is not NAME={what}.", f"As in {option} left=side==1.")
    return name.strip(), rest.strip()


def windows_of(wishes: Wishes) -> dict[str, list[float]]:
    """Return the windows of `--window`, [start, stop] in s, by name."""
    windows = {}
    for text in wishes.windows:
        name, ends = _named(text, "--window", "START:STOP")
        start, _, stop = ends.partition(":")
        try:
            windows[name] = [float(start), float(stop)]
        except ValueError:
            raise InputError(
                "--window", f"{text!r} is not NAME=START:STOP.", "As in --window late=0.2:0.5."
            ) from None
    return windows

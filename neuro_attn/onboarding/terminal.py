"""Questions to a user at a terminal: each answer is checked at once, and recorded."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from neuro_attn.errors import InputError
from neuro_attn.onboarding.text import listed, plain, wrapped

_CANDIDATES_SHOWN = 40
REPEATED = ("--label", "--task")
"""Options that are given once for each part of an answer; the parts have ``;`` between them."""


@dataclass
class Dialogue:
    """Questions to a user, and the answers so far.

    Parameters
    ----------
    intention : str
        What the command will write; printed before the first question.
    answers : list of str
        Options of the command that give the answers without a question.
    """

    intention: str
    answers: list[str] = field(default_factory=list)
    _began: bool = False

    def __call__(
        self,
        option: str,
        question: str,
        candidates: Sequence[str],
        accept: Callable[[str], Any],
        default: str = "",
    ) -> Any:
        """Ask until an answer is accepted.

        Parameters
        ----------
        option : str
            The option of the command that answers the question.
        question : str
            The question.
        candidates : sequence of str
            What was found; an answer may be one's number, or anything else.
        accept : callable
            Returns the meaning of an answer, or raises `InputError`; the question is then repeated.
        default : str
            The meaning of an empty answer; without one, the question is repeated.

        Returns
        -------
        object
            What `accept` returned.
        """
        if not self._began:
            self._began = True
            print("\n".join(wrapped(self.intention, "", "")))
        print("\n".join(["", *wrapped(f"{question[0].upper()}{question[1:]}?", "", "")]))
        for number, candidate in enumerate(candidates[:_CANDIDATES_SHOWN], 1):
            print("\n".join(wrapped(candidate, f"  {number}) ", "     ")))
        if more := candidates[_CANDIDATES_SHOWN:]:
            print("\n".join(wrapped(f"and {listed(more)}", "  ", "  ")))
        while True:
            try:
                answer = self._read(candidates, default)
                accepted = accept(answer)
            except InputError as error:
                said = f"{error.problem} {error.remedy}".strip()
                print("\n".join(wrapped(f"{said[0].upper()}{said[1:]}", "  ", "  ")))
                continue
            # A default that is not a candidate represents the absence of the option.
            if answer != default or answer in candidates:
                parts = answer.split(";") if option in REPEATED else [answer]
                self.answers += [each for part in parts for each in (option, part.strip())]
            return accepted

    @staticmethod
    def _read(candidates: Sequence[str], default: str) -> str:
        try:
            answer = input(f"[{plain(default)}] > " if default else "> ").strip() or default
        except UnicodeDecodeError:
            raise InputError("", "the answer is not text in the terminal's encoding.") from None
        except EOFError:
            # Readers raise it for files that end too early; a terminal that closes is no such file.
            raise KeyboardInterrupt from None
        if not answer:
            several = f"a number from 1 to {len(candidates)}, or " if candidates else ""
            raise InputError("", f"an answer is needed: {several}text.")
        if answer.isascii() and answer.isdigit() and answer not in candidates:
            if not 1 <= int(answer) <= len(candidates):
                raise InputError("", f"{answer} is not the number of a candidate.")
            return candidates[int(answer) - 1]
        return answer

    def as_options(self) -> str:
        """Return the answers as options, to be pasted into a shell."""
        return " ".join(map(_quoted, self.answers))


def _quoted(word: str) -> str:
    """Return a word for a shell, in double quotes if it contains single quotes."""
    return f'"{word}"' if "'" in word and not set(word) & set('"$`\\!') else shlex.quote(word)

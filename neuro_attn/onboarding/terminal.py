"""Questions to a user at a terminal."""

from collections.abc import Sequence

from neuro_attn.onboarding.text import plain, wrapped


def ask(question: str, candidates: Sequence[str], default: str = "") -> str:
    """Ask for something that is missing until there is an answer.

    Parameters
    ----------
    question : str
        What is asked.
    candidates : sequence of str
        What was found; an answer may be one's number, or anything else.
    default : str
        What an empty answer means; without one, the question is asked again.

    Returns
    -------
    str
    """
    for line in wrapped(question[0].upper() + question[1:] + "?", ""):
        print(line)
    for number, candidate in enumerate(candidates, 1):
        print(f"  {number}) {plain(candidate)}")
    prompt = f"[{default}] > " if default else "> "
    while not (answer := input(prompt).strip() or default):
        pass
    if answer.isdigit() and 1 <= int(answer) <= len(candidates):
        return candidates[int(answer) - 1]
    return answer

"""Options of `init` that are NAME=SOMETHING."""

from collections.abc import Sequence

from neuro_attn.errors import InputError
from neuro_attn.sources.options import InitOptions


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


def windows_of(options: InitOptions) -> dict[str, list[float]]:
    """Return the windows of `--window`, [start, stop] in s, by name."""
    windows = {}
    for text in options.windows:
        name, ends = _named(text, "--window", "START:STOP")
        start, _, stop = ends.partition(":")
        try:
            windows[name] = [float(start), float(stop)]
        except ValueError:
            raise InputError(
                "--window", f"{text!r} is not NAME=START:STOP.", "As in --window late=0.2:0.5."
            ) from None
    return windows

"""Phrases of captions, in reStructuredText. Names pass through `escaping.rst`, here or before."""

from collections.abc import Iterable

from neuro_attn.configuration import Inference
from neuro_attn.configuration.null_models import NULL_MODELS
from neuro_attn.escaping import rst

ARROW = "\N{RIGHTWARDS ARROW}"
EMPTY = "Nothing to state.\n"
CORRECTIONS = {
    "max": "by the maximum",
    "cluster": "by cluster mass",
    "fdr": "for the false discovery rate",
}


def paragraphs(*texts: str) -> str:
    """Return texts as paragraphs."""
    return "\n\n".join(text.strip() for text in texts if text.strip()) + "\n"


def listed(lines: Iterable[str]) -> str:
    """Return lines as a list, or that there are none."""
    return "".join(f"- {line}\n" for line in lines) or EMPTY


def task_pair(train: str, test: str) -> str:
    """Return a trained and a tested task."""
    return f"{rst(train)} {ARROW} {rst(test)}"


def interval(value: float, low: float, high: float, digits: int) -> str:
    """Return a value with its confidence interval."""
    return f"{value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]".replace(
        "-", "\N{MINUS SIGN}"
    )


def p_value(value: float) -> str:
    """Return a p-value."""
    return f"{value:.2g}"


def percent(fraction: float) -> str:
    """Return a fraction in percent."""
    return f"{100 * fraction:.0f} %"


def significance(inference: Inference, *, over: str, of_times: bool) -> str:
    """Return which results are significant, by which test, corrected over what.

    Windows have no neighbours in time, so what is not `of_times` is corrected by the maximum.
    """
    correction = CORRECTIONS[inference.correction if of_times else "max"]
    return (
        f"p < {inference.alpha:g} from {inference.permutations} permutations "
        f"({NULL_MODELS[inference.null_model].labels}), corrected {correction} over {over}"
    )

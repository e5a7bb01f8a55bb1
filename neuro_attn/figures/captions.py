"""Phrases of captions, in reStructuredText. Names are escaped by `escaping.rst`."""

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

FAMILIES = {"regions": "regions", "task_pairs": "pairs of tasks"}


def paragraphs(*texts: str) -> str:
    """Join texts as paragraphs, omitting empty ones."""
    return "\n\n".join(text.strip() for text in texts if text.strip()) + "\n"


def listed(lines: Iterable[str]) -> str:
    """Return lines as a bullet list, or `EMPTY` if there are none."""
    return "".join(f"- {line}\n" for line in lines) or EMPTY


def task_pair(train: str, test: str) -> str:
    """Return the names of the training and the test task, joined by an arrow."""
    return f"{rst(train)} {ARROW} {rst(test)}"


def interval(value: float, low: float, high: float, digits: int) -> str:
    """Return a value with its confidence interval, e.g. ``0.93 [0.85, 0.97]``."""
    return f"{value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]".replace(
        "-", "\N{MINUS SIGN}"
    )


def p_value(value: float) -> str:
    """Return a p-value with two significant digits."""
    return f"{value:.2g}"


def percent(fraction: float) -> str:
    """Return a fraction in percent, without decimals."""
    return f"{100 * fraction:.0f} %"


def family(inference: Inference, *always: str) -> str:
    """Return the names of what p-values are corrected over, joined by "and".

    Parameters
    ----------
    inference : Inference
        Settings of the tests.
    *always : str
        What p-values of this kind are corrected over in any case.
    """
    requested = [FAMILIES[name] for name in inference.correct_over]
    names = list(dict.fromkeys([*always, *requested]))
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def significance(inference: Inference, *, over: str, of_times: bool) -> str:
    """Return a description of the significance level, the test and the correction.

    Parameters
    ----------
    inference : Inference
        Settings of the tests.
    over : str
        Family of tests over which p-values are corrected.
    of_times : bool
        Whether the tests are in time bins. Otherwise the correction is by the maximum, because
        cluster mass requires neighbours in time.
    """
    correction = CORRECTIONS[inference.correction if of_times else "max"]
    return (
        f"p < {inference.alpha:g} from {inference.permutations} permutations "
        f"({NULL_MODELS[inference.null_model].labels}), corrected {correction} over {over}"
    )

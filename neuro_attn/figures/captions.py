"""Phrases of captions, in reStructuredText. Names are escaped by `escaping.rst`."""

from collections.abc import Iterable

import pandas as pd

from neuro_attn.configuration import AnyDataset, Inference
from neuro_attn.configuration.null_models import NULL_MODELS
from neuro_attn.escaping import rst
from neuro_attn.figures.verdict_words import listing

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


def findings(lines: Iterable[tuple[float, str]], most: int = 3) -> str:
    """Return the findings of largest absolute strength as one paragraph, strongest first.

    Captions state what is strongest, of either sign; the tables contain the rest.

    Parameters
    ----------
    lines : iterable of (strength, sentence)
        The findings; NaN is the smallest strength.
    most : int
        How many to return at most.

    Examples
    --------
    >>> findings([(0.1, "A."), (0.3, "B."), (-0.5, "C.")], most=2)
    'C. B.'
    """
    found = list(lines)
    sizes = [-1.0 if strength != strength else abs(strength) for strength, _ in found]
    strongest = sorted(range(len(found)), key=lambda number: -sizes[number])[:most]
    return " ".join(found[number][1] for number in strongest) or EMPTY


def most_certain(rows: pd.DataFrame) -> pd.Series:
    """Return the row whose value is largest in units of the width of its interval."""
    width = (rows["ci_high"] - rows["ci_low"]).clip(lower=1e-9)
    return rows.loc[(rows["value"].abs() / width).idxmax()]


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


def only_tested(dataset: AnyDataset) -> str:
    """Return which tasks decoders are only tested on; empty if there are none."""
    if not dataset.test_only:
        return ""
    return f"Trials of {rst(listing(dataset.test_only))} are only tested, never trained on."


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

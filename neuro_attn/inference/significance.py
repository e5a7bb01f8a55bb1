"""What counts as significant, and whether a run can find anything significant at all."""

from typing import Any

from neuro_attn.configuration import Inference

ROUNDING = 1e-8
"""Tables keep nine digits: p-values that equal the level must not fall below it by rounding."""


def significant(p: Any, alpha: float) -> Any:
    """Return where p < alpha, strictly; all marks, onsets and ratios are decided here.

    Parameters
    ----------
    p : float, array, pandas.Series or xarray.DataArray
        P-values.
    alpha : float
        Level of the tests.
    """
    return p < alpha * (1 - ROUNDING)


def first_look(inference: Inference) -> str:
    """Return a note where the smallest attainable p is not below alpha, empty where it is.

    The smallest p that m permutations can give is 1 / (m + 1).

    Examples
    --------
    >>> first_look(Inference(permutations=19, alpha=0.05))
    'first look: 19 permutations, the smallest attainable p is 0.05'
    >>> first_look(Inference(permutations=20, alpha=0.05))
    ''
    """
    m = inference.permutations
    smallest = 1 / (m + 1)
    if significant(smallest, inference.alpha):
        return ""
    permutations = "permutation" if m == 1 else "permutations"
    return f"first look: {m} {permutations}, the smallest attainable p is {smallest:.2g}"

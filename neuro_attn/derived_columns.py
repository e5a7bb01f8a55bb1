"""Trial columns computed from others, session by session, by restricted expressions.

An expression such as ``size < median(size, trial_type)`` may contain what `expressions` allows, and
calls of the functions in `FUNCTIONS`. Their arguments are evaluated first, and the call is replaced
by a column with its result, so nothing else of Python can be reached.
"""

import ast
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from neuro_attn.errors import InputError, most_similar
from neuro_attn.expressions import parsed, value_of

RESERVED = ("trial_id", "task", "label", "label_value", "event_time")
"""Names of trial columns that have a meaning of their own."""
_RESULT = "result of call {}"
"""Name of the column that replaces a call, which no expression can contain."""


def derive(columns: Mapping[str, str], trials: pd.DataFrame, where: str) -> pd.DataFrame:
    """Return the trials of a session with columns added in order.

    Parameters
    ----------
    columns : mapping of str to str
        Expressions by the name of the column; one may name those before it.
    trials : pandas.DataFrame
        All trials of the session.
    where : str
        The file, named in errors.

    Raises
    ------
    InputError
        If a column exists already, or an expression is invalid.

    Examples
    --------
    >>> trials = pd.DataFrame({"error": [-10.0, 40.0, 5.0, -60.0]})
    >>> columns = {"size": "abs(error)", "accurate": "size <= median(size)"}
    >>> derive(columns, trials, "monday")["accurate"].tolist()
    [True, False, True, False]
    """
    made = trials
    for name, expression in columns.items():
        at = f"{where}, columns.{name}"
        if name in made.columns or name in RESERVED:
            raise InputError(at, f"a trial column {name!r} exists already.", "Choose another name.")
        value = _value(expression, made, at)
        if value.shape not in ((), (len(made),)):
            raise InputError(at, f"{expression!r} must have one value per trial.")
        made = made.assign(**{name: np.broadcast_to(value, len(made))})
    return made


def _value(expression: str, trials: pd.DataFrame, where: str) -> np.ndarray:
    tree = parsed(expression, where)
    try:
        functions = [each.func for each in ast.walk(tree) if isinstance(each, ast.Call)]
        for name in ast.walk(tree):
            if isinstance(name, ast.Name) and name not in functions:
                # Messages on missing columns list those of the session alone.
                value_of(name, trials, where, expression)
        replaced = _Calls(trials, f"{where}: {expression!r}")
        return value_of(replaced.visit(tree), replaced.table, where, expression)
    except RecursionError:
        raise InputError(where, "the expression is nested too deeply.") from None


class _Calls(ast.NodeTransformer):
    """Replaces calls of functions, innermost first, by columns of `table` with their results."""

    def __init__(self, table: pd.DataFrame, where: str):
        self.table, self.where = table, where

    def visit_Call(self, node: ast.Call) -> ast.expr:
        function = node.func.id if isinstance(node.func, ast.Name) else ""
        if function not in FUNCTIONS or node.keywords:
            close = most_similar(function, FUNCTIONS)
            raise InputError(
                self.where,
                f"{ast.unparse(node)[:60]!r} is not allowed.",
                ("" if close is None else f"Did you mean {close}? ")
                + f"Functions: {', '.join(FUNCTIONS)}.",
            )
        arguments = [self._argument(each) for each in node.args]
        fewest, most, compute = FUNCTIONS[function]
        if not fewest <= len(arguments) <= most:
            needed = f"{fewest}" if fewest == most else f"{fewest} to {most}"
            noun = "argument" if needed == "1" else "arguments"
            raise InputError(self.where, f"{function} takes {needed} {noun}, not {len(arguments)}.")
        name = _RESULT.format(len(self.table.columns))
        self.table = self.table.assign(**{name: compute(arguments, self.where)})
        return ast.copy_location(ast.Name(id=name, ctx=ast.Load()), node)

    def _argument(self, node: ast.expr) -> pd.Series:
        tree = node if isinstance(node, ast.Starred) else self.visit(node)
        value = value_of(tree, self.table, self.where, ast.unparse(node))
        if value.shape not in ((), (len(self.table),)):
            raise InputError(
                self.where, f"{ast.unparse(node)[:60]!r} must have one value per trial."
            )
        return pd.Series(np.broadcast_to(value, len(self.table)), index=self.table.index)


def _numbers(argument: pd.Series, where: str) -> pd.Series:
    if argument.dtype.kind not in "biuf":
        raise InputError(where, "functions take numbers; text can only group trials.")
    return argument.astype(float)


def _within(arguments: list[pd.Series], where: str, name: str, **keys: Any) -> pd.Series:
    """Apply a method of groups to the first argument, within equal values of the others."""
    values = _numbers(arguments[0], where)
    # Without groups, all trials are one.
    groups = [group.to_numpy() for group in arguments[1:]] or [np.zeros(len(values))]
    return values.groupby(groups, dropna=False).transform(name, **keys)


def _quantile(arguments: list[pd.Series], where: str) -> pd.Series:
    fraction = _numbers(arguments[1], where).to_numpy()
    if not len(fraction) or (fraction != fraction[0]).any() or not 0 <= fraction[0] <= 1:
        raise InputError(where, "the second argument of quantile must be a number from 0 to 1.")
    return _within([arguments[0], *arguments[2:]], where, "quantile", q=float(fraction[0]))


def _circular_distance(arguments: list[pd.Series], where: str) -> pd.Series:
    one, other = (_numbers(each, where) for each in arguments)
    return np.rad2deg(np.abs((one - other + np.pi) % (2 * np.pi) - np.pi))


_MANY = 9
FUNCTIONS: dict[str, tuple[int, int, Callable[[list[pd.Series], str], pd.Series]]] = {
    "abs": (1, 1, lambda of, where: _numbers(of[0], where).abs()),
    "mean": (1, _MANY, lambda of, where: _within(of, where, "mean")),
    "median": (1, _MANY, lambda of, where: _within(of, where, "median")),
    "quantile": (2, _MANY, _quantile),
    "rank": (1, _MANY, lambda of, where: _within(of, where, "rank")),
    "circular_distance": (2, 2, _circular_distance),
}
"""Fewest and most arguments of each function, and what it computes."""

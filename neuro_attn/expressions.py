"""Restricted expressions on trial columns: comparison, logic and arithmetic, nothing else.

An expression such as ``feedback_type == 1 and contrast_left > 0`` is parsed to a syntax tree and
evaluated node by node over columns of a table. Names can only be columns; there are no calls,
attributes, subscripts or any other way out, so text from a config cannot run code.
"""

import ast
import difflib
import operator
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from neuro_attn.errors import InputError

_COMPARISONS: dict[type, Callable] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: np.isin(left, right),
    ast.NotIn: lambda left, right: ~np.isin(left, right),
}
_ARITHMETIC: dict[type, Callable] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
}
_MAX_LENGTH = 1000


def evaluate(expression: str, table: pd.DataFrame, where: str) -> np.ndarray:
    """Evaluate a restricted expression on every row of a table.

    Parameters
    ----------
    expression : str
        Column names, numbers, quoted strings, lists of these; ``== != < <= > >= in not in``,
        ``and or not``, ``+ - * / %`` and parentheses.
    table : pandas.DataFrame
        The trials.
    where : str
        The config key or file that the expression comes from, named in errors.

    Returns
    -------
    numpy.ndarray of bool, shape (row,)

    Raises
    ------
    InputError
        If the expression is none, uses more than the above, names a missing column or is not
        true or false on every row.
    """
    if len(expression) > _MAX_LENGTH:
        raise InputError(where, f"expression of {len(expression)} characters", "At most 1000.")
    try:
        with warnings.catch_warnings():
            # Python warns of odd text, such as `is` with a number, before it is refused here.
            warnings.simplefilter("ignore")
            tree = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InputError(
            where, f"{expression!r} is not an expression.", _hint(expression)
        ) from None
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = np.asarray(_value(tree, table, f"{where}: {expression!r}"))
    except (TypeError, ValueError, OverflowError, ZeroDivisionError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(where, f"{expression!r} does not fit the columns' types.") from None
    if result.dtype != bool or result.shape not in ((), (len(table),)):
        raise InputError(where, f"{expression!r} is not true or false on every trial.")
    return np.array(np.broadcast_to(result, len(table)))


def _hint(expression: str) -> str:
    """Return a remedy for common mistakes in an invalid expression."""
    quoted, single = r"'[^']*'|\"[^\"]*\"", r"(?<![=!<>:])=(?!=)"
    outside = re.sub(quoted, "''", expression)
    if re.search(single, outside):
        corrected = re.sub(f"({quoted})|{single}", lambda found: found[1] or "==", expression)
        return f"Comparison is ==, not =: {corrected}."
    if re.search(r"[\u2018\u2019\u201c\u201d]", expression):
        return "Quote text with ' or \"."
    if re.search(r"&&|\|\||!(?!=)|\b(AND|OR|NOT)\b", outside):
        return "Conditions are joined by and, or and not."
    if outside.count("(") != outside.count(")"):
        return "Close each bracket that opens."
    return "Compare columns with values, as in side == 'left' and contrast > 0."


def _value(node: ast.expr, table: pd.DataFrame, where: str) -> Any:
    match node:
        case ast.Name(id=name):
            return _column(name, table, where)
        case ast.Constant(value=bool() | int() | float() | str() as value):
            return value
        case ast.List(elts=items) | ast.Tuple(elts=items) if all(
            isinstance(item, (ast.Constant, ast.UnaryOp)) for item in items
        ):
            return [_value(item, table, where) for item in items]
        case ast.BoolOp(op=op, values=values):
            parts = [_truth(_value(value, table, where), where) for value in values]
            combine = np.all if isinstance(op, ast.And) else np.any
            return combine(np.stack(np.broadcast_arrays(*parts)), axis=0)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return ~_truth(_value(operand, table, where), where)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, table, where)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            sides = [np.asarray(_value(side, table, where)) for side in (left, right)]
            if any(side.dtype.kind not in "biuf" for side in sides):
                raise InputError(where, "only numbers can be added or multiplied.")
            return _ARITHMETIC[type(op)](*sides)
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            values = [_value(value, table, where) for value in (left, *comparators)]
            parts = []
            for comparison, one, other in zip(ops, values[:-1], values[1:], strict=True):
                if type(comparison) not in _COMPARISONS:
                    raise InputError(where, "'is' is not allowed; use == instead.")
                parts.append(np.asarray(_COMPARISONS[type(comparison)](one, other), dtype=bool))
            return np.all(np.stack(np.broadcast_arrays(*parts)), axis=0)
        case _:
            raise InputError(
                where,
                f"{ast.unparse(node)[:60]!r} is not allowed.",
                "Allowed: trial columns, numbers, quoted text, lists, comparisons, "
                "and/or/not, + - * / %.",
            )


def _truth(value: Any, where: str) -> np.ndarray:
    value = np.asarray(value)
    if value.dtype != bool:
        raise InputError(where, "and, or and not join comparisons, not numbers or text.")
    return value


def _column(name: str, table: pd.DataFrame, where: str) -> np.ndarray:
    if name not in table.columns:
        close = difflib.get_close_matches(name, map(str, table.columns), n=1)
        hint = f"Did you mean {close[0]!r}?" if close else ""
        columns = ", ".join(map(str, table.columns))
        raise InputError(where, f"no trial column {name!r}.", f"{hint} Columns: {columns}.".strip())
    column = table[name]
    if pd.api.types.is_bool_dtype(column) and column.hasnans:
        return column.to_numpy(dtype=float, na_value=np.nan)
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column.to_numpy()
    # Missing text becomes empty, since "nan" and "None" may be names in a column.
    return column.astype(object).where(column.notna(), "").astype(str).to_numpy(dtype=object)

"""Restricted expressions on trial columns: comparisons, logic and arithmetic only.

An expression such as ``feedback_type == 1 and contrast_left > 0`` is parsed into a syntax tree,
which is evaluated node by node on columns of a table. Names can only be columns. Calls, attributes
and subscripts are not allowed, so text in a configuration cannot run code.
"""

import ast
import operator
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from neuro_attn.errors import InputError, most_similar

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
_LISTED = 8
"""Number of values that a message lists."""


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
        The key or file that contains the expression, named in errors.

    Returns
    -------
    numpy.ndarray of bool, shape (row,)

    Raises
    ------
    InputError
        If the expression is invalid, uses anything else, names a missing column or is not true or
        false on every row.
    """
    result = value_of(parsed(expression, where), table, where, expression)
    if result.dtype != bool or result.shape not in ((), (len(table),)):
        raise InputError(where, f"{expression!r} is not true or false on every trial.")
    return np.array(np.broadcast_to(result, len(table)))


def parsed(expression: str, where: str) -> ast.expr:
    """Return the syntax tree of an expression, of which nothing has been evaluated or checked.

    Raises
    ------
    InputError
        If it is too long or is no expression.
    """
    if len(expression) > _MAX_LENGTH:
        raise InputError(where, f"expression of {len(expression)} characters", "At most 1000.")
    try:
        with warnings.catch_warnings():
            # Python warns about some expressions, such as `is` with a number, that are errors here.
            warnings.simplefilter("ignore")
            return ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InputError(
            where, f"{expression!r} is not an expression.", _hint(expression)
        ) from None


def value_of(tree: ast.expr, table: pd.DataFrame, where: str, expression: str) -> np.ndarray:
    """Return the values of an expression on every row of a table, or one for all.

    Parameters
    ----------
    tree : ast.expr
        From `parsed`.
    table, where
        As in `evaluate`.
    expression : str
        Its text, for messages.

    Raises
    ------
    InputError
        As in `evaluate`, apart from the type of the result.
    """
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(_value(tree, table, f"{where}: {expression!r}"))
    except (TypeError, ValueError, OverflowError, ZeroDivisionError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(where, f"{expression!r} does not fit the columns' types.") from None


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
        columns = ", ".join(map(str, table.columns))
        raise InputError(
            where,
            f"no trial column {name!r}.",
            f"{_meant(name, table)} Columns: {columns}.".strip(),
        )
    column = table[name]
    if pd.api.types.is_bool_dtype(column) and column.hasnans:
        return column.to_numpy(dtype=float, na_value=np.nan)
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column.to_numpy()
    one_each(column, where)
    # Missing text becomes empty, since "nan" and "None" may be names in a column.
    return column.astype(object).where(column.notna(), "").astype(str).to_numpy(dtype=object)


def one_each(column: pd.Series, where: str) -> None:
    """Raise `InputError` if a column has lists or other containers instead of values."""
    several = column.map(lambda value: isinstance(value, (list, tuple, dict, set, np.ndarray)))
    if several.any():
        given = str(column[several].tolist()[0])[:60]
        raise InputError(
            where,
            f"the column {str(column.name)!r} has several values a row, for example {given}.",
            "Name a column with one value a row, or write the values into columns of their own.",
        )


def _meant(name: str, table: pd.DataFrame) -> str:
    """Return a sentence on the text or column that was probably meant by an unknown name."""
    for column, values in table.items():
        if pd.api.types.is_numeric_dtype(values):
            continue
        if (value := most_similar(name, map(str, values.dropna().unique()))) is not None:
            same = value.casefold() == name.casefold()
            if same or most_similar(name, map(str, table.columns)) is None:
                return f"Quote text: {value!r} is a value of the column {column!r}."
    close = most_similar(name, map(str, table.columns))
    return "" if close is None else f"Did you mean {close!r}?"


def explain_no_row(expression: str, table: pd.DataFrame) -> str:
    """Return the reason why a valid expression is true on no row, if a comparison is the reason.

    This is the case if its value does not occur in the column, has another type, or lies outside
    the column's range.

    Parameters
    ----------
    expression : str
        An expression that `evaluate` accepts for the table.
    table : pandas.DataFrame
        The trials.

    Examples
    --------
    >>> explain_no_row("cue == 'up'", pd.DataFrame({"cue": ["left", "right"]}))
    "No trial has the value 'up' in the column 'cue': 'left' (1), 'right' (1)."
    """
    said: list[str] = []
    for node in ast.walk(ast.parse(expression.strip(), mode="eval")):
        if not isinstance(node, ast.Compare) or len(node.ops) != 1:
            continue
        match node.left, node.ops[0], node.comparators[0]:
            case (ast.Name(id=name), (ast.Eq() | ast.In()), other) | (
                other,
                ast.Eq(),
                ast.Name(id=name),
            ):
                try:
                    literals = np.atleast_1d(ast.literal_eval(other)).tolist()
                except ValueError:
                    continue
                column = _column(name, table, "")
                is_text = column.dtype.kind == "O"
                fits = [each for each in literals if isinstance(each, str) == is_text]
                if literals and not np.isin(column, fits).any():
                    said.append(_absent(name, column, literals[0]))
            case ast.Name(id=name), (ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE()), _:
                column = _column(name, table, "")
                known = column[np.isfinite(column)] if column.dtype.kind in "iuf" else column[:0]
                if len(known):
                    said.append(
                        f"The column {name!r} ranges from {known.min():g} to {known.max():g}."
                    )
    return " ".join(dict.fromkeys(said))


def _absent(name: str, column: np.ndarray, value: object) -> str:
    """Return a sentence on a value that is absent from a column, and on the values it contains."""
    is_text = column.dtype.kind == "O"
    if is_text != isinstance(value, str):
        one, other = ("text", f"{str(value)!r}") if is_text else ("numbers", f"{value}")
        return f"The column {name!r} contains {one}: compare it with {other}."
    counts = pd.Series(column).value_counts()
    shown = [f"{each!r} ({n})" for each, n in zip(counts.index.tolist(), counts, strict=True)]
    listed = ", ".join(shown[:_LISTED])
    if len(shown) > _LISTED:
        listed += f" and {len(shown) - _LISTED} more"
    close = most_similar(value, map(str, counts.index)) if isinstance(value, str) else None
    meant = "" if close is None else f" Did you mean {close!r}?"
    return f"No trial has the value {value!r} in the column {name!r}: {listed}.{meant}"

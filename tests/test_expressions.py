import ast
import contextlib
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro_attn.errors import InputError
from neuro_attn.expressions import evaluate

TRIALS = pd.DataFrame(
    {
        "contrast": [0.0, 0.25, 0.5, 1.0],
        "reward": [1, -1, 1, 1],
        "side": ["left", "right", "left", "right"],
        "correct": [True, False, True, True],
        "missing": [np.nan, 1.0, np.nan, 2.0],
    }
)


def truth(expression: str) -> list[bool]:
    return evaluate(expression, TRIALS, "tasks.a.trials").tolist()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("contrast > 0.25", [False, False, True, True]),
        ("0 < contrast <= 0.5", [False, True, True, False]),
        ("reward == 1 and side == 'left'", [True, False, True, False]),
        ("reward == -1 or contrast == 1", [False, True, False, True]),
        ("not correct", [False, True, False, False]),
        ("correct and not side == 'right'", [True, False, True, False]),
        ("side in ['left', 'up']", [True, False, True, False]),
        ("reward not in (1, 2)", [False, True, False, False]),
        ("(contrast * 2 + 1) % 2 == 0", [False, False, True, False]),
        ("contrast / 2 - 0.125 == 0", [False, True, False, False]),
        ("True", [True] * 4),
        ("missing > 0", [False, True, False, True]),
        ("missing == missing", [False, True, False, True]),
    ],
)
def test_comparison_logic_and_arithmetic_mean_what_they_say(expression, expected):
    assert truth(expression) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "side.upper() == 'LEFT'",
        "contrast.values > 0",
        "abs(contrast) > 0",
        "print(1)",
        "__import__('os').system('true')",
        "().__class__.__bases__",
        "(lambda: 1)() == 1",
        "lambda x: x",
        "(y := contrast) > 0",
        "[x for x in contrast]",
        "{x for x in contrast}",
        "{x: 1 for x in contrast}",
        "any(x for x in contrast)",
        "f'{contrast}' == ''",
        "f'{().__class__}' == ''",
        "contrast[0] > 0",
        "side[0:1] == 'l'",
        "1 if correct else 0",
        "{'a': 1}",
        "{1, 2}",
        "[*side]",
        "contrast ** 2 > 0",
        "contrast // 2 > 0",
        "reward << 99999999",
        "reward & 1",
        "~correct",
        "+contrast > 0",
        "b'bytes' == side",
        "1j == contrast",
        "... == contrast",
        "None == contrast",
        "await contrast",
        "yield",
        "side is 'left'",
        "side is not None",
        "[contrast] == 1",
        "['a'] + ['b'] == side",
        "'a' * 1000000000 == side",
    ],
)
# Python itself warns of `is` with a literal, before the expression is refused.
@pytest.mark.filterwarnings("ignore:.*is.* with .* literal:SyntaxWarning")
def test_whatever_could_run_code_or_hang_is_refused(expression):
    with pytest.raises(InputError, match=r"^tasks\.a\.trials"):
        truth(expression)


@pytest.mark.parametrize("expression", ["side * 3 == 'a'", "side + side == 'a'", "side % 1 == 'a'"])
def test_text_columns_are_not_multiplied_added_or_formatted(expression):
    with pytest.raises(InputError, match="only numbers can be added or multiplied"):
        truth(expression)


@pytest.mark.parametrize("name", ["__builtins__", "__class__", "__import__", "np", "os", "eval"])
def test_names_are_columns_and_nothing_else(name):
    with pytest.raises(InputError, match=f"no trial column '{name}'"):
        truth(f"{name} == 1")


@given(text=st.text(max_size=60))
@settings(max_examples=300)
@pytest.mark.filterwarnings("ignore::SyntaxWarning", "ignore::DeprecationWarning")
def test_any_text_is_a_truth_value_per_trial_or_an_input_error(text):
    try:
        result = evaluate(text, TRIALS, "key")
    except InputError:
        return
    assert result.shape == (len(TRIALS),)
    assert result.dtype == bool


atoms = st.sampled_from(
    """contrast reward side correct missing os __import__ TRIALS evaluate
    1 -2.5 'left' True None [1,2] ('left','up') [] ... b'x' """.split()  # noqa: SIM905
)
forms = (
    *("({} == {})", "({} < {})", "({} in {})", "({} not in {})", "({} is {})", "({} <= {} != 1)"),
    *(
        "({} and {})",
        "({} or {})",
        "({} + {})",
        "({} % {})",
        "({} / {})",
        "({} ** {})",
        "({} @ {})",
    ),
    *("({}({}))", "({}[{}])", "({} if {} else 1)", "[{}, {}]", "{{{}: {}}}", "[{} for x in {}]"),
    *("(x := {}) == {}", "(lambda: {})({})", "f'{{{}}}' == {}", "any({} for y in {})"),
)
single = ("(not {})", "(-{})", "(~{})", "({}.real)", "({}.__class__)", "[*{}]", "(yield {})")
python = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds(str.format, st.sampled_from(forms), inner, inner),
        st.builds(str.format, st.sampled_from(single), inner),
    ),
    max_leaves=8,
)
HARMLESS = (
    *(ast.Name, ast.Load, ast.Constant, ast.List, ast.Tuple, ast.BoolOp, ast.And, ast.Or),
    *(ast.UnaryOp, ast.Not, ast.USub, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Mod),
    *(ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn),
)


@given(text=python)
@settings(max_examples=400)
def test_what_has_an_answer_reaches_trial_columns_and_nothing_else(text):
    """Whatever Python can say: it is refused, or made of columns, plain values and operators."""
    try:
        result = evaluate(text, TRIALS, "key")
    except InputError:
        return
    assert result.shape == (len(TRIALS),)
    with warnings.catch_warnings(action="ignore"):
        nodes = list(ast.walk(ast.parse(text, mode="eval").body))
    assert all(isinstance(node, HARMLESS) for node in nodes)
    assert {node.id for node in nodes if isinstance(node, ast.Name)} <= set(TRIALS.columns)


@given(expression=python)
@settings(max_examples=100)
def test_no_expression_changes_the_trials(expression):
    before = TRIALS.copy()
    with contextlib.suppress(InputError):
        evaluate(f"({expression}) == 1", TRIALS, "key")
    pd.testing.assert_frame_equal(TRIALS, before)


numbers = st.integers(-3, 3)
comparisons = st.builds(
    "{} {} {}".format,
    st.sampled_from(["a", "b", "a + b", "a * 2 - b", "(a - 1) / 2"]),
    st.sampled_from(["<", "<=", ">", ">=", "==", "!="]),
    st.one_of(numbers.map(str), st.sampled_from(["a", "b", "b / 4"])),
)
logic = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("(not ({}))".format, inner),
    ),
    max_leaves=6,
)


@given(
    expression=logic,
    rows=st.lists(st.tuples(numbers, st.floats(-3, 3)), min_size=1, max_size=8),
)
def test_comparisons_agree_with_pandas(expression, rows):
    table = pd.DataFrame(rows, columns=["a", "b"])
    expected = pd.eval(expression, engine="python", local_dict={"a": table["a"], "b": table["b"]})
    np.testing.assert_array_equal(evaluate(expression, table, "key"), expected)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("contrst > 0", "no trial column 'contrst'. Did you mean 'contrast'? Columns: contrast, "),
        (
            "contrast >",
            "tasks.a.trials: 'contrast >' is not an expression. Compare columns",
        ),
        ("", "tasks.a.trials: '' is not an expression. Compare columns"),
        ("side = 'left'", "Comparison is ==, not =: side == 'left'."),
        ("a <= 1 and b = 2 and c == '='", "not =: a <= 1 and b == 2 and c == '='."),
        ("side == \u2018left\u2019", "Quote text with ' or \"."),
        ("correct && side", "Conditions are joined by and, or and not."),
        ("(contrast > 0", "Close each bracket that opens."),
        ("contrast + 1", "'contrast + 1' is not true or false on every trial."),
        ("side > 1", "'side > 1' does not fit the columns' types."),
        ("contrast and correct", "and, or and not join comparisons, not numbers or text."),
        ("side is 1", "'is' is not allowed; use == instead."),
        ("len(side) == 4", "'len(side)' is not allowed. Allowed: trial columns, numbers, quoted"),
        ("contrast > " + "1" * 1000, "expression of 1011 characters"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*is.* with .* literal:SyntaxWarning")
def test_messages_say_what_is_wrong_and_what_is_allowed(expression, message):
    with pytest.raises(InputError) as error:
        truth(expression)
    assert message in str(error.value)


def test_deep_nesting_is_refused_rather_than_crashing():
    with pytest.raises(InputError):
        truth("(" * 400 + "contrast" + ")" * 400 + " + 1")
    with pytest.raises(InputError):
        truth("not " * 200 + "contrast")


def test_a_truth_value_is_given_for_every_row_of_an_empty_table():
    assert evaluate("contrast > 0", TRIALS.iloc[:0], "key").shape == (0,)

"""Modules and functions are short enough to be read from top to bottom."""

import ast
from pathlib import Path

import pytest

import neuro_attn

PACKAGE = Path(neuro_attn.__file__).parent
MODULES = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
MODULE_LINES, FUNCTION_LINES = 400, 60


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without its docstring, which grows with its arguments."""
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is not None:
        lines -= function.body[0].end_lineno - function.body[0].lineno + 1
    return lines


def long_functions(source: str) -> dict[str, int]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, functions)]
    return {each.name: n for each in found if (n := code_lines(each)) > FUNCTION_LINES}


def test_no_module_is_too_long():
    lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in MODULES.items()}
    too_long = {name: n for name, n in lines.items() if n > MODULE_LINES}
    assert too_long == {}


def test_no_function_is_too_long():
    assert len(MODULES) > 200
    found = {name: long_functions(path.read_text("utf-8")) for name, path in MODULES.items()}
    assert {name: functions for name, functions in found.items() if functions} == {}


@pytest.mark.parametrize(("n", "expected"), [(59, {}), (60, {"f": 61})])
def test_the_lines_of_a_function_are_counted_without_its_docstring(n, expected):
    body = "".join(f"    x = {number}\n" for number in range(n))
    assert long_functions(f'def f():\n    """Do it.\n\n    Twice.\n    """\n{body}') == expected

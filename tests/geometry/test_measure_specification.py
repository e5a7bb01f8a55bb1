"""A measure is a module: it states what it is, estimates it, and nothing else lists it."""

import ast

import pytest

from neuro_attn.geometry.specification import MEASURES, labels, labels_over_time, specified


def test_every_module_of_measures_estimates():
    for measure in MEASURES:
        body = ast.parse(measure.module.read_text(encoding="utf-8")).body
        functions = {node.name for node in body if isinstance(node, ast.FunctionDef)}
        assert "estimate" in functions, measure.name


def test_no_two_modules_have_the_same_place_in_the_table():
    orders = [measure.order for measure in MEASURES]
    assert orders == sorted(set(orders))


def test_what_is_drawn_has_a_label():
    assert {"axis_cosine", "plane_cosine"} <= labels().keys() & labels_over_time().keys()
    assert all(labels().values())


@pytest.mark.parametrize(
    "text",
    [
        'OF = "pair"\nORDER = 1\n',
        'MEASURES = {"x": "is x"}\nORDER = 1\n',
        'MEASURES = {"x": "is x"}\nOF = "region"\nORDER = 1\n',
        'MEASURES = {"x": "is x"}\nOF = "task"\n',
        'MEASURES = {"x": "is x"}\nOF = "task"\nORDER = 1\nLABELS = {"y": "why"}\n',
    ],
)
def test_a_module_that_states_too_little_is_refused(tmp_path, text):
    module = tmp_path / "x.py"
    module.write_text(text)
    with pytest.raises(ValueError, match=r"x\.py"):
        specified(module)

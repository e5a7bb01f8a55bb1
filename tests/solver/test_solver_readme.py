"""The README of the solver: its example runs, and its costs are those of the benchmark."""

import doctest
from pathlib import Path

import pytest

from benchmarks import solver_cost
from neuro_attn.solver import cross_validation, estimator


def test_the_example_runs():
    done = doctest.testfile(str(solver_cost.README), module_relative=False, encoding="utf-8")
    assert done.attempted > 10
    assert done.failed == 0


@pytest.mark.parametrize("module", [estimator, cross_validation])
def test_the_examples_of_the_docstrings_run(module):
    done = doctest.testmod(module)
    assert done.attempted > 5
    assert done.failed == 0


def test_the_table_is_what_the_benchmark_measured():
    costs = solver_cost.measured()
    assert tuple(cost.case for cost in costs) == solver_cost.CASES
    page = solver_cost.README.read_text(encoding="utf-8")
    shown = page.split(solver_cost.BEGIN)[1].split(solver_cost.END)[0]
    assert shown == solver_cost.table(costs)


def test_the_benchmark_measures_a_case_whose_predictions_agree():
    cost = solver_cost.measure(solver_cost.Case(30, 10, 3, 2), repeats=1)
    assert cost.equal >= 1 - solver_cost.MOST_DIFFERENT
    assert cost.ours_us > 0
    assert cost.scikit_learn_us > 0


def test_the_readme_names_every_module_that_exists():
    modules = {path.name for path in Path(estimator.__file__).parent.glob("*.py")}
    page = solver_cost.README.read_text(encoding="utf-8")
    named = {word.strip("`,.();") for word in page.split() if word.strip("`,.();").endswith(".py")}
    assert named <= modules
    assert len(named) >= 8

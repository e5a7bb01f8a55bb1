"""A figure is a module: it states what it is, draws and describes itself, and nothing lists it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from neuro_attn.discovery import modules
from neuro_attn.figures.specification import FIGURES, specified
from neuro_attn.results import TABLES

ROOT = Path(__file__).parents[2]


def functions(module: Path) -> set[str]:
    body = ast.parse(module.read_text(encoding="utf-8")).body
    return {node.name for node in body if isinstance(node, ast.FunctionDef)}


def test_every_module_that_draws_is_a_figure_with_a_caption():
    drawing = {
        name
        for name, path in modules(ROOT / "neuro_attn/figures").items()
        if "draw" in functions(path)
    }
    assert drawing == set(FIGURES)
    for figure in FIGURES.values():
        assert {"caption", "drawn"} <= functions(figure.module), figure.name


def test_what_a_figure_needs_is_a_specified_table_or_an_array():
    files = {file for table in TABLES.values() for file in table.files}
    for figure in FIGURES.values():
        for needed in figure.needs:
            assert needed in files or needed.endswith(".nc"), needed


def test_every_figure_and_table_of_the_report_has_a_template_that_includes_its_caption_only():
    shown = {*FIGURES, *(table.name for table in TABLES.values() if table.title)}
    templates = {path.stem: path for path in (ROOT / "workflow/report").glob("*.rst")}
    assert templates.keys() == shown | {"workflow", "card"}
    for name in shown:
        # Snakemake renders templates with Jinja: no name and no result may stand in one.
        text = f".. include:: {{{{ snakemake.output.{name}_caption }}}}\n"
        assert templates[name].read_text(encoding="utf-8") == text


def test_a_table_with_a_title_has_a_caption():
    for table in TABLES.values():
        assert bool(table.title) == bool(table.caption), table.name


@pytest.mark.parametrize(
    "constants",
    ["OF = 'dataset'\nTITLE = 'Mine'\n", "OF = 'region'\nTITLE = 'Mine'\nNEEDS = ()\n"],
)
def test_a_figure_that_states_too_little_is_named(tmp_path, constants):
    module = tmp_path / "mine.py"
    module.write_text(constants)
    with pytest.raises(ValueError, match=r"mine\.py: must define TITLE, NEEDS, OF"):
        specified(module)


def test_the_workflow_knows_its_figures_without_importing_matplotlib():
    code = (
        "import sys; from neuro_attn.figures.targets import report_groups; "
        "print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

"""An edit reruns what it reaches, and the run says why."""

import re
import shutil
from collections.abc import Callable

import pytest

from tests.workflow.conftest import Project

_RULE = re.compile(r"^(?:local)?(?:rule|checkpoint) (\S+):$", re.MULTILINE)


@pytest.fixture
def copy(small_run, tmp_path) -> Project:
    # Files keep their times.
    return Project(shutil.copytree(small_run.folder, tmp_path / "copy"))


def planned(project: Project) -> tuple[set[str], str]:
    """Return the rules that a run would run, and what the command line says of them."""
    shown = project.run("run", "config.yaml", "--", "-n").stdout
    _, _, summary = shown.partition("neuro-attn: ")
    return set(_RULE.findall(shown)) - {"all"}, summary


def edit(project: Project, change: Callable[[str], str], *names: str) -> None:
    """Edit modules of the package, by their paths in it."""
    for name in names:
        path = project.folder / "neuro_attn" / name
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def with_code(text: str) -> str:
    return f"{text}\nEDITED = 1\n"


def with_documentation(text: str) -> str:
    return f'{text}\n# A comment.\n"""A docstring."""\n'


def test_an_edit_of_documentation_anywhere_reruns_nothing(copy):
    package = copy.folder / "neuro_attn"
    modules = [str(path.relative_to(package)) for path in package.rglob("*.py")]
    scripts = [f"../workflow/scripts/{p.name}" for p in (copy.folder / "workflow").rglob("*.py")]
    assert len(modules) > 200
    edit(copy, with_documentation, *modules, *scripts)
    assert planned(copy) == (set(), "")


def test_an_edit_of_what_the_configuration_does_not_use_reruns_nothing(copy):
    readers = ("alf", "alf_files", "nwb", "phy", "table", "matlab", "binned", "raster", "netcdf")
    edit(copy, with_code, *(f"sources/{name}.py" for name in readers))
    edit(copy, with_code, "networks/families/transformer.py", "networks/families/qkv.py")
    edit(copy, with_code, "registry/client.py", "command_line/progress.py")
    assert planned(copy) == (set(), "")


def test_an_edit_of_a_figure_redraws_the_figures_of_each_data_set_that_has_it(copy):
    edit(copy, with_code, "figures/onsets.py")
    rules, summary = planned(copy)
    assert rules == {"figures_small", "figures_network-tiny"}
    assert summary.splitlines() == [
        "2 jobs would run again:",
        "  figures_network-tiny, figures_small: neuro_attn/figures/onsets.py changed",
    ]


def test_an_edit_of_code_reruns_what_depends_on_it_and_names_the_module(copy):
    edit(copy, with_code, "networks/families/luong_dot.py", "inference/onsets.py")
    rules, summary = planned(copy)
    assert {"train_tiny", "record_tiny", "untrained_tiny", "infer"} <= rules
    assert not rules & {"recordings_small", "truth", "regions", "decode", "measure_geometry"}
    assert "2 train_tiny, 2 record_tiny" in summary
    assert "neuro_attn/networks/families/luong_dot.py changed" in summary
    assert "infer: neuro_attn/inference/onsets.py changed" in summary


def test_a_run_says_what_ran_again_and_why(copy):
    edit(copy, with_code, "comparison/representational_similarity.py")
    done = copy.run("run", "config.yaml", "--cores", "2")
    changed = "neuro_attn/comparison/representational_similarity.py changed"
    assert f"neuro-attn: {changed}: what depends on it runs again, beginning with" in done.stdout
    _, _, summary = done.stdout.partition(" ran again:\n")
    assert re.search(rf"^  compare_representations: {changed}$", summary, re.MULTILINE)
    assert re.search(r"^  .*tables_comparison.*: its input is computed again$", summary, re.M)
    assert planned(copy) == (set(), "")

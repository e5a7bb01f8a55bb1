"""An edit reruns what it reaches, and the run says why."""

import re
import shutil
from collections.abc import Callable

import pytest
import yaml

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


def test_a_licence_or_a_reference_changes_the_answer_page_alone(copy):
    config = copy.folder / "config.yaml"
    keys = yaml.safe_load(config.read_text(encoding="utf-8")) | {"licence": "MIT", "author": "me"}
    for dataset in keys["datasets"].values():
        dataset |= {"licence": "CC0-1.0", "citation": "We (2026). Data. Journal 1, 2."}
    config.write_text(yaml.safe_dump(keys, sort_keys=False), encoding="utf-8")
    assert planned(copy)[0] == {"answer"}


def test_an_edit_of_what_the_configuration_does_not_use_reruns_nothing(copy):
    unused = ("alf", "binned", "matlab", "netcdf", "nwb", "phy", "raster", "table")
    package = copy.folder / "neuro_attn"
    readers = [path for name in unused for path in (package / "sources" / name).glob("*.py")]
    settings = [package / "configuration" / "sources" / f"{name}.py" for name in unused]
    describers = [package / "sources" / "contents.py"]
    used = [*readers, *settings, *describers]
    edit(copy, with_code, *(str(path.relative_to(package)) for path in used))
    edit(copy, with_code, "networks/families/perceiver.py", "networks/families/qkv.py")
    edit(copy, with_code, "decoding/nulls/session_swap.py")
    edit(copy, with_code, "registry/client.py", "command_line/progress.py")
    assert planned(copy) == (set(), "")


def test_an_edit_of_a_figure_redraws_the_figures_of_each_data_set_and_the_run_says_why(copy):
    edit(copy, with_code, "figures/onsets.py")
    changed = "neuro_attn/figures/onsets.py changed"
    rules, summary = planned(copy)
    assert rules == {"figures_small", "figures_network-tiny", "answer"}
    assert summary.splitlines() == [
        "3 jobs would run again:",
        f"  figures_network-tiny, figures_small: {changed}",
        "  answer: the input is computed again",
    ]
    done = copy.run("run", "config.yaml", "--cores", "2").stdout
    assert f"neuro-attn: {changed}: what depends on it runs again, beginning with fig" in done
    assert re.search(rf"^neuro-attn: 3 jobs ran again:\n  figures_.*: {changed}$", done, re.M)
    assert planned(copy) == (set(), "")


def test_an_edit_of_code_reruns_what_depends_on_it_and_nothing_before_it(copy):
    edit(copy, with_code, "inference/onsets.py")
    rules, summary = planned(copy)
    assert {"infer", "figures_small", "tables"} <= rules
    assert not rules & {"recordings_small", "regions", "decode", "measure_geometry", "train_tiny"}
    assert "infer: neuro_attn/inference/onsets.py changed" in summary
    assert "the input is computed again" in summary


def test_an_edit_of_a_family_trains_its_networks_again(copy):
    edit(copy, with_code, "networks/families/luong_dot.py")
    rules, summary = planned(copy)
    assert {"train_tiny", "record_tiny"} <= rules
    assert not rules & {"recordings_small", "truth", "learn_list_recall"}
    changed = "neuro_attn/networks/families/luong_dot.py changed"
    assert re.search(rf"^  .*train_tiny.*: {changed}$", summary, re.MULTILINE)

"""A script's digest stands for it and for all package modules that it imports, and for no other."""

from pathlib import Path

import pytest

import neuro_attn
from neuro_attn import provenance
from neuro_attn.figures.specification import FIGURES
from neuro_attn.provenance import source_digest, source_files

ROOT = Path(__file__).parents[1]
PACKAGE = Path(neuro_attn.__file__).parent
SCRIPTS = ROOT / "workflow" / "scripts"


def modules(script):
    """Return the package modules that a script stands on, relative to the package."""
    files = source_files(script)
    return {file.relative_to(PACKAGE).as_posix() for file in files if PACKAGE in file.parents}


def stages(script):
    return {module.split("/")[0] for module in modules(script)}


# --- a small package ---------------------------------------------------------------------------


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package: far <- near <- script, and an unrelated module beside them."""
    folder = tmp_path / "small"
    texts = {
        "__init__.py": "",
        "far.py": "ANSWER = 42\n",
        "near/__init__.py": "from small.near.inner import twice\n",
        "near/inner.py": "import small.far\n\ndef twice(): return 2 * small.far.ANSWER\n",
        "near/beside.py": "import unknown_library\n",
        "late.py": "",
        "unrelated.py": "import small.far\n",
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (tmp_path / "script.py").write_text(
        "import numpy\nfrom small import near\n\ndef f():\n    from small import late\n"
    )
    monkeypatch.setattr(provenance, "_PACKAGE", folder)
    return folder


@pytest.mark.parametrize(
    "name", ["__init__.py", "far.py", "near/__init__.py", "near/inner.py", "late.py"]
)
def test_an_edit_of_what_is_imported_directly_or_not_changes_the_digest(package, name):
    before = source_digest(package.parent / "script.py")
    with (package / name).open("a") as file:
        file.write("# edited\n")
    assert source_digest(package.parent / "script.py") != before


def test_an_edit_of_the_script_changes_its_digest(package):
    script = package.parent / "script.py"
    before = source_digest(script)
    script.write_text(script.read_text() + "\n")
    assert source_digest(script) != before


@pytest.mark.parametrize("name", ["unrelated.py", "near/beside.py", "new.py"])
def test_an_edit_of_anything_else_does_not(package, name):
    before = source_digest(package.parent / "script.py")
    with (package / name).open("a") as file:
        file.write("# edited\n")
    assert source_digest(package.parent / "script.py") == before


def test_modules_that_import_each_other_end(package):
    (package / "far.py").write_text("import small.near\n")
    assert len(source_files(package.parent / "script.py")) == 6


def test_the_digest_does_not_depend_on_where_the_project_lies(package, tmp_path, monkeypatch):
    before = source_digest(package.parent / "script.py")
    elsewhere = tmp_path / "elsewhere"
    package.parent.joinpath("small").rename(tmp_path / "moved")
    elsewhere.mkdir()
    (tmp_path / "moved").rename(elsewhere / "small")
    (tmp_path / "script.py").rename(elsewhere / "script.py")
    monkeypatch.setattr(provenance, "_PACKAGE", elsewhere / "small")
    assert source_digest(elsewhere / "script.py") == before


# --- this package ------------------------------------------------------------------------------


def test_decoding_stands_on_its_own_stage_and_on_nothing_that_comes_after():
    found = modules(SCRIPTS / "decode.py")
    assert {
        "__init__.py",
        "decoding/transfer.py",
        "solver/estimator.py",
        "decoding/splits.py",
        "randomness.py",
        "recording.py",
        "configuration/settings.py",
    } <= found
    later = {"inference", "geometry", "networks", "comparison", "figures", "command_line"}
    assert not stages(SCRIPTS / "decode.py") & later


def test_figures_do_not_rerun_because_of_networks_or_sources():
    files = [figure.module for figure in FIGURES.values()]
    assert files
    for file in [*files, SCRIPTS / "draw_figures.py", SCRIPTS / "write_tables.py"]:
        assert not stages(file) & {"networks", "sources", "decoding", "geometry"}, file


def test_a_figure_stands_on_its_own_module_and_on_no_other_figures():
    for name, figure in FIGURES.items():
        figures = {Path(m).stem for m in modules(figure.module) if m.startswith("figures/")}
        assert figures & FIGURES.keys() == {name}
    # The script draws the figures that it is given, by name.
    script = {Path(m).stem for m in modules(SCRIPTS / "draw_figures.py")}
    assert not script & (FIGURES.keys() - {"geometry"})


def test_no_script_of_the_workflow_stands_on_the_command_line():
    for script in SCRIPTS.rglob("*.py"):
        assert "command_line" not in stages(script)

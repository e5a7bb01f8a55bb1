"""A digest covers the code of a script and of all package modules that it imports, nothing else."""

import re
from pathlib import Path

import pytest

import neuro_attn
from neuro_attn import sources
from neuro_attn.configuration import FAMILIES, family_file
from neuro_attn.configuration.decoders import DECODERS
from neuro_attn.configuration.null_models import NULL_MODELS
from neuro_attn.figures.specification import FIGURES
from neuro_attn.provenance import Sources, changed_modules

ROOT = Path(__file__).parents[1]
PACKAGE = Path(neuro_attn.__file__).parent
SCRIPTS = ROOT / "workflow" / "scripts"
READERS = {path for paths in sources.READERS.values() for path in paths}
FAMILY_FILES = {family_file(family) for family in FAMILIES}
FIGURE_FILES = set((PACKAGE / "figures").glob("*.py"))
NULL_FILES = {null.module for null in NULL_MODELS.values()}
DECODER_FILES = {decoder.module for decoder in DECODERS.values()}
DESCRIBERS = set(sources.DESCRIBERS)
OURS = Sources(
    on_demand=READERS | DESCRIBERS | FAMILY_FILES | FIGURE_FILES | NULL_FILES | DECODER_FILES
)


def modules(*scripts):
    """Return the package modules on which scripts depend, relative to the package."""
    files = OURS.files(*scripts)
    return {file.relative_to(PACKAGE).as_posix() for file in files if PACKAGE in file.parents}


def stages(script):
    return {module.split("/")[0] for module in modules(script)}


# --- a small package ---------------------------------------------------------------------------

TEXTS = {
    "__init__.py": "",
    "far.py": "ANSWER = 42\n",
    "near/__init__.py": "from small.near.inner import twice\n",
    "near/inner.py": "import small.far\n\ndef twice(): return 2 * small.far.ANSWER\n",
    "near/beside.py": "import unknown_library\n",
    "late.py": "",
    "found/__init__.py": "",
    "found/one_kind.py": "",
    "chosen.py": "",
    "unrelated.py": "import small.far\n",
}
SCRIPT = """
import numpy
from small import near

def f(kind):
    from importlib import import_module
    import_module(f"small.found.{kind}_kind").f()
    from small import late
    if kind == "chosen":
        from small import chosen
"""


@pytest.fixture
def package(tmp_path):
    """A package: far <- near <- script, modules that a function imports, and unrelated ones."""
    folder = tmp_path / "small"
    for name, text in TEXTS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (tmp_path / "script.py").write_text(SCRIPT)
    return folder


def digest(package, *chosen, store=None):
    found = Sources(store, on_demand=[package / "chosen.py"], package=package)
    return found.digest(package.parent / "script.py", *chosen)


def edit(path, text="EDITED = 1\n"):
    with path.open("a") as file:
        file.write(text)


IMPORTED = [
    "__init__.py",
    "far.py",
    "near/__init__.py",
    "near/inner.py",
    "late.py",
    "found/one_kind.py",
]


@pytest.mark.parametrize("name", [*IMPORTED, "../script.py"])
def test_a_code_edit_of_what_is_imported_directly_or_not_changes_the_digest(package, name):
    before = digest(package)
    edit(package / name)
    assert digest(package) != before


@pytest.mark.parametrize("name", ["unrelated.py", "near/beside.py", "new.py", "chosen.py"])
def test_an_edit_of_anything_else_does_not(package, name):
    before = digest(package)
    edit(package / name)
    assert digest(package) == before


def test_what_a_function_imports_by_choice_counts_where_it_is_chosen(package):
    before = digest(package, package / "chosen.py")
    assert before != digest(package)
    edit(package / "chosen.py")
    assert digest(package, package / "chosen.py") != before


def test_what_a_module_imports_always_counts_although_functions_import_it_by_choice(package):
    edit(package / "far.py", "from small import chosen\n")
    before = digest(package)
    edit(package / "chosen.py")
    assert digest(package) != before


CODE = """
LEVEL = 1.0

def f(x: int = 2) -> str:
    if x is None: return f"{x:>{LEVEL}} of {3}"
    return ""

class Settings:
    alpha: float = 0.05
    def g(self, *, y=(1, ...)): pass
"""
SAME = """
'''A docstring.'''
# A comment.
LEVEL = 1.0  # another
'''What it is.'''


def f(
    x: int = 2,
) -> str:
    "Write."
    if (x is None):
        return f'{x:>{LEVEL}} of {3}'
    return ''


class Settings:
    '''Settings.'''

    alpha: float = (0.05)
    '''The level.'''

    def g(self, *, y=(1, ...)):
        '''Do nothing.'''
        pass
"""


def test_docstrings_comments_and_layout_do_not_change_the_digest(package):
    (package / "far.py").write_text(CODE)
    before = digest(package)
    (package / "far.py").write_text(SAME)
    assert digest(package) == before


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1.0", "1"),
        ("LEVEL = 1.0", "LEVEL: float = 1.0"),
        ("x is None", "x is not None"),
        ("x: int", "x: float"),
        ("{3}", "{3!r}"),
        (" of ", " off "),
        ('return ""', "return"),
        ('return ""', "return None"),
        ("0.05", "-0.05"),
        ("...", "None"),
        ("*, y", "y"),
        ("class Settings:", "class Settings(object):"),
        ("pass", "return 'no docstring'"),
    ],
)
def test_any_change_of_code_changes_the_digest(package, old, new):
    (package / "far.py").write_text(CODE)
    before = digest(package)
    assert old in CODE
    (package / "far.py").write_text(CODE.replace(old, new))
    assert digest(package) != before


def test_modules_that_import_each_other_end(package):
    (package / "far.py").write_text("import small.near\n")
    found = Sources(on_demand=[package / "chosen.py"], package=package)
    assert len(found.files(package.parent / "script.py")) == 8


def test_the_digest_does_not_depend_on_where_the_project_is(package, tmp_path):
    before = digest(package)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "script.py").rename(elsewhere / "script.py")
    assert digest(package.rename(elsewhere / "small")) == before


def test_cached_modules_give_the_same_digests_and_are_never_out_of_date(package, tmp_path):
    store = tmp_path / "store"
    digests = {}
    for text in ("ANSWER = 42\n", "ANSWER = 43\n", "ANSWER = 43  # still\n", "ANSWER = 42\n"):
        (package / "far.py").write_text(text)
        digests[text] = digest(package, store=store)
        assert digests[text] == digest(package) == digest(package, store=store)
    assert len(set(digests.values())) == 2


def test_a_cache_that_is_damaged_or_cannot_be_written_does_no_harm(package, tmp_path):
    store = tmp_path / "store"
    before = digest(package, store=store)
    for path in store.iterdir():
        path.write_bytes(b"\xff{")
    assert digest(package, store=store) == before
    (tmp_path / "file").write_text("")
    assert digest(package, store=tmp_path / "file" / "store") == before


def test_the_modules_that_changed_between_two_digests_are_named(package, tmp_path):
    store = tmp_path / "store"
    before = digest(package, store=store)
    (package / "far.py").write_text("from small import unrelated\n")
    edit(package.parent / "script.py")
    now = digest(package, store=store)
    changed = ["script.py", "small/far.py", "small/unrelated.py"]
    assert changed_modules(store, before, now) == changed
    assert changed_modules(store, before, before) == []
    assert changed_modules(store, "0" * 16, now) == []


# --- this package ------------------------------------------------------------------------------


def test_decoding_depends_on_its_own_stage_and_on_nothing_that_comes_after():
    found = modules(SCRIPTS / "decode.py")
    assert {
        "__init__.py",
        "decoding/cross_task.py",
        "solver/estimator.py",
        "decoding/splits.py",
        "randomness.py",
        "recording/building.py",
        "configuration/settings.py",
    } <= found
    later = {"inference", "geometry", "networks", "comparison", "figures", "command_line"}
    assert not stages(SCRIPTS / "decode.py") & later


def test_decoding_depends_on_the_null_model_of_its_data_set_alone():
    assert len(NULL_FILES) > 2
    every = {null.relative_to(PACKAGE).as_posix() for null in NULL_FILES}
    assert not every & modules(SCRIPTS / "decode.py")
    for null in NULL_FILES:
        found = every & modules(SCRIPTS / "decode.py", null)
        assert found == {null.relative_to(PACKAGE).as_posix()}


@pytest.mark.parametrize(
    "script",
    [
        "decode.py",
        "decode_confounds.py",
        "decode_region_confounds.py",
        "measure_geometry.py",
        "measure_region_geometry.py",
        "signatures.py",
    ],
)
def test_what_fits_decoders_depends_on_that_of_its_data_set_and_on_no_other(script):
    rules = "".join(path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk"))
    assert re.search(rf'sources_by_dataset\(\s*"{script}",\s*decoder_of\b', rules)
    assert len(DECODER_FILES) > 1
    for decoder in DECODER_FILES:
        assert not OURS.files(SCRIPTS / script) & DECODER_FILES
        assert OURS.files(SCRIPTS / script, decoder) & DECODER_FILES == {decoder}


def test_figures_do_not_rerun_because_of_networks_or_sources():
    files = [figure.module for figure in FIGURES.values()]
    assert files
    for file in [*files, SCRIPTS / "draw_figures.py", SCRIPTS / "write_tables.py"]:
        assert not stages(file) & {"networks", "sources", "decoding"}, file
        # Labels of measures stand beside what names them, and the measures are not imported.
        of_geometry = {name for name in modules(file) if name.startswith("geometry/")}
        assert of_geometry <= {"geometry/__init__.py", "geometry/specification.py"}, file


def test_geometry_depends_on_every_measure_although_these_are_found_by_name():
    measures = {
        f"geometry/measures/{path.name}" for path in (PACKAGE / "geometry/measures").glob("*.py")
    }
    assert len(measures) > 5
    assert measures <= modules(SCRIPTS / "measure_geometry.py")


def test_a_figure_depends_on_its_own_module_and_on_no_other_figure():
    for name, figure in FIGURES.items():
        figures = {Path(m).stem for m in modules(figure.module) if m.startswith("figures/")}
        assert figures & FIGURES.keys() == {name}
    # The script draws the figures that it is given, by name.
    script = {Path(m).stem for m in modules(SCRIPTS / "draw_figures.py")}
    assert not script & (FIGURES.keys() - {"geometry"})


def test_no_script_of_the_workflow_depends_on_the_command_line():
    for script in SCRIPTS.rglob("*.py"):
        assert "command_line" not in stages(script)


@pytest.mark.parametrize("source", sources.READERS)
def test_recordings_depend_on_the_reader_of_their_source_and_on_no_other(source):
    own = set(sources.READERS[source])
    assert own
    found = OURS.files(SCRIPTS / "recordings.py", *own)
    assert found & READERS == own


@pytest.mark.parametrize("source", sources.READERS)
def test_recordings_depend_on_what_reads_files_and_not_on_what_describes_them(source):
    found = OURS.files(SCRIPTS / "recordings.py", *sources.READERS[source])
    assert not found & DESCRIBERS
    _, module = sources.READERS[source]
    of_package = module.parent.glob("*.py") if module.stem == "__init__" else [module]
    assert set(of_package) - DESCRIBERS <= found


OF_SKILLS = {
    "list_recall.py": {"bahdanau", "seq2seq"},
    "sequence_processing.py": {"transformer"},
    "translation.py": {"bahdanau", "seq2seq", "transformer"},
}
"""Families whose parts learn a skill."""


def test_results_depend_on_no_reader_and_on_no_family_that_they_do_not_use():
    for script in SCRIPTS.glob("*.py"):
        expected = sources.READERS["simulation"] if script.name == "truth.py" else []
        assert OURS.files(script) & READERS == set(expected), script
        used = {path.stem for path in OURS.files(script) & FAMILY_FILES}
        assert used == OF_SKILLS.get(script.name, set()), script

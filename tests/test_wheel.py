"""A wheel contains the workflow, and an installed package runs it in any folder."""

import tarfile
import zipfile
from pathlib import Path

import pytest

from neuro_attn import locations
from neuro_attn.command_line import examples, main
from neuro_attn.command_line.calling import Run, command, environment
from neuro_attn.configuration import keys_of, parse
from neuro_attn.provenance import Sources
from tests.test_distribution import tracked
from tests.wheels import ROOT, build

PROJECT = "neuro_attn/project"


def places() -> dict[str, Path]:
    """Return the place in a wheel of each tracked file that belongs there."""
    names = {path.relative_to(ROOT).as_posix(): path for path in tracked()}
    folders = ("Snakefile", "workflow/", "profiles/", "config/")
    own = {name: path for name, path in names.items() if name.startswith("neuro_attn/")}
    of_workflow = {name: path for name, path in names.items() if name.startswith(folders)}
    return own | {f"{PROJECT}/{name}": path for name, path in of_workflow.items()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    return build("build_wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The package as pip would install it, without its metadata."""
    folder = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder / "neuro_attn"


def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {
            name: archive.read(name) for name in archive.namelist() if ".dist-info/" not in name
        }


def test_a_wheel_contains_the_package_and_the_workflow_byte_for_byte(wheel):
    expected = places()
    found = contents(wheel)
    for name in ("Snakefile", "workflow/rules/common.smk", "workflow/scripts/decode.py"):
        assert f"{PROJECT}/{name}" in expected
    # Files that are not tracked are those of a working tree, such as notes.
    assert expected.keys() <= found.keys()
    assert [name for name, path in expected.items() if found[name] != path.read_bytes()] == []
    assert not [name for name in found if "__pycache__" in name or "/tests/" in name]


def test_an_editable_installation_uses_the_files_of_the_repository(tmp_path):
    found = contents(build("build_editable", tmp_path))
    assert found == {"neuro_attn.pth": str(ROOT).encode()}


def test_a_source_distribution_builds_the_same_wheel(wheel, tmp_path):
    with tarfile.open(build("build_sdist", tmp_path)) as archive:
        # Python 3.11.0 to 3.11.3 have no filters.
        filtered = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(tmp_path, **filtered)
    (unpacked,) = (path for path in tmp_path.iterdir() if path.is_dir())
    assert contents(build("build_wheel", tmp_path, unpacked)) == contents(wheel)


def test_digests_of_code_are_the_same_where_the_package_is_installed(installed):
    """A run that continues results of the repository thus recomputes nothing."""
    scripts = sorted(path.name for path in (ROOT / "workflow/scripts").glob("*.py"))
    assert len(scripts) > 10
    ours, theirs = Sources(), Sources(package=installed)
    for script in scripts:
        there = installed / "project/workflow/scripts" / script
        assert ours.digest(ROOT / "workflow/scripts" / script) == theirs.digest(there), script


# --- folders of a run ---------------------------------------------------------------------------


@pytest.fixture
def elsewhere(tmp_path, monkeypatch) -> Path:
    """A folder of other work, with a workflow, a profile and modules of its own."""
    (tmp_path / "Snakefile").write_text("raise ValueError('another workflow')\n")
    (tmp_path / "profiles/default").mkdir(parents=True)
    (tmp_path / "profiles/default/config.yaml").write_text("executor: of-another-workflow\n")
    for name in ("random.py", "numpy.py", "yaml.py"):
        (tmp_path / name).write_text("raise ValueError('another module')\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_run_elsewhere_uses_the_workflow_of_the_package(elsewhere):
    called = command(Run("mine.yaml", None, 2), ["-n"])
    assert called[called.index("--snakefile") + 1] == str(ROOT / "Snakefile")
    assert called[called.index("--workflow-profile") + 1] == str(ROOT / "profiles/default")
    assert environment(Run("mine.yaml", None, 2))["PYTHONSAFEPATH"] == "1"


def test_a_run_in_a_copy_of_the_repository_uses_the_copy(elsewhere):
    (elsewhere / "neuro_attn").mkdir()
    called = command(Run("mine.yaml", None, 2), ["-n"])
    assert called[called.index("--snakefile") + 1] == "Snakefile"
    assert called[called.index("--workflow-profile") + 1] == "profiles/default"
    assert "PYTHONSAFEPATH" not in environment(Run("mine.yaml", None, 2))


def test_profiles_for_clusters_are_found_in_any_folder(elsewhere):
    name = "workflow/profiles/slurm"
    given = ["--profile", name, "--jobs", "5"]
    called = command(Run("mine.yaml", None, 2), given)
    assert called[-4:] == ["--profile", f"{ROOT}/{name}", "--jobs", "5"]
    (elsewhere / name).mkdir(parents=True)
    assert command(Run("mine.yaml", None, 2), given)[-4:] == given


def test_the_jobs_of_a_folder_with_another_workflow_are_planned(elsewhere, capfd):
    """The folder's own Snakefile, profile and modules would each stop the run."""
    (elsewhere / "controls.yaml").write_text(examples.text_of("controls"))
    assert main(["run", "controls.yaml", "--", "-n", "results/drifting/truth.nc"]) == 0
    assert "rule truth:" in capfd.readouterr().out


# --- configurations that come with the workflow -------------------------------------------------


def test_without_a_configuration_the_default_one_is_run_and_named(elsewhere, capfd):
    assert main(["run", "--", "-n", "results/simulation/truth.nc"]) == 0
    out = capfd.readouterr().out
    assert (
        "neuro-attn: this folder has no config/config.yaml, so the configuration is the example "
        f"{ROOT}/config/config.yaml\n"
    ) in out
    assert "rule truth:" in out


def test_the_configuration_of_the_folder_comes_before_that_of_the_package(elsewhere):
    (elsewhere / "config").mkdir()
    (elsewhere / "config/config.yaml").write_text("")
    assert examples.default_config() == "config/config.yaml"


def test_every_configuration_is_listed_and_printed_as_one_that_can_be_run(elsewhere, capsys):
    assert main(["examples"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line[0] != " "]
    files = {path.stem for path in (ROOT / "config").glob("*.yaml")} - {"config"}
    assert listed == ["default", *sorted(files)]
    for name in listed:
        assert main(["examples", name]) == 0
        text = capsys.readouterr().out
        # The schema for editors is not beside a copy.
        assert "yaml-language-server" not in text
        assert parse(keys_of(text, name)).datasets


def test_an_installed_package_finds_its_own_files(installed):
    assert not locations.INSTALLED.exists(), "a copy of the repository has no such folder"
    assert locations.PROJECT == ROOT
    assert (installed / locations.INSTALLED.name / "Snakefile").is_file()

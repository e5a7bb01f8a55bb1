"""The repository holds what a newcomer needs, and nothing that ties it to one machine."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize(
    ("lock", "at_least"), [("requirements.lock", 80), ("benchmarks/requirements.lock", 5)]
)
def test_every_locked_package_has_a_hash(lock, at_least):
    lines = (ROOT / lock).read_text(encoding="utf-8")
    packages = re.findall(r"^([a-z0-9._-]+)==.*?(?=^[a-z0-9]|\Z)", lines, re.M | re.S)
    entries = re.split(r"^(?=[a-z0-9][a-z0-9._-]*==)", lines, flags=re.M)[1:]
    assert len(packages) == len(entries) > at_least
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_every_dependency_is_locked():
    locked = {
        line.split("==")[0].replace("_", "-")
        for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
        if re.match(r"[a-z0-9]", line)
    }
    extras = PROJECT["optional-dependencies"]
    wanted = PROJECT["dependencies"] + extras["dev"] + extras["networks"]
    names = {re.split(r"[\[<>=]", each)[0] for each in wanted} - {PROJECT["name"]}
    assert names <= locked


def test_no_file_names_a_package_index():
    address = re.compile(r"--(extra-)?index-url|--find-links|py" + r"pi\.org|pythonhost" + r"ed")
    found = [
        str(path.relative_to(ROOT))
        for path in tracked()
        if path.suffix not in {".png"} and address.search(path.read_text(encoding="utf-8"))
    ]
    assert found in ([], ["tests/test_distribution.py"])


def test_no_file_is_large_and_no_data_or_results_are_tracked():
    for path in tracked():
        assert path.stat().st_size <= 500_000, path
        assert path.relative_to(ROOT).parts[0] != "results"
        assert path.suffix not in {".nwb", ".mat", ".nc", ".npz"}
    data = [path.name for path in tracked() if path.relative_to(ROOT).parts[0] == "data"]
    assert data == ["README.md"]


def test_the_conda_environment_lists_the_same_packages_as_the_project():
    environment = yaml.safe_load((ROOT / "workflow/envs/neuro-attn.yaml").read_text())
    listed = set(environment["dependencies"]) - {f"python {PROJECT['requires-python']}"}
    wanted = {
        re.sub(r"(?=>=)", " ", each, count=1).replace("matplotlib ", "matplotlib-base ")
        for each in PROJECT["dependencies"] + PROJECT["optional-dependencies"]["networks"]
        if not each.startswith("snakemake")
    }
    assert listed == wanted


def test_the_version_is_the_same_everywhere():
    module = (ROOT / "neuro_attn/__init__.py").read_text(encoding="utf-8")
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert f'__version__ = "{PROJECT["version"]}"' in module
    assert citation["version"] == PROJECT["version"]


def test_what_contributors_are_told_to_run_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    guides = [ROOT / "CONTRIBUTING.md", ROOT / "README.md", *(ROOT / ".github").rglob("*.*")]
    told = [path.read_text(encoding="utf-8") for path in guides]
    # "make" begins a command there: after a quotation mark, a colon or at the start of a line.
    commands = {
        name for text in told for name in re.findall(r"(?:`|: |^)make ([a-z]+)", text, re.M)
    }
    assert {"test", "lint", "tests", "docs"} <= commands <= targets
    for text in told:
        for path in re.findall(r"\btests/[a-z_/.]*[a-z]", text):
            assert (ROOT / path).exists(), path


def test_the_forms_and_workflows_are_yaml():
    files = [*(ROOT / ".github").rglob("*.yml"), ROOT / ".pre-commit-config.yaml"]
    assert len(files) >= 6
    for path in files:
        assert isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), dict), path

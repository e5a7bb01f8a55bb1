"""The workflow as a module of another one, and with environments that conda makes."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import yaml

from tests.workflow.conftest import NETWORKS, ROOT, SMALL, Project, without_networks

OUTER = """
configfile: "mine.yaml"

module neuro_attn:
    snakefile: {snakefile}
    config: config

use rule * from neuro_attn as neuro_attn_*
"""
# What Snakemake asks of conda before it plans; it installs nothing in a dry run.
CONDA = f"""#!{sys.executable}
import json, sys
print({{
    "info --json": json.dumps({{"conda_prefix": "nowhere", "platform": "linux-64"}}),
    "--version": "conda 24.11.0",
    "config --get channel_priority --json": json.dumps({{"get": {{"channel_priority": "strict"}}}}),
}}[" ".join(sys.argv[1:])])
"""


def outer_project(folder: Path, snakefile: str) -> Project:
    """Write a workflow whose module has the Snakefile that an expression names."""
    (folder / "Snakefile").write_text(OUTER.format(snakefile=snakefile))
    outer = Project(folder)
    outer.write_config(SMALL, "mine.yaml")
    return outer


def test_as_a_module_of_another_workflow_it_finds_its_own_scripts(new_project, tmp_path):
    snakefile = new_project().folder / "Snakefile"
    outer = outer_project(tmp_path, repr(str(snakefile)))
    planned = outer.snakemake("--dry-run", "--cores", "1").stdout
    for rule in ("recordings_small", "regions", "infer", "figures_small", "tables"):
        assert f"rule neuro_attn_{rule}:" in planned or f"checkpoint neuro_attn_{rule}:" in planned
    # A job runs a script beside the module's rules, with the package of the module.
    truth = "results/small/truth.nc"
    outer.snakemake("--cores", "1", truth)
    assert (tmp_path / truth).is_file()


def test_the_module_is_found_by_the_path_that_the_package_names(tmp_path):
    outer = outer_project(tmp_path, "SNAKEFILE")
    header = "from neuro_attn.locations import SNAKEFILE\n"
    snakefile = tmp_path / "Snakefile"
    snakefile.write_text(header + snakefile.read_text())
    planned = outer.snakemake("--dry-run", "--cores", "1", "results/small/truth.nc").stdout
    assert "rule neuro_attn_truth:" in planned


def test_the_module_is_found_in_a_repository_on_github(tmp_path):
    """Snakemake reads rules and scripts from its clone, which is made here in its cache."""
    cache = tmp_path / "cache/snakemake/snakemake/source-cache/snakemake-git-cache"
    clone = cache / "github.com/someone/neuro-attn"
    shutil.copytree(ROOT / "workflow", clone / "workflow")
    shutil.copy(ROOT / "Snakefile", clone)
    for command in (
        ["init", "--quiet"],
        ["add", "."],
        ["-c", "user.name=x", "-c", "user.email=x@x", "commit", "--quiet", "-m", "all"],
        ["tag", "v1"],
    ):
        subprocess.run(["git", *command], cwd=clone, check=True)
    outer = outer_project(tmp_path, "github('someone/neuro-attn', path='Snakefile', tag='v1')")
    outer = replace(outer, environment={"XDG_CACHE_HOME": str(tmp_path / "cache")})
    truth = "results/small/truth.nc"
    outer.snakemake("--cores", "1", truth)
    assert (tmp_path / truth).is_file()


def test_the_entry_of_the_catalogue_promises_what_the_workflow_has():
    """https://snakemake.github.io/snakemake-workflow-catalog"""
    entry = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert entry.keys() == {"mandatory-flags", "software-stack-deployment", "report"}
    assert "neuro_attn" in entry["mandatory-flags"]["desc"]
    rules = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    assert entry["software-stack-deployment"] == {"conda": "conda:" in rules}
    assert entry["report"] == ("report(" in rules)


def test_with_conda_jobs_need_nothing_of_the_environment_that_plans_them(new_project):
    project = new_project()
    conda = project.folder / "bin" / "conda"
    conda.parent.mkdir()
    conda.write_text(CONDA)
    conda.chmod(0o755)
    config = project.write_config({**SMALL, **NETWORKS})
    path = {"PATH": f"{conda.parent}{os.pathsep}{os.environ['PATH']}"}
    project = without_networks(project)
    project = replace(project, environment=project.environment | path)
    arguments = ("--sdm", "conda", "--dry-run", "--cores", "1", "--configfile", config)
    planned = project.snakemake(*arguments)
    assert "Conda environment workflow/envs/neuro-attn.yaml will be created." in planned.stdout
    assert "rule train_tiny:" in planned.stdout


# A substitute for Apptainer, which records the name of the image and runs the command without it.
# The image's `python` is the one that has the package.
APPTAINER = f"""#!{sys.executable}
import os, sys
from pathlib import Path
if "--version" in sys.argv:
    print("apptainer version 1.3.4")
    sys.exit()
with open("images.log", "a") as log:
    print(*(each for each in sys.argv if each.endswith(".sif")), file=log)
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
os.execvp("bash", ["bash", "-c", sys.argv[-1]])
"""


def test_with_apptainer_jobs_run_in_the_image_that_a_variable_names(new_project):
    project = new_project()
    apptainer = project.folder / "bin" / "apptainer"
    apptainer.parent.mkdir()
    apptainer.write_text(APPTAINER)
    apptainer.chmod(0o755)
    (project.folder / "mine.sif").touch()
    path = f"{apptainer.parent}{os.pathsep}{os.environ['PATH']}"
    project = replace(project, environment={"PATH": path, "NEURO_ATTN_IMAGE": "mine.sif"})
    config = project.write_config(SMALL)
    truth = "results/small/truth.nc"
    project.run("run", config, "--cores", "1", "--", truth, "--sdm", "apptainer")
    assert (project.folder / truth).is_file()
    assert (project.folder / "images.log").read_text().endswith("mine.sif\n")


def test_the_image_has_the_locked_packages_and_what_the_build_needs():
    text = (ROOT / "Containerfile").read_text()
    assert "--require-hashes -r /opt/neuro-attn/requirements.lock" in text
    assert "--no-deps --no-build-isolation /opt/neuro-attn" in text
    left_out = (ROOT / ".containerignore").read_text().split()
    for needed in ("Snakefile", "workflow", "profiles", "config", "tools", "README.md", "LICENSE"):
        assert needed not in left_out
    assert {".git", ".venv", "data", "results"} <= set(left_out)

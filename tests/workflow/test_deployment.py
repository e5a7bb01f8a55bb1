"""The workflow as a module of another one, and with environments that conda makes."""

import os
import sys
from dataclasses import replace

from tests.workflow.conftest import NETWORKS, SMALL, Project, without_networks

OUTER = """
configfile: "mine.yaml"

module neuro_attn:
    snakefile: "{snakefile}"
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


def test_as_a_module_of_another_workflow_it_finds_its_own_scripts(new_project, tmp_path):
    snakefile = new_project().folder / "Snakefile"
    outer = Project(tmp_path)
    (tmp_path / "Snakefile").write_text(OUTER.format(snakefile=snakefile))
    outer.write_config(SMALL, "mine.yaml")
    planned = outer.snakemake("--dry-run", "--cores", "1").stdout
    for rule in ("recordings_small", "regions", "infer", "figures_small", "tables"):
        assert f"rule neuro_attn_{rule}:" in planned or f"checkpoint neuro_attn_{rule}:" in planned
    # A job runs a script beside the module's rules, with the package of the module.
    truth = "results/small/truth.nc"
    outer.snakemake("--cores", "1", truth)
    assert (tmp_path / truth).is_file()


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

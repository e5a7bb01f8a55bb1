"""A workflow is parsed in every job: what that imports."""

import json
import subprocess
import sys
from contextlib import chdir
from dataclasses import replace

from neuro_attn.configuration import load
from neuro_attn.provenance import STORE
from neuro_attn.sources import manifest
from tests.workflow.conftest import NETWORKS, SMALL

# What Snakemake itself imports for a workflow with scripts, a report and environments.
BARE = """
from snakemake.utils import min_version
min_version("9.0")
report: "workflow/report/workflow.rst"
rule bare:
    output: report("bare", caption="workflow/report/workflow.rst")
    conda: "workflow/envs/neuro-attn.yaml"
    script: "workflow/scripts/truth.py"
"""
# That workflow is parsed first, then ours, in one process. Snakemake imports all plugins that it
# finds, and that of Slurm imports pandas, so Snakemake does not find it here.
PARSE = """
import json, pkgutil, sys
every = pkgutil.iter_modules
pkgutil.iter_modules = lambda *given: (one for one in every(*given) if "slurm" not in one.name)
from snakemake.cli import main

def imported(*arguments):
    try:
        main(["-n", "--quiet", "all", "--cores", "1", "--configfile", "mine.yaml", *arguments])
    except SystemExit as ended:
        assert ended.code == 0, arguments
    return {name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names

print(json.dumps([sorted(imported("--snakefile", "bare.smk")), sorted(imported())]))
"""


def test_a_workflow_is_parsed_with_pydantic_and_yaml_alone(new_project):
    project = new_project()
    for session in ("a", "b"):
        (project.folder / f"{session}.nwb").write_text("not read while the workflow is parsed")
    small = SMALL["datasets"]["small"]
    nwb = {key: small[key] for key in ("label", "tasks", "time", "windows")}
    nwb |= {"source": "nwb", "files": "*.nwb"}
    datasets = {"small": small, "recorded": nwb}
    project.write_config(
        {**SMALL, **NETWORKS, "data_folder": ".", "datasets": datasets}, "mine.yaml"
    )
    (project.folder / "bare.smk").write_text(BARE)
    done = subprocess.run(
        [sys.executable, "-c", PARSE],
        cwd=project.folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    by_snakemake, together = map(set, json.loads(done.stdout.splitlines()[-1]))
    ours = together - by_snakemake
    assert "neuro_attn" in ours
    assert ours <= {"neuro_attn", "pydantic", "pydantic_core", "yaml", "_yaml"}
    assert not together & {
        "pandas",
        "xarray",
        "numba",
        "scipy",
        "h5py",
        "matplotlib",
        "jax",
        "tqdm",
    }


def test_snakemake_parses_without_the_data_that_the_command_line_has_found(new_project):
    project = new_project()
    files = [project.folder / f"{session}.nwb" for session in ("a", "b")]
    for file in files:
        file.touch()
    small = SMALL["datasets"]["small"]
    nwb = {key: small[key] for key in ("label", "tasks", "time", "windows")}
    nwb |= {"source": "nwb", "files": "*.nwb"}
    config = project.write_config({"data_folder": ".", "datasets": {"recorded": nwb}})
    settings = load(project.folder / config)
    with chdir(project.folder):
        found = manifest.written(settings.datasets, settings.data_folder, STORE)
    for file in files:
        file.unlink()
    parse = ("--list-rules", "--configfile", config)
    informed = replace(project, environment={manifest.VARIABLE: found})
    assert "regions" in informed.snakemake(*parse).stdout
    assert "'*.nwb' matches no file" in project.snakemake(*parse, check=False).stderr

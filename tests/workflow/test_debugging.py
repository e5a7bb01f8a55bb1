"""CONTRIBUTING.md describes how to debug a job: by Snakemake, and in a Python session."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from neuro_attn.results import read_csv
from tests import commands
from tests.test_documentation import blocks
from tests.test_documentation import commands as commands_of
from tests.workflow.conftest import Project

PAGE = "CONTRIBUTING.md"
TABLE = "results/small/geometry.csv"
SCRIPT = "workflow/scripts/measure_geometry.py"


def of_the_small_project(text: str) -> str:
    """Return a command or example of the page with the paths of the small project."""
    text = text.replace("config/config.yaml", "config.yaml")
    return text.replace("results/simulation", "results/small").replace('"simulation"', '"small"')


@pytest.fixture(scope="module")
def project(small_run, tmp_path_factory) -> Project:
    """A copy of the small project after its run."""
    folder = tmp_path_factory.mktemp("debugged") / "project"
    return Project(shutil.copytree(small_run.folder, folder))


def test_the_command_of_contributing_stops_at_a_breakpoint(project):
    (command,) = [each for each in commands_of(PAGE) if "--debug" in each]
    program, *arguments = shlex.split(of_the_small_project(command))
    assert (Path(program).name, arguments[-1]) == ("snakemake", TABLE)
    before = (project.folder / TABLE).read_bytes()
    (project.folder / TABLE).unlink()
    script = project.folder / SCRIPT
    script.write_text("breakpoint()\n" + script.read_text(encoding="utf-8"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *arguments],
        cwd=project.folder,
        input="p snakemake.rule\ncontinue\n",
        capture_output=True,
        text=True,
        timeout=commands.HANGS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "(Pdb) 'measure_geometry'" in done.stdout
    assert (project.folder / TABLE).read_bytes() == before


def test_the_call_of_a_script_works_in_a_python_session(small_run, monkeypatch):
    (example,) = blocks(PAGE, "python")
    monkeypatch.chdir(small_run.folder)
    found: dict = {}
    exec(of_the_small_project(example), found)
    rows = read_csv(TABLE)
    expected = rows[rows["region"] == "LPFC"].reset_index(drop=True)
    computed = found["measured"].geometry.reset_index(drop=True)
    pd.testing.assert_frame_equal(computed, expected, check_dtype=False, rtol=1e-6)

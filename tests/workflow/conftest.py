"""A small project in a folder of its own, run by the real command line and the real Snakemake."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import yaml

from neuro_attn import configuration
from neuro_attn.figures.targets import result_tables
from tests import commands

ROOT = Path(__file__).parents[2]

SMALL = yaml.safe_load(
    """
datasets:
  small:
    source: simulation
    label: selected
    tasks:
      pro: {trials: trial_type == 'pro', align: cue_onset}
      retro: {trials: trial_type == 'retro' and cue_set == 2, align: cue_onset}
    time: {start: -0.1, stop: 0.5, bin: 0.1}
    windows: {cue: [0.1, 0.5]}
    decoding: {population: pseudopopulation}
    behaviour: {report: report, target: target_color, non_targets: [distractor_color]}
    resampled_decoding: {trials: 8, iterations: 20}
    simulation:
      sessions: 2
      cycles: 2
      regions:
        LPFC: {units: 16, selection_axis_cosine: 1.0, selection_sd: 3.0, selection_onset: 0.1}
        V4/anterior: {units: 16, selection_sd: 3.0, selection_onset: 0.2}
decoding: {draws: 2}
inference: {permutations: 19, bootstraps: 20}
"""
)

NETWORKS = yaml.safe_load(
    """
networks:
  tiny: {family: luong-dot, steps: 10, hidden: 8, batch: 8, seeds: 2, test_trials: 40,
         learned_below: 180}
network_analysis:
  label: selected
  tasks:
    pro: {trials: trial_type == 'pro', align: cue_onset}
    retro: {trials: trial_type == 'retro', align: cue_onset}
  time: {start: -0.2, stop: 0.6, bin: 0.2}
  windows: {cue: [0.0, 0.4]}
comparison: {dataset: small}
list_recall:
  {families: [seq2seq], lengths: [4], seeds: 1, hidden: 4, steps: 5, batch: 4, test_lists: 40}
translation:
  {families: [bahdanau], seeds: 1, hidden: 4, steps: 5, batch: 4, pairs: 500,
   test_sentences: 40, beams: [1]}
"""
)


@dataclass(frozen=True)
class Project:
    """A folder with the workflow, and the command line run in it."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    """Environment variables beside those of the tests."""

    def write_config(self, keys: dict, name: str = "config.yaml") -> str:
        (self.folder / name).write_text(yaml.safe_dump(keys, sort_keys=False), encoding="utf-8")
        return name

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        if self.environment:
            # Python may look at these when it starts.
            return self._call([sys.executable, "-m", "neuro_attn.command_line", *arguments], check)
        done = commands.run(arguments, folder=self.folder, environment=self._variables())
        return _checked(done, check)

    def run_tables(self, config: str, cores: int = 2) -> None:
        """Compute all tables of results, without figures and report."""
        tables = result_tables(configuration.load(self.folder / config))
        self.run("run", config, "--cores", str(cores), "--", *tables)

    def snakemake(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        return self._call([sys.executable, "-m", "snakemake", *arguments], check)

    def _call(self, command: list[str], check: bool) -> subprocess.CompletedProcess:
        done = subprocess.run(
            command,
            cwd=self.folder,
            capture_output=True,
            text=True,
            env=self._variables(),
            timeout=commands.HANGS,
        )
        return _checked(done, check)

    def _variables(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k != "NEURO_ATTN_DATA"}
        return kept | self.environment

    def results(self, *suffixes: str) -> dict[str, bytes]:
        """Return the bytes of all results with one of the suffixes, by path."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted((self.folder / "results").rglob("*"))
            if path.suffix in suffixes and "logs" not in path.parts
        }


def _checked(done: subprocess.CompletedProcess, check: bool) -> subprocess.CompletedProcess:
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def laid_out(folder: Path) -> Project:
    """Return a project in an empty folder, with copies of what a run needs."""
    shutil.copy(ROOT / "Snakefile", folder)
    for name in ("workflow", "profiles", "neuro_attn"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    return Project(folder)


# Python imports this module when it starts; the packages are then as if they were not installed.
WITHOUT_NETWORKS = """
import sys
from importlib.machinery import PathFinder

class Finder(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        hidden = name.partition(".")[0] in ("jax", "jaxlib", "equinox", "optax")
        return None if hidden else super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Finder
"""


def without_networks(project: Project) -> Project:
    """Return a project in which the packages of networks cannot be imported."""
    (project.folder / "sitecustomize.py").write_text(WITHOUT_NETWORKS)
    return replace(project, environment={"PYTHONPATH": str(project.folder)})


@pytest.fixture(scope="session")
def new_project(tmp_path_factory) -> Callable[[], Project]:
    return lambda: laid_out(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="session")
def small_run(tmp_path_factory) -> Project:
    """The small project after a run on two cores, with its report.

    Parallel workers share it: the first makes it, the others wait.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    project = Project(shared / "small_run")
    with open(shared / "small_run.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not project.folder.exists():
            project.folder.mkdir()
            config = laid_out(project.folder).write_config({**SMALL, **NETWORKS})
            project.run("report", config, "--cores", "2")
    return project

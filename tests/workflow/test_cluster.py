"""Runs on a real Slurm, or with a storage, give the bytes of a local run, whatever is lost.

The commands are those of docs/cluster.md.
"""

import hashlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from threading import Event, Thread

import pytest

from neuro_attn.results import read_csv
from neuro_attn.sources import manifest
from tests import clusters
from tests.clusters import Slurm, slurm, wait_until
from tests.test_documentation import commands
from tests.workflow.conftest import Project
from tests.workflow.test_smallest_run import SMALLEST, recording

pytestmark = pytest.mark.slow

PAGE = "docs/cluster.md"
TARGETS = [f"results/mine/{table}.csv" for table in ("summary", "geometry")]
SOON = [
    *("--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1"),
    *("--latency-wait", "10"),
]
"""Options that save time, on a machine without other users."""
_LONG = 900
"""Longest time of a run on a busy machine, s."""


def command_of_page(*words: str, but: str = "") -> list[str]:
    """Return the one command of docs/cluster.md that contains some words, without its name."""
    found = [
        each
        for each in map(shlex.split, commands(PAGE))
        if set(words) <= set(each) and but not in each
    ]
    (command,) = found
    assert command[:1] == ["neuro-attn"]
    return command[1:]


def on_slurm() -> list[str]:
    """Return the command of the page for a cluster with accounts but no accounting."""
    with_account = command_of_page("slurm_account=lab")
    status = command_of_page("--slurm-status-command")
    return [*with_account, *status[status.index("--slurm-status-command") :]]


def project_with_data(folder: Project) -> Project:
    """Return a project with a recording and the smallest configuration."""
    (folder.folder / "data").mkdir()
    recording(folder.folder / "data/2024.nc")
    folder.write_config(SMALLEST, "mine.yaml")
    return folder


@pytest.fixture(scope="module")
def local(new_project) -> dict[str, bytes]:
    """The results of a local run."""
    project = project_with_data(new_project())
    project.run("run", "mine.yaml", "--cores", "2", "--", *TARGETS)
    return results_of(project)


def results_of(project: Project) -> dict[str, bytes]:
    return project.results(".csv", ".nc")


class Watched:
    """A run on a cluster, and whether two live jobs ever did the same."""

    def __init__(self, cluster: Slurm, project: Project, targets: list[str]):
        self.cluster, self.project = cluster, project
        self.duplicates: list[dict] = []
        self._targets, self._ended = targets, Event()
        self._watch = Thread(target=self._look)
        self._watch.start()
        self.log = project.folder / "run.log"
        self.start()

    def start(self) -> None:
        """Start the run, or start it again."""
        command = [sys.executable, "-m", "neuro_attn.command_line", *on_slurm(), *SOON]
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(
                [*self.cluster.within, *command, *self._targets],
                cwd=self.project.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _look(self) -> None:
        while not self._ended.wait(0.5):
            with suppress(AssertionError, subprocess.TimeoutExpired):
                jobs = self.cluster.jobs("PENDING,RUNNING")
                if max(Counter(rule for rule, _ in jobs.values()).values(), default=0) > 1:
                    self.duplicates.append(jobs)

    def running(self, *but: str) -> dict[str, tuple[str, str]]:
        """Wait until a job runs whose rule is not in `but`; return these jobs."""
        found: dict[str, tuple[str, str]] = {}

        def some() -> bool:
            assert self.process.poll() is None, self.log.read_text()
            jobs = self.cluster.jobs("RUNNING")
            found.update((n, job) for n, job in jobs.items() if not job[0].startswith(but))
            return bool(found)

        wait_until("a job runs", some, _LONG)
        return found

    def kill(self) -> None:
        """Kill the command and Snakemake, as a computer that fails does; jobs stay."""
        snakemake = int((self.project.folder / ".snakemake/neuro-attn.lock").read_text())
        for process in (self.process.pid, snakemake):
            os.kill(process, signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        """Wait for the end of the run, which must succeed."""
        assert self.process.wait(_LONG) == 0, self.log.read_text()

    def close(self) -> None:
        """Stop watching, and the run if it has not ended."""
        self._ended.set()
        self._watch.join()
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)


@pytest.fixture
def run(tmp_path, new_project) -> Iterator[Callable[..., Watched]]:
    """Start a run on a cluster with some nodes."""
    clusters.skip_without_slurm()
    opened = []

    def start(nodes: int, targets: list[str]) -> Watched:
        cluster = slurm(tmp_path, nodes=nodes)
        opened.append(cluster)
        watched = Watched(cluster.__enter__(), project_with_data(new_project()), targets)
        opened.append(watched)
        return watched

    yield start
    for each in reversed(opened):
        if isinstance(each, Watched):
            each.close()
        else:
            each.__exit__(None, None, None)


def test_killed_jobs_and_a_killed_run_change_no_byte(run, local):
    """And nothing runs twice at once. These are the commands of docs/cluster.md, in its order."""
    watched = run(1, TARGETS)
    for _ in range(3):
        number = next(iter(watched.running()))
        watched.cluster.call("scancel", "--full", "--signal=KILL", number)
        wait_until("the job has ended", lambda n=number: n not in watched.cluster.jobs())
    # Two retries were allowed.
    assert watched.process.wait(_LONG) == 1
    assert not results_of(watched.project)
    watched.start()
    left = watched.running("recordings")
    watched.kill()
    assert watched.cluster.jobs("RUNNING").keys() & left.keys()
    watched.start()
    watched.end()
    assert "the last run was killed" in watched.log.read_text()
    assert "neuro-attn: cancelled its" in watched.log.read_text()
    assert not watched.duplicates
    assert results_of(watched.project) == local
    # A job that failed requested more memory and time the next time.
    log = "".join(p.read_text() for p in watched.project.folder.glob("results/logs/runs/*.log"))
    for request in ("mem_mb=1500", "mem_mb=3000", "mem_mb=4500", "runtime=15", "runtime=45"):
        assert request in log
    # All commands of the page that plan or compute something.
    project = watched.project
    project.run(*command_of_page("check"))
    planned = project.run(*command_of_page("--profile", "--dry-run"))
    assert "rule figures_mine:" in planned.stdout
    changed = [*command_of_page("--set-resources"), "--dry-run", "--forcerun", "decode"]
    planned = project.run(*changed).stdout
    for rule, minutes in (("decode", 720), ("infer", 15)):
        (job,) = re.findall(rf"^rule {rule}:\n((?:    .*\n)+)", planned, re.M)
        assert f"runtime={minutes}" in job
    status = on_slurm()[on_slurm().index("--slurm-status-command") :]
    project.run(*command_of_page("report"), *status, *SOON)
    assert (project.folder / "results/report.html").stat().st_size > 100_000
    costs = read_csv(watched.project.folder / "results/mine/costs.csv")
    assert {"decode", "infer", "measure_geometry"} <= set(costs["rule"])


def test_a_node_that_is_cut_off_changes_no_byte(run, local):
    watched = run(3, TARGETS[:1])
    number, (_, node) = next(iter(watched.running("recordings", "regions").items()))
    watched.cluster.cut_off(watched.cluster.nodes.index(node) + 1)
    watched.end()
    assert "down*" in watched.cluster.states()
    # The job went to another node.
    (where,) = (n for each, (_, n) in watched.cluster.jobs("ALL").items() if each == number)
    assert where != node
    found = results_of(watched.project)
    assert "results/mine/summary.csv" in found
    assert found == {path: local[path] for path in found}


# --- data and results in a storage ----------------------------------------------------------------


def test_all_jobs_work_with_data_that_exist_in_a_storage_only(new_project, tmp_path, local):
    pytest.importorskip("snakemake_storage_plugin_fs")
    if not shutil.which("rsync"):
        pytest.skip("the file-system plugin needs rsync")
    project = project_with_data(new_project())
    project.run(*command_of_page("mine.yaml", "--dry-run", but="--profile"))
    content = (project.folder / ".snakemake/neuro-attn/sessions.json").read_bytes()
    project = replace(project, environment={manifest.VARIABLE: hashlib.sha256(content).hexdigest()})
    storage = tmp_path / "bucket/study"
    storage.mkdir(parents=True)
    shutil.move(project.folder / "data", storage)
    # The first of the commands that name a storage.
    command = next(each for each in commands(PAGE) if "--default-storage-provider" in each)
    for given, ours in (("SNAKEFILE", "Snakefile"), ("/mnt/bucket/study", str(storage))):
        assert given in command
        command = command.replace(given, ours)
    name, *arguments = shlex.split(command)
    assert name == "snakemake"
    project.snakemake(*arguments)
    stored = Project(storage).results(".csv", ".nc")
    both = local.keys() & stored.keys()
    assert {"results/mine/summary.csv", "results/mine/geometry.csv"} <= both
    assert [path for path in both if stored[path] != local[path]] == []
    assert (storage / "results/figures/decoding_over_time-mine.png").stat().st_size
    assert not (project.folder / "results/mine").exists()
    # A run that is resumed where there is no local copy of any file.
    shutil.rmtree(project.folder / ".snakemake/storage")
    done = project.snakemake(*arguments)
    assert "Nothing to be done" in done.stdout + done.stderr

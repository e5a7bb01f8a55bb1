"""Scripts that a server runs in forks of itself: as if Python had started them, or not at all.

A script that was handed over runs in another process than the one that was started for it.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from neuro_attn.command_line import job_server
from neuro_attn.handover import KILLED, ONE_THREAD, VARIABLE
from tests.command_line.conftest import COMMAND, ROOT, environment
from tests.commands import HANGS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks are for Linux")

BEGIN = "from neuro_attn.handover import hand_over\n\nhand_over()\n\nimport os, sys\n"
STARTER = """
import json, subprocess, sys
for line in sys.stdin:
    process = subprocess.Popen(stdout=-1, stderr=-1, text=True, **json.loads(line))
    print(process.pid, flush=True)
    out, err = process.communicate()
    print(json.dumps([process.returncode, process.pid, out, err]), flush=True)
"""
"""Starts processes as Snakemake does: below itself."""


class Done:
    """What a process printed as JSON, its exit code, and whether another one ran its script."""

    def __init__(self, code: int, started: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err
        self.forked = bool(out) and json.loads(out)["process"] != started


class Starter:
    """A stand-in for Snakemake with a server, and scripts that it starts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", STARTER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        self.variables: dict[str, str] = {}

    def environment(self) -> dict[str, str]:
        return environment(PYTHONPATH=f"{ROOT}:{self.folder / 'modules'}")

    def call(self, text: str, **variables: str) -> dict[str, Any]:
        script = self.folder / "script.py"
        script.write_text(BEGIN + text)
        env = self.environment() | ONE_THREAD | self.variables | variables
        return {"args": [sys.executable, str(script)], "cwd": str(self.folder), "env": env}

    def start(self, text: str, **variables: str) -> int:
        print(json.dumps(self.call(text, **variables)), file=self.process.stdin, flush=True)
        return int(self.process.stdout.readline())

    def end(self) -> Done:
        return Done(*json.loads(self.process.stdout.readline()))

    def run(self, text: str, **variables: str) -> Done:
        self.start(text, **variables)
        return self.end()


@pytest.fixture
def starter(tmp_path) -> Iterator[Starter]:
    made = Starter(tmp_path)
    with made.process, job_server.place() as (variables, listener):
        made.variables = variables
        with job_server.serving(listener, made.process.pid, made.environment()):
            yield made
            made.process.stdin.close()
            made.process.wait(HANGS)


SHOW = 'print(__import__("json").dumps({"process": os.getpid(), **found}))\n'


def waited(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + HANGS
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def test_a_fork_has_the_arguments_folder_environment_and_output_of_its_script(starter):
    text = (
        "found = dict(name=__name__, file=__file__, arguments=sys.argv, folder=os.getcwd(),\n"
        "    mine=os.environ['MINE'], path=sys.path)\n"
        "print('a remark', file=sys.stderr)\n" + SHOW
    )
    done = starter.run(text, MINE="ä, b")
    there = json.loads(done.out)
    assert done.forked
    assert (done.code, done.err) == (0, "a remark\n")
    script = str(starter.folder / "script.py")
    assert there["name"] == "__main__"
    assert there["file"] == script
    assert there["arguments"] == [script]
    assert there["folder"] == str(starter.folder)
    assert there["mine"] == "ä, b"
    plain = starter.run(text, MINE="ä, b", **{VARIABLE: str(starter.folder / "none")})
    assert not plain.forked
    assert json.loads(plain.out)["path"] == there["path"]


@pytest.mark.parametrize(
    ("end", "code", "err"),
    [
        ("sys.exit(3)", 3, ""),
        ("sys.exit()", 0, ""),
        ("sys.exit(-1)", 255, ""),
        ("sys.exit(2**40 + 5)", 5, ""),
        ("sys.exit('the reason')", 1, "the reason\n"),
        ("os._exit(4)", KILLED, ""),
        ("os.kill(os.getpid(), 9)", KILLED, ""),
    ],
)
def test_a_script_ends_with_the_exit_code_of_its_fork(starter, end, code, err):
    done = starter.run(f"found = {{}}\n{SHOW}sys.stdout.flush()\n{end}\n")
    assert done.forked
    assert (done.code, done.err) == (code, err)


def test_an_error_is_reported_as_python_does(starter):
    text = "def f():\n    raise ValueError('this')\n\nf()\n"
    done, plain = starter.run(text), starter.run(text, **{VARIABLE: "none"})
    assert done.code == plain.code == 1
    assert done.err.endswith("ValueError: this\n")
    assert done.err == plain.err


def test_imports_are_made_once_for_all_forks(starter):
    modules, imported = starter.folder / "modules", starter.folder / "imported"
    modules.mkdir()
    (modules / "heavy.py").write_text(
        f"import os\nprint('once', file=open({str(imported)!r}, 'a'))\n"
        "os.environ['SET_BY_HEAVY'] = '1'\n"
    )
    text = f"import heavy\nfound = dict(variable=os.environ['SET_BY_HEAVY'])\n{SHOW}"
    done = [starter.run(text) for _ in range(2)]
    assert all(each.forked for each in done)
    assert done[0].out != done[1].out
    assert imported.read_text() == "once\n"


def test_a_script_whose_imports_fail_reports_it_itself(starter):
    modules = starter.folder / "modules"
    modules.mkdir()
    (modules / "broken.py").write_text("raise RuntimeError('broken')\n")
    for name, message in (("absent", "No module named 'absent'"), ("broken", "Error: broken")):
        done = starter.run(f"import {name}\n")
        assert done.code == 1
        assert message in done.err
    assert starter.run(f"found = {{}}\n{SHOW}").forked


def test_scripts_of_others_and_with_several_threads_run_themselves(starter):
    text = f"found = {{}}\n{SHOW}"
    assert not starter.run(text, OMP_NUM_THREADS="2").forked
    mine = subprocess.Popen(**starter.call(text), stdout=subprocess.PIPE, text=True)
    out, _ = mine.communicate(timeout=HANGS)
    # The same script below Snakemake is accepted.
    assert json.loads(out)["process"] == mine.pid
    assert starter.run(text).forked


def test_a_script_with_another_copy_of_the_package_runs_itself(starter):
    """A job imports the package of a copy of the repository, if the run is in one."""
    copy = starter.folder / "modules/neuro_attn"
    copy.mkdir(parents=True)
    for name in ("__init__", "handover"):
        shutil.copy(ROOT / f"neuro_attn/{name}.py", copy)
    text = f"import neuro_attn\nfound = dict(package=neuro_attn.__file__)\n{SHOW}"
    done = starter.run(text, PYTHONPATH=str(copy.parent))
    assert json.loads(done.out)["package"] == str(copy / "__init__.py")
    assert not done.forked
    assert starter.run(text).forked


SLEEP = """
import time
open("process", "w").write(f"{os.getpid()} {os.getppid()} .")
try:
    time.sleep(3600)
finally:
    time.sleep(0.2)
    open("removed", "w")
"""
"""Leaves its process and parent in a file, and removes what it has written when interrupted."""


def asleep(starter: Starter) -> tuple[int, int]:
    """Return the process and parent of a script that sleeps."""
    there = starter.folder / "process"
    assert waited(lambda: there.exists() and there.read_text().endswith("."))
    process, parent, _ = there.read_text().split()
    return int(process), int(parent)


def test_an_interrupted_fork_removes_its_partial_files(starter):
    started = starter.start(SLEEP)
    fork, _ = asleep(starter)
    for process in (started, fork):
        os.kill(process, signal.SIGINT)
    done = starter.end()
    assert done.code == -signal.SIGINT
    assert done.err.endswith("KeyboardInterrupt\n")
    assert (starter.folder / "removed").exists()


def test_scripts_do_not_wait_for_the_forks_of_a_killed_server(starter):
    started = starter.start(SLEEP)
    _, server = asleep(starter)
    os.kill(server, signal.SIGKILL)
    assert waited(lambda: _gone(server))
    with socket.socket(socket.AF_UNIX) as script, pytest.raises(ConnectionRefusedError):
        script.connect(starter.variables[VARIABLE])
    os.kill(started, signal.SIGKILL)
    starter.end()


def test_a_fork_ends_with_the_script_that_waits_for_it(starter):
    started = starter.start(SLEEP)
    fork, _ = asleep(starter)
    assert fork != started
    os.kill(started, signal.SIGKILL)
    assert starter.end().code == -signal.SIGKILL
    assert waited(lambda: _gone(fork))


def _gone(process: int) -> bool:
    with suppress(FileNotFoundError):
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        return state == "Z"
    return True


def test_without_its_server_a_script_runs_itself(starter):
    text = f"found = dict(parent=os.getppid())\n{SHOW}"
    server = json.loads(starter.run(text).out)["parent"]
    os.kill(server, signal.SIGKILL)
    assert waited(lambda: _gone(server))
    done = starter.run(text)
    assert done.code == 0
    assert not done.forked


def test_every_script_of_the_workflow_begins_with_its_handover():
    scripts = sorted((ROOT / "workflow/scripts").glob("*.py"))
    assert len(scripts) > 25
    for script in scripts:
        begins = script.read_text().startswith(BEGIN.removesuffix("import os, sys\n"))
        assert begins, f"{script.name} must begin with hand_over, before anything is imported"


def test_jobs_of_a_run_are_forks_of_a_server_that_ends_with_it(workflow):
    folder = workflow(
        'rule all:\n    input: "results/a.txt"\nrule first:\n    output: "results/a.txt"\n'
        '    script: "first.py"\n'
    )
    (folder / "first.py").write_text(
        f"{BEGIN}parent = os.getppid()\n"
        "print(parent, open(f'/proc/{parent}/cmdline').read(), file=open('results/a.txt', 'w'))\n"
    )
    done = subprocess.run(
        [*COMMAND, "run", "mine.yaml", "--cores", "1"],
        cwd=folder,
        capture_output=True,
        text=True,
        env=environment(),
        timeout=HANGS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    server, command = (folder / "results/a.txt").read_text().split(maxsplit=1)
    assert job_server.__name__ in command
    assert _gone(int(server))

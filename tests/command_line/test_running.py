"""How the command line runs Snakemake: logs, progress, and the end by a signal.

The workflows here are a few lines of shell, so that the real Snakemake runs in seconds.
"""

import errno
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from neuro_attn.command_line import processes
from neuro_attn.command_line.calling import SHOW, Run, shows
from neuro_attn.command_line.failures import WorkflowError, failure
from neuro_attn.command_line.folders import LOGS
from neuro_attn.command_line.processes import Process
from neuro_attn.command_line.progress import Jobs
from neuro_attn.errors import PREFIX, of_the_system
from tests.command_line.conftest import COMMAND, environment
from tests.commands import HANGS

TWO_JOBS = """
rule all:
    input: "results/b.txt"
rule first:
    output: "results/a.txt"
    shell: "echo a > {output}"
rule second:
    input: "results/a.txt"
    output: "results/b.txt"
    shell: "cp {input} {output}"
"""
SLEEPS = """
rule all:
    input: "results/slept.txt"
rule sleeps:
    output: "results/slept.txt"
    shell: "[ ! -e again ] && echo $$ > new && mv new pid && sleep 600; touch {output}"
"""
SLOW = """
rule all:
    input: "results/slow.txt"
rule slow:
    output: "results/slow.txt"
    shell: "for n in $(seq 18000); do [ -e go ] && break; sleep 0.1; done; touch {output}"
"""
"""Its job ends when it may."""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*COMMAND, "run", "mine.yaml", "--cores", "1", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env=environment(),
        timeout=HANGS,
    )


def logs(folder: Path) -> list[Path]:
    return sorted((folder / LOGS).glob("*.log"))


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


# --- logs and what Snakemake shows ---------------------------------------------------------------


def test_no_run_overwrites_the_log_of_another(workflow):
    folder = workflow(TWO_JOBS)
    done = run(folder)
    assert done.returncode == 0, done.stderr
    (good,) = logs(folder)
    before = good.read_bytes()
    assert b"2 of 3 steps" in before
    assert f"the log is {good.relative_to(folder)}" in done.stdout

    assert run(folder, "--", "no/such/result").returncode == 1
    (folder / "mine.yaml").write_text("datasets:")
    assert run(folder).returncode == 1
    assert good.read_bytes() == before
    assert len(logs(folder)) == 2  # The configuration was refused before a run began.


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (("-np",), "echo a > results/a.txt"),
        (("--summ",), "results/b.txt\t-\t"),
        (("--summary",), "results/b.txt\t-\t"),
        (("--rulegraph",), "digraph snakemake_dag"),
    ],
)
def test_what_snakemake_shows_is_printed_and_leaves_no_log(workflow, arguments, shown):
    folder = workflow(TWO_JOBS)
    done = run(folder, "--", *arguments)
    assert done.returncode == 0, done.stderr
    assert shown in done.stdout
    assert not (folder / "results").exists()


def test_options_that_show_are_options_of_snakemake():
    from snakemake.cli import get_argument_parser

    known = {option for each in get_argument_parser()._actions for option in each.option_strings}
    assert set(SHOW) <= known


@pytest.mark.parametrize(
    "arguments", [["--cores", "2"], ["results/b.txt"], ["--forceall"], ["-F"], ["-R", "first"]]
)
def test_other_arguments_of_snakemake_make_results(arguments):
    assert not shows(arguments)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ("--nonsense",),
            "after --: Snakemake does not accept these arguments: unrecognized arguments: --no",
        ),
        (("no/such/result",), "after --: no/such/result is not a result of this workflow."),
        (("--summary", "--nonsense"), "after --: Snakemake does not accept these arguments: "),
    ],
)
def test_arguments_that_snakemake_refuses_are_named(workflow, arguments, expected):
    done = run(workflow(TWO_JOBS), "--", *arguments)
    assert done.returncode == 1
    (message,) = done.stderr.splitlines()
    assert message.startswith(f"neuro-attn: error: {expected}")


def test_an_error_of_a_job_shows_the_end_of_the_log(workflow):
    done = run(workflow(TWO_JOBS.replace("echo a > {output}", "echo oh dear; false")))
    assert done.returncode == 1
    assert "neuro-attn: error: Snakemake failed. The end of results/logs/runs/" in done.stderr
    assert "oh dear" in done.stderr


@pytest.mark.parametrize("n_jobs", [1, 2, 3, 5])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), MemoryError()])
def test_jobs_that_fail_for_one_reason_of_the_machine_give_one_message(n_jobs, error):
    places = [f"results/{number}.csv" for number in range(n_jobs)]
    lines = [f"{PREFIX}{of_the_system(error, place)}\n" for place in places]
    (message,) = failure([*lines, *lines, "Exiting\n"], "unknown").messages
    assert sum(place in message for place in places) == min(n_jobs, 3)
    assert ("and 2 more: " in message) == (n_jobs == 5)
    assert message.endswith(str(of_the_system(error, "x"))[1:])


def test_jobs_that_fail_for_reasons_of_their_own_keep_their_messages():
    told = [f"region {name!r} has 3 units; allowed: 5 and more." for name in ("V4", "FEF")]
    lines = [f"{PREFIX}{message}\n" for message in told]
    assert failure(lines, "unknown").messages == told


# --- progress ------------------------------------------------------------------------------------


def test_in_a_pipe_there_is_a_line_for_each_job_with_the_elapsed_time(workflow):
    done = run(workflow(TWO_JOBS))
    lines = done.stdout.splitlines()
    assert [re.sub(r"\d+:\d\d", "0:00", line) for line in lines[:-2]] == [
        f"neuro-attn: running, {n} of 3 jobs done, 0:00" for n in (1, 2, 3)
    ]
    assert lines[-2] == "neuro-attn: the answer is in results/index.html"
    assert re.match(r"neuro-attn: finished in \d+:\d\d; the log is ", lines[-1])
    assert done.stderr == ""


def test_in_a_terminal_the_line_is_redrawn_while_a_job_prints_nothing(workflow):
    folder = workflow(SLOW)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "report", "mine.yaml", "--cores", "1"],
        cwd=folder,
        stdout=theirs,
        stderr=theirs,
        env=environment(COLUMNS="60", TERM="xterm"),
    )
    os.close(theirs)
    captured = b""
    while chunk := read(ours):
        captured += chunk
        # However busy the machine is, the line is redrawn sooner or later.
        if len(set(re.findall(rb"0 of 2 jobs done, 1 running, \d+:\d\d", captured))) >= 3:
            (folder / "go").touch()
    assert process.wait() == 0
    os.close(ours)
    shown = [part.split("\x1b")[0] for part in captured.decode().split("\r")]
    assert all(len(part) < 60 for part in shown if part.startswith("neuro-attn: running"))
    assert any(part.startswith("neuro-attn: planning, 0:0") for part in shown)
    slow = [part for part in shown if re.search(r"0 of 2 jobs done, 1 running, \d+:\d\d$", part)]
    assert len(set(slow)) >= 3
    assert any(part.startswith("neuro-attn: building the report, ") for part in shown)
    assert "the log is results/logs/runs/" in captured.decode().splitlines()[-1]


def read(terminal: int) -> bytes:
    """Return what a terminal shows next, nothing when all programs have left it."""
    try:
        return os.read(terminal, 10_000)
    except OSError:
        return b""


def test_the_rules_of_running_jobs_are_named_and_failed_jobs_are_not_running():
    jobs = Jobs()
    for line in LOG.splitlines(keepends=True):
        jobs.read(line)
    assert (jobs.done, jobs.total, jobs.running) == (1, 7, {"3": "decode", "5": "decode"})


LOG = """
Job stats:
job        count
-------  -------
total          4

localrule recordings_small:
    output: results/small/recordings/session01.nc
    jobid: 1
checkpoint regions:
    jobid: 2
Finished jobid: 1 (Rule: recordings_small)
1 of 7 steps (14%) done
rule decode:
    jobid: 3
rule decode:
    jobid: 4
Error in rule decode:
    message: None
    jobid: 4
rule decode:
    jobid: 5
Error in rule regions:
    jobid: 2
"""


# --- stopping ------------------------------------------------------------------------------------


def start_sleeping(folder: Path, before: Sequence[str] = ()) -> tuple[subprocess.Popen, int]:
    """Start a run whose job sleeps; return it and the process id of the job's shell."""
    process = subprocess.Popen(
        [*before, *COMMAND, "run", "mine.yaml", "--cores", "1"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    while not (folder / "pid").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    return process, int((folder / "pid").read_text())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_the_command_ends_snakemake_and_its_jobs(workflow, number):
    folder = workflow(SLEEPS)
    process, job = start_sleeping(folder)
    snakemake = int((folder / ".snakemake/neuro-attn.lock").read_text())
    process.send_signal(number)
    _, errors = process.communicate(timeout=HANGS)
    assert process.returncode == 1
    assert errors == "neuro-attn: error: stopped. Run the same command again to resume.\n"
    assert not is_alive(job)
    assert not is_alive(snakemake)
    assert (folder / ".snakemake/neuro-attn.lock").read_text() == ""
    assert list((folder / ".snakemake/locks").glob("*")) == []

    if number == signal.SIGTERM:
        (folder / "again").touch()
        done = run(folder)
        assert done.returncode == 0, done.stderr
        assert "was killed" not in done.stdout
        assert (folder / "results/slept.txt").exists()


IGNORE = """
import os, signal, sys
for number in (signal.SIGHUP, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Starts a command as `nohup` does in the background of a script."""


def test_a_run_in_the_background_outlives_its_terminal_and_is_stopped_by_sigterm(workflow):
    process, job = start_sleeping(workflow(SLEEPS), [sys.executable, "-c", IGNORE])
    process.send_signal(signal.SIGHUP)
    process.send_signal(signal.SIGINT)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    began = time.monotonic()
    process.terminate()
    _, errors = process.communicate(timeout=HANGS)
    assert errors == "neuro-attn: error: stopped. Run the same command again to resume.\n"
    assert not is_alive(job)
    # Snakemake was interrupted, not killed.
    assert time.monotonic() - began < processes._PATIENCE


def test_a_second_run_names_the_process_of_the_first(workflow):
    folder = workflow(SLEEPS)
    process, _ = start_sleeping(folder)
    snakemake = (folder / ".snakemake/neuro-attn.lock").read_text().strip()
    second = run(folder)
    assert second.returncode == 1
    assert f"in progress here (Snakemake is process {snakemake}). Wait for it" in second.stderr
    assert run(folder, "--", "--summary").returncode == 0
    process.terminate()
    process.communicate(timeout=HANGS)


def test_the_lock_of_a_snakemake_that_was_called_directly_is_released_as_the_message_says(workflow):
    folder = workflow(TWO_JOBS)
    locks = folder / ".snakemake/locks"
    locks.mkdir(parents=True)
    (locks / "0.output.lock").write_text("results/b.txt\n")
    refused = run(folder)
    assert refused.returncode == 1
    remedy = "If none is running, run neuro-attn run CONFIG -- --unlock, then retry."
    assert refused.stderr == (
        f"neuro-attn: error: {folder}: Snakemake is running here, or was killed here. {remedy}\n"
    )
    assert run(folder, "--", "--unlock").returncode == 0
    assert run(folder).returncode == 0


def test_a_run_cleans_up_after_one_that_was_killed(workflow):
    """Snakemake's lock is released, and what the killed run was writing is removed."""
    folder = workflow(SLEEPS)
    process, _ = start_sleeping(folder)
    partial = folder / "results/.partial-x.nc"
    partial.parent.mkdir(exist_ok=True)
    partial.write_text("half")
    process.kill()
    os.killpg(int((folder / ".snakemake/neuro-attn.lock").read_text()), signal.SIGKILL)
    process.communicate()
    assert list((folder / ".snakemake/locks").glob("*")) != []

    (folder / "again").touch()
    done = run(folder)
    assert done.returncode == 0, done.stderr
    assert "the last run was killed; its incomplete results are recomputed" in done.stdout
    assert not partial.exists()
    assert (folder / ".snakemake/neuro-attn.lock").read_text() == ""


@pytest.mark.parametrize(
    ("phase", "code", "remains"),
    [("unlocking", 1, True), ("unlocking", 0, False), ("running", 1, False), ("running", 0, False)],
)
def test_a_run_that_was_killed_stays_known_until_its_lock_is_released(
    tmp_path, monkeypatch, phase, code, remains
):
    """Otherwise a Ctrl-C while unlocking would leave Snakemake's lock to no one."""
    monkeypatch.setattr(
        processes, "command", lambda *_: [sys.executable, "-c", f"raise SystemExit({code})"]
    )
    path = tmp_path / "lock"
    path.write_text("123456789\n")
    with open(path, "r+") as lock, open(tmp_path / "log", "w") as log:
        process = Process(Run("", None, 1), lock.fileno(), log, 0.0)
        with suppress(WorkflowError):
            process.run([], phase)
    assert bool(path.read_text()) == remains
    assert not remains or int(path.read_text()) != 123456789

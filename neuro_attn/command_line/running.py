"""Running Snakemake from the command line, with one line of progress and one message per error.

A run holds a lock that the operating system releases when its processes end, however they end.
The lock's file contains the process id of Snakemake until Snakemake exits. The next run thus
detects that a run was killed, cleans up and recomputes incomplete results.

Snakemake and its jobs form a separate process group: stopping the command, by Ctrl-C, SIGTERM or
closing the terminal, stops all of them.
"""

import fcntl
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Thread
from types import FrameType
from typing import Any, TextIO

from neuro_attn import budget, checksums, configuration
from neuro_attn.command_line import verifying
from neuro_attn.command_line.progress import RUNNING, Progress, elapsed
from neuro_attn.command_line.surroundings import replacements
from neuro_attn.errors import PREFIX, InputError, of_the_system
from neuro_attn.files import PARTIAL, remove_partial
from neuro_attn.printing import escaping
from neuro_attn.report.securing import secure_report

RESULTS = Path(checksums.RESULTS)
LOGS = RESULTS / "logs/runs"
REPORT = RESULTS / "report.html"
DATA_VARIABLE = "NEURO_ATTN_DATA"
_LOCK = Path(".snakemake/neuro-attn.lock")
_LINES_SHOWN = 30
_TEXT: Any = {"encoding": "utf-8", "errors": "backslashreplace"}
"""How the output of Snakemake is read."""
_UNLOCKING = "unlocking"
"""Phase in which the lock that a killed Snakemake has left is released."""
_LONGEST_PATH = 1000
"""Bytes of the longest path below the folder of a run, Snakemake's own files among them."""
_PATIENCE = 30
"""Time after which Snakemake and its jobs are killed if they have not stopped, s."""

SHOW = (
    *("--dry-run", "--dryrun", "--summary", "--detailed-summary", "--dag", "--rulegraph"),
    *("--filegraph", "--d3dag", "--list", "--list-rules", "--list-target-rules", "--lt"),
    *("--list-changes", "--lc", "--list-input-changes", "--li", "--list-params-changes", "--lp"),
    *("--list-untracked", "--lu", "--list-conda-envs", "--lint", "--print-compilation"),
    *("--version", "--help"),
)
"""Options with which Snakemake only prints and does not change results."""
_SHOW_LETTERS = re.compile(r"-[pqkF]*[nSDlhv][a-zA-Z0-9]*$")
_KNOWN = {
    "Directory cannot be locked": (
        "Snakemake is running here, or was killed here.",
        "If none is running, run `snakemake --unlock`, then retry.",
    ),
    "No space left on device": (
        "the disk is full.",
        "Free some space, then retry: complete results are kept.",
    ),
}
"""Errors of Snakemake itself, each with our problem and remedy."""
_UNKNOWN_NAME = re.compile(r"KeyError: '(.+)'\nWildcards:\n  (dataset|network)=")
_NO_RULE = re.compile(r"No rule to produce (.+?)(?: \(if you use|$)")
_REFUSED = re.compile(r"(?:snakemake|__main__\.py): error: (.+)")


@dataclass(frozen=True)
class Run:
    """Arguments of a run.

    Parameters
    ----------
    config : str
        The configuration file.
    data : str, optional
        Folder of the data, instead of that of the configuration.
    cores : int
        Cores to use.
    others : sequence of str
        Further arguments, for Snakemake.
    verify : bool
        Whether to verify results against their checksums first, and to remake those that differ.
    memory : float, optional
        Memory that a job may take, GB, instead of that of the configuration.
    """

    config: str
    data: str | None
    cores: int
    others: Sequence[str] = field(default=())
    verify: bool = False
    memory: float | None = None


class WorkflowError(Exception):
    """Snakemake failed.

    Parameters
    ----------
    messages : sequence of str
        The reasons.
    log : sequence of str
        The last lines of its log, if the reasons are unknown.
    """

    def __init__(self, messages: Sequence[str], log: Sequence[str] = ()):
        self.messages, self.log = messages, log
        super().__init__("; ".join(messages))


def run(what: Run, report: bool = False) -> None:
    """Compute all results and, if requested, the report.

    Raises
    ------
    InputError
        If this is not a folder of the project, the configuration is invalid, or another run is
        in progress in the folder.
    WorkflowError
        If Snakemake failed.
    KeyboardInterrupt
        If the run was stopped; Snakemake and its jobs have ended by then.
    """
    began = time.monotonic()
    positions = _checked(what)
    for other in what.others:
        if other.startswith("--configf"):
            raise InputError(
                other,
                "is not passed on to Snakemake.",
                "Give the configuration as CONFIG: neuro-attn run CONFIG.",
            )
    if shows(what.others):
        if what.verify:
            raise InputError(
                "--verify",
                "removes damaged results, but Snakemake is asked only to show something.",
                "neuro-attn verify CONFIG lists what is damaged and changes nothing.",
            )
        with _located(positions, what.config):
            _show(what)
        return
    if RESULTS.exists() and not RESULTS.is_dir():
        raise InputError(
            str(RESULTS),
            "is a file; results are written to a folder of this name.",
            "Move or rename the file.",
        )
    _read_first_sessions(what, positions)
    with _interrupted_by_signals(), _alone() as (lock, was_killed), _new_log() as log:
        process = _Process(what, lock, log, began)
        for remark in replacements(os.environ)[1]:
            print(f"neuro-attn: {remark}", flush=True)
        if was_killed:
            print(
                "neuro-attn: the last run was killed; its incomplete results are recomputed",
                flush=True,
            )
            remove_partial(RESULTS)
            process.run(["--unlock"], _UNLOCKING)
        with _located(positions, what.config):
            if not (what.verify and _restored(what, process)):
                process.run(what.others, RUNNING)
        if report:
            unsecured = RESULTS / f"{PARTIAL}{REPORT.name}"
            process.run(["--report", str(unsecured)], "building the report")
            secure_report(unsecured, REPORT)
            checksums.record("report", REPORT.stem, [str(REPORT)], RESULTS)
            print(f"neuro-attn: the report is {REPORT}")
        print(f"neuro-attn: finished in {elapsed(began)}; the log is {log.name}")


def _read_first_sessions(what: Run, positions: configuration.Positions) -> None:
    """Read one session of each data set that has no results, without binning its spikes.

    Faults that all files of a data set share, such as spikes in milliseconds, are thus reported at
    once, and not after the first jobs.

    Raises
    ------
    InputError
        As the job that reads the data set would.
    """
    settings = configuration.load(what.config)
    new = {
        name: dataset
        for name, dataset in settings.datasets.items()
        if dataset.source != "simulation" and not (RESULTS / name / "recordings").exists()
    }
    if not new:
        return
    # Reading needs imports that a run of existing results does not.
    from neuro_attn import sources

    folder = what.data or os.environ.get(DATA_VARIABLE) or settings.data_folder
    for name, dataset in new.items():
        try:
            first = next(sources.outlines(name, dataset, folder, settings.seed), None)
        except InputError as error:
            first = error
        if isinstance(first, InputError):
            where = positions.located(first.where, what.config)
            raise InputError(where, first.problem, first.remedy)


def verify(what: Run, results: str | None = None) -> bool:
    """Print which results differ from their checksums; return whether all are as recorded.

    Parameters
    ----------
    what : Run
        Arguments of the run that made the results.
    results : str, optional
        Folder of results that were moved. What the configuration makes is then not considered.

    Raises
    ------
    InputError
        If the configuration is invalid, a run is in progress, or nothing is recorded.
    """
    if results is not None:
        remedy = "Where they were computed, neuro-attn run --verify CONFIG remakes them."
        return verifying.tell(results, None, REPORT.name, remedy)
    _checked(what)
    with _alone():
        try:
            planned = _planned(what)
        except WorkflowError as error:
            print(f"neuro-attn: the run cannot be planned, so all records count: {error}")
            planned = None
        remedy = f"To remove the damaged ones and remake all: neuro-attn run --verify {what.config}"
        return verifying.tell(RESULTS, planned, REPORT.name, remedy)


def check_folder() -> None:
    """Raise `InputError` if paths of results would be longer than the system allows."""
    here = len(os.fsencode(os.getcwd()))
    most = os.pathconf(".", "PC_PATH_MAX") - _LONGEST_PATH
    if here > most:
        raise InputError(
            os.getcwd()[:60] + "...",
            f"this folder has a path of {here} bytes: no room is left for the names of results.",
            f"Use a folder whose path has at most {most} bytes.",
        )


def _checked(what: Run) -> configuration.Positions:
    """Raise `InputError` unless this is a folder of the project and the configuration is valid."""
    if not Path("Snakefile").is_file():
        raise InputError(
            os.getcwd(), "contains no Snakefile.", "Run neuro-attn in the folder of the project."
        )
    check_folder()
    # Snakemake would execute the code of a configuration that is a template, so we read it first.
    keys, positions = configuration.read(what.config)
    settings = configuration.parse(keys, what.config, positions)
    with budget.limited(what.memory or settings.memory):
        configuration.check_products(settings)
    return positions


def _planned(what: Run) -> dict[str, verifying.Planned]:
    """Return what the configuration makes."""
    done = subprocess.run(
        _command(what, [*what.others, "--summary"]),
        env=_environment(what),
        capture_output=True,
        **_TEXT,
    )
    if done.returncode:
        lines = done.stderr.splitlines(keepends=True)
        raise _failure(lines, "Snakemake failed. The end of what it printed:")
    return verifying.read_summary(done.stdout, RESULTS)


def _restored(what: Run, process: "_Process") -> bool:
    """Remake results that differ from their checksums; return whether the run is thereby done."""
    return verifying.restore(
        RESULTS,
        lambda: _planned(what),
        lambda paths: process.run([*what.others, "--forcerun", *paths], RUNNING),
    )


@contextmanager
def _located(positions: configuration.Positions, config: str) -> Iterator[None]:
    """Add the file and line to messages of Snakemake that concern a key."""
    try:
        yield
    except WorkflowError as error:
        found = [positions.located(each, config) for each in error.messages]
        raise WorkflowError(found, error.log) from None


def shows(arguments: Sequence[str]) -> bool:
    """Return whether Snakemake's arguments request information rather than results."""
    return any(
        _SHOW_LETTERS.match(argument)
        # Snakemake accepts unambiguous abbreviations of options.
        or (len(argument) >= 5 and any(option.startswith(argument) for option in SHOW))
        for argument in arguments
    )


def _show(what: Run) -> None:
    """Run Snakemake with its output printed to the terminal or pipe."""
    with tempfile.TemporaryFile("w+", **_TEXT) as errors:
        with subprocess.Popen(
            _command(what, what.others),
            env=_environment(what),
            stdout=subprocess.PIPE,
            stderr=errors,
            **_TEXT,
        ) as process:
            assert process.stdout is not None
            sys.stdout.writelines(process.stdout)
        errors.seek(0)
        lines = errors.readlines()
    if process.returncode:
        raise _failure(lines, "Snakemake failed. The end of what it printed:")
    sys.stderr.writelines(lines)


@contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    """Raise `KeyboardInterrupt` on SIGTERM and on SIGHUP, as Python does on SIGINT."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


@contextmanager
def _alone() -> Iterator[tuple[int, bool]]:
    """Hold the folder's lock; yield its handle and whether its last holder was killed."""
    _LOCK.parent.mkdir(exist_ok=True)
    lock = os.open(_LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            process = os.pread(lock, 30, 0).decode().strip()
            raise InputError(
                os.getcwd(),
                "another run of neuro-attn is in progress here"
                + (f" (Snakemake is process {process})." if process else "."),
                "Wait for it to end; neuro-attn run CONFIG -- --summary shows its results so far.",
            ) from None
        except OSError:
            pass  # Some network file systems lack locks; Snakemake also has its own.
        yield lock, bool(os.pread(lock, 1, 0))
    finally:
        os.close(lock)


@contextmanager
def _new_log() -> Iterator[TextIO]:
    """Yield a new log, named by the time so that no run overwrites the log of another."""
    LOGS.mkdir(parents=True, exist_ok=True)
    stem = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    for number in range(1, 100):
        path = LOGS / (f"{stem}.log" if number == 1 else f"{stem}_{number}.log")
        with suppress(FileExistsError), open(path, "x", encoding="utf-8") as log:
            yield escaping(log)
            return


def _command(what: Run, arguments: Sequence[str]) -> list[str]:
    # --configfile takes all arguments up to the next option, so an option must follow it.
    command = [sys.executable, "-m", "snakemake", "--configfile", what.config]
    return [*command, "--cores", str(what.cores), *arguments]


def _environment(what: Run) -> dict[str, str]:
    # Snakemake reads and writes files and pipes in UTF-8, whatever the terminal's encoding is.
    utf8 = {"PYTHONUTF8": "1", "PYTHONIOENCODING": "utf-8"}
    own, _ = replacements(os.environ)
    given = {DATA_VARIABLE: what.data, budget.VARIABLE: what.memory}
    return {
        **os.environ,
        **own,
        **utf8,
        **{name: str(value) for name, value in given.items() if value},
    }


@dataclass(frozen=True)
class _Process:
    """A Snakemake process whose output is written to a log.

    Parameters
    ----------
    what : Run
        Arguments of the run.
    lock : int
        Handle of the folder's lock. Snakemake holds it too, since it continues if only this process
        is killed.
    log : text file
        Receives all output of Snakemake.
    began : float
        When the command began, by `time.monotonic`.
    """

    what: Run
    lock: int
    log: TextIO
    began: float

    def run(self, arguments: Sequence[str], phase: str) -> None:
        """Run Snakemake until it ends and show its progress.

        Raises
        ------
        WorkflowError, KeyboardInterrupt
            As in `run`.
        """
        with subprocess.Popen(
            _command(self.what, arguments),
            env=_environment(self.what),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[self.lock],
            process_group=0,
            **_TEXT,
        ) as process:
            # Of constant length, so that nothing of a former number stays behind it.
            os.pwrite(self.lock, f"{process.pid:>20}\n".encode(), 0)
            try:
                lines = self._follow(process, phase)
            except BaseException:
                _stop(process)
                raise
            finally:
                # Snakemake's own lock remains if it was killed, or did not come to unlocking.
                stays = phase == _UNLOCKING and process.poll() != 0
                if process.poll() not in (None, -signal.SIGKILL) and not stays:
                    os.ftruncate(self.lock, 0)
        if process.returncode:
            raise _failure(lines, f"Snakemake failed. The end of {self.log.name}:")

    def _record(self, line: str) -> None:
        try:
            self.log.write(line)
            self.log.flush()
        except OSError as error:
            raise of_the_system(error, self.log.name) from error

    def _follow(self, process: subprocess.Popen, phase: str) -> list[str]:
        """Copy the output of a process to the log; return its last lines and all messages."""
        lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

        def read() -> None:
            assert process.stdout is not None
            with suppress(ValueError):  # The pipe is closed if the run was stopped.
                for line in process.stdout:
                    lines.put(line)
            lines.put(None)

        Thread(target=read, daemon=True).start()
        told: dict[str, None] = {}
        recent: deque[str] = deque(maxlen=200)
        with Progress(phase, self.began) as progress:
            while True:
                try:
                    line = lines.get(timeout=1 if progress.live else None)
                except queue.Empty:
                    progress.draw()
                    continue
                if line is None:
                    break
                self._record(line)
                recent.append(line)
                if PREFIX in line:
                    told[line] = None
                progress.read(line)
            process.wait()
        return [*told, *recent]


def _stop(process: subprocess.Popen) -> None:
    """Interrupt Snakemake and its jobs and wait for them; kill them if they take too long."""
    for number in (signal.SIGINT, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        # A second Ctrl-C kills at once.
        with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            process.wait(_PATIENCE)
            return


def _failure(lines: Sequence[str], otherwise: str) -> WorkflowError:
    """Return why Snakemake failed, or its last output after the text `otherwise`."""
    if reasons := _reasons(lines):
        return WorkflowError(reasons)
    return WorkflowError([otherwise], lines[-_LINES_SHOWN:])


def _reasons(lines: Sequence[str]) -> list[str]:
    """Return why Snakemake failed: messages of jobs, or messages for its own errors."""
    told = [line[line.index(PREFIX) + len(PREFIX) :].strip() for line in lines if PREFIX in line]
    if told:
        return list(dict.fromkeys(told))
    text = "".join(lines)
    reasons: list[InputError] = []
    if found := _REFUSED.search(text):
        reasons.append(
            InputError(
                "after --",
                f"Snakemake refuses its arguments: {found[1]}.",
                "snakemake --help lists its options.",
            )
        )
    elif found := _UNKNOWN_NAME.search(text):
        kind = "data set" if found[2] == "dataset" else "network"
        reasons.append(
            InputError(
                "after --",
                f"the configuration has no {kind} {found[1]!r}.",
                "neuro-attn run CONFIG -- --summary lists all results.",
            )
        )
    elif found := _NO_RULE.search(text):
        reasons.append(
            InputError(
                "after --",
                f"{found[1]} is not a result of this workflow.",
                "neuro-attn run CONFIG -- --summary lists all results.",
            )
        )
    else:
        reasons += [InputError(os.getcwd(), *ours) for said, ours in _KNOWN.items() if said in text]
    return list(map(str, reasons))

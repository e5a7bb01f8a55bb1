"""Snakemake as a separate process: its output is logged, and it is stopped with all its jobs.

Snakemake and its jobs form a separate process group: stopping the command, by Ctrl-C, SIGTERM or
closing the terminal, stops all of them.
"""

import os
import queue
import signal
import subprocess
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Thread
from types import FrameType
from typing import Any, TextIO

from neuro_attn.command_line import job_server
from neuro_attn.command_line.calling import Run, command, environment
from neuro_attn.command_line.failures import failure
from neuro_attn.command_line.progress import Progress
from neuro_attn.command_line.reruns import Reruns
from neuro_attn.errors import PREFIX, of_the_system

TEXT: Any = {"encoding": "utf-8", "errors": "backslashreplace"}
"""Encoding of the output of Snakemake."""
UNLOCKING = "unlocking"
"""Phase that releases the lock of a killed Snakemake process."""
_PATIENCE = 30
"""Time after which Snakemake and its jobs are killed if they have not stopped, s."""


@contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """Raise `KeyboardInterrupt` on SIGTERM and on SIGHUP, as Python does on SIGINT.

    Signals that this process ignores (SIGHUP under `nohup`, SIGINT in the background of a script)
    have no effect, as before. Snakemake does not ignore SIGINT, which stops it.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    def do_nothing(number: int, frame: FrameType | None) -> None:
        # In contrast to SIG_IGN, other processes do not inherit this.
        pass

    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    for number, handler in before.items():
        if handler != signal.SIG_IGN:
            signal.signal(number, interrupt)
        elif number == signal.SIGINT:
            signal.signal(number, do_nothing)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass(frozen=True)
class Process:
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
    reruns : Reruns
        Why jobs run again, filled by `run`.
    """

    what: Run
    lock: int
    log: TextIO
    began: float
    reruns: Reruns = field(default_factory=Reruns)

    def run(self, arguments: Sequence[str], phase: str) -> None:
        """Run Snakemake until it ends and show its progress.

        Raises
        ------
        WorkflowError, KeyboardInterrupt
            As in `run`.
        """
        variables = environment(self.what)
        with (
            job_server.place() as (of_server, listener),
            subprocess.Popen(
                command(self.what, arguments),
                env=variables | of_server,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=[self.lock],
                process_group=0,
                **TEXT,
            ) as process,
            job_server.serving(listener, process.pid, variables),
        ):
            # The length is constant, so that the text overwrites a former number entirely.
            os.pwrite(self.lock, f"{process.pid:>20}\n".encode(), 0)
            try:
                lines = self._follow(process, phase)
            except BaseException:
                _stop(process)
                raise
            finally:
                # Snakemake's own lock remains if it was killed, or if unlocking failed.
                stays = phase == UNLOCKING and process.poll() != 0
                if process.poll() not in (None, -signal.SIGKILL) and not stays:
                    os.ftruncate(self.lock, 0)
        if process.returncode:
            raise failure(lines, f"Snakemake failed. The end of {self.log.name}:")

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
                if cause := self.reruns.read(line):
                    progress.tell(cause)
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

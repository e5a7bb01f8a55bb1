"""Progress of Snakemake, read from its log and shown as a redrawn line or as plain lines."""

import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType

from neuro_attn.command_line.messages import columns
from neuro_attn.printing import drawn

RUNNING = "running"
_STARTED = re.compile(r"(?:local)?(?:rule|checkpoint) (\S+):$")
_FAILED = re.compile(r"Error in rule \S+:$")
_JOB = re.compile(r"    jobid: (\d+)$")
_FINISHED = re.compile(r"Finished jobid: (\d+)")
_COUNTED = re.compile(r"total +(\d+)$")
_STEPS = re.compile(r"(\d+) of (\d+) steps")


@dataclass
class Jobs:
    """The jobs of a run, parsed from its log."""

    done: int = 0
    total: int | None = None
    running: dict[str, str] = field(default_factory=dict)
    """Rule of each running job, by the number of the job."""
    _rule: str | None = None

    def read(self, line: str) -> bool:
        """Parse a line of Snakemake's log; return whether another job is done."""
        line = line.rstrip("\n")
        if found := _STARTED.match(line):
            self._rule = found[1]
        elif _FAILED.match(line):
            self._rule = None
        elif found := _JOB.match(line):
            if self._rule is None:
                self.running.pop(found[1], None)
            else:
                self.running[found[1]] = self._rule
        elif found := _FINISHED.match(line):
            self.running.pop(found[1], None)
        elif found := _STEPS.match(line):
            self.done, self.total = int(found[1]), int(found[2])
            return True
        elif found := _COUNTED.match(line):
            self.total = int(found[1])
        return False


class Progress:
    """Progress of one phase of a run on the terminal, or as plain lines without a terminal.

    Parameters
    ----------
    phase : str
        Name of the phase, in one or two words; `RUNNING` begins as "planning", until the jobs are
        counted.
    began : float
        When the command began, by `time.monotonic`.
    """

    def __init__(self, phase: str, began: float):
        self.jobs = Jobs()
        self.live = sys.stderr.isatty()
        self._phase, self._began = phase, began

    def __enter__(self) -> "Progress":
        self.draw()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        if self.live:
            drawn("")

    def read(self, line: str) -> None:
        """Parse a line of Snakemake's log and show changes."""
        job_done = self.jobs.read(line)
        if self.live:
            self.draw()
        elif job_done:
            print(self.text(), flush=True)

    def tell(self, text: str) -> None:
        """Print a line above the progress."""
        if self.live:
            drawn("")
        print(f"neuro-attn: {text}", flush=True)
        self.draw()

    def draw(self) -> None:
        """Redraw the line, if this is a terminal."""
        if self.live:
            width = columns() - 1
            text = self.text()
            text = text if len(text) <= width else self.text(names=False)[:width]
            drawn(text)

    def text(self, names: bool = True) -> str:
        """Return phase, jobs (the running ones with their names) and elapsed time."""
        jobs = self.jobs
        planning = self._phase == RUNNING and jobs.total is None
        parts = ["planning" if planning else self._phase]
        if jobs.total is not None:
            parts.append(f"{jobs.done} of {jobs.total} jobs done")
        if jobs.running:
            named = f" ({_counted(jobs.running)})" if names else ""
            parts.append(f"{len(jobs.running)} running{named}")
        return f"neuro-attn: {', '.join(parts)}, {elapsed(self._began)}"


def _counted(running: dict[str, str]) -> str:
    return ", ".join(
        rule if n == 1 else f"{n} {rule}" for rule, n in Counter(running.values()).items()
    )


def elapsed(began: float) -> str:
    """Return the time since `began` as minutes and seconds, or hours."""
    minutes, seconds = divmod(int(time.monotonic() - began), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"

"""Snakemake run from the command line: one line of progress, and one message where it fails.

A run holds a lock that the system lets go of when its processes end, however they end. So the next
run knows that a run was killed, and cleans up after it; results that were being written are made
again.
"""

import fcntl
import os
import re
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

from neuro_attn import configuration
from neuro_attn.errors import PREFIX, InputError
from neuro_attn.files import remove_partial

RESULTS = Path("results")
LOG = RESULTS / "logs/snakemake.log"
REPORT = RESULTS / "report.html"
DATA_VARIABLE = "NEURO_ATTN_DATA"
_LOCK = Path(".snakemake/neuro-attn.lock")
_PROGRESS = re.compile(r"(\d+) of (\d+) steps")
_LINES_SHOWN = 30
_KNOWN = {
    "Directory cannot be locked": (
        "Snakemake is at work here, or was killed here.",
        "If none is running, say `snakemake --unlock`, then run again.",
    ),
    "No space left on device": (
        "no space is left on the disk.",
        "Make room, then run again: what is whole stays.",
    ),
}
"""What Snakemake itself may say, and how it is told."""


@dataclass(frozen=True)
class Run:
    """What is to be run.

    Parameters
    ----------
    config : str
        The configuration file.
    data : str, optional
        Folder of the data, instead of that of the configuration.
    cores : int
        Cores to use.
    others : sequence of str
        Further arguments of Snakemake.
    """

    config: str
    data: str | None
    cores: int
    others: Sequence[str] = field(default=())


def run(what: Run, report: bool = False) -> None:
    """Make all results and, if asked for, the report.

    Raises
    ------
    InputError
        If this is no folder of the project, the configuration cannot be used, or another run is
        at work in the folder.
    subprocess.CalledProcessError
        If Snakemake failed; why has been told on standard error.
    """
    if not Path("Snakefile").is_file():
        raise InputError(
            os.getcwd(), "has no Snakefile.", "Run neuro-attn in the folder of the project."
        )
    # Snakemake would run the code of a configuration that is a template: it is read here first.
    configuration.load(what.config)
    for other in what.others:
        if other.startswith("--configf"):
            raise InputError(other, "is not passed on to Snakemake.", "Give --config FILE.")
    with _alone() as (lock, was_killed):
        if was_killed:
            print("neuro-attn: the last run was killed; what it left half done is made again")
            remove_partial(RESULTS)
            _snakemake(["--unlock"], what, lock, "unlocking")
        _snakemake(what.others, what, lock, "running")
        if report:
            _snakemake(["--report", str(REPORT)], what, lock, "building the report")
            print(f"neuro-attn: the report is {REPORT}")


@contextmanager
def _alone() -> Iterator[tuple[int, bool]]:
    """Hold the folder's lock; yield its handle, and whether its last holder was killed."""
    _LOCK.parent.mkdir(exist_ok=True)
    lock = os.open(_LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError(
                os.getcwd(), "another run of neuro-attn is at work here.", "Wait for it to end."
            ) from None
        except OSError:
            pass  # Some network file systems have no locks; Snakemake has its own besides.
        was_killed = bool(os.pread(lock, 1, 0))
        os.pwrite(lock, b"running\n", 0)
        try:
            yield lock, was_killed
        except KeyboardInterrupt:
            raise  # Snakemake may be stopping still.
        except Exception:
            os.ftruncate(lock, 0)
            raise
        os.ftruncate(lock, 0)
    finally:
        os.close(lock)


def _snakemake(arguments: Sequence[str], what: Run, lock: int, doing: str) -> None:
    """Run Snakemake with its output in a log; show progress, and errors in one message."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    # --configfile takes all that follows it up to the next option, so that stands after it.
    command = [sys.executable, "-m", "snakemake", "--configfile", what.config]
    command += ["--cores", str(what.cores), *arguments]
    environment = dict(os.environ)
    if what.data:
        environment[DATA_VARIABLE] = what.data
    messages: dict[str, None] = {}
    recent: deque[str] = deque(maxlen=_LINES_SHOWN)
    with (
        open(LOG, "w", encoding="utf-8") as log,
        subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # Snakemake goes on if only this process is killed, and so does its hold on the lock.
            pass_fds=[lock],
        ) as process,
        tqdm(desc=doing, unit="job", disable=None) as bar,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            log.write(line)
            log.flush()
            recent.append(line)
            if PREFIX in line:
                messages[line[line.index(PREFIX) :].strip()] = None
            elif found := _PROGRESS.search(line):
                done, total = map(int, found.groups())
                bar.total = total
                bar.update(done - bar.n)
                if bar.disable:
                    print(f"neuro-attn: {done} of {total} jobs done", flush=True)
    if process.returncode:
        messages = messages or _known(recent)
        for message in messages or {f"{PREFIX}Snakemake failed; the end of {LOG}:": None}:
            print(message, file=sys.stderr)
        if not messages:
            sys.stderr.writelines(recent)
        raise subprocess.CalledProcessError(1, command)


def _known(lines: Sequence[str]) -> dict[str, None]:
    """Return what Snakemake said in the lines as messages, where it is known."""
    text = "".join(lines)
    return {
        f"{PREFIX}{InputError(os.getcwd(), *told)}": None
        for said, told in _KNOWN.items()
        if said in text
    }

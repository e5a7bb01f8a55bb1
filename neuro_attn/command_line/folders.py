"""The folder of a run: where results and logs are, and the lock that keeps runs apart."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TextIO

from neuro_attn import checksums
from neuro_attn.errors import InputError
from neuro_attn.printing import escaping

RESULTS = Path(checksums.RESULTS)
LOGS = RESULTS / "logs/runs"
REPORT = RESULTS / "report.html"
ANSWER = RESULTS / "index.html"
_LOCK = Path(".snakemake/neuro-attn.lock")
_LONGEST_PATH = 1000
"""Maximum length of paths below the folder of a run, including Snakemake's own files, bytes."""


def check_folder() -> None:
    """Raise `InputError` if paths of results would be longer than the system allows."""
    here = len(os.fsencode(os.getcwd()))
    most = os.pathconf(".", "PC_PATH_MAX") - _LONGEST_PATH
    if here > most:
        raise InputError(
            os.getcwd()[:60] + "...",
            f"the path of this folder has {here} bytes, which leaves no room for results.",
            f"Use a folder whose path has at most {most} bytes.",
        )


@contextmanager
def alone() -> Iterator[tuple[int, bool]]:
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
def new_log() -> Iterator[TextIO]:
    """Yield a new log, named by the time so that no run overwrites the log of another."""
    LOGS.mkdir(parents=True, exist_ok=True)
    stem = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    for number in range(1, 100):
        path = LOGS / (f"{stem}.log" if number == 1 else f"{stem}_{number}.log")
        with suppress(FileExistsError), open(path, "x", encoding="utf-8") as log:
            yield escaping(log)
            return

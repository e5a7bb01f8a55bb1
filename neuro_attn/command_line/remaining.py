"""Jobs on a Slurm cluster that outlive a killed run.

Snakemake cancels its jobs when it is interrupted. If it is killed, or its computer is lost, they
stay in the queue. A second run must not start before they have ended: a job that starts late
removes the results that it is about to write.
"""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from neuro_attn.errors import InputError

_UUID = re.compile(r"(?:[\w-]+_)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""Names that Snakemake gives to its jobs."""
_PATIENCE = 120
"""Time in which cancelled jobs end, s."""
_ANSWER = 60
"""Time in which Slurm answers, s."""


def cancel_jobs() -> int:
    """Cancel Slurm jobs that a killed run submitted in the current folder, and wait for their end.

    Returns
    -------
    int
        Number of jobs; 0 on computers without Slurm.

    Raises
    ------
    InputError
        If they do not end.
    """
    jobs = _jobs()
    if jobs:
        _answer("scancel", *jobs)
    until = time.monotonic() + _PATIENCE
    while left := sorted(set(jobs) & set(_jobs())):
        if time.monotonic() > until:
            raise InputError(
                os.getcwd(),
                f"jobs {', '.join(left)} of a killed run are still on the cluster.",
                f"Wait for their end (squeue -j {','.join(left)}), then run the same command.",
            )
        time.sleep(1)
    return len(jobs)


def _jobs() -> list[str]:
    """Return the numbers of Snakemake's pending and running jobs in the current folder."""
    here, found = Path.cwd(), []
    for line in _answer("squeue", "--me", "--noheader", "--format=%i|%j|%Z").splitlines():
        number, name, folder = line.split("|", 2)
        if _UUID.fullmatch(name) and Path(folder).resolve() == here:
            found.append(number)
    return found


def _answer(command: str, *arguments: str) -> str:
    """Return what a command of Slurm prints; nothing if there is no Slurm."""
    if (path := shutil.which(command)) is None:
        return ""
    try:
        done = subprocess.run(
            [path, *arguments], capture_output=True, text=True, check=False, timeout=_ANSWER
        )
    except subprocess.TimeoutExpired:
        raise InputError(
            command,
            f"has not answered for {_ANSWER} s, and jobs of a killed run may be on the cluster.",
            "Run the same command when Slurm answers.",
        ) from None
    return done.stdout

"""The command line in a process of its own, which need not import the package first.

Most of the time of `neuro-attn check` goes into imports, more than two seconds. A server imports
once what the commands need, and forks for each of them. Such a command differs from a typed one in
this alone, so tests of what a process finds at its start (encodings, missing folders) start
`python -m neuro_attn.command_line`.
"""

import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from neuro_attn.command_line import main

HANGS = 3600
"""Seconds after which a command is taken to hang: far more than it needs on a busy machine."""
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        "neuro_attn.command_line.commands",
        "neuro_attn.onboarding.checking",
        "neuro_attn.onboarding.inspection",
        "neuro_attn.onboarding.proposal",
        "neuro_attn.sources.nwb.contents",
        "neuro_attn.sources.nwb.reading",
        "neuro_attn.sources.simulation.generation",
    ]
)


NOBODY = 12345
"""A user id without an entry among the users of this machine."""


def as_nobody(folder: Path) -> list[str]:
    """Return what starts a command as a user who may write to this folder only.

    Permissions do not hold for root, whose commands thus run as another user. Others need nothing.
    """
    if os.getuid() != 0:
        return []
    if (setpriv := shutil.which("setpriv")) is None:
        pytest.skip("needs setpriv to become another user")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    # It may read all files, for the environment of the tests may lie in a home folder.
    return [
        *(setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
        *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
        "--bounding-set=-all,+dac_read_search",
    ]


def started(
    arguments: Sequence[str],
    *,
    folder: Path,
    streams: Sequence[str],
    environment: Mapping[str, str],
    address_space: int | None = None,
) -> Callable[[], int | None]:
    """Start a command; return what waits for its end and returns its exit code.

    Parameters
    ----------
    arguments : sequence of str
        What follows `neuro-attn`.
    folder : Path
        Where it runs.
    streams : sequence of str
        Files or terminals of standard input, output and error.
    environment : mapping of str
        All its variables.
    address_space : int, optional
        Most bytes that it may address.
    """
    here, there = _FORKS.Pipe(duplex=False)
    process = _FORKS.Process(
        target=_command,
        args=(list(arguments), str(folder), list(streams), dict(environment), address_space, there),
    )
    process.start()
    there.close()
    # The other end is closed when the streams are open, or when the process has ended.
    here.poll(None)
    here.close()

    def end() -> int | None:
        process.join(HANGS)
        return process.exitcode

    return end


def _command(
    arguments: list[str],
    folder: str,
    streams: list[str],
    environment: dict[str, str],
    address_space: int | None,
    opened: Connection,
) -> None:
    for number, name in enumerate(streams):
        flags = (os.O_RDWR if number == 0 else os.O_WRONLY | os.O_APPEND) | os.O_NOCTTY
        os.dup2(file := os.open(name, flags), number)
        os.close(file)
    opened.close()
    encoding = environment.get("PYTHONIOENCODING")
    sys.stdin, sys.stdout, sys.stderr = (
        # As Python's own: standard error never fails for a character, and is written line by line.
        open(0, encoding=encoding, closefd=False),  # noqa: SIM115
        open(1, "w", encoding=encoding, closefd=False),  # noqa: SIM115
        open(2, "w", 1, encoding=encoding, errors="backslashreplace", closefd=False),  # noqa: SIM115
    )
    # Where the width of the terminal is looked for.
    sys.__stdout__ = sys.stdout
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    if address_space is not None:
        resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    sys.exit(main(arguments))


def run(
    arguments: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str] = os.environ,
    address_space: int | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command with nobody at the terminal, and return its exit code and what it printed."""
    with tempfile.TemporaryDirectory() as place:
        out, err = (Path(place) / name for name in ("out", "err"))
        out.touch()
        err.touch()
        end = started(
            arguments,
            folder=folder,
            streams=[os.devnull, str(out), str(err)],
            environment=environment,
            address_space=address_space,
        )
        return subprocess.CompletedProcess(list(arguments), end(), out.read_text(), err.read_text())

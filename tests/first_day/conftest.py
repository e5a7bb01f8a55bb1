"""A terminal of 80 columns, in a folder with two small recordings and a configuration."""

import fcntl
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import commands
from tests.onboarding.conftest import write_nwb

ROOT = Path(__file__).parents[2]
COLUMNS = 80
MINE = """\
data_folder: data
datasets:
  mine:
    source: nwb
    files: mice/*.nwb
    label: side
    tasks:
      visual: {trials: rule == 'visual', align: stimulus}
      auditory: {trials: rule == 'auditory', align: stimulus}
    time: {start: -0.2, stop: 0.6, bin: 0.1}
    windows:
      late: [0.2, 0.6]
    regions:
      min_units: 5
inference:
  permutations: 19
"""
"""A configuration that is right: each mistake changes a line of it."""


@pytest.fixture(scope="session")
def recorded(tmp_path_factory) -> Path:
    """Return a folder with `data/mice/session1.nwb` and `session2.nwb`: 24 units, 80 trials."""
    folder = tmp_path_factory.mktemp("first_day")
    (folder / "data/mice").mkdir(parents=True)
    for number in (1, 2):
        write_nwb(folder / f"data/mice/session{number}.nwb")
    return folder


def typed(command: str, folder: Path) -> tuple[int, str]:
    """Run `neuro-attn` in a terminal; return its exit code and all that stands on the screen."""
    code, captured = sent(command, folder)
    return code, on_screen(captured.decode())


def sent(
    command: str,
    folder: Path,
    answers: Sequence[bytes] = (),
    columns: int = COLUMNS,
    **environment: str,
) -> tuple[int, bytes]:
    """Run `neuro-attn` in a terminal; return its exit code and the bytes that reach the terminal.

    Each answer is typed when there is a prompt. Without answers nobody is there to give any.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    left_out = ("COLUMNS", "LINES", "NEURO_ATTN_DATA")
    kept = {k: v for k, v in os.environ.items() if k not in left_out}
    kept |= {"PYTHONPATH": str(ROOT), "TERM": "xterm", **environment}
    arguments, terminal = shlex.split(command)[1:], os.ttyname(theirs)
    if "LC_ALL" in environment:
        # Python takes its encoding from the locale in which it starts.
        end = subprocess.Popen(
            [sys.executable, "-m", "neuro_attn.command_line", *arguments],
            cwd=folder,
            stdin=theirs if answers else subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            env=kept,
        ).wait
    else:
        streams = [terminal if answers else os.devnull, terminal, terminal]
        end = commands.started(arguments, folder=folder, streams=streams, environment=kept)
    os.close(theirs)
    captured, left = b"", list(answers)
    while chunk := _read(ours):
        captured += chunk
        if left and captured.endswith(b"> "):
            os.write(ours, left.pop(0))
    os.close(ours)
    return end(), captured


def on_screen(captured: str) -> str:
    """Return what a terminal shows in the end.

    A line that was redrawn shows what was drawn last; progress bars are erased when they end.
    """
    lines = captured.replace("\r\n", "\n").split("\n")
    shown = [re.sub(r"\x1b\[\w", "", line.rsplit("\r", 1)[-1]).rstrip() for line in lines]
    return "\n".join(shown).strip("\n")


def _read(terminal: int) -> bytes:
    """Return what a terminal shows next, nothing when all programs have left it."""
    try:
        return os.read(terminal, 10_000)
    except OSError:
        return b""

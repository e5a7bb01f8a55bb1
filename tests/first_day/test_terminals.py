"""What reaches a terminal: any names in files, in any encoding and width, and a full disk."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import commands
from tests.first_day.conftest import MINE, ROOT, on_screen, sent
from tests.onboarding.conftest import spike_trains, trials_table, write_nwb

TITLE = "\x1b]0;title\x07"
"""A sequence that renames the window of a terminal."""
NASTY = {
    "region": f"V4{TITLE}é",
    "column": "ex\x1b[2Jtra",
    "class": "li\u202enks\x9b",
    "file": "ses\x1b[31msion.nwb",
}
ENCODINGS = {
    "UTF-8": {"PYTHONIOENCODING": "utf-8"},
    "ASCII": {"PYTHONIOENCODING": "ascii"},
    "Latin-1": {"PYTHONIOENCODING": "latin-1"},
    "the C locale without UTF-8": {
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
    },
}
DRAWN = {"\x1b[A", "\x1b[K", "\r"}
"""What progress sends to a terminal beside text."""


@pytest.fixture(scope="session")
def nasty(tmp_path_factory) -> Path:
    """Return a folder with a recording and a configuration whose names try to steer a terminal."""
    folder = tmp_path_factory.mktemp("nasty")
    trials = trials_table()
    trials["side"] = trials["side"].replace("left", NASTY["class"])
    trials[NASTY["column"]] = trials["side"]
    regions = [("FEF", NASTY["region"])[n % 2] for n in range(8)]
    write_nwb(folder / NASTY["file"], trials, spike_trains(8), regions=regions)
    mine = MINE.replace("data_folder: data", "data_folder: .").replace("mice/*.nwb", '"*.nwb"')
    mine = mine.replace("min_units: 5", "min_units: 2")
    (folder / "mine.yaml").write_text(mine, encoding="utf-8")
    return folder


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("command", ["inspect", "check", "init"])
def test_names_in_files_are_shown_escaped_in_any_encoding(nasty, command, encoding):
    files = "'ses\x1b[31msion.nwb'"
    typed, answers = {
        "inspect": (f"neuro-attn inspect {files}", []),
        "check": ("neuro-attn check mine.yaml", []),
        "init": (f"neuro-attn init {files} -o new.yaml", [b"2\n", b"\n"]),
    }[command]
    code, captured = sent(typed, nasty, answers, **ENCODINGS[encoding])
    (nasty / "new.yaml").unlink(missing_ok=True)
    codec = ENCODINGS[encoding].get("PYTHONIOENCODING", "utf-8")
    text = captured.decode(codec)
    steering = set(re.findall(r"\x1b.{0,2}|[^\x20-\x7e\n\t]", text.replace("\r\n", "\n")))
    assert {each for each in steering if not each.isprintable()} <= DRAWN
    assert "Traceback" not in text
    screen = " ".join(on_screen(text).split())
    assert r"V4\x1b]0;title\x07" in screen, screen
    assert r"li\u202enks\x9b" in screen
    if codec == "ascii":
        assert captured.isascii()
    assert code == 0, screen


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_nothing_is_cut_at_any_width(recorded, columns):
    (recorded / "mine.yaml").write_text(MINE)
    for command in ("neuro-attn inspect data/mice", "neuro-attn check mine.yaml"):
        code, captured = sent(command, recorded, columns=columns)
        screen = on_screen(captured.decode())
        assert code == 0, screen
        assert "…" not in screen
        # What wraps is narrower than the terminal, and than lines that are easily read.
        assert max(map(len, screen.splitlines())) <= min(columns, 100)
        shown = re.sub(r"\s+", "", screen)
        for word in ("auditory", "visual", "FEF", "V4"):
            assert word in shown


def test_a_pipe_gets_the_same_whatever_the_terminal_is(recorded):
    (recorded / "mine.yaml").write_text(MINE)
    outputs = set()
    for columns in ("40", "200"):
        environment = {**os.environ, "COLUMNS": columns}
        done = commands.run(["check", "mine.yaml"], folder=recorded, environment=environment)
        assert done.returncode == 0
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert max(map(len, outputs.pop().splitlines())) <= 100


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk without space")
@pytest.mark.parametrize("command", [["schema"], ["--help"], ["datasets"]])
def test_output_that_the_disk_cannot_take_is_one_message(command):
    """Short outputs fail when they are flushed at the end, long ones while they are printed."""
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "neuro_attn.command_line", *command],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    (line,) = done.stderr.splitlines()
    assert line.startswith("neuro-attn: error: "), line
    assert "no space is left on the disk" in line
    assert done.returncode == 1


def test_a_reader_of_a_pipe_may_leave(recorded):
    done = subprocess.run(
        f"{sys.executable} -m neuro_attn.command_line schema | head -c 10",
        shell=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert len(done.stdout) == 10
    assert done.stderr == ""


@pytest.mark.parametrize("closed", ["1", "2"])
def test_a_closed_output_is_no_error(recorded, closed):
    done = subprocess.run(
        f"{sys.executable} -m neuro_attn.command_line --version {closed}>&-",
        shell=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""

"""Jobs of a killed run on a cluster are cancelled before the next run; no other job is."""

import os
import sys
from pathlib import Path

import pytest

from neuro_attn.command_line import remaining
from neuro_attn.errors import InputError

NAME = "b54aa374-1a0c-4f5e-9a0e-6f0e2f6a4b1c"
SLURM = f"""#!{sys.executable}
import pathlib, sys
queue = pathlib.Path("{{folder}}/queue")
cancelled = sys.argv[1:]
if pathlib.Path(sys.argv[0]).name == "squeue":
    assert sys.argv[1:] == ["--me", "--noheader", "--format=%i|%j|%Z"]
    print(queue.read_text(), end="")
elif {{obeys}}:
    lines = queue.read_text().splitlines(keepends=True)
    queue.write_text("".join(l for l in lines if l.split("|")[0] not in cancelled))
"""


@pytest.fixture
def queue(tmp_path, monkeypatch):
    """Write the jobs that `squeue` lists in the current folder, and return them after a call."""
    here = tmp_path / "a|b"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    def write(*jobs: tuple[str, str, Path], obeys: bool = True) -> Path:
        for command in ("squeue", "scancel"):
            path = tmp_path / command
            path.write_text(SLURM.format(folder=tmp_path, obeys=obeys))
            path.chmod(0o755)
        text = "".join(f"{number}|{name}|{folder}\n" for number, name, folder in jobs)
        (tmp_path / "queue").write_text(text)
        return tmp_path / "queue"

    return write


def test_jobs_that_snakemake_submitted_in_this_folder_are_cancelled(queue, tmp_path):
    here = Path.cwd()
    others = [("3", NAME, tmp_path), ("4", "my notebook", here), ("5", f"x{NAME}", here)]
    path = queue(("1", NAME, here), ("2_7", f"lab_{NAME}", here), *others)
    assert remaining.cancel_jobs() == 2
    assert [line[0] for line in path.read_text().splitlines()] == ["3", "4", "5"]


def test_jobs_that_do_not_end_are_named(queue, monkeypatch):
    monkeypatch.setattr(remaining, "_PATIENCE", 0)
    queue(("1", NAME, Path.cwd()), ("2", NAME, Path.cwd()), obeys=False)
    with pytest.raises(InputError, match="jobs 1, 2 of a killed run are still on the cluster"):
        remaining.cancel_jobs()


def test_without_slurm_there_is_nothing_to_cancel(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert remaining.cancel_jobs() == 0

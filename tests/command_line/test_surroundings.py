"""Folders of a run where the user has no home folder or may not write to the usual places."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from neuro_attn.command_line.surroundings import replacements
from tests import commands
from tests.command_line.conftest import COMMAND, CONFIGURATION, ROOT, environment, make_project
from tests.command_line.test_running import TWO_JOBS
from tests.commands import HANGS, NOBODY


@pytest.fixture(autouse=True)
def project(monkeypatch, tmp_path) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_usual_folders_stay_and_nothing_is_said(tmp_path):
    given = {"HOME": str(tmp_path / "me"), "NUMBA_CACHE_DIR": str(tmp_path)}
    (tmp_path / "me").mkdir()
    assert replacements(given) == ({}, [])


def test_a_missing_home_folder_is_replaced_by_one_in_the_project(tmp_path):
    variables, remarks = replacements({"HOME": "/does/not/exist", "NUMBA_CACHE_DIR": "x"})
    assert variables == {"HOME": str(tmp_path / ".snakemake/home")}
    assert Path(variables["HOME"]).is_dir()
    assert remarks == ["the user has no home folder; .snakemake/home is used instead"]


def test_a_home_folder_without_write_permission_stays_home_but_keeps_no_caches(tmp_path):
    # Nobody can make a folder in a file, root included.
    home = tmp_path / "me"
    home.mkdir()
    for name in (".cache", ".config"):
        (home / name).write_text("")
    variables, remarks = replacements({"HOME": str(home), "NUMBA_CACHE_DIR": "x"})
    assert variables == {
        "XDG_CACHE_HOME": str(tmp_path / ".snakemake/cache"),
        "MPLCONFIGDIR": str(tmp_path / ".snakemake/matplotlib"),
    }
    assert remarks == [
        f"{home}/.cache cannot be written to; .snakemake/cache is used instead",
        f"{home}/.config/matplotlib cannot be written to; .snakemake/matplotlib is used instead",
    ]


def test_compiled_code_is_kept_in_the_project_where_the_package_is_read_only(tmp_path):
    make_project(tmp_path, "")
    (tmp_path / "neuro_attn/decoding").mkdir()
    (tmp_path / "neuro_attn/decoding/__pycache__").write_text("")
    variables, remarks = replacements({"HOME": str(tmp_path)})
    assert variables == {"NUMBA_CACHE_DIR": str(tmp_path / ".snakemake/numba")}
    (remark,) = remarks
    assert remark.endswith("cannot be written to; .snakemake/numba is used instead")


def test_libraries_and_snakemake_find_the_folders(workflow):
    """The real Snakemake runs where its user has no home folder, and says so once."""
    folder = workflow(TWO_JOBS)
    done = subprocess.run(
        [*COMMAND, "run", "mine.yaml", "--cores", "1"],
        cwd=folder,
        capture_output=True,
        text=True,
        env=environment(HOME=str(folder / "missing"), NUMBA_CACHE_DIR=str(folder)),
        timeout=HANGS,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("the user has no home folder") == 1
    assert not (folder / "missing").exists()


def as_nobody(
    command: list[str], folder: Path, package: Path = ROOT
) -> subprocess.CompletedProcess:
    """Run a command as a user without a name, a home folder or permission to write elsewhere."""
    if not (become := commands.as_nobody(folder)):
        pytest.skip("needs root to become another user")
    left_out = ("HOME", "USER", "LOGNAME", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "MPLCONFIGDIR")
    return subprocess.run(
        [*become, *command],
        cwd=folder,
        capture_output=True,
        text=True,
        env={k: v for k, v in environment().items() if k not in left_out}
        | {"PYTHONPATH": str(package)},
        timeout=HANGS,
    )


def test_a_user_without_name_and_home_runs_snakemake(workflow):
    folder = workflow(TWO_JOBS)
    done = as_nobody([*COMMAND, "run", "mine.yaml", "--cores", "1"], folder)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "the user has no home folder; .snakemake/home is used instead" in done.stdout
    assert (folder / "results/b.txt").stat().st_uid == NOBODY


@pytest.fixture
def disk(tmp_path) -> Iterator[Callable[[int], Path]]:
    """Return what makes a small file system in memory, or sets its size in KB."""
    place = tmp_path / "disk"
    place.mkdir()

    def sized(size: int, *more: str) -> Path:
        options = ["-o", ",".join((*more, f"size={size}k"))]
        command = ["mount", "-t", "tmpfs", *options, "none", str(place)]
        if subprocess.run(command, capture_output=True).returncode:
            pytest.skip("needs root and permission to mount a file system")
        return place

    yield sized
    subprocess.run(["umount", "--lazy", str(place)], capture_output=True)


@pytest.mark.parametrize("free", [0, 8, 20, 60])
def test_a_full_disk_is_one_message_and_a_run_is_resumed_where_there_is_room(disk, free):
    """The disk is full when the log begins, when Snakemake plans, and when jobs write."""
    folder = disk(100_000)
    # As the package does, jobs give a file its name when it is whole.
    rules = TWO_JOBS.replace("echo a > {output}", "seq 9999 > new && mv new {output}")
    rules = rules.replace("cp {input} {output}", "cp {input} new && mv new {output}")
    make_project(folder, rules)
    (folder / "mine.yaml").write_text(CONFIGURATION)
    used = 4 * sum(path.stat().st_size // 4096 + 1 for path in folder.iterdir())
    disk(used + free, "remount")
    command = [*COMMAND, "run", "mine.yaml", "--cores", "1"]
    whole = "".join(f"{n}\n" for n in range(1, 10_000))
    for room in (False, True):
        if room:
            disk(100_000, "remount")
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, env=environment(), timeout=HANGS
        )
        kept = [path for path in (folder / "results").glob("*.txt") if path.is_file()]
        assert all(path.read_text() == whole for path in kept)
        if room:
            assert done.returncode == 0, done.stderr
            assert len(kept) == 2
        else:
            assert done.returncode == 1, done.stdout
            (message,) = done.stderr.splitlines()
            assert message.startswith("neuro-attn: error: ")
            assert "no space is left on the disk" in message or "the disk is full" in message


@pytest.mark.slow
def test_of_a_report_that_does_not_fit_on_the_disk_nothing_stays(disk):
    folder = disk(100_000)
    (folder / "Snakefile").write_text(TWO_JOBS)
    (folder / "mine.yaml").write_text(CONFIGURATION)
    command = [*COMMAND, "report", "mine.yaml", "--cores", "1"]
    places = {"cwd": folder, "env": environment(), "timeout": HANGS}
    subprocess.run([*COMMAND, "run", "mine.yaml", "--cores", "1"], check=True, **places)
    used = 4 * sum(path.stat().st_size // 4096 + 1 for path in folder.rglob("*"))
    disk(used + 500, "remount")  # Snakemake's page has several MB
    done = subprocess.run(command, capture_output=True, text=True, **places)
    assert done.returncode == 1, done.stdout
    (message,) = done.stderr.splitlines()
    assert "no space is left on the disk" in message or "the disk is full" in message
    assert not [*(folder / "results").rglob(".*"), *(folder / "results").glob("report.*")]


COMPILES = """
import numpy as np
from neuro_attn.solver import numba_utils
@numba_utils.njit_cached
def twice(x):
    return 2 * x
print(twice(np.float32(2)), numba_utils.FOLDER)
"""


def test_code_is_compiled_where_it_cannot_be_kept(tmp_path, tmp_path_factory):
    # A copy: the repository may already hold compiled code, which all users read.
    package = tmp_path_factory.mktemp("package")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "neuro_attn", package / "neuro_attn", ignore=ignored)
    done = as_nobody([sys.executable, "-c", COMPILES], tmp_path, package)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[0] == "4.0"
    (said,) = done.stderr.splitlines()
    assert said.startswith("The solver is compiled anew in each process (half a minute), because ")
    assert said.endswith("cannot be written to. Set NUMBA_CACHE_DIR to a writable folder.")
    assert str(package) in said

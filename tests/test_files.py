"""Files are written whole or not at all; names come back as they were."""

import os
import platform
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro_attn import files

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


# --- whole or not at all -----------------------------------------------------------------------


def test_what_is_written_appears_under_its_name_and_nothing_else_does(tmp_path):
    path = tmp_path / "deep" / "er" / "result.csv"
    with files.written_whole(path) as temporary:
        assert temporary.suffix == ".csv"
        assert temporary.parent == path.parent
        temporary.write_text("done")
        assert not path.exists()
    assert path.read_text() == "done"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_failure_leaves_nothing_and_what_was_there_before(tmp_path, error):
    path = tmp_path / "result.csv"

    def fail():
        with files.written_whole(path) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(error):
        fail()
    assert list(tmp_path.iterdir()) == []
    path.write_text("before")
    with pytest.raises(error):
        fail()
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_the_umask_determines_who_can_read_and_write_a_file(tmp_path, umask, mode):
    """A group that shares a folder of results sets 002."""
    before = os.umask(umask)
    try:
        files.write_text("text", tmp_path / "text.txt")
    finally:
        os.umask(before)
    assert (tmp_path / "text.txt").stat().st_mode & 0o777 == mode


def killed_while_writing(path, computer):
    """Leave the partial file of a process that is killed; return its path."""
    code = (
        "import os, platform, signal, sys; from neuro_attn import files\n"
        "platform.node = lambda: sys.argv[2]\n"
        "with files.written_whole(sys.argv[1]) as partial:\n"
        "    partial.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    before = set(path.parent.iterdir())
    subprocess.run([sys.executable, "-c", code, path, computer], check=False)
    (partial,) = set(path.parent.iterdir()) - before
    return partial


def test_partial_files_of_killed_processes_are_removed_and_those_of_live_ones_kept(tmp_path):
    path = tmp_path / "result.csv"
    here = killed_while_writing(path, platform.node())
    recent, old = (killed_while_writing(path, name) for name in ("node1", "node2"))
    os.utime(old, (0, 0))
    (tmp_path / f"{files.PARTIAL}report.html").touch()
    with files.written_whole(path) as ours:
        files.remove_partial(tmp_path)
        assert set(tmp_path.iterdir()) == {ours, recent}
    assert here not in set(tmp_path.iterdir())


def test_a_long_name_leaves_room_for_the_temporary_one(tmp_path):
    path = tmp_path / ("a" * 250 + ".csv")
    files.write_text("text", path)
    assert path.read_text() == "text"


def test_the_digest_is_that_of_the_bytes(tmp_path):
    (tmp_path / "empty").touch()
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert files.sha256(tmp_path / "empty") == empty


# --- names as file names -----------------------------------------------------------------------


@given(name=names)
def test_names_come_back_from_file_names(name):
    assert files.from_filename(files.as_filename(name)) == name


@given(name=names)
def test_file_names_hold_nothing_that_a_path_a_shell_glob_or_a_rule_trips_over(name):
    stem = files.as_filename(name)
    assert stem
    assert not set(stem) & set("/\\{}*?[]() \"'<>|:;&$#!`\n\t\0")
    assert stem[0] != "."
    assert stem.isascii()


@given(one=names, other=names)
def test_different_names_are_different_files(one, other):
    assert (files.as_filename(one) == files.as_filename(other)) == (one == other)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("V4", "V4"),
        ("VISp (L2/3)", "VISp%20%28L2%2F3%29"),
        ("../x", "%2E.%2Fx"),
        ("50%", "50%25"),
        ("Bereich für Farbe", "Bereich%20f%C3%BCr%20Farbe"),
    ],
)
def test_plain_names_stay_legible(name, stem):
    assert files.as_filename(name) == stem

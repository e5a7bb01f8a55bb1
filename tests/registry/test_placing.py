"""Downloads stay in the folder of their data set, whatever stands in it and whatever paths come."""

import errno
import fcntl
import hashlib
import os
import resource
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuro_attn.command_line import main
from neuro_attn.errors import InputError
from neuro_attn.registry import placing, transfer
from neuro_attn.registry.limits import Limits
from tests.registry.conftest import Archive
from tests.registry.test_downloads import partial

PATH = "sub-1/a.nwb"
WHOLE = bytes(range(256)) * 40
NOBODY = 65534


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr(transfer, "LIMITS", Limits(pause=0, attempts=2))


@pytest.fixture
def refused(archive: Archive, tmp_path: Path, capsys):
    """Return a function that downloads into tmp_path/data and returns the one message."""
    archive.content = {PATH: WHOLE}

    def run() -> str:
        folder = str(tmp_path / "data")
        assert main(["download", "steinmetz", "--data", folder, "--archive", archive.address]) == 1
        message = capsys.readouterr().err
        assert message.count("\n") == 1
        assert message.rstrip("\n").isprintable()
        return message

    return run


def fetch(archive: Archive, folder: Path) -> None:
    arguments = ["download", "steinmetz", "--data", str(folder), "--archive", archive.address]
    assert main(arguments) == 0


def everything(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


# --- paths -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "../outside.nwb",
        "a/../../outside.nwb",
        "/tmp/outside.nwb",
        "//tmp/outside.nwb",
        "./a.nwb",
        "a/./b.nwb",
        "a//b.nwb",
        "..\\outside.nwb",
        "C:\\outside.nwb",
        "C:outside.nwb",
        "a.nwb:stream.nwb",
        "\\\\server\\share\\a.nwb",
        "a\0.nwb",
        "a\n.nwb",
        "a\r.nwb",
        "a\x1b[2J.nwb",
        "a\u202egnp.nwb",
        "a\u200b.nwb",
        ".partial-x.nwb",
        ".partial-x/a.nwb",
        f"{'x' * 252}.nwb",
        f"{'ü' * 126}.nwb",
        f"{'x/' * 500}a.nwb",
    ],
)
def test_a_path_that_leads_elsewhere_stops_everything(archive, refused, tmp_path, path):
    archive.content = {"a.nwb": WHOLE, path: b"bad"}
    assert "would not go into" in refused()
    assert everything(tmp_path) == set()
    assert not any("download" in asked for asked in archive.asked)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sub-1/a.nwb", "sub-1/A.nwb"),
        ("sub-1/a.nwb", "Sub-1/a.nwb"),
        ("sub-1/\u00e9.nwb", "sub-1/e\u0301.nwb"),
        ("sub-1/\u00c9.nwb", "sub-1/e\u0301.nwb"),
        ("sub-1/\u212b.nwb", "sub-1/\u00e5.nwb"),
        ("sub-1/stra\u00dfe.nwb", "sub-1/STRASSE.nwb"),
        ("sub-1/\u1fb3.nwb", "sub-1/\u03b1\u03b9.nwb"),
        ("a.nwb", "a.nwb/b.nwb"),
        ("a.nwb", "A.NWB/sub-1/b.nwb"),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_two_files_that_are_one_on_some_systems_are_refused(
    archive, refused, tmp_path, one, other, swapped
):
    archive.content = dict.fromkeys((other, one) if swapped else (one, other), WHOLE)
    assert "Nothing is fetched. Fetch one of them with --only." in refused()
    assert everything(tmp_path) == set()


def test_one_path_twice_is_refused(tmp_path):
    with pytest.raises(InputError, match="are the same file"):
        placing.check_paths([PATH, PATH], tmp_path)


def test_names_that_differ_otherwise_are_not_refused(archive, tmp_path):
    paths = ["a.nwb", "b.nwb", "ab.nwb", "a.nwb.nwb", "sub-1/a.nwb", "sub-10/a.nwb", "é ü+=@,.nwb"]
    archive.content = dict.fromkeys(paths, WHOLE)
    fetch(archive, tmp_path)
    assert {path for path in everything(tmp_path / "steinmetz") if path.endswith("nwb")} == set(
        paths
    )


@given(st.lists(st.text(st.sampled_from("aAbB/.\\:\0ßéE\u0301\u0345ǰ"), max_size=8), max_size=4))
def test_any_paths_are_apart_in_the_folder_or_refused(paths):
    place = Path("/data/steinmetz")
    try:
        placing.check_paths(paths, place)
    except InputError:
        return
    # What the strictest file systems compare: case and both normal forms.
    for form in ("NFC", "NFD"):
        for change in (str.lower, str.upper, str.casefold):
            seen = {unicodedata.normalize(form, change(path)) for path in paths}
            assert len(seen) == len(paths)
    for path in paths:
        inside = Path(os.path.normpath(place / path))
        assert inside.is_relative_to(place)
        assert inside != place


# --- what is there already ---------------------------------------------------------------------


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """Return a folder beside the data, with a file that nobody may touch."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "a.nwb").write_bytes(b"mine")
    return folder


@pytest.mark.parametrize("linked", ["", "sub-1", PATH, "partial", "broken"])
def test_a_symbolic_link_is_not_followed(refused, archive, tmp_path, elsewhere, linked):
    target = elsewhere / "a.nwb"
    match linked:
        case "partial":
            link = partial(tmp_path / "data", PATH, WHOLE)
        case "broken":
            link, target = tmp_path / "data/steinmetz" / PATH, elsewhere / "new.nwb"
        case _:
            link = tmp_path / "data/steinmetz" / linked
            target = target if linked == PATH else elsewhere
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(target)
    assert "is a symbolic link" in refused()
    assert everything(elsewhere) == {"a.nwb"}
    assert (elsewhere / "a.nwb").read_bytes() == b"mine"
    assert link.is_symlink()
    assert not any("download" in asked for asked in archive.asked)


def test_a_link_to_the_right_bytes_is_not_followed_either(refused, tmp_path, elsewhere):
    (elsewhere / "a.nwb").write_bytes(WHOLE)
    link = tmp_path / "data/steinmetz" / PATH
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere / "a.nwb")
    assert "is a symbolic link" in refused()


def test_a_link_that_appears_after_the_checks_is_not_followed(
    refused, archive, tmp_path, elsewhere, monkeypatch
):
    """Folders are opened without following links, whatever was there before."""
    inner = tmp_path / "data/steinmetz/sub-1"
    check_room = placing.check_room

    def exchanged(*arguments) -> None:
        check_room(*arguments)
        inner.parent.mkdir(parents=True)
        inner.symlink_to(elsewhere)

    monkeypatch.setattr(placing, "check_room", exchanged)
    assert "is a symbolic link" in refused()
    assert everything(elsewhere) == {"a.nwb"}


def test_a_folder_that_becomes_a_link_during_the_transfer_is_not_followed(
    archive, tmp_path, elsewhere
):
    """The file arrives in the folder with which the transfer began."""
    inner = tmp_path / "steinmetz/sub-1"

    def exchange(handler) -> None:
        del archive.acts["file"]
        inner.rename(tmp_path / "moved")
        inner.symlink_to(elsewhere)
        handler.file(PATH)

    archive.content, archive.acts = {PATH: WHOLE}, {"file": exchange}
    fetch(archive, tmp_path)
    assert everything(elsewhere) == {"a.nwb"}
    assert (elsewhere / "a.nwb").read_bytes() == b"mine"
    assert (tmp_path / "moved/a.nwb").read_bytes() == WHOLE


def test_the_folder_that_the_user_names_may_be_a_link(archive, tmp_path, elsewhere):
    archive.content = {PATH: WHOLE}
    (tmp_path / "data").symlink_to(elsewhere)
    fetch(archive, tmp_path / "data")
    assert (elsewhere / "steinmetz" / PATH).read_bytes() == WHOLE


def test_a_partial_file_with_another_name_is_not_written_to(archive, tmp_path, elsewhere):
    """A hard link would let a download change a file elsewhere."""
    archive.content = {PATH: WHOLE}
    os.link(elsewhere / "a.nwb", partial(tmp_path, PATH, WHOLE))
    fetch(archive, tmp_path)
    assert (elsewhere / "a.nwb").read_bytes() == b"mine"
    assert (tmp_path / "steinmetz" / PATH).read_bytes() == WHOLE


@pytest.mark.parametrize("where", [PATH, "partial"])
@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_no_file_is_one_message(refused, tmp_path, make, where):
    path = partial(tmp_path / "data", PATH, WHOLE)
    make(path if where == "partial" else path.with_name("a.nwb"))
    assert "where a folder or plain file belongs" in refused()


@pytest.mark.parametrize("where", ["data", "data/steinmetz", "data/steinmetz/sub-1"])
def test_a_file_in_place_of_a_folder_is_one_message(refused, tmp_path, where):
    path = tmp_path / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"mine")
    assert str(path) in refused()
    assert path.read_bytes() == b"mine"


def test_the_beginning_of_another_version_is_not_resumed(archive, tmp_path):
    """The file of an earlier version: its beginning has other bytes, and is removed."""
    archive.content = {PATH: WHOLE}
    old = partial(tmp_path, PATH, b"an earlier version")
    old.write_bytes(b"an earlier")
    fetch(archive, tmp_path)
    assert everything(tmp_path / "steinmetz") == {"sub-1", PATH}
    assert not any("bytes=" in asked for asked in archive.asked)


def test_the_beginning_of_a_file_beside_it_is_kept(archive, tmp_path):
    archive.content = {PATH: WHOLE}
    other = partial(tmp_path, "sub-1/b.nwb", b"another file")
    other.write_bytes(b"another")
    fetch(archive, tmp_path)
    assert other.read_bytes() == b"another"


# --- the system --------------------------------------------------------------------------------


def test_two_downloads_into_one_folder_do_not_mix(refused, tmp_path):
    place = tmp_path / "data/steinmetz"
    place.mkdir(parents=True)
    folder = os.open(place, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        assert "another download into this folder is running" in refused()
    finally:
        os.close(folder)
    assert everything(place) == set()


def test_a_file_system_without_locks_does_no_harm(archive, tmp_path, monkeypatch):
    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    archive.content = {PATH: WHOLE}
    fetch(archive, tmp_path)


def test_room_is_compared_with_what_is_still_missing(archive, refused, tmp_path, monkeypatch):
    free = shutil.disk_usage(tmp_path)._replace(free=5000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: free)
    assert "GB are free" in refused()
    assert everything(tmp_path) == set()
    partial(tmp_path / "data", PATH, WHOLE).write_bytes(WHOLE[:6000])
    fetch(archive, tmp_path / "data")


def test_a_full_disk_is_one_message_and_the_transfer_resumes(archive, refused, tmp_path):
    """The system refuses bytes beyond a limit, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, hard))
    try:
        message = refused()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "no space is left" in message
    assert PATH in message
    assert partial(tmp_path / "data", PATH, WHOLE).read_bytes() == WHOLE[:4000]
    fetch(archive, tmp_path / "data")
    assert everything(tmp_path / "data/steinmetz") == {"sub-1", PATH}


@pytest.fixture
def closed_to_us() -> Iterator[Path]:
    """Yield a folder of ours in which we have no more rights than anyone, should we be root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        root = os.geteuid() == 0
        if root:
            os.chown(folder, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            if root:
                os.seteuid(0)
            for path in (folder, *folder.rglob("*")):
                path.chmod(0o755)


@pytest.mark.parametrize("closed", ["data", "data/steinmetz", "data/steinmetz/sub-1"])
def test_a_folder_that_may_not_be_written_to_is_one_message(archive, capsys, closed_to_us, closed):
    archive.content = {PATH: WHOLE}
    (closed_to_us / closed).mkdir(parents=True)
    (closed_to_us / closed).chmod(0o555)
    folder = str(closed_to_us / "data")
    assert main(["download", "steinmetz", "--data", folder, "--archive", archive.address]) == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "Permission denied. Check the permissions of the file" in message
    assert not list(closed_to_us.rglob("*.nwb"))


def test_the_digest_of_what_came_is_computed_from_the_disk(tmp_path):
    """What the file holds counts, not what was sent."""
    digest = hashlib.sha256(WHOLE).hexdigest()
    with placing.opened(tmp_path / "steinmetz") as folder:
        target = placing.Target(folder, tmp_path / "steinmetz/a.nwb", digest)
        with target.partial() as file:
            placing.write(file, WHOLE, tmp_path)
            file.seek(5)
            file.write(b"x")
            with pytest.raises(InputError, match="does not have the SHA-256 digest"):
                target.complete(file)
        assert everything(tmp_path / "steinmetz") == set()

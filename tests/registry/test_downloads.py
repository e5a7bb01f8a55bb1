"""Files are fetched whole and checked, go on where they broke off, and stay in their folder."""

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from neuro_attn import registry
from neuro_attn.command_line import main
from neuro_attn.errors import InputError
from neuro_attn.registry import placing
from neuro_attn.registry.limits import LIMITS, Limits
from tests.onboarding.conftest import write_nwb
from tests.registry.conftest import CONTENT, Archive

BROKEN = "sub-1/sub-1_ses-1.nwb"


def known(assets: str = "*.nwb") -> registry.KnownDataset:
    return dataclasses.replace(registry.known("steinmetz"), assets=assets)


def fetch(archive: Archive, folder: Path, **options) -> list[Path]:
    limits = Limits(pause=0)
    return registry.download(known(), folder, archive=archive.address, limits=limits, **options)


def partial(folder: Path, path: str, whole: bytes) -> Path:
    """Return where an interrupted download of a file leaves what came of it."""
    target = folder / "steinmetz" / path
    target.parent.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(target.name.encode()).hexdigest()[:16]
    return target.with_name(f".partial-{name}-{hashlib.sha256(whole).hexdigest()}")


def held(folder: Path) -> dict[str, bytes]:
    place = folder / "steinmetz"
    files = (path for path in place.rglob("*") if path.is_file())
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in files}


def problem(archive: Archive, folder: Path, **options) -> str:
    with pytest.raises(InputError) as error:
        fetch(archive, folder, **options)
    assert str(error.value).isprintable()
    return str(error.value)


def test_all_files_of_all_pages_come_whole(archive, tmp_path):
    paths = fetch(archive, tmp_path)
    assert held(tmp_path) == CONTENT
    assert sorted(paths) == sorted(tmp_path / "steinmetz" / path for path in CONTENT)


def test_only_what_matches_comes(archive, tmp_path):
    fetch(archive, tmp_path, only="*_ses-2.nwb")
    assert set(held(tmp_path)) == {"sub-1/sub-1_ses-2.nwb", "sub-2/sub-2_ses-2.nwb"}
    assert "no file of steinmetz matches '*.txt'" in problem(archive, tmp_path, only="*.txt")


def test_what_is_there_is_not_fetched_again(archive, tmp_path):
    fetch(archive, tmp_path)
    archive.asked.clear()
    fetch(archive, tmp_path)
    assert not [asked for asked in archive.asked if "download" in asked]


def test_a_file_that_was_changed_is_fetched_again(archive, tmp_path):
    fetch(archive, tmp_path)
    path = tmp_path / "steinmetz" / BROKEN
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    fetch(archive, tmp_path)
    assert held(tmp_path) == CONTENT


def test_a_transfer_that_breaks_goes_on_where_it_stopped(archive, tmp_path):
    archive.breaks = 4
    fetch(archive, tmp_path)
    assert held(tmp_path) == CONTENT
    # Every byte was sent once: half, half of the rest, and so on.
    assert archive.sent == sum(map(len, CONTENT.values()))
    assert any("bytes=" in asked for asked in archive.asked)


def test_a_server_without_ranges_sends_everything_again(archive, tmp_path):
    archive.breaks, archive.ranges = 2, False
    fetch(archive, tmp_path)
    assert held(tmp_path) == CONTENT
    assert archive.sent > sum(map(len, CONTENT.values()))


def test_a_server_that_sends_another_range_is_not_believed(archive, tmp_path):
    """It is asked for the whole file again."""
    archive.breaks, archive.wrong_range = 1, True
    fetch(archive, tmp_path)
    assert held(tmp_path) == CONTENT


def test_a_run_after_one_that_was_given_up_goes_on(archive, tmp_path):
    part = partial(tmp_path, BROKEN, CONTENT[BROKEN])
    part.write_bytes(CONTENT[BROKEN][:1000])
    fetch(archive, tmp_path, only=BROKEN)
    assert held(tmp_path) == {BROKEN: CONTENT[BROKEN]}
    assert archive.sent == len(CONTENT[BROKEN]) - 1000


def test_a_part_that_is_longer_than_the_file_is_thrown_away(archive, tmp_path):
    part = partial(tmp_path, BROKEN, CONTENT[BROKEN])
    part.write_bytes(CONTENT[BROKEN] + b"more")
    fetch(archive, tmp_path, only=BROKEN)
    assert held(tmp_path) == {BROKEN: CONTENT[BROKEN]}


def test_a_part_with_wrong_bytes_is_found_and_removed(archive, tmp_path):
    part = partial(tmp_path, BROKEN, CONTENT[BROKEN])
    part.write_bytes(b"x" * 1000)
    assert "SHA-256 digest" in problem(archive, tmp_path, only=BROKEN)
    assert held(tmp_path) == {}
    fetch(archive, tmp_path, only=BROKEN)
    assert held(tmp_path) == {BROKEN: CONTENT[BROKEN]}


def test_a_connection_that_always_breaks_is_given_up(archive, tmp_path):
    archive.status[BROKEN] = 503
    said = problem(archive, tmp_path, only=BROKEN)
    assert "the connection fails repeatedly (503" in said
    assert "Run the download again; it resumes from there." in said
    assert sum("download" in asked for asked in archive.asked) == LIMITS.attempts


def test_a_wrong_digest_leaves_nothing(archive, tmp_path):
    stated = hashlib.sha256(b"something else").hexdigest()
    archive.digests[BROKEN] = stated
    said = problem(archive, tmp_path, only=BROKEN)
    assert f"does not have the SHA-256 digest {stated} that the archive states" in said
    assert held(tmp_path) == {}


def test_a_file_without_a_digest_is_not_fetched(archive, tmp_path):
    archive.digests[BROKEN] = None
    assert "states no SHA-256 digest" in problem(archive, tmp_path, only=BROKEN)
    assert held(tmp_path) == {}


@pytest.mark.parametrize("code", [403, 404, 410])
def test_a_refusal_is_told_with_its_code(archive, tmp_path, code):
    archive.status[BROKEN] = code
    assert f"the archive answers {code}" in problem(archive, tmp_path, only=BROKEN)
    archive.status["list"] = code
    assert f"the archive answers {code}" in problem(archive, tmp_path)


def test_more_than_was_stated_is_not_kept(archive, tmp_path):
    archive.too_much = True
    said = problem(archive, tmp_path, only=BROKEN)
    assert "sends 1028000 bytes" in said
    assert "the archive states 1024000" in said
    assert held(tmp_path) == {}


@pytest.mark.parametrize(
    "path",
    [
        "../outside.nwb",
        "a/../../outside.nwb",
        "/tmp/outside.nwb",
        "./a.nwb",
        "a\\..\\b.nwb",
        "a\0.nwb",
        "a\n.nwb",
    ],
)
def test_a_path_that_leaves_the_folder_stops_everything(archive, tmp_path, path):
    archive.content = {"a.nwb": b"good", path: b"bad"}
    said = problem(archive, tmp_path / "data")
    assert "would not go into" in said
    assert held(tmp_path / "data") == {}
    assert not (tmp_path / "outside.nwb").exists()


@pytest.mark.parametrize("following", ["http://127.0.0.1:1/", "file:///etc/passwd"])
def test_a_list_goes_on_where_it_began(archive, tmp_path, following):
    archive.next_page = following
    assert "continues on another server" in problem(archive, tmp_path)


@pytest.mark.parametrize("address", ["http://example.org/api", "file:///etc", "ftp://x/", "x"])
def test_only_https_is_asked(tmp_path, address):
    with pytest.raises(InputError, match="is not an https address"):
        registry.download(known(), tmp_path, archive=address)


def test_nobody_there_is_one_message(archive, tmp_path):
    archive.port = 1
    assert "cannot be reached" in problem(archive, tmp_path)


def test_what_does_not_fit_on_the_disk_is_not_begun(archive, tmp_path, monkeypatch):
    free = placing.shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(placing.shutil, "disk_usage", lambda path: free)
    assert "GB are free" in problem(archive, tmp_path)
    assert held(tmp_path) == {}


def test_the_command_fetches_into_the_folder_of_the_data(archive, tmp_path, capsys):
    arguments = ["download", "steinmetz", "--data", str(tmp_path), "--archive", archive.address]
    assert main(arguments) == 0
    assert "3 files of steinmetz are in" in capsys.readouterr().out
    assert held(tmp_path) == CONTENT
    archive.status["list"] = 404
    assert main(arguments) == 1
    assert capsys.readouterr().err.startswith("neuro-attn: error: http://127.0.0.1")


def test_a_download_and_its_configuration_lead_to_a_run_without_problems(
    archive, tmp_path, monkeypatch, capsys
):
    """A session with the columns that the entry names goes the way of docs/datasets.md."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NEURO_ATTN_DATA", raising=False)
    n = 240
    left, right = np.array([(0, 1), (1, 0), (0.5, 1), (1, 0.5)] * (n // 4)).T
    start = 2.0 * np.arange(n)
    trials = pd.DataFrame(
        {
            "start_time": start,
            "stop_time": start + 1.5,
            "visual_stimulus_left_contrast": left,
            "visual_stimulus_right_contrast": right,
            "feedback_type": np.ones(n, int),
            "visual_stimulus_time": start + 0.5,
        }
    )
    rng = np.random.default_rng(0)
    trains = [np.sort(rng.uniform(0, 2.0 * n, 500)) for _ in range(40)]
    regions = ["VISp"] * 20 + ["CA1"] * 20
    write_nwb(tmp_path / "made.nwb", trials, trains, place="electrodes", regions=regions)
    archive.content = {"sub-Cori/sub-Cori_ses-1.nwb": (tmp_path / "made.nwb").read_bytes()}
    assert main(["datasets", "steinmetz"]) == 0
    (tmp_path / "steinmetz.yaml").write_text(capsys.readouterr().out, encoding="utf-8")
    assert main(["download", "steinmetz", "--archive", archive.address]) == 0
    assert main(["inspect", "data/steinmetz/sub-Cori/sub-Cori_ses-1.nwb"]) == 0
    assert main(["check", "steinmetz.yaml"]) == 0
    assert "No problems in steinmetz.yaml" in capsys.readouterr().out

"""Hints for paths that do not exist."""

from pathlib import Path

import pytest

from neuro_attn.errors import did_you_mean_file


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    (tmp_path / "data/mice/day1").mkdir(parents=True)
    (tmp_path / "data/mice/day1/session1.nwb").touch()
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RECORDINGS", "/recordings")
    return tmp_path


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("data/mice/day1/sesion1.nwb", "Did you mean data/mice/day1/session1.nwb?"),
        ("data/mcie/day1/session1.nwb", "Did you mean data/mice/day1/session1.nwb?"),
        ("dta/mcie/day1/sesion1.nwb", "Did you mean data/mice/day1/session1.nwb?"),
        ("data/mcie", "Did you mean data/mice?"),
        ("data/mcie/day1/other.csv", "Did you mean the folder data/mice/day1?"),
        ("data/mice/day1/other.csv", ""),
        ("data/mice", ""),
        ("elsewhere/session1.nwb", ""),
        ("data/mice/day1/session1.nwb/x", ""),
        ("~/mice", "Write the path in full, since ~ and variables are not expanded: {home}/mice."),
        (
            "$RECORDINGS/a.nwb",
            "Write the path in full, since ~ and variables are not expanded: /recordings/a.nwb.",
        ),
        ("$UNSET/a.nwb", ""),
        ("'data/mice'", "Remove the quotation marks, which are part of the path: data/mice."),
        ("data/\x00", ""),
        ("data/" + "x" * 300, ""),
    ],
)
def test_a_missing_path_has_a_hint_for_each_wrong_part(folder, path, hint):
    assert did_you_mean_file(Path(path)) == hint.format(home=folder / "home")
    if not path.startswith(("~", "$", "'")):
        absolute = did_you_mean_file(folder / path)
        assert absolute == hint.replace("data/", f"{folder}/data/")


def test_a_folder_that_may_not_be_read_has_no_hint(folder, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.listdir", refuse)
    assert did_you_mean_file(Path("data/mcie")) == ""

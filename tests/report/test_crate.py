"""The metadata of a run are a valid RO-Crate that describes what is in the folder of results."""

import re
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from neuro_attn.configuration import parse
from neuro_attn.report import software
from neuro_attn.report.crate import write_crate
from neuro_attn.results import write_csv
from neuro_attn.results.tables import TABLES
from tests.conftest import KEYS
from tests.crates import check_crate, entities, references

DIGEST = "a" * 64
ORIGIN = {
    "source": "netcdf",
    "files": "*.nc",
    "licence": "CC-BY-4.0",
    "citation": "Steinmetz NA, Carandini M (2019). Choice. Nature 576, 266. doi:10.1038/s41586-1",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder of results with one data set, a figure and its table, and the metadata."""
    folder = tmp_path_factory.mktemp("crate") / "results"
    rows = [
        ("monday 1", "A", "monday.nwb", DIGEST, 20, 80),
        ("tuesday", "", "simulation", "", 20, 90),
    ]
    columns = TABLES["sessions"].names
    write_csv(pd.DataFrame(rows, columns=columns), folder / "mine/sessions.csv", "sessions")
    (folder / "figures").mkdir()
    for suffix in ("png", "svg", "pdf"):
        (folder / f"figures/onsets-mine.{suffix}").write_text(suffix)
    (folder / "figures/onsets-mine.rst").write_text("LPFC is *earlier* than V4.\n")
    (folder / "index.html").write_text("<html></html>")
    (folder / "methods.txt").write_text("As others did (Panichello & Buschman 2021; Holm 1979).")
    figure = {
        "kind": "figure",
        "title": "Onsets",
        "subject": "mine",
        "files": [str(path) for path in (folder / "figures").iterdir()],
    }
    names = {"page": "index.html", "text": "methods.txt", "workflow": "workflow.smk"}
    names |= {"configuration": "configuration.yaml", "crate": "ro-crate-metadata.json"}
    write_crate(
        datasets={"mine": parse({"datasets": {"mine": KEYS | ORIGIN}}).datasets["mine"]},
        entries=[figure],
        tables=[str(folder / "mine/sessions.csv")],
        configuration="datasets: {mine: {}}\n",
        snakefile="rule all: pass\n",
        author="Ada Lovelace",
        licence="https://example.org/terms",
        written={name: str(folder / file) for name, file in names.items()},
    )
    return folder


def test_the_metadata_fulfil_the_specification_and_its_profile(folder):
    check_crate(folder)


def test_figures_have_their_captions_and_tables_their_meaning(folder):
    found = entities(folder)
    for kind in ("png", "svg", "pdf"):
        assert found[f"figures/onsets-mine.{kind}"]["description"] == "LPFC is earlier than V4."
    described = found["mine/sessions.csv"]["description"]
    assert described.startswith("Each row: a session that was read. Columns: session, subject")


def test_recordings_are_named_with_subject_and_checksum(folder):
    found = entities(folder)
    monday = found["#mine/monday%201"]
    assert (monday["name"], monday["sha256"]) == ("monday.nwb", DIGEST)
    assert "subject A" in monday["description"]
    assert "sha256" not in found["#mine/tuesday"]
    assert {"#mine/monday%201", "#mine/tuesday"} <= set(references(found["#run"]["object"]))


def test_recordings_have_the_licence_and_the_reference_of_the_configuration(folder):
    found = entities(folder)
    for name in ("#mine/monday%201", "#mine/tuesday"):
        assert found[name]["license"] == {"@id": "https://spdx.org/licenses/CC-BY-4.0"}
        work = found[found[name]["citation"]["@id"]]
        assert work["@id"] == "https://doi.org/10.1038/s41586-1"
        authors = [found[each]["name"] for each in references(work["author"])]
        assert authors == ["Steinmetz NA", "Carandini M"]
    # They are not those of the results, nor works that the analysis rests on.
    root = found["./"]
    assert found[root["license"]["@id"]]["name"] == "https://example.org/terms"
    assert work["@id"] not in references(root["citation"])


def test_the_author_of_the_configuration_ran_the_workflow(folder):
    found = entities(folder)
    for name, role in (("#run", "agent"), ("./", "author")):
        (person,) = references(found[name][role])
        assert found[person] == {"@id": person, "@type": "Person", "name": "Ada Lovelace"}


def test_the_run_began_with_its_oldest_result(folder):
    files = [folder / "mine/sessions.csv", *(folder / "figures").iterdir()]
    start = datetime.fromisoformat(entities(folder)["#run"]["startTime"]).timestamp()
    assert start == int(min(path.stat().st_mtime for path in files))


def test_what_the_methods_cite_is_cited_with_its_authors(folder):
    found = entities(folder)
    cited = {
        found[name]["datePublished"]: found[name] for name in references(found["./"]["citation"])
    }
    assert cited.keys() == {"2021", "1979"}
    assert cited["2021"]["@id"] == "https://doi.org/10.1038/s41586-021-03390-w"
    authors = [found[name]["name"] for name in references(cited["2021"]["author"])]
    assert authors == ["Panichello MF", "Buschman TJ"]


def test_the_commit_is_that_of_a_copy_of_the_repository_only(tmp_path, monkeypatch):
    assert software.commit(tmp_path) == ""
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", "")
    assert software.commit(tmp_path) == ""
    monkeypatch.undo()
    if (software.PACKAGE.parent / ".git").exists():
        assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?", software.commit())

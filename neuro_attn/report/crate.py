"""Metadata of a run as an RO-Crate: a description of the results that programs can read.

With this file the folder of results is an RO-Crate 1.1 of the profile Process Run Crate 0.5, which
archives such as Zenodo and WorkflowHub read. It describes the software and its version, the
configuration, the recordings with their checksums, and every table and figure.

References
----------
Soiland-Reyes S et al. (2022). Packaging research artefacts with RO-Crate. Data Science 5, 97-138.
Leo S et al. (2024). Recording provenance of workflow runs with RO-Crate. PLOS ONE 19, e0309210.
"""

import json
import platform
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from neuro_attn.escaping import printable
from neuro_attn.figures.specification import FORMATS
from neuro_attn.figures.verdict_words import headline
from neuro_attn.files import sha256, write_text
from neuro_attn.report.answer import caption_of
from neuro_attn.report.methods_text import citations
from neuro_attn.report.software import commit, versions
from neuro_attn.results import read_csv, table_of

SPECIFICATION = "https://w3id.org/ro/crate/1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
# The second context defines `sha256`.
CONTEXT = (f"{SPECIFICATION}/context", "https://w3id.org/ro/terms/workflow-run/context")
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".yaml": "application/yaml",
}
LICENCE, OWN, DEVELOPERS, RUN = "#licence", "#neuro-attn", "#developers", "#run"
MIT = "https://spdx.org/licenses/MIT"
_REFERENCE = re.compile(r"(?P<authors>[^()]+) \((?P<year>\d{4})\)\. (?P<title>.+?)\. ")
_DOI = re.compile(r"doi:(10\.\S+)$")

Entity = dict[str, Any]
"""A thing that the metadata describe: its identifier, type and properties."""


def write_crate(
    *,
    datasets: Sequence[str],
    entries: Sequence[Mapping[str, Any]],
    tables: Sequence[str],
    configuration: str,
    written: Mapping[str, str],
) -> None:
    """Write the metadata, and the configuration as a file.

    Parameters
    ----------
    datasets : sequence of str
        Names of the data sets, without those of networks.
    entries, tables, configuration
        As `answer.write_answer`.
    written : mapping of str to str
        The files of `figures.targets.ANSWER`. The page and the methods exist already.
    """
    path = Path(written["crate"])
    folder = path.parent
    write_text(configuration, written["configuration"])
    text = Path(written["text"]).read_text(encoding="utf-8")
    settings = _file(
        written["configuration"], folder, "Configuration", "All settings of the run, as YAML."
    )
    results = [
        _file(written["page"], folder, "Answer page", "Verdicts, figures, tables and methods."),
        _file(written["text"], folder, "Methods", "The methods as text, with references."),
        *(_table(each, folder) for each in tables),
        *(file for entry in entries for file in _figure(entry, folder)),
    ]
    recordings = [each for name in datasets for each in _recordings(name, folder)]
    works = [each for reference in citations(text) for each in _cited(reference)]
    now = datetime.now().astimezone().isoformat(timespec="seconds")
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Results of neuro-attn: {', '.join(map(printable, datasets))}",
        "description": " ".join(_answers(datasets, folder)),
        "datePublished": now,
        "license": {"@id": LICENCE},
        "conformsTo": {"@id": PROFILE},
        "hasPart": _identifiers([settings, *results]),
        "mentions": [{"@id": RUN}],
        "citation": _identifiers(each for each in works if each["@type"] == "ScholarlyArticle"),
    }
    run = {
        "@id": RUN,
        "@type": "CreateAction",
        "name": "Run of neuro-attn",
        "description": "neuro-attn run configuration.yaml",
        "endTime": now,
        "instrument": {"@id": OWN},
        "object": _identifiers([settings, *recordings]),
        "result": _identifiers(results),
    }
    described = [root, run, *_fixed(), *_software(), settings, *results, *recordings, *works]
    # Works share authors.
    graph = list({each["@id"]: each for each in described}.values())
    crate = {"@context": list(CONTEXT), "@graph": graph}
    write_text(json.dumps(crate, indent=1, ensure_ascii=False) + "\n", path)


def _answers(datasets: Sequence[str], folder: Path) -> Iterator[str]:
    """Yield the answer for each data set, as on the first screen of the answer page."""
    for name in datasets:
        verdicts = folder / name / "verdicts.csv"
        answer = headline(read_csv(verdicts)) if verdicts.exists() else "one task was decoded."
        yield printable(f"{name}: {answer}")


def _identifiers(entities: Iterable[Entity]) -> list[Entity]:
    return [{"@id": entity["@id"]} for entity in entities]


def _file(file: str | Path, folder: Path, name: str, description: str) -> Entity:
    file = Path(file)
    return {
        "@id": quote(file.relative_to(folder).as_posix()),
        "@type": "File",
        "name": printable(name),
        "description": printable(description),
        "encodingFormat": MEDIA_TYPES[file.suffix],
        "contentSize": str(file.stat().st_size),
        "sha256": sha256(file),
    }


def _table(file: str, folder: Path) -> Entity:
    table = table_of(file)
    columns = ", ".join(column.name for column in table.columns)
    meaning = table.meaning.replace("`", "")
    description = f"Each row: {meaning[0].lower()}{meaning[1:]} Columns: {columns}."
    return _file(file, folder, table.title or table.name, description)


def _figure(entry: Mapping[str, Any], folder: Path) -> Iterator[Entity]:
    """Yield the files of a figure with its caption; those of a table are its CSV, listed before."""
    files = {Path(path).suffix.lstrip("."): path for path in entry["files"]}
    if entry["kind"] == "figure":
        caption = " ".join(caption_of(Path(files["rst"])).striptags().split())
        for kind in FORMATS:
            yield _file(files[kind], folder, f"{entry['title']}, {entry['subject']}", caption)


def _recordings(dataset: str, folder: Path) -> Iterator[Entity]:
    """Yield the recordings that were read; they are not in the folder of results."""
    for row in read_csv(folder / dataset / "sessions.csv").itertuples():
        subject = f" of subject {row.subject}" if row.subject else ""
        yield {
            "@id": f"#{quote(f'{dataset}/{row.session}')}",
            "@type": "CreativeWork",
            "name": printable(row.source),
            "description": printable(
                f"Session {row.session}{subject} of data set {dataset}: {row.n_units} units, "
                f"{row.n_trials} trials."
            ),
            **({"sha256": row.sha256} if row.sha256 else {}),
        }


def _fixed() -> list[Entity]:
    """Return what is the same for all runs: what the metadata follow, and licences."""
    return [
        {
            "@id": "ro-crate-metadata.json",
            "@type": "CreativeWork",
            "conformsTo": {"@id": SPECIFICATION},
            "about": {"@id": "./"},
        },
        {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"},
        {
            "@id": LICENCE,
            "@type": "CreativeWork",
            "name": "No licence stated",
            "description": "The owners of these results have not stated how others may use them. "
            "Before you publish the folder, put your licence here.",
        },
        {
            "@id": MIT,
            "@type": "CreativeWork",
            "name": "MIT License",
            "description": "The licence of neuro-attn, not of these results.",
        },
    ]


def _software() -> list[Entity]:
    """Return this package with version and commit, its developers, and what it requires."""
    numbers = versions()
    own: Entity = {
        "@id": OWN,
        "@type": "SoftwareApplication",
        "name": "neuro-attn",
        "softwareVersion": numbers.pop("neuro-attn"),
        "license": {"@id": MIT},
        "author": {"@id": DEVELOPERS},
    }
    if revision := commit():
        own["identifier"] = f"commit {revision}"
    # Package URLs (purl, ECMA-427) identify a package and its version, not where it is stored.
    packages = {f"pkg:pypi/{name}@{number}": (name, number) for name, number in numbers.items()}
    python = platform.python_version()
    packages[f"pkg:generic/python@{python}"] = ("Python", python)
    required = [
        {"@id": url, "@type": "SoftwareApplication", "name": name, "softwareVersion": number}
        for url, (name, number) in packages.items()
    ]
    own["softwareRequirements"] = _identifiers(required)
    developers = {"@id": DEVELOPERS, "@type": "Organization", "name": "The neuro-attn developers"}
    return [own, developers, *required]


def _cited(reference: str) -> list[Entity]:
    """Return a cited work and its authors; nothing for this package, which is described above."""
    parts = _REFERENCE.match(reference)
    if parts is None:
        return []
    authors = [
        {"@id": f"#{quote(name)}", "@type": "Person", "name": name}
        for name in parts["authors"].split(", ")
    ]
    doi = _DOI.search(reference)
    work = {
        "@id": f"https://doi.org/{doi[1]}" if doi else f"#{quote(parts['title'])}",
        "@type": "ScholarlyArticle",
        "name": parts["title"],
        "description": reference,
        "datePublished": parts["year"],
        "author": _identifiers(authors),
    }
    return [work, *authors]

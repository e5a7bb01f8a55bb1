"""Metadata of a run as an RO-Crate: a description of the results that programs can read.

With this file the folder of results is an RO-Crate 1.1 of the profile Workflow Run Crate 0.5, which
archives such as Zenodo and WorkflowHub read. It describes the run of the workflow: its Snakefile,
the software and its versions, the configuration, who ran it and when, the recordings with their
checksums, licence and reference, and every table and figure.

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
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote

from neuro_attn.configuration import AnyDataset
from neuro_attn.escaping import printable
from neuro_attn.figures.specification import FORMATS
from neuro_attn.figures.verdict_words import headline
from neuro_attn.files import sha256, write_text
from neuro_attn.report.answer import caption_of
from neuro_attn.report.methods_text import citations, origin_of
from neuro_attn.report.software import commit, versions
from neuro_attn.results import read_csv, table_of

Entity = dict[str, Any]
"""A thing that the metadata describe: its identifier, type and properties."""
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
# The second context defines `sha256`.
CONTEXT = (f"{SPECIFICATION}/context", "https://w3id.org/ro/terms/workflow-run/context")
WORKFLOW_CRATE = "https://w3id.org/workflowhub/workflow-ro-crate/1.0"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    WORKFLOW_CRATE: ("Workflow RO-Crate", "1.0"),
}
"""Profiles, with name and version; a Workflow Run Crate follows all three."""
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".smk": "text/x-python",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".yaml": "application/yaml",
}
LICENCE, OWN, DEVELOPERS, RUN = "#licence", "#neuro-attn", "#developers", "#run"
BIOSCHEMAS = "https://bioschemas.org/profiles/{}/1.0-RELEASE"
SNAKEMAKE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
SPDX = "https://spdx.org/licenses/"
MIT = f"{SPDX}MIT"  # of neuro-attn
DESCRIBED = {
    "configuration": ("Configuration", "All settings of the run, as YAML."),
    "page": ("Answer page", "Verdicts, figures, tables and methods."),
    "text": ("Methods", "The methods as text, with references."),
    "workflow": (
        "Workflow of neuro-attn",
        "The Snakefile that was run. The rules that it includes and their scripts are files of "
        "neuro-attn, in the version that is stated here.",
    ),
}
"""Name and description of files that every run writes."""
NOT_STATED: Entity = {
    "@id": LICENCE,
    "@type": "CreativeWork",
    "name": "No licence stated",
    "description": "The owners of these results have not stated how others may use them. Before "
    "you publish the folder, state it in the configuration (licence) or here.",
}
_SPDX = re.compile(r"[A-Za-z0-9.+-]+")
_REFERENCE = re.compile(r"(?P<authors>[^()]+) \((?P<year>\d{4})\)\. (?P<title>.+?)\. ")
_DOI = re.compile(r"doi:(10\.\S+)$")


def write_crate(
    *,
    datasets: Mapping[str, AnyDataset],
    entries: Sequence[Mapping[str, Any]],
    tables: Sequence[str],
    configuration: str,
    snakefile: str,
    written: Mapping[str, str],
    author: str = "",
    licence: str = "",
) -> None:
    """Write the metadata, and the configuration and the Snakefile as files.

    Parameters
    ----------
    datasets, entries, tables, configuration
        As `answer.write_answer`.
    snakefile : str
        The Snakefile of the workflow.
    written : mapping of str to str
        The files of `figures.targets.ANSWER`. The page and the methods exist already.
    author, licence : str
        Who analysed the data, and the licence of the results; empty if they are not stated.
    """
    path = Path(written["crate"])
    folder = path.parent
    write_text(configuration, written["configuration"])
    write_text(snakefile, written["workflow"])
    settings, page, methods, workflow = (
        _file(written[name], folder, *words) for name, words in DESCRIBED.items()
    )
    results = [
        page,
        methods,
        *(_table(each, folder) for each in tables),
        *(file for entry in entries for file in _figure(entry, folder)),
    ]
    parameters = [_parameter(settings), _parameter(page)]
    workflow |= _of_workflow(*parameters)
    origins = {name: _origin(each) for name, each in datasets.items()}
    read = [each for name in datasets for each in _recordings(name, origins[name], folder)]
    text = Path(written["text"]).read_text(encoding="utf-8")
    works = [each for reference in citations(text) for each in _cited(reference)]
    of_results = _licence(licence) if licence else NOT_STATED
    people = [_entity(author, "Person")] if author else []
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Results of neuro-attn: {', '.join(map(printable, datasets))}",
        "description": " ".join(_answers(list(datasets), folder)),
        "license": {"@id": of_results["@id"]},
        "conformsTo": [{"@id": each} for each in PROFILES],
        "mainEntity": {"@id": workflow["@id"]},
        "hasPart": _identifiers([workflow, settings, *results]),
        "mentions": {"@id": RUN},
        "citation": _identifiers(each for each in works if each["@type"] == "ScholarlyArticle"),
    }
    run = _run(tables, entries) | {
        "instrument": {"@id": workflow["@id"]},
        "object": _identifiers([settings, *read]),
        "result": _identifiers(results),
    }
    root["datePublished"] = run["endTime"]
    if people:
        root["author"] = run["agent"] = _identifiers(people)
    described = [root, run, of_results, *people, *_fixed(), *_software(), workflow, *parameters]
    described += [settings, *results, *read, *works]
    described += [each for origin in origins.values() for each in chain(*origin.values())]
    # Works share authors, and data sets a licence.
    graph = list({each["@id"]: each for each in described}.values())
    crate = {"@context": list(CONTEXT), "@graph": graph}
    write_text(json.dumps(crate, indent=1, ensure_ascii=False) + "\n", path)


def _answers(datasets: Sequence[str], folder: Path) -> Iterator[str]:
    """Yield the answer for each data set, as on the first screen of the answer page."""
    for name in datasets:
        verdicts = folder / name / "verdicts.csv"
        answer = headline(read_csv(verdicts)) if verdicts.exists() else "one task was decoded."
        yield printable(f"{name}: {answer}")


def _identifiers(entities: Iterable[Entity]) -> list[Entity] | Entity:
    """Return references to entities; a single one is no list, as RO-Crate recommends."""
    found = [{"@id": entity["@id"]} for entity in entities]
    return found[0] if len(found) == 1 else found


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


def _origin(dataset: AnyDataset) -> dict[str, list[Entity]]:
    """Return the licence and the reference of recordings, each with what it refers to."""
    citation, licence = origin_of(dataset)
    found = {}
    if licence:
        found["license"] = [_licence(licence)]
    if citation:
        found["citation"] = _cited(citation) or [_entity(citation, "ScholarlyArticle")]
    return found


def _recordings(dataset: str, origin: Mapping[str, list[Entity]], folder: Path) -> Iterator[Entity]:
    """Yield the recordings that were read; they are not in the folder of results."""
    stated = {name: {"@id": entities[0]["@id"]} for name, entities in origin.items()}
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
            **stated,
        }


def _run(tables: Sequence[str], entries: Sequence[Mapping[str, Any]]) -> Entity:
    """Return the run without what it refers to; it began at the latest with its oldest result."""
    files = [*tables, *(path for entry in entries for path in entry["files"])]
    ages = [Path(path).stat().st_mtime for path in files]
    return {
        "@id": RUN,
        "@type": "CreateAction",
        "name": "Run of neuro-attn",
        "description": "neuro-attn run configuration.yaml",
        **({"startTime": _time(datetime.fromtimestamp(min(ages)))} if ages else {}),
        "endTime": _time(datetime.now()),
    }


def _time(moment: datetime) -> str:
    return moment.astimezone().isoformat(timespec="seconds")


def _parameter(file: Entity) -> Entity:
    """Return the input or output of the workflow that a file exemplifies, and refer to it there."""
    parameter = {
        "@id": f"#parameter-{file['@id']}",
        "@type": "FormalParameter",
        "name": file["name"],
        "additionalType": "File",
        "encodingFormat": file["encodingFormat"],
        "conformsTo": {"@id": BIOSCHEMAS.format("FormalParameter")},
        "workExample": {"@id": file["@id"]},
    }
    file["exampleOfWork"] = {"@id": parameter["@id"]}
    return parameter


def _of_workflow(read: Entity, made: Entity) -> Entity:
    """Return what describes the Snakefile as a workflow, besides what describes it as a file."""
    return {
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
        "programmingLanguage": {"@id": SNAKEMAKE},
        "conformsTo": {"@id": BIOSCHEMAS.format("ComputationalWorkflow")},
        "version": versions()["neuro-attn"],
        "license": {"@id": MIT},
        "creator": {"@id": DEVELOPERS},
        "softwareRequirements": {"@id": OWN},
        "input": {"@id": read["@id"]},
        "output": {"@id": made["@id"]},
    }


def _entity(name: str, kind: str) -> Entity:
    """Return a thing that has no other identifier than its name."""
    return {"@id": f"#{quote(name)}", "@type": kind, "name": printable(name)}


def _licence(stated: str) -> Entity:
    """Return a licence that is stated by its address, its SPDX identifier or in words.

    Examples
    --------
    >>> _licence("CC-BY-4.0")["@id"]
    'https://spdx.org/licenses/CC-BY-4.0'
    >>> _licence("as agreed with the owners")["@id"]
    '#as%20agreed%20with%20the%20owners'
    """
    entity = _entity(stated, "CreativeWork")
    if stated.startswith("https://"):
        entity["@id"] = quote(stated, safe="/:?=&%#")
    elif _SPDX.fullmatch(stated):
        entity["@id"] = f"{SPDX}{stated}"
    return entity | {"description": f"Licence: {printable(stated)}"}


def _fixed() -> list[Entity]:
    """Return what is the same for all runs: what the metadata follow, and the licence of code."""
    types = ("ComputationalWorkflow", "FormalParameter")
    return [
        {
            "@id": "ro-crate-metadata.json",
            "@type": "CreativeWork",
            "conformsTo": [{"@id": SPECIFICATION}, {"@id": WORKFLOW_CRATE}],
            "about": {"@id": "./"},
        },
        *(
            {"@id": url, "@type": "CreativeWork", "name": name, "version": version}
            for url, (name, version) in PROFILES.items()
        ),
        *(
            {"@id": BIOSCHEMAS.format(each), "@type": "CreativeWork", "name": f"{each} profile"}
            for each in types
        ),
        {
            "@id": SNAKEMAKE,
            "@type": "ComputerLanguage",
            "name": "Snakemake",
            "version": versions()["snakemake"],
            "identifier": {"@id": "https://doi.org/10.1093/bioinformatics/bts480"},
            "url": {"@id": "https://snakemake.readthedocs.io"},
        },
        _licence("MIT"),
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
        {"@id": f"#{quote(name)}", "@type": "Person", "name": printable(name)}
        for name in parts["authors"].split(", ")
    ]
    doi = _DOI.search(reference)
    work = {
        "@id": f"https://doi.org/{quote(doi[1])}" if doi else f"#{quote(parts['title'])}",
        "@type": "ScholarlyArticle",
        "name": printable(parts["title"]),
        "description": printable(reference),
        "datePublished": parts["year"],
        "author": _identifiers(authors),
    }
    return [work, *authors]

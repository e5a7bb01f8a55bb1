"""Files that a run writes: tables of results, and the figures and tables of its report.

They follow from the configuration and from the specifications of figures and tables. One job draws
all figures of a data set, and one job writes all tables of the report.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

from neuro_attn.configuration import (
    UNDECODED_KEYS,
    AnyDataset,
    Configuration,
    Network,
    NetworkDataset,
)
from neuro_attn.figures.specification import FIGURES, FORMATS, Specification
from neuro_attn.inference.significance import first_look
from neuro_attn.results import TABLES, Table
from neuro_attn.results.sections import Section

FOLDER = "results"
PERMUTED = {file for table in TABLES.values() if table.permuted for file in table.files}
PERMUTED |= {"{dataset}/cross_temporal.nc", "{dataset}/prediction_cross_temporal.nc"}
"""Files whose content permutations determine."""
ANSWER = {
    "page": f"{FOLDER}/index.html",
    "text": f"{FOLDER}/methods.txt",
    "configuration": f"{FOLDER}/configuration.yaml",
    "workflow": f"{FOLDER}/workflow.smk",
    "crate": f"{FOLDER}/ro-crate-metadata.json",
}
"""The answer page, the methods as text (`report.answer`), the configuration, the Snakefile, and the
metadata (`report.crate`)."""


def result_tables(configuration: Configuration) -> list[str]:
    """Return the files of all tables of results, except those of single replicate networks."""
    files = []
    datasets = configuration.all_datasets()
    for table in TABLES.values():
        for file in table.files:
            if "{dataset}" in file:
                files += [
                    file.format(dataset=name)
                    for name, dataset in datasets.items()
                    if table.applies(dataset)
                ]
            elif "{" not in file and _exists(table, configuration):
                files.append(file)
    return [f"{FOLDER}/{file}" for file in files]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A figure or table of the report.

    Parameters
    ----------
    kind : {"figure", "table"}
        Kind of entry.
    name : str
        Name of the figure or table.
    stem : str
        Stem of its files.
    section, subject, title : str
        Section of the report, what the entry is about (a data set, "networks" or "comparison"), and
        its title.
    note : str
        A caution to show; empty for none.
    needs : mapping of str to str or list of str
        Input files by stem; a list contains the files of all replicate networks.
    """

    kind: Literal["figure", "table"]
    name: str
    stem: str
    section: Section
    subject: str
    title: str
    note: str
    needs: Mapping[str, str | list[str]]

    @property
    def files(self) -> dict[str, str]:
        """The output files, by name and format; the first is included in the report."""
        kinds = FORMATS if self.kind == "figure" else ("html",)
        return {
            f"{self.name}_{kind}": f"{FOLDER}/{self.kind}s/{self.stem}.{suffix}"
            for kind, suffix in {**{each: each for each in kinds}, "caption": "rst"}.items()
        }

    @property
    def as_shown(self) -> dict[str, Any]:
        """The argument `entries` of `report.answer.write_answer`, for this entry."""
        return {
            "kind": self.kind,
            "name": self.name,
            "section": self.section,
            "subject": self.subject,
            "title": self.title,
            "note": self.note,
            "csv": self.needs[self.name] if self.kind == "table" else "",
            "files": list(self.files.values()),
        }

    @property
    def as_page(self) -> dict[str, str]:
        """The arguments of `tables.Page` apart from files, if this is a table."""
        (csv,) = map(str, self.needs.values())
        return {"table": self.name, "note": self.note, "csv": csv}


@dataclass(frozen=True, kw_only=True)
class Group:
    """Figures and tables of the same subject; one job draws the figures.

    Parameters
    ----------
    name : str
        A data set, "networks" or "comparison". The configuration reserves the last two names.
    figures, tables : list of Entry
        The figures and tables.
    settings : dict
        The argument `settings` of `drawing.write_figures`.
    """

    name: str
    figures: list[Entry]
    tables: list[Entry]
    settings: dict[str, Any]


def needs_of(entries: Iterable[Entry]) -> dict[str, str | list[str]]:
    """Return the input files of several figures or tables, by stem."""
    return {stem: files for entry in entries for stem, files in entry.needs.items()}


def report_files(configuration: Configuration) -> list[str]:
    """Return the files of all figures and tables of a report, and of the answer page."""
    entries = [
        file
        for group in report_groups(configuration)
        for entry in (*group.figures, *group.tables)
        for file in entry.files.values()
    ]
    return [*entries, *ANSWER.values()]


def report_groups(configuration: Configuration) -> list[Group]:
    """Return all figures and tables of a report, grouped by the job that produces them.

    Untrained networks serve as floors and are not listed in the report.
    """
    datasets = {
        name: dataset
        for name, dataset in configuration.all_datasets().items()
        if not isinstance(dataset, NetworkDataset) or dataset.trained
    }
    groups = [_group_of_dataset(name, each, configuration) for name, each in datasets.items()]
    groups.append(_group_together("networks", configuration, {}))
    if configuration.comparison:
        brain = configuration.comparison.dataset
        settings = {
            "brain": brain,
            "networks": {name: list(of) for name, of in configuration.network_datasets().items()},
            "confidence": datasets[brain].inference.confidence,
        }
        groups.append(_group_together("comparison", configuration, settings))
    return groups


def _group_of_dataset(name: str, dataset: AnyDataset, configuration: Configuration) -> Group:
    note = first_look(dataset.inference)
    figures = [
        _entry(figure, figure.needs, subject=name, of=name, dataset=name, note=note)
        for figure in FIGURES.values()
        if figure.of == "dataset" and _is_drawn(figure, dataset)
    ]
    trained_here = configuration.networks_to_train()
    if isinstance(dataset, NetworkDataset) and dataset.network in trained_here:
        network = trained_here[dataset.network]
        figures += [
            _entry(
                figure, figure.needs, subject="networks", of=dataset.network, seeds=network.seeds
            )
            for figure in FIGURES.values()
            if figure.of == "network" and _is_drawn(figure, network)
        ]
    tables = [
        _entry(table, table.files, subject=name, of=name, dataset=name, note=note)
        for table in TABLES.values()
        if table.title and table.subject == "dataset" and table.applies(dataset)
    ]
    return Group(
        name=name,
        figures=figures,
        tables=tables,
        # No figure depends on these keys, so a change of them must not rerun the figures.
        settings=dataset.model_dump(mode="json", exclude=UNDECODED_KEYS),
    )


def _group_together(of: str, configuration: Configuration, settings: dict[str, Any]) -> Group:
    """Return the figures and tables of all networks, or of the comparison."""
    subjects = ("comparison",) if of == "comparison" else ("network", "skill")
    figures = [
        _entry(figure, figure.needs, subject=of)
        for figure in FIGURES.values()
        if figure.of == of and all(_exists(each, configuration) for each in _tables(figure))
    ]
    tables = [
        _entry(table, table.files[:1], subject=of)
        for table in TABLES.values()
        if table.title and table.subject in subjects and _exists(table, configuration)
    ]
    return Group(name=of, figures=figures, tables=tables, settings=settings)


def _exists(table: Table, configuration: Configuration) -> bool:
    """Return whether a run writes a given table of networks or of the comparison."""
    match table.subject:
        case "skill":
            return table.skill in configuration.skills()
        case "network":
            return any(map(table.applies, configuration.networks.values()))
        case _:
            return configuration.comparison is not None


def _is_drawn(figure: Specification, settings: AnyDataset | Network) -> bool:
    """Return whether a figure is drawn for a data set or network with these settings."""
    has_setting = not figure.when or bool(getattr(settings, figure.when, None))
    return has_setting and all(table.applies(settings) for table in _tables(figure))


def _tables(figure: Specification) -> list[Table]:
    return [table for table in TABLES.values() if set(table.files) & set(figure.needs)]


def _entry(
    shown: Specification | Table,
    files: Sequence[str],
    *,
    subject: str,
    of: str = "",
    dataset: str = "",
    seeds: int = 0,
    note: str = "",
) -> Entry:
    """Return the entry of a figure or table of one data set or network (`of`), or of all."""
    is_of_network = bool(of) and not dataset
    needs: dict[str, str | list[str]] = {}
    for file in files:
        paths = [
            f"{FOLDER}/{file.format(dataset=dataset, network=of, n=n)}" for n in range(seeds or 1)
        ]
        needs[PurePosixPath(file).stem] = paths if seeds else paths[0]
    return Entry(
        kind="table" if isinstance(shown, Table) else "figure",
        name=shown.name,
        stem=f"{shown.name}-{of}" if of else shown.name,
        section=shown.section,
        subject=subject,
        title=f"{shown.title} of {of}" if is_of_network else shown.title,
        note=note if PERMUTED.intersection(files) else "",
        needs=needs,
    )

"""What a run writes: tables of results, and the figures and tables of its report.

The figures of a data set are drawn by one job, as are its tables. Whatever stands here follows from
the specifications of figures and tables and from the configuration.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

from neuro_attn.configuration import AnyDataset, Configuration, Network, NetworkDataset
from neuro_attn.figures.specification import FIGURES, Specification
from neuro_attn.inference.significance import first_look
from neuro_attn.results import TABLES, Table

FOLDER = "results"


def result_tables(configuration: Configuration) -> list[str]:
    """Return the files of all tables of results, but for those of each replicate network."""
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
    """A figure or a table as the report lists it.

    Parameters
    ----------
    kind : str
        "figure" or "table".
    name : str
        Of the figure or table.
    stem : str
        Of its files.
    category, title : str
        Where the report lists it, and as what.
    note : str
        A warning that it shows; empty if there is none.
    needs : mapping of str to str or list of str
        Files by their stem; several are those of the replicates of a network.
    """

    kind: Literal["figure", "table"]
    name: str
    stem: str
    category: str
    title: str
    note: str
    needs: Mapping[str, str | list[str]]

    @property
    def files(self) -> dict[str, str]:
        """The files that are written, by name and kind; the first is in the report."""
        kinds = {"png": "png", "svg": "svg"} if self.kind == "figure" else {"html": "html"}
        return {
            f"{self.name}_{kind}": f"{FOLDER}/{self.kind}s/{self.stem}.{suffix}"
            for kind, suffix in {**kinds, "caption": "rst"}.items()
        }


@dataclass(frozen=True, kw_only=True)
class Group:
    """Figures, and tables, that a job draws.

    Parameters
    ----------
    name : str
        A data set, "networks" or "comparison"; the configuration keeps these names apart.
    figures, tables : list of Entry
        What is drawn.
    settings : dict
        What `drawing.write_figures` takes.
    """

    name: str
    figures: list[Entry]
    tables: list[Entry]
    settings: dict[str, Any]


def needs_of(entries: Iterable[Entry]) -> dict[str, str | list[str]]:
    """Return the files that any of several figures or tables needs, by their stem."""
    return {stem: files for entry in entries for stem, files in entry.needs.items()}


def report_files(configuration: Configuration) -> list[str]:
    """Return the files of all figures and tables of a report."""
    return [
        file
        for group in report_groups(configuration)
        for entry in (*group.figures, *group.tables)
        for file in entry.files.values()
    ]


def report_groups(configuration: Configuration) -> list[Group]:
    """Return all figures and tables of a report, by the job that draws them.

    Untrained networks are floors for others; they have results, but no place in the report.
    """
    datasets = {
        name: dataset
        for name, dataset in configuration.all_datasets().items()
        if not isinstance(dataset, NetworkDataset) or dataset.trained
    }
    groups = [_group_of_dataset(name, each, configuration) for name, each in datasets.items()]
    groups.append(_group_together("networks", configuration, {}, note=""))
    if configuration.comparison:
        brain = configuration.comparison.dataset
        inference = datasets[brain].inference
        settings = {
            "brain": brain,
            "networks": {name: list(of) for name, of in configuration.network_datasets().items()},
            "confidence": inference.confidence,
        }
        note = first_look(inference)
        groups.append(_group_together("comparison", configuration, settings, note))
    return groups


def _group_of_dataset(name: str, dataset: AnyDataset, configuration: Configuration) -> Group:
    note = first_look(dataset.inference)
    figures = [
        _entry(figure, figure.needs, category=name, of=name, dataset=name, note=note)
        for figure in FIGURES.values()
        if figure.of == "dataset" and _is_drawn(figure, dataset)
    ]
    if isinstance(dataset, NetworkDataset):
        network = configuration.networks[dataset.network]
        figures += [
            _entry(
                figure, figure.needs, category="networks", of=dataset.network, seeds=network.seeds
            )
            for figure in FIGURES.values()
            if figure.of == "network" and _is_drawn(figure, network)
        ]
    tables = [
        _entry(table, table.files, category=name, of=name, dataset=name, note=note)
        for table in TABLES.values()
        if table.title and table.subject == "dataset" and table.applies(dataset)
    ]
    return Group(
        name=name,
        figures=figures,
        tables=tables,
        # No figure shows confounds; none is drawn again when they change.
        settings=dataset.model_dump(mode="json", exclude={"confounds"}),
    )


def _group_together(
    of: str, configuration: Configuration, settings: dict[str, Any], note: str
) -> Group:
    """Return the figures and tables of all networks, or of the comparison."""
    subjects = ("comparison",) if of == "comparison" else ("network", "list_recall")
    figures = [
        _entry(figure, figure.needs, category=of, note=note)
        for figure in FIGURES.values()
        if figure.of == of and all(_exists(each, configuration) for each in _tables(figure))
    ]
    tables = [
        _entry(table, table.files[:1], category=of, note=note)
        for table in TABLES.values()
        if table.title and table.subject in subjects and _exists(table, configuration)
    ]
    return Group(name=of, figures=figures, tables=tables, settings=settings)


def _exists(table: Table, configuration: Configuration) -> bool:
    """Return whether a run has a table that is not of a data set."""
    match table.subject:
        case "list_recall":
            return table.applies(configuration.list_recall)
        case "network":
            return any(map(table.applies, configuration.networks.values()))
        case _:
            return configuration.comparison is not None


def _is_drawn(figure: Specification, settings: AnyDataset | Network) -> bool:
    """Return whether a data set or a network with these settings has a figure."""
    has_setting = not figure.when or bool(getattr(settings, figure.when, None))
    return has_setting and all(table.applies(settings) for table in _tables(figure))


def _tables(figure: Specification) -> list[Table]:
    return [table for table in TABLES.values() if set(table.files) & set(figure.needs)]


def _entry(
    shown: Specification | Table,
    files: Sequence[str],
    *,
    category: str,
    of: str = "",
    dataset: str = "",
    seeds: int = 0,
    note: str = "",
) -> Entry:
    """Return a figure or table of a data set or network (`of`), or of all together."""
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
        category=category,
        title=f"{shown.title} of {of}" if is_of_network else shown.title,
        note=note,
        needs=needs,
    )

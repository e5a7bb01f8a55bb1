"""Known data sets, one YAML file each with a description and a configuration."""

import difflib
import textwrap
from dataclasses import dataclass
from importlib import resources

import yaml

from neuro_attn.errors import InputError

_FOLDER = resources.files("neuro_attn.registry") / "datasets"
_WIDTH = 92


@dataclass(frozen=True)
class KnownDataset:
    """Description of a public data set.

    Parameters
    ----------
    name : str
        Name in the catalogue, and of the folder for its files.
    identifier, version : str
        Identifier and version of the Dandiset. A published version never changes; ``draft`` can.
    title, licence, citation, species, task : str
        As stated by the authors; "unverified" marks entries not checked in the archive.
    assets : str
        Pattern of the paths of the files to download.
    fields : dict of str
        Locations of regions, trials and events in the files.
    unverified : str
        Entries that may be incorrect.
    config : str
        A configuration, as text with comments.
    """

    name: str
    identifier: str
    version: str
    title: str
    licence: str
    citation: str
    species: str
    task: str
    assets: str
    fields: dict[str, str]
    unverified: str
    config: str


def names() -> list[str]:
    """Return the names of the known data sets in alphabetical order."""
    return sorted(file.name.removesuffix(".yaml") for file in _FOLDER.iterdir())


def known(name: str) -> KnownDataset:
    """Return the description of a known data set.

    Raises
    ------
    InputError
        If there is no data set of this name.
    """
    if name not in names():
        close = difflib.get_close_matches(name, names(), n=1)
        hint = f"Did you mean {close[0]}? " if close else ""
        raise InputError(name, "no known data set.", f"{hint}Known: {', '.join(names())}.")
    about, config = (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8").split("\n---\n")
    return KnownDataset(name=name, config=config, **yaml.safe_load(about))


def render(dataset: KnownDataset) -> str:
    """Return the configuration of a data set, preceded by its description as comments."""
    about = {
        "": f"{dataset.title}. DANDI:{dataset.identifier}, version {dataset.version}.",
        "species and task": f"{dataset.species}; {dataset.task}",
        "citation": dataset.citation,
        "licence": dataset.licence,
        **dataset.fields,
        "unverified": dataset.unverified,
        "fetch": f"neuro-attn download {dataset.name}",
    }
    lines = []
    for key, value in about.items():
        lines += textwrap.wrap(
            f"{key}: {value}" if key else value,
            _WIDTH,
            initial_indent="# ",
            subsequent_indent="#     " if key else "# ",
            break_on_hyphens=False,
            break_long_words=False,
        )
    return "\n".join(lines) + "\n\n" + dataset.config

"""The command `init`: writes a proposal as a commented configuration that runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from neuro_attn import configuration
from neuro_attn.configuration.settings import RESERVED, is_reserved
from neuro_attn.errors import InputError
from neuro_attn.files import write_text
from neuro_attn.onboarding import checking, reading
from neuro_attn.onboarding.checking import DatasetReport
from neuro_attn.onboarding.locations import locate
from neuro_attn.onboarding.proposal import propose
from neuro_attn.sources import SOURCES
from neuro_attn.sources.options import Ask, InitOptions

_COMMENTS = {
    "files": "Patterns, relative to data_folder.",
    "region": "The files name no regions: all units form one.",
    "regions": "Which units form a region.",
    "label": "What is decoded: a trial column, an expression for each class, or column and kind.",
    "tasks": "Which trials make a task, and the event that is its time zero.",
    "time": "Bins of the rates, s from the event.",
    "windows": "Rates are also averaged over these windows, s from the event.",
    "decoding": (
        "How populations are decoded. Every draw uses as many units as the smallest population "
        "has. units: all uses all units; regions can then not be compared."
    ),
}
_INFERENCE = {"permutations": 200, "bootstraps": 100}
_QUICK = {"permutations": 19, "bootstraps": 40}
_WIDTH = 92


def initialize(
    files: Sequence[str],
    options: InitOptions,
    output: str,
    *,
    force: bool = False,
    quick: bool = False,
    data_folder: str | None = None,
    ask: Ask | None = None,
    cores: int = 1,
) -> list[DatasetReport]:
    """Write a configuration for files, and return what a run of it will decode.

    Parameters
    ----------
    files : sequence of str
        Files and folders of one source.
    options : InitOptions
        The options of `init`.
    output : str
        The configuration file; its stem names the data set.
    force : bool
        Write over a file that is there.
    quick : bool
        Few permutations and bootstraps, for a first look.
    data_folder : str, optional
        The folder of the data, if the user gave one.
    ask : callable, optional
        Asks the user for what is missing.
    cores : int
        Cores of the run, for its estimated time.

    Returns
    -------
    list of DatasetReport
        As `checking.examine` returns.

    Raises
    ------
    InputError
        If the configuration file exists already, files cannot be read, an option is missing or
        wrong, or a run of the configuration would stop. Nothing is written then.
    """
    path = Path(output)
    if path.suffix not in (".yaml", ".yml"):
        raise InputError("--output", f"{output!r}.", "A configuration ends in .yaml.")
    if path.exists() and not force:
        raise InputError(
            output,
            "a file of this name exists already.",
            "Choose another name with --output, or add --force to replace the file.",
        )
    if is_reserved(path.stem):
        raise InputError(
            "--output",
            f"the data set would be named {path.stem!r}, after the file.",
            "Choose another name; reserved for workflow output are "
            f"{', '.join(RESERVED)} and network-*.",
        )
    contents = reading.read(files, options)
    with contents[0].guarded():
        location = locate(contents[0], path.stem, data_folder)
        proposal = propose(contents, location, options, ask)
    keys = {
        "data_folder": location.data_folder,
        "datasets": {location.name: proposal.keys},
        "inference": _QUICK if quick else _INFERENCE,
    }
    text = render(keys, proposal.notes, (path.parent / "schema.json").is_file())
    settings = configuration.parse(keys, "options")
    if configuration.keys_of(text, output) != keys:
        raise InputError(
            output,
            "a name in the files or options contains characters that YAML cannot represent.",
            "Rename it.",
        )
    known = {location.name: proposal.outlines}
    reports = checking.examine(settings, location.data_folder, cores, known)
    for report in reports:
        for problem in report.problems:
            raise problem
    write_text(text, path)
    return reports


def render(keys: dict[str, Any], notes: dict[str, str], schema: bool) -> str:
    """Return a configuration as commented YAML.

    Parameters
    ----------
    keys : dict
        ``data_folder``, one data set and ``inference``.
    notes : dict of str
        Further comments on keys of the data set.
    schema : bool
        Whether the schema for editors lies beside the file.
    """
    ((name, dataset),) = keys["datasets"].items()
    lines = ["# yaml-language-server: $schema=schema.json", "#"] if schema else []
    lines += [
        "# Written by `neuro-attn init`. `neuro-attn examples default` explains every key, and",
        "# `neuro-attn check` reports what a run of this file will do.",
        "",
        *_block("data_folder", keys["data_folder"], 0),
        "",
        "datasets:",
        f"  {_flow(name)}:",
    ]
    comments = {**_COMMENTS, **SOURCES[dataset["source"]].comments}
    for key, value in dataset.items():
        said = [comments.get(key, ""), notes.get(key, "")]
        if any(said):
            lines += ["", *_comment(" ".join(filter(None, said)), 4)]
        lines += _block(key, value, 4)
    inference = (
        "Precision of the statistics. With 19 permutations nothing can be significant: for a first "
        "look. 200 and 100 bootstraps suffice for a figure, 1000 permutations for small p-values."
    )
    lines += ["", *_comment(inference, 0), *_block("inference", keys["inference"], 0)]
    return "\n".join(lines) + "\n"


def _block(key: str, value: Any, indent: int) -> list[str]:
    """Return the lines of a key: one line, unless it contains expressions."""
    space = " " * indent
    if isinstance(value, dict) and any(isinstance(v, (str, dict)) for v in value.values()):
        inner = [line for k, v in value.items() for line in _block(k, v, indent + 2)]
        return [f"{space}{_flow(key)}:", *inner]
    return [f"{space}{_flow(key)}: {_flow(value)}"]


def _flow(value: Any) -> str:
    """Return a value as YAML on one line."""
    dumped = yaml.safe_dump(
        value, default_flow_style=True, allow_unicode=True, width=10**6, sort_keys=False
    )
    return dumped.removesuffix("\n").removesuffix("\n...")


def _comment(text: str, indent: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > _WIDTH - indent:
            lines.append("")
        lines[-1] += f" {word}"
    return [f"{' ' * indent}#{line}" for line in lines]

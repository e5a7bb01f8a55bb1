"""A proposal as a commented YAML file that is known to run."""

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
from neuro_attn.onboarding.wishes import Ask, Wishes

_COMMENTS = {
    "files": "Patterns, relative to data_folder.",
    "spikes": "Three tables, relative to data_folder.",
    "table": "The interval table with one row a trial.",
    "sorting": "Sortings of a probe, in order of preference: the first that is there is read.",
    "first_channel": (
        "What clusters.peakChannel counts channels from. The files leave it open: 1 if a region "
        "or two are wrong by one channel."
    ),
    "spike_times": "The file of the spike times; the trials must be on its clock.",
    "units": "No table marks clusters as good or not: all are units.",
    "units_table": "The table that lists the units, of several in the files.",
    "region": "The files name no regions: all units form one.",
    "event_sample": "Sample (from 1) of the event that trials call onset.",
    "regions": "Which units form a region.",
    "label": "What is decoded: a trial column, or an expression for each class.",
    "tasks": "Which trials make a task, and the event that is its time zero.",
    "time": "Bins of the rates, s from the event.",
    "windows": "Rates are also averaged over these windows, s from the event.",
    "decoding": (
        "How populations are decoded. Every draw takes as many units as the smallest population "
        "has; units: all takes all, and then regions must not be compared."
    ),
}
_INFERENCE = {"permutations": 200, "bootstraps": 100}
_QUICK = {"permutations": 19, "bootstraps": 40}
_WIDTH = 92


def initialize(
    files: Sequence[str],
    wishes: Wishes,
    output: str,
    *,
    force: bool = False,
    quick: bool = False,
    data_folder: str | None = None,
    ask: Ask | None = None,
    cores: int = 1,
) -> list[DatasetReport]:
    """Write a configuration for files, and say what a run of it will find.

    Parameters
    ----------
    files : sequence of str
        NWB files, NDT rasters, NetCDF recordings, or one table each of spikes, trials and units.
    wishes : Wishes
        What the user asked for.
    output : str
        The configuration file; its stem names the data set.
    force : bool
        Write over a file that is there.
    quick : bool
        Few permutations and bootstraps, for a first look.
    data_folder : str, optional
        The folder of the data, where the user named one.
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
            f"Results of its own stand under {', '.join(RESERVED)} and network-*; take another.",
        )
    contents = reading.read(files, wishes.units_table)
    with contents[0].guarded():
        location = locate(contents[0], path.stem, data_folder)
        proposal = propose(contents, location, wishes, ask)
    keys = {
        "data_folder": location.data_folder,
        "datasets": {location.name: proposal.keys},
        "inference": _QUICK if quick else _INFERENCE,
    }
    text = render(keys, proposal.notes, (path.parent / "schema.json").is_file())
    settings = configuration.parse(keys, "options")
    if configuration.keys_of(text, output) != keys:
        raise InputError(output, "names in the files or options that YAML cannot hold.")
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
        What else to say of a key of the data set.
    schema : bool
        Whether the schema for editors lies beside the file.
    """
    ((name, dataset),) = keys["datasets"].items()
    lines = ["# yaml-language-server: $schema=schema.json", "#"] if schema else []
    lines += [
        "# Written by `neuro-attn init`. config/config.yaml explains every key, config/README.md",
        "# leads through them. `neuro-attn check` says what a run of this file will do.",
        "",
        *_block("data_folder", keys["data_folder"], 0),
        "",
        "datasets:",
        f"  {_flow(name)}:",
    ]
    for key, value in dataset.items():
        said = [_COMMENTS.get(key, ""), notes.get(key, "")]
        if any(said):
            lines += ["", *_comment(" ".join(filter(None, said)), 4)]
        lines += _block(key, value, 4)
    inference = (
        "How sure results are. With 19 permutations nothing can be significant: for a first look. "
        "200 and 100 bootstraps are enough for a figure, 1000 permutations for small p-values."
    )
    lines += ["", *_comment(inference, 0), *_block("inference", keys["inference"], 0)]
    return "\n".join(lines) + "\n"


def _block(key: str, value: Any, indent: int) -> list[str]:
    """Return the lines of a key: one line, unless expressions stand below it."""
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

"""The command `neuro-attn`: look at files, write and check a configuration, run the workflow.

Snakemake does the work and can be called directly. The command adds what a user of the results
wants: one line of progress, and one message where something that was given cannot be used.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from neuro_attn import __version__, configuration, running
from neuro_attn.errors import PREFIX, InputError, of_the_system
from neuro_attn.running import DATA_VARIABLE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = _parser()
    options, others = parser.parse_known_args(arguments)
    if others and options.command not in ("run", "report"):
        parser.error(f"unknown arguments: {' '.join(others)}")
    try:
        match options.command:
            case "schema":
                print(json.dumps(schema(), indent=2))
            case "inspect":
                _inspect(options)
            case "init":
                _init(options)
            case "check":
                return _check(options)
            case "datasets":
                _datasets(options)
            case "download":
                _download(options)
            case _:
                what = running.Run(options.config, options.data, options.cores, others)
                running.run(what, report=options.command == "report")
    except InputError as error:
        print(f"{PREFIX}{error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        return error.returncode or 1
    except BrokenPipeError:
        # Who read the output has seen enough; nothing more can be said there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (OSError, MemoryError) as error:
        print(f"{PREFIX}{of_the_system(error)}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, EOFError):
        print(f"{PREFIX}stopped.", file=sys.stderr)
        return 1
    return 0


def schema() -> dict:
    """Return the JSON schema of the configuration, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **configuration.Configuration.model_json_schema(),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="neuro-attn",
        description="Do working memory and attention share a code? Run the analysis.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, description in {
        "run": "make all results; further arguments go to Snakemake",
        "report": "make all results, then results/report.html",
    }.items():
        command = commands.add_parser(name, help=description, description=description)
        command.add_argument("--config", default="config/config.yaml", help="configuration file")
        command.add_argument("--data", help="folder of the data, instead of data_folder")
        command.add_argument("--cores", type=int, default=os.cpu_count(), help="cores to use")
    _add_onboarding(commands)
    _add_registry(commands)
    commands.add_parser("schema", help="print the JSON schema of the configuration")
    return parser


def _add_onboarding(commands: Any) -> None:
    files = (
        "NWB (.nwb), NDT rasters and MATLAB arrays (.mat), tables (.csv, .parquet), NetCDF "
        "recordings (.nc), or ALF and Phy folders"
    )
    text = "show what files hold: units per region, interval tables, events, what is odd"
    command = commands.add_parser("inspect", help=text, description=text)
    command.add_argument("files", nargs="+", metavar="FILE", help=files)
    command.add_argument("--json", action="store_true", help="print JSON instead of text")

    text = "write a commented configuration for files"
    command = commands.add_parser("init", help=text, description=text)
    command.add_argument("files", nargs="+", metavar="FILE", help=files)
    command.add_argument("-o", "--output", required=True, help="configuration file to write")
    command.add_argument("--force", action="store_true", help="replace the file if it is there")
    command.add_argument("--quick", action="store_true", help="20 permutations, for a first look")
    command.add_argument("--data", help="folder of the data; by default the files' own")
    for option, metavar, help_ in (
        ("--label", "COLUMN | NAME=EXPRESSION", "what is decoded; an expression for each class"),
        ("--task", "NAME=EXPRESSION", "the trials of a task; again for each task"),
        ("--align", "COLUMN | TASK=COLUMN", "trial column with the event's time, s"),
        ("--window", "NAME=START:STOP", "analysis window, s from the event; again for more"),
    ):
        command.add_argument(option, action="append", default=[], metavar=metavar, help=help_)
    command.add_argument("--table", default="", help="NWB interval table that lists the trials")
    command.add_argument("--region-column", default="", help="column with the units' regions")
    command.add_argument("--event-sample", type=int, help="rasters: sample (from 1) of the event")
    command.add_argument("--start", type=float, help="left edge of the first bin, s")
    command.add_argument("--stop", type=float, help="right edge of the last bin, s")
    command.add_argument("--bin", type=float, help="width of a bin, s")

    text = "say what a run of a configuration would do, without running it"
    command = commands.add_parser("check", help=text, description=text)
    command.add_argument("config", metavar="CONFIG", help="configuration file")
    command.add_argument("--data", help="folder of the data, instead of data_folder")
    command.add_argument("--cores", type=int, default=os.cpu_count(), help="cores of the run")


def _add_registry(commands: Any) -> None:
    text = "list known public data sets, or print a configuration for one"
    command = commands.add_parser("datasets", help=text, description=text)
    command.add_argument("name", nargs="?", metavar="NAME", help="a known data set")

    text = "fetch the files of a known data set, checked; what broke off goes on"
    command = commands.add_parser("download", help=text, description=text)
    command.add_argument("name", metavar="NAME", help="a known data set")
    command.add_argument("--data", help="folder of the data; a folder NAME is made in it")
    command.add_argument("--only", metavar="PATTERN", help="fetch files whose path matches")
    command.add_argument("--archive", metavar="URL", help="address of the archive's interface")


def _inspect(options: argparse.Namespace) -> None:
    # The commands that look at files are imported where they are needed: a run needs none of it.
    from neuro_attn.onboarding import inspection

    described = inspection.describe(options.files)
    as_json = json.dumps(described, indent=2, ensure_ascii=False) if options.json else None
    print(as_json or inspection.render(described))


def _init(options: argparse.Namespace) -> None:
    from neuro_attn.onboarding import checking, terminal, writing
    from neuro_attn.onboarding.proposal import Wishes

    wishes = Wishes(
        label=options.label,
        tasks=options.task,
        align=options.align,
        region_column=options.region_column,
        table=options.table,
        start=options.start,
        stop=options.stop,
        bin=options.bin,
        windows=options.window,
        event_sample=options.event_sample,
    )
    reports = writing.initialize(
        options.files,
        wishes,
        options.output,
        force=options.force,
        quick=options.quick,
        data_folder=options.data or os.environ.get(DATA_VARIABLE),
        ask=terminal.ask if sys.stdin.isatty() else None,
        cores=os.cpu_count() or 1,
    )
    print(checking.render(reports, options.output))
    print(f"Wrote {options.output}. Next: neuro-attn report --config {options.output}")


def _check(options: argparse.Namespace) -> int:
    from neuro_attn.onboarding import checking

    settings = configuration.load(options.config)
    folder = options.data or os.environ.get(DATA_VARIABLE) or settings.data_folder
    reports = checking.examine(settings, folder, max(options.cores, 1))
    n_networks = sum(network.seeds for network in settings.networks.values())
    print(checking.render(reports, options.config, n_networks))
    return int(any(report.problems for report in reports))


def _datasets(options: argparse.Namespace) -> None:
    from neuro_attn import registry

    if options.name:
        print(registry.render(registry.known(options.name)), end="")
        return
    for dataset in map(registry.known, registry.names()):
        print(f"{dataset.name}  DANDI:{dataset.identifier}  {dataset.species}: {dataset.title}")


def _download(options: argparse.Namespace) -> None:
    from neuro_attn import registry

    folder = options.data or os.environ.get(DATA_VARIABLE) or "data"
    archive = options.archive or registry.ARCHIVE
    paths = registry.download(registry.known(options.name), folder, options.only, archive)
    print(f"neuro-attn: {len(paths)} files of {options.name} are in {folder}/{options.name}")


if __name__ == "__main__":
    sys.exit(main())

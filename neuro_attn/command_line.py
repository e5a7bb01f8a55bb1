"""The command `neuro-attn`: run the workflow, build the report, print the configuration's schema.

Snakemake does the work and can be called directly. The command adds what a user of the results
wants: one line of progress, and one message where something that was given cannot be used.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from neuro_attn import __version__
from neuro_attn.configuration import Configuration
from neuro_attn.errors import PREFIX, InputError

LOG = Path("results/logs/snakemake.log")
REPORT = Path("results/report.html")
_PROGRESS = re.compile(r"(\d+) of (\d+) steps")
_LINES_SHOWN = 30


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    options, others = _parser().parse_known_args(arguments)
    if others and options.command == "schema":
        _parser().error(f"unknown arguments: {' '.join(others)}")
    try:
        if options.command == "schema":
            print(json.dumps(schema(), indent=2))
        else:
            _run(options, others)
            if options.command == "report":
                _snakemake(["--report", str(REPORT)], options, "building the report")
                print(f"neuro-attn: the report is {REPORT}")
    except InputError as error:
        print(f"{PREFIX}{error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        return error.returncode or 1
    return 0


def schema() -> dict:
    """Return the JSON schema of the configuration, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Configuration.model_json_schema(),
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
    commands.add_parser("schema", help="print the JSON schema of the configuration")
    return parser


def _run(options: argparse.Namespace, others: Sequence[str]) -> None:
    if not Path("Snakefile").is_file():
        raise InputError(
            os.getcwd(), "has no Snakefile.", "Run neuro-attn in the folder of the project."
        )
    if not Path(options.config).is_file():
        raise InputError(options.config, "no such configuration file.")
    _snakemake(others, options, "running")


def _snakemake(arguments: Sequence[str], options: argparse.Namespace, what: str) -> None:
    """Run Snakemake with its output in a log; show progress, and errors in one message."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "snakemake", "--cores", str(options.cores)]
    command += ["--configfile", options.config, *arguments]
    environment = dict(os.environ)
    if options.data:
        environment["NEURO_ATTN_DATA"] = options.data
    messages: dict[str, None] = {}
    recent: deque[str] = deque(maxlen=_LINES_SHOWN)
    with (
        open(LOG, "w", encoding="utf-8") as log,
        subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
        tqdm(desc=what, unit="job", disable=None) as bar,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            log.write(line)
            log.flush()
            recent.append(line)
            if PREFIX in line:
                messages[line[line.index(PREFIX) :].strip()] = None
            elif found := _PROGRESS.search(line):
                done, total = map(int, found.groups())
                bar.total = total
                bar.update(done - bar.n)
                if bar.disable:
                    print(f"neuro-attn: {done} of {total} jobs done", flush=True)
    if process.returncode:
        for message in messages or {f"{PREFIX}Snakemake failed; the end of {LOG}:": None}:
            print(message, file=sys.stderr)
        if not messages:
            sys.stderr.writelines(recent)
        raise subprocess.CalledProcessError(1, command)


if __name__ == "__main__":
    sys.exit(main())

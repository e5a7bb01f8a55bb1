"""The commands with their options, and error messages for invalid command lines."""

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from neuro_attn import __version__
from neuro_attn.command_line.examples import DEFAULT
from neuro_attn.errors import InputError, did_you_mean

PASSING_ON = ("run", "report")
"""Commands that pass the arguments after `--` to Snakemake."""


GUIDE = """\
From files to results, in this order (--help after each lists its options):
  neuro-attn inspect FILE ...              show what files contain
  neuro-attn init FILE ... -o MINE.yaml    write a configuration for files
  neuro-attn check MINE.yaml               report what a run would do
  neuro-attn report MINE.yaml              compute results, write their report
Without files of your own, neuro-attn report computes a simulated example, and
neuro-attn examples lists further configurations.
"""
"""Next steps, for a user who gave no command."""


def parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """Return the options, and the arguments that follow `--` for Snakemake.

    Raises
    ------
    InputError
        If a command or an option is unknown, missing or has an invalid value.
    """
    arguments, others = list(arguments), []
    if arguments and arguments[0] in PASSING_ON and "--" in arguments:
        split = arguments.index("--")
        arguments, others = arguments[:split], arguments[split + 1 :]
    parser = build()
    commands = _commands(parser)
    command = next((each for each in arguments if not each.startswith("-")), None)
    if command is not None and command not in commands:
        raise InputError(
            f"neuro-attn {command}",
            "is not a command.",
            did_you_mean(command, commands) or f"Commands: {', '.join(commands)}.",
        )
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        raise _refused(unknown[0], options.command, commands[options.command])
    return options, others


def build() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = _Parser(
        prog="neuro-attn",
        description="Do working memory and attention share a code? Run the analysis.",
        epilog=GUIDE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, description in {
        "run": "compute all results and results/index.html; arguments after -- are passed to "
        "Snakemake",
        "report": "compute all results and results/index.html, then results/report.html",
    }.items():
        command = commands.add_parser(name, help=description, description=description)
        _add_config(command, nargs="?")
        _add_cores(command, "cores to use")
        text = "first remove results that differ from their checksums, then recompute them"
        command.add_argument("--verify", action="store_true", help=text)
    _add_onboarding(commands)
    text = "compare all results with the checksums recorded when they were written"
    command = commands.add_parser("verify", help=text, description=text)
    _add_config(command, nargs="?")
    text = "folder of results that were moved; CONFIG is not read"
    command.add_argument("--results", type=_folder, metavar="FOLDER", help=text)
    _add_leaderboard(commands)
    text = "list configurations that come with neuro-attn, or print one"
    command = commands.add_parser("examples", help=text, description=text)
    command.add_argument("name", nargs="?", metavar="NAME", help="an example")
    _add_registry(commands)
    text = "print the JSON schema of the configuration, with which editors check and explain keys"
    commands.add_parser("schema", help=text, description=text)
    return parser


def _add_config(command: argparse.ArgumentParser, **more: Any) -> None:
    default = f" (default: {DEFAULT}, or without it the example `default`)" if more else ""
    text = f"configuration file{default}"
    command.add_argument("config", type=_name, metavar="CONFIG", help=text, **more)
    text = "folder of the data; overrides data_folder in CONFIG"
    command.add_argument("--data", type=_folder, metavar="FOLDER", help=text)
    text = "Python file that a run may execute: a family in CONFIG; repeat for more"
    command.add_argument(
        "--trust-code", action="append", type=_name, default=[], metavar="FILE", help=text
    )
    _add_memory(command)


def _add_leaderboard(commands: Any) -> None:
    text = "join leaderboards of runs and of networks scored elsewhere, check them and print ranks"
    command = commands.add_parser("leaderboard", help=text, description=text)
    text = "folder of results, or a file with the columns of comparison/leaderboard.csv"
    command.add_argument("paths", nargs="+", type=_name, metavar="PATH", help=text)
    text = "score to show, such as linear_predictivity (default: all)"
    command.add_argument("--score", metavar="NAME", help=text)
    command.add_argument("--region", metavar="NAME", help="region to show (default: all)")
    command.add_argument("-o", "--output", type=_name, metavar="FILE", help="CSV file to write")


def _add_memory(command: argparse.ArgumentParser) -> None:
    text = "maximum memory for a job or for reading files, GB (default: 80 %% of what is available)"
    command.add_argument("--memory", type=_gigabytes, metavar="GB", help=text)


def _add_cores(command: argparse.ArgumentParser, text: str) -> None:
    command.add_argument("--cores", type=_cores, default=os.cpu_count() or 1, help=text)


def _add_onboarding(commands: Any) -> None:
    files = (
        "NWB (.nwb), NDT rasters and MATLAB arrays (.mat), tables (.csv, .parquet), NetCDF "
        "recordings (.nc), or ALF and Phy folders"
    )
    text = "show the contents of files: units per region, interval tables, events, problems"
    command = commands.add_parser("inspect", help=text, description=text)
    command.add_argument("files", nargs="+", type=_name, metavar="FILE", help=files)
    command.add_argument("--json", action="store_true", help="print JSON instead of text")
    _add_memory(command)

    text = "write a commented configuration for files"
    command = commands.add_parser("init", help=text, description=text)
    command.add_argument("files", nargs="+", type=_name, metavar="FILE", help=files)
    text = "configuration file to write"
    command.add_argument("-o", "--output", required=True, type=_name, help=text)
    command.add_argument("--force", action="store_true", help="replace an existing file")
    command.add_argument(
        "--quick",
        action="store_true",
        help="19 permutations, for a first look: p cannot be below 0.05",
    )
    command.add_argument(
        "--data", type=_name, metavar="FOLDER", help="folder of the data (default: of the files)"
    )
    for option, metavar, help_ in (
        (
            "--label",
            "COLUMN | NAME=EXPRESSION | KIND=COLUMN",
            "decoded variable; one expression per class; or circular=COLUMN or linear=COLUMN",
        ),
        ("--task", "NAME=EXPRESSION", "trials of a task; repeat for each task"),
        ("--align", "COLUMN | TASK=COLUMN", "trial column with the time of the event, s"),
        ("--window", "NAME=START:STOP", "analysis window, s from the event; repeat for more"),
    ):
        command.add_argument(option, action="append", default=[], metavar=metavar, help=help_)
    command.add_argument("--table", default="", help="NWB interval table with one row per trial")
    command.add_argument("--units-table", default="", help="NWB units table, if there are several")
    command.add_argument("--region-column", default="", help="column with the region of each unit")
    command.add_argument(
        "--event-sample", type=_whole, help="rasters: sample of the event, counted from 1"
    )
    command.add_argument("--start", type=_seconds, help="left edge of the first bin, s")
    command.add_argument("--stop", type=_seconds, help="right edge of the last bin, s")
    command.add_argument("--bin", type=_seconds, help="width of a bin, s")
    _add_memory(command)

    text = "report what a run of a configuration would do, without running it"
    command = commands.add_parser("check", help=text, description=text)
    _add_config(command)
    _add_cores(command, "cores of the run")
    text = "a profile of Snakemake: caution if its limits are below what jobs are expected to need"
    command.add_argument("--profile", metavar="FOLDER", help=text)


def _add_registry(commands: Any) -> None:
    text = "list known public data sets, or print a configuration for one"
    command = commands.add_parser("datasets", help=text, description=text)
    command.add_argument("name", nargs="?", metavar="NAME", help="a known data set")

    text = "download a public data set, verify checksums and resume interrupted transfers"
    command = commands.add_parser("download", help=text, description=text)
    command.add_argument("name", metavar="NAME", help="a known data set")
    command.add_argument(
        "--data", type=_name, metavar="FOLDER", help="folder of the data; NAME is created in it"
    )
    command.add_argument("--only", metavar="PATTERN", help="only files whose path matches")
    command.add_argument("--archive", metavar="URL", help="address of the archive's interface")


# --- values --------------------------------------------------------------------------------------


def _value(convert: Callable[[str], Any], allowed: str) -> Callable[[str], Any]:
    """Return a parser of an option's value whose error message names the allowed values."""

    def read(text: str) -> Any:
        try:
            return convert(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"must be {allowed} (given: {text!r}).") from None

    return read


def _at_least_one(text: str) -> int:
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


def _above_zero(text: str) -> float:
    if not 0 < (number := float(text)) < float("inf"):
        raise ValueError(text)
    return number


def _existing(text: str) -> str:
    if not Path(_name(text)).is_dir():
        raise ValueError(text)
    return text


def _name(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError(
            "the name is empty. Give a name; a shell variable that is not set is empty."
        )
    return text


_folder = _value(_existing, "an existing folder")
_cores = _value(_at_least_one, f"a whole number from 1; this machine has {os.cpu_count()}")
_whole = _value(_at_least_one, "a whole number from 1")
_gigabytes = _value(_above_zero, "a number of GB above 0, such as 8")
_seconds = _value(float, "a number of seconds, such as 0.05")


# --- messages ------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    """A parser that raises `InputError` and does not accept abbreviated options."""

    def __init__(self, **settings: Any):
        super().__init__(allow_abbrev=False, **settings)

    def _print_message(self, message: str, file: Any = None) -> None:
        # argparse ignores that help cannot be written, as on a full disk.
        (file or sys.stderr).write(message)

    def error(self, message: str) -> NoReturn:
        """Raise an `InputError` for an error of argparse."""
        about = re.match(r"argument ([^:]+): (.*)", message)
        option, problem = (about[1], about[2]) if about else ("", message)
        option = option.split("/")[-1]
        if missing := re.search(r"arguments are required: (.*)", problem):
            names = missing[1].replace("-o/", "")
            described = f"{self.prog} --help lists its arguments."
            if names == "COMMAND":
                described = f"Commands: {', '.join(_commands(self))}. {self.prog} --help explains."
            raise InputError(self.prog, f"{names} is missing.", described)
        if "expected" in problem:
            raise InputError(option, "needs a value.", f"{self.prog} --help explains it.")
        if "ignored explicit argument" in problem:
            raise InputError(option, "takes no value.", f"{self.prog} --help explains it.")
        raise InputError(option or self.prog, problem)


def _refused(argument: str, command: str, parser: argparse.ArgumentParser) -> InputError:
    """Return the message for an argument that the command does not have."""
    said = f"neuro-attn {command}"
    if not argument.startswith("-"):
        if command in PASSING_ON:
            return InputError(
                argument,
                f"{said} takes one configuration.",
                f"Name result files after --: {said} CONFIG -- {argument}.",
            )
        return InputError(
            argument, f"{said} does not take this argument.", f"{said} --help lists its arguments."
        )
    name = argument.split("=")[0]
    own = [option for action in parser._actions for option in action.option_strings]
    remedy = did_you_mean(name, own)
    if name == "--config":
        remedy = f"Give the file alone: {said} CONFIG."
    elif command in PASSING_ON and name in _of_snakemake():
        remedy = f"Pass Snakemake's options after --: {said} CONFIG -- {argument}."
    return InputError(
        argument,
        f"{said} does not have this option.",
        remedy or f"Options: {', '.join(option for option in own if option.startswith('--'))}.",
    )


def _of_snakemake() -> set[str]:
    # Imported only for an error message, since the import takes a second.
    from snakemake.cli import get_argument_parser

    return {option for each in get_argument_parser()._actions for option in each.option_strings}


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each command, by name."""
    (commands,) = (
        action for action in parser._actions if isinstance(action, argparse._SubParsersAction)
    )
    return dict(commands.choices)

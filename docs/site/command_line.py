"""The page of every command and option, made from the parser of the command line."""

import argparse

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from neuro_attn.command_line import options

INTRODUCTION = """# Command line

Every command with its arguments and options. `neuro-attn COMMAND --help` prints the same. After
`--`, `run` and `report` pass arguments to Snakemake. The exit code is 1 after
an error that the user can correct, and 0 after success.

"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the page."""
    files.append(File.generated(config, "command_line.md", content=page(options.build())))
    return files


def page(parser: argparse.ArgumentParser) -> str:
    """Return the Markdown of the page."""
    (commands,) = (each for each in parser._actions if isinstance(each, argparse._SubParsersAction))
    return INTRODUCTION + "\n".join(
        section(name, command) for name, command in commands.choices.items()
    )


def section(name: str, command: argparse.ArgumentParser) -> str:
    """Return the section of one command: what it does, and a table of what it takes."""
    formatter = command._get_formatter()
    rows = [
        f"| {shown(action)} | {cell(formatter._expand_help(action))} |"
        for action in command._actions
        if action.help and "--help" not in action.option_strings
    ]
    table = ["| argument | meaning |", "|---|---|", *rows] if rows else ["It takes no argument."]
    text = command.description or ""
    return "\n".join([f"## {name}\n", f"{text[:1].upper()}{text[1:]}.", "", *table, "\n"])


def shown(action: argparse.Action) -> str:
    """Return an argument as it is typed."""
    metavar = action.metavar or action.dest.upper()
    value = "" if action.nargs == 0 else f" {metavar}"
    if not action.option_strings:
        return f"`{metavar}`"
    return ", ".join(f"`{form}{value}`" for form in action.option_strings).replace("|", "\\|")


def cell(text: str) -> str:
    """Return text escaped for a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")

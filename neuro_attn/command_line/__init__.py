"""The command `neuro-attn`: inspect files, write and check a configuration, run the workflow.

`options` parses the command line, `commands` executes it and `messages` prints errors. `running`
runs Snakemake and `progress` shows its progress. Snakemake can also be called directly: the command
adds a progress line and one message for each error.
"""

from neuro_attn.command_line.commands import main, schema

__all__ = ["main", "schema"]

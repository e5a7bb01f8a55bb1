"""The command `neuro-attn`: inspect files, write and check a configuration, run the workflow.

`options` reads what was typed, `commands` runs it, `messages` prints what the user must correct.
`running` runs Snakemake, `progress` shows how far it is. Snakemake does the work and can be called
directly: the command adds one line of progress, and one message for each mistake.
"""

from neuro_attn.command_line.commands import main, schema

__all__ = ["main", "schema"]

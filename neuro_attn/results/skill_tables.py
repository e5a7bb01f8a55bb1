"""Specifications of the tables of skills: what networks learn besides the trials."""

from neuro_attn.results.columns import Column, Table
from neuro_attn.results.shared_columns import SEED

FAMILY = Column("family", "text", "the family of networks")


def _files(skill: str, table: str = "") -> tuple[str, str]:
    """Return the files of a table: of all networks, and of one."""
    name = table or skill
    return f"networks/{name}.csv", f"networks/{skill}/{{family}}/seed{{n}}/{name}.csv"


SKILL_TABLES = (
    Table(
        "list_recall",
        "Recall of lists of one length by a replicate network.",
        _files("list_recall"),
        (
            FAMILY,
            SEED,
            Column("length", "count", "number of items of a list"),
            Column("token_accuracy", "number", "fraction of positions with the correct item"),
            Column("forced_accuracy", "number", "the same with teacher forcing"),
            Column("chance", "number", "1 / number of different items"),
            Column("n_lists", "count", "number of held-out lists"),
        ),
        details=(
            "Only with `list_recall` "
            "([the bottleneck of a fixed context](networks.md#the-bottleneck-of-a-fixed-context)). "
            "The lists are held out. With teacher forcing, the decoder receives the correct items "
            "before each position."
        ),
    ),
)

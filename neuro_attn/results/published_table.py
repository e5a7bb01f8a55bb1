"""Specification of the table that compares a run with published values."""

from neuro_attn.results.columns import Column, Table
from neuro_attn.results.shared_columns import CI

PUBLISHED_TABLE = (
    Table(
        "published",
        "A published value, beside that of the run and the one that was planted.",
        ("{dataset}/published.csv",),
        (
            Column("quantity", "text", "the quantity"),
            Column("unit", "text", "its unit"),
            Column("published", "number", "the published value, if it is a number"),
            Column("here", "number", "the value of the run; missing if the run has no such result"),
            Column("planted", "number", "the planted value, if recordings are simulated"),
            *CI,
            Column("published_text", "text", "the published value, if it is text"),
            Column("here_text", "text", "the value of the run, if it is text"),
            Column("planted_text", "text", "the planted value, if it is text"),
            Column(
                "recovered",
                "truth",
                "whether the confidence interval contains the planted value or, for text, whether "
                "both agree; missing without a planted value or an interval",
                optional=True,
            ),
            Column("location", "text", "where the value was published"),
            Column("table", "text", "table of results with the value of the run"),
        ),
        when="published",
        label="any",
        details=(
            "Only for data sets with the key `published`, in whose order rows are. "
            "[How to compare with a publication](../config/README.md#published-values) describes "
            "the key. The answer page shows the table, too. With 95 % intervals, about one "
            "planted value in twenty is not recovered."
        ),
    ),
)

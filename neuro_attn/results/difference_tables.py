"""Specification of the table of differences between tests of the same decoders."""

from neuro_attn.results.columns import Column, Table
from neuro_attn.results.shared_columns import CI, P_CORRECTED, PAIR, REGION, TASKS, WINDOW

DIFFERENCE_TABLES = (
    Table(
        "accuracy_differences",
        "Difference of accuracy between two tasks on which the same decoders are tested.",
        ("{dataset}/accuracy_differences.csv",),
        (
            REGION,
            PAIR[0],
            *TASKS,
            WINDOW,
            Column("first_accuracy", "number", "accuracy in the first task, of all sessions"),
            Column("second_accuracy", "number", "accuracy in the second task, of all sessions"),
            Column("difference", "number", "first minus second accuracy, mean over sessions"),
            *CI,
            Column("p_value", "number", "two-sided p-value by sign flips of sessions"),
            P_CORRECTED,
            Column("n_sessions", "count", "number of sessions that are the sample"),
        ),
        section="Decoding",
        title="Differences between tests of the same decoders",
        caption=(
            "Accuracy in one task minus accuracy in another one, of the same decoders. One of the "
            "two tasks, or both, is only tested. Each session contributes one difference: "
            "intervals are t intervals of the mean over sessions, and p-values are from flips of "
            "the signs of whole sessions, corrected over windows and regions."
        ),
        when="test_pairs",
        details=(
            "Only for data sets with the key `test_only`. Pairs are those of which at least one "
            "task is [only tested](windows.md#trials-that-are-only-tested). With n sessions, p "
            "cannot be below 2 / 2^n, so six are needed at 0.05. A pseudopopulation has no single "
            "sessions, and therefore neither intervals nor p-values."
        ),
    ),
)

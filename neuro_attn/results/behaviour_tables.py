"""Specifications of the tables of behaviour of a data set."""

from neuro_attn.results.columns import Column, Table
from neuro_attn.results.shared_columns import CI, MEASURE, SESSION

_ONLY = "Only for data sets with the key `behaviour`. "

BEHAVIOUR_TABLES = (
    Table(
        "behaviour_measures",
        "A measure of a task's reports, or its difference between two tasks.",
        ("{dataset}/behaviour_measures.csv",),
        (
            Column("task", "text", "the task, or `A vs B`: task A minus task B"),
            SESSION,
            MEASURE,
            Column(
                "value",
                "number",
                "the measure in the session; for all sessions, its mean over sessions",
            ),
            *CI,
            Column(
                "p_value",
                "number",
                "two-sided p-value of differences, and of `clustering`, by sign flips of sessions",
            ),
            Column("n_trials", "count", "number of trials with a report and a target"),
            Column("n_sessions", "count", "number of sessions in which the measure is defined"),
        ),
        section="Behaviour",
        title="Behaviour",
        caption=(
            "Errors of the reports in degrees (chance is 90), their mixture of reports of the "
            "target, of another item (swap) and guesses, and the clustering of reports (bits). "
            "Each session is fitted separately; rows of all sessions have the mean over sessions "
            "with its t interval. Differences between tasks are tested by flipping the signs of "
            "whole sessions."
        ),
        when="behaviour",
        label="any",
        details=(
            _ONLY + "The table contains the trials of all tasks that have a report and a "
            "target.\n\n"
            "- `mean_error`: mean absolute error, degrees; 90 for random reports. Its difference "
            "between a task with two items and one with a single item is the load effect.\n"
            "- `sd`: circular SD of reports around an item, degrees; the smaller, the more "
            "precise.\n"
            "- `target`, `swap`, `guess`: fractions of the trials on which the target, another "
            "item or a random angle is reported ([methods](methods.md#behaviour)). `swap` needs "
            "`non_targets`. These and `sd` need a session with 20 or more trials of the task.\n"
            "- `clustering`: entropy of the targets minus that of the reports, bits. It is above 0 "
            "if reports are distributed less evenly than targets.\n\n"
            "Fractions cannot be below 0, so estimates near 0 are biased upwards in sessions with "
            "few trials. The bias is similar in tasks with equal numbers of trials. With n "
            "sessions, p cannot be below 2 / 2^n. P-values are not corrected over measures and "
            "pairs of tasks."
        ),
    ),
    Table(
        "behaviour_errors",
        "Share of the errors of a task in a bin of 10 degrees.",
        ("{dataset}/behaviour_errors.csv",),
        (
            Column("task", "text", "the task"),
            Column("relative_to", "text", "errors are relative to the `target` or `other item`"),
            Column("error", "number", "centre of the bin", "degrees"),
            Column("share", "number", "share of the errors in the bin, mean over sessions"),
            Column(
                "fitted",
                "number",
                "share expected from the fitted mixtures; missing relative to other items",
            ),
        ),
        when="behaviour",
        label="any",
        details=_ONLY + "A peak at 0 relative to other items shows swaps if items are independent.",
    ),
)

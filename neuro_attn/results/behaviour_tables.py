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
            "Sessions are fitted one by one; rows of all sessions have the mean over sessions with "
            "its t interval. Differences between tasks are tested by flipping the signs of whole "
            "sessions."
        ),
        when="behaviour",
        details=(
            _ONLY + "It contains the trials of the tasks that are analysed, if they have a "
            "report and a target.\n\n"
            "- `mean_error`: mean absolute error, degrees; 90 for random reports. Between a task "
            "with two items and one with a single item, its difference is the load effect.\n"
            "- `sd`: circular SD of reports around an item, degrees; the smaller, the more "
            "precise.\n"
            "- `target`, `swap`, `guess`: fractions of the trials on which the target, another "
            "item or a random angle is reported ([methods](methods.md#behaviour)). `swap` needs "
            "`non_targets`. Sessions with fewer than 20 trials of a task have none of these.\n"
            "- `clustering`: entropy of the targets minus that of the reports, bits. It is above 0 "
            "if reports favour some angles more than targets do.\n\n"
            "Fractions cannot be below 0, so estimates near 0 are biased upwards in sessions with "
            "few trials, and alike in tasks with equally many trials. With n sessions, p cannot be "
            "below 2 / 2^n. P-values are not corrected over measures and pairs of tasks."
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
                "share that the fitted mixtures expect; missing relative to other items",
            ),
        ),
        when="behaviour",
        details=_ONLY + "A peak at 0 relative to other items shows swaps, if items are unrelated.",
    ),
)

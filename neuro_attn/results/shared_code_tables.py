"""Specifications of the tables of shared codes."""

from neuro_attn.results.columns import Column, Table
from neuro_attn.results.shared_columns import (
    CI,
    LEVEL,
    N_UNITS,
    OVERLAP,
    REGION,
    RELATIVE,
    SAMPLE,
    TASKS,
    WINDOW,
)

SHARED_CODE_TABLES = (
    Table(
        "overlap",
        "Overlap of the codes of two tasks in a region and window, at one level of inference.",
        ("{dataset}/overlap.csv",),
        (
            REGION,
            LEVEL,
            Column("subject", "text", "the subject, or `all` for all subjects together"),
            *TASKS,
            WINDOW,
            *OVERLAP,
            *RELATIVE,
            Column(
                "d_prime",
                "number",
                "d' across tasks, mean over both directions and sessions or subjects",
            ),
            Column("d_prime_low", "number", "lower end of its t interval"),
            Column("d_prime_high", "number", "upper end of its t interval"),
            Column("p_value", "number", "two-sided p-value of no overlap, uncorrected"),
            Column("p_corrected", "number", "p-value corrected over windows and regions"),
            Column("smallest_p", "number", "smallest p-value that the number of sessions allows"),
            Column("p_first", "number", "one-sided p-value of no code in the first task"),
            Column("p_second", "number", "one-sided p-value of no code in the second task"),
            Column("bayes_factor", "number", "evidence for an overlap over none, over sessions"),
            *SAMPLE,
        ),
        when="task_pairs",
        section="Answer",
        title="Overlap of codes",
        caption=(
            "Overlap of the codes of two tasks: 1 for one code, 0 for unrelated codes, "
            "\N{MINUS SIGN}1 for a reversed code, whatever their strength. Rows for "
            "*these units* concern exactly the recorded units; trials are the sample. Rows "
            "for *the region* concern other sessions of the same subjects; sessions are the sample."
        ),
        details=(
            "Only if the data set has two or more tasks. The overlap is 1 for one code, 0 for "
            "unrelated codes and \N{MINUS SIGN}1 for a reversed code, whatever the strength of "
            "either code; estimates exceed this range by chance.\n\n"
            "- `these units`: would the code of exactly these units generalise on other trials? "
            "The overlap is the cosine of the two codes in the metric of the noise, p comes from "
            "a t test and is corrected by Holm's method. Trials must be independent "
            "of each other.\n"
            "- `the region`: would it generalise in other sessions of these subjects? The overlap "
            "is the sum of d' across tasks over that within tasks, and p comes from flipping the "
            "signs of whole sessions. With n sessions it cannot be below `smallest_p`, which is "
            "0.125 for 4 and 0.031 for 6 sessions.\n"
            "- `other subjects`, with four or more: would it generalise in other subjects? Each "
            "contributes the means of d' over its sessions, and the signs of whole subjects are "
            "flipped. What all sessions of a subject share does not count as evidence.\n\n"
            "In rows of the region and of other subjects, the test concerns `d_prime`, the mean d' "
            "across tasks, in which all sessions (or subjects) have the same weight. If the "
            "strength of codes differs much between sessions, its interval is somewhat too narrow "
            "([calibration](calibration.md#shared-codes)). The value "
            "with fixed effects, about these sessions alone, is that of the row of these units.\n\n"
            "If recordings name several subjects, each also has rows of its own.\n\n"
            "**Relative overlap.** With `reference_tasks: [retro_1, retro_2]`, rows of all other "
            "pairs of tasks contain their overlap divided by that of the two reference tasks. It "
            "is 1 if the codes of the pair overlap as much as those of the reference tasks. The "
            "overlap itself is below 1 if a part of the codes, such as that of the look of a cue, "
            "cannot generalise; the reference tasks should differ in this part as the pair does. "
            "The relative overlap is not estimable if the overlap of the reference tasks is not "
            "significantly above 0."
        ),
    ),
    Table(
        "overlap_differences",
        "Difference in overlap between two regions.",
        ("{dataset}/overlap_differences.csv",),
        (
            REGION,
            Column("compared_with", "text", "region whose overlap is subtracted"),
            LEVEL,
            *TASKS,
            WINDOW,
            Column("difference", "number", "overlap minus that of the other region"),
            *CI,
            Column("p_value", "number", "two-sided p-value of no difference, uncorrected"),
            Column("p_corrected", "number", "p-value corrected over windows and pairs of regions"),
        ),
        when="task_pairs",
        section="Answer",
        title="Differences in overlap between regions",
        caption=(
            "Differences in overlap between regions: in exactly these units, in other sessions of "
            "the same subjects, and in other subjects. That one region is significant and another "
            "is not does not make them different; this table does."
        ),
        details=(
            "Only if the data set has two or more tasks. Trials (`these units`), sessions (`the "
            "region`) or, with four or more, subjects (`other subjects`) are left out of both "
            "regions together, so that what the regions have in common cancels. P-values are "
            "corrected for each level apart. `compared_regions` chooses the pairs; with many "
            "regions, the correction over all pairs leaves little power. Rows are missing where "
            "the overlap of either region is not estimable."
        ),
    ),
    Table(
        "overlap_sessions",
        "Sensitivity of linear discriminants in a session and window.",
        ("{dataset}/overlap_sessions.csv",),
        (
            REGION,
            Column("session", "text", "the session"),
            Column("subject", "text", "the subject"),
            *TASKS,
            WINDOW,
            Column("d_prime_first", "number", "d' within the first task, on held-out trials"),
            Column("d_prime_second", "number", "d' within the second task, on held-out trials"),
            Column(
                "d_prime_across", "number", "d' of the first task's discriminants in the second"
            ),
            Column("d_prime_back", "number", "d' of the second task's discriminants in the first"),
            N_UNITS,
        ),
        when="task_pairs",
        section="Quality",
        title="Sensitivity in each session",
        caption=(
            "Sensitivity (d') of linear discriminants in each session, within and across tasks. "
            "With independent codes, about as many sessions are positive as negative across tasks."
        ),
        details=(
            "Only if the data set has two or more tasks. Discriminants are trained on four fifths "
            "of a task's trials; the same ones are tested within and across tasks, so both have "
            "the same training size. A significant d' in a single session is no evidence for the "
            "region: unrelated codes that lie in the same few dimensions overlap by chance, with "
            "either sign."
        ),
    ),
    Table(
        "verdicts",
        "Conclusion about the codes of two tasks in a region and window.",
        ("{dataset}/verdicts.csv",),
        (
            REGION,
            *TASKS,
            WINDOW,
            LEVEL,
            Column(
                "verdict",
                "text",
                "`shared`, `partly shared`, `task-specific`, `reversed`, `not decodable` or "
                "`inconclusive`",
            ),
            Column("conclusion", "text", "the verdict in words, with its scope"),
            *OVERLAP,
            *RELATIVE,
            Column("p_corrected", "number", "two-sided p-value of no overlap, corrected"),
            *SAMPLE,
        ),
        when="task_pairs",
        section="Answer",
        title="Verdicts",
        caption=(
            "One conclusion for each region, pair of tasks and window, at the highest level of "
            "inference that the data support: other subjects if there are enough of them, the "
            "region if there are enough sessions, otherwise exactly these units."
        ),
        details=(
            "Only if the data set has two or more tasks. The first condition that holds "
            "decides:\n\n"
            "1. `not decodable`: one of the tasks has no significant code.\n"
            "2. `task-specific`: the interval of coverage 1 - 2 `inference.alpha` lies within "
            "plus or minus `inference.overlap_bound` (equivalence test).\n"
            "3. `reversed`, `shared`, `partly shared`: the overlap is significant and its interval "
            "lies below 0; above 0.5; above 0 and below 1.\n"
            "4. `inconclusive`: anything else. The conclusion then states which overlaps remain "
            "possible.\n\n"
            "With `reference_tasks`, the interval is that of the relative overlap, for all pairs "
            "but the reference tasks themselves. If it is not estimable, the verdict is "
            "`inconclusive`.\n\n"
            "The level is other subjects if their number allows p below `inference.alpha` (6 for "
            "0.05), the region if the number of sessions does, otherwise these units. A verdict "
            "about these units does not apply to other units of the region."
        ),
    ),
)

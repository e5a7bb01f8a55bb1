"""Specifications of the tables of single units."""

from neuro_attn.results.columns import Column, Table
from neuro_attn.results.shared_columns import CI, REGION, TASKS, WINDOW

_ONLY = "Only for data sets with the key `single_units`. "
_CLASSES = Column("classes", "text", "`A vs B`: class A minus class B")
_TASK = Column("task", "text", "the task")

SINGLE_UNIT_TABLES = (
    Table(
        "single_units",
        "Sensitivity of a unit to two classes in a task and window.",
        ("{dataset}/single_units.csv",),
        (
            REGION,
            Column("session", "text", "the session"),
            Column("unit_id", "text", "the unit"),
            _TASK,
            _CLASSES,
            WINDOW,
            Column("d_prime", "number", "sensitivity d'; missing for a constant unit"),
            Column("p_value", "number", "two-sided p-value from shuffled classes, uncorrected"),
            Column("n_first", "count", "number of trials of class A"),
            Column("n_second", "count", "number of trials of class B"),
        ),
        when="single_units",
        details=(
            _ONLY + "d' is the difference of the mean rates divided by the root of the mean "
            "variance ([methods](methods.md#single-units)). Classes are shuffled over the trials "
            "of a task and session, at most 1,000 times, whatever `null_model`: p is too small if "
            "rates drift and classes come in runs. Sessions need ten trials of each class and "
            "task. Tasks that are only tested are included."
        ),
    ),
    Table(
        "single_unit_counts",
        "Number of selective units in a region, task and window.",
        ("{dataset}/single_unit_counts.csv",),
        (
            REGION,
            _TASK,
            _CLASSES,
            WINDOW,
            Column("n_units", "count", "number of units that were tested"),
            Column("n_selective", "count", "number of units with p below `inference.alpha`"),
            Column("fraction", "number", "fraction of selective units"),
            Column(
                "p_value",
                "number",
                "one-sided binomial p-value: is `fraction` above `inference.alpha`?",
            ),
        ),
        section="Decoding",
        title="Selective single units",
        caption=(
            "Units whose rates differ between two classes, by a permutation test of d' for each "
            "unit, uncorrected. The binomial test compares their number with the level of the "
            "tests. It assumes independent units; noise correlations make its p-value too small."
        ),
        when="single_units",
        details=_ONLY + "The binomial test assumes that units are independent.",
        permuted=True,
    ),
    Table(
        "single_unit_correlations",
        "Correlation over units of their sensitivity in two tasks.",
        ("{dataset}/single_unit_correlations.csv",),
        (
            REGION,
            _CLASSES,
            WINDOW,
            *TASKS,
            Column(
                "correlation",
                "number",
                "correlation of d' over units, without subtracting the means",
            ),
            *CI,
            Column("p_value", "number", "two-sided p-value by flipping the signs of units"),
            Column("n_units", "count", "number of units"),
        ),
        section="Decoding",
        title="Correlation of single units between tasks",
        caption=(
            "Correlation over units of d' in two tasks, with the interval of resampled units. "
            "Noise of d' makes correlations smaller than those of the codes: one code in both "
            "tasks has a correlation below 1. P-values are from flips of the signs of units, "
            "uncorrected."
        ),
        when="single_units",
        details=(
            _ONLY + "The means of d' over units are not subtracted, because exchanging the "
            "classes changes the sign of all d'. Overlaps of codes ([`overlap`](#overlapcsv)) are "
            "corrected for noise, correlations are not."
        ),
    ),
)

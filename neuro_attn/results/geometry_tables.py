"""Specifications of the tables of geometry of a data set."""

from neuro_attn.results.columns import Column, Table
from neuro_attn.results.shared_columns import (
    CI,
    MEASURE,
    REASON,
    REGION,
    SESSION,
    TASK,
    TIME,
    VALUE,
    WINDOW,
)

GEOMETRY_TABLES = (
    Table(
        "geometry",
        "A measure of a region's codes in a window.",
        ("{dataset}/geometry.csv",),
        (
            REGION,
            Column("task", "text", "the task, or `A vs B` for a pair of tasks"),
            Column("window", "text", "the window, or `V vs W` for a pair of windows"),
            MEASURE,
            Column("value", "number", "the measure, averaged over sessions decoded separately"),
            *CI,
            Column(
                "ceiling",
                "number",
                "the measure between halves of the trials of one condition set (one task, "
                "location or time), which have the same code; noisy if trials are few (at most 1 "
                "for `axis_cosine`)",
            ),
            Column(
                "floor",
                "number",
                "mean absolute value with shuffled labels (or colours), not debiased",
            ),
            Column(
                "region_ci_low",
                "number",
                "lower limit for the region in other sessions, from t over sessions; missing in "
                "pseudopopulations and below four sessions",
            ),
            Column("region_ci_high", "number", "its upper limit"),
            Column(
                "n_sessions",
                "count",
                "sessions in which the measure is defined; 1 for a pseudopopulation",
            ),
        ),
        section="Geometry",
        title="Geometry",
        caption="Geometry of each region's codes in every window.",
        details=(
            "[Measures of geometry](#measures-of-geometry) explains each measure, and "
            "[methods](methods.md#geometry) has the equations. `ci_low` and `ci_high` are about "
            "exactly these units: normal, with the spread of a bootstrap over trials. In them, "
            "axes drawn independently have a cosine other than 0 by chance. `region_ci_low` and "
            "`region_ci_high` are about the region in other sessions (or replicate networks)."
        ),
    ),
    Table(
        "geometry_left_out",
        "A measure that is not defined in a region.",
        ("{dataset}/geometry_left_out.csv",),
        (REGION, TASK, WINDOW, MEASURE, SESSION, REASON),
        section="Quality",
        title="Undefined measures of geometry",
        caption="Measures of geometry that are not defined for these data, with reasons.",
        details=(
            "Measures without a row in `geometry.csv`, and sessions that do not contribute to one. "
            "`session` is `all` if all sessions lack the measure for the same reason. A code whose "
            "split-half reliability is not above 0, with the confidence of the intervals, is "
            "excluded, because its cosine with another code is meaningless. `measure` can also be "
            "`cued_color` or `uncued_color`, the [colour information](#color_informationcsv)."
        ),
    ),
    Table(
        "geometry_over_time",
        "A measure of a region's codes in a time bin.",
        ("{dataset}/geometry_over_time.csv",),
        (REGION, TASK, TIME, MEASURE, VALUE, *CI),
        details=(
            "[Measures of geometry](#measures-of-geometry) marks the measures that are estimated "
            "in every bin. `cued_color` and `uncued_color` are the "
            "[colour information](#color_informationcsv) in the bin. Bins in which a measure is "
            "not defined have no row."
        ),
    ),
    Table(
        "color_information",
        "Information in a region about the colour of an item in a window.",
        ("{dataset}/color_information.csv",),
        (
            REGION,
            TASK,
            WINDOW,
            Column("item", "text", "`cued` or `uncued`"),
            Column(
                "omega_squared",
                "number",
                "fraction of the variance over trials explained by the colour bin of the item, "
                "mean over units; 0 on average without information, so it can be negative",
            ),
            *CI,
            Column("floor", "number", "mean with shuffled colours"),
            Column("p_value", "number", "p-value against shuffled colours, uncorrected"),
        ),
        when="colors",
        section="Geometry",
        title="Colour information",
        caption=(
            "Fraction of the variance over trials explained by the colours, averaged over units, "
            "compared with shuffled colours."
        ),
        details=(
            "Only for data sets with `colors`. There are rows only if the classes have the names "
            "of the items (`colors.items`), since the cued item is otherwise unknown."
        ),
    ),
    Table(
        "color_planes",
        "Mean response to a colour bin, projected on three principal components.",
        ("{dataset}/color_planes.csv",),
        (
            REGION,
            SESSION,
            TASK,
            WINDOW,
            Column("location", "text", "the item"),
            Column("bin", "count", "its colour bin"),
            Column("color", "number", "centre of the bin", "rad"),
            *(Column(f"pc{n}", "number", f"score on component {n}", "spikes/s") for n in (1, 2, 3)),
        ),
        when="colors",
        details=(
            "Only for data sets with `colors`. Rows are the mean responses to the colour bins of "
            "both items. We project them on the first three principal components of all of them, "
            "computed for each window and task; the planes of `plane_angle_cos` are spanned in "
            "this space."
        ),
    ),
)

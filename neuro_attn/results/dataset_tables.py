"""The tables of a data set."""

from neuro_attn.results.columns import Column, Table
from neuro_attn.results.shared_columns import (
    ACCURACY,
    CEILING,
    CHANCE,
    CI,
    CI_S,
    FLOOR,
    MEASURE,
    N_UNITS,
    P_VALUE,
    PAIR,
    RATIO,
    REASON,
    REGION,
    SESSION,
    SIZES,
    TASK,
    TIME,
    TRIALS,
    VALUE,
    WINDOW,
)

DATASET_TABLES = (
    Table(
        "regions",
        "A population that is decoded.",
        ("{dataset}/regions.csv",),
        (
            REGION,
            SESSION,
            Column("n_units", "count", "its units"),
            Column("n_trials", "count", "trials of the rarest task and class of any session"),
        ),
        title="Populations",
        caption=(
            "The populations that are decoded: their units, and the trials of their rarest task "
            "and class."
        ),
    ),
    Table(
        "transfer",
        "Accuracy of a region and a pair of tasks at a time.",
        ("{dataset}/transfer.csv",),
        (REGION, SESSION, *PAIR, TIME, *ACCURACY, *SIZES),
    ),
    Table(
        "summary",
        "Accuracy of a region and a pair of tasks in a window.",
        ("{dataset}/summary.csv",),
        (REGION, SESSION, *PAIR, WINDOW, *ACCURACY, *RATIO, *SIZES),
        title="Accuracy in the windows",
        caption=(
            "Balanced accuracy of every region and pair of tasks in every window, with its "
            "confidence interval, permutation p-value and p-value corrected over windows and "
            "regions. The rows of all sessions are the sessions taken together; transfer.csv, "
            "in the same folder as the CSV, has the same over time."
        ),
    ),
    Table(
        "onsets",
        "Onset of a region, or difference between two regions.",
        ("{dataset}/onsets.csv",),
        (
            REGION,
            Column("compared_with", "text", "region whose onset is subtracted, empty for onsets"),
            *PAIR,
            Column("onset_s", "number", "onset from the task's event, or difference", "s"),
            *CI_S,
        ),
        title="Onsets and their differences",
        caption=(
            "Onsets in s from the task's event, and the differences between regions, with "
            "confidence intervals. A difference is the onset of the region minus that of the "
            "region it is compared with."
        ),
    ),
    Table(
        "confounds",
        "Accuracy for a confound in a window, or for the label from the confound.",
        ("{dataset}/confounds.csv",),
        (
            REGION,
            SESSION,
            Column("confound", "text", "the nuisance variable"),
            Column("decoded", "text", "`confound` (from units) or `label` (from the confound)"),
            *PAIR,
            WINDOW,
            *ACCURACY,
            N_UNITS,
            *TRIALS,
        ),
        when="confounds",
        title="Confounds",
        caption=(
            "Decoding of confounds in every window. A row is either the confound decoded from "
            "the units of the region (numeric confounds are split at the median of each session "
            "and task), or the label decoded from the confound alone, by the same decoder. A "
            "confound can explain a result only if both are above chance. Confounds are tested "
            "against shuffles within session and task, so a small p-value can reflect drift; "
            "the label is tested against the null of the data set. P-values are corrected over "
            "the windows and regions of one confound."
        ),
    ),
    Table(
        "unit_counts",
        "Accuracy of a region with a number of units.",
        ("{dataset}/unit_counts.csv",),
        (
            REGION,
            *PAIR,
            WINDOW,
            N_UNITS,
            Column("accuracy", "number", "balanced accuracy, mean over draws"),
            Column("sd", "number", "SD over draws, missing for a single draw"),
            CHANCE,
        ),
    ),
    Table(
        "geometry",
        "A measure of a region's codes in a window.",
        ("{dataset}/geometry.csv",),
        (REGION, TASK, WINDOW, MEASURE, VALUE, *CI, CEILING, FLOOR),
        title="Geometry",
        caption="Geometry of each region's codes in every window.",
    ),
    Table(
        "geometry_left_out",
        "A measure that is not defined.",
        ("{dataset}/geometry_left_out.csv",),
        (REGION, TASK, WINDOW, MEASURE, SESSION, REASON),
        title="What geometry lacks, and why",
        caption="Measures of geometry that these data cannot support, and why.",
    ),
    Table(
        "geometry_over_time",
        "A measure of a region's codes at a time.",
        ("{dataset}/geometry_over_time.csv",),
        (REGION, TASK, TIME, MEASURE, VALUE, *CI),
    ),
    Table(
        "color_information",
        "Information of a region on the colour of an item in a window.",
        ("{dataset}/color_information.csv",),
        (
            REGION,
            TASK,
            WINDOW,
            Column("item", "text", "`cued` or `uncued`"),
            Column("omega_squared", "number", "explained fraction of the variance over trials"),
            *CI,
            FLOOR,
            P_VALUE,
        ),
        when="colors",
        title="Colour information",
        caption=(
            "Fraction of the variance over trials that the colours explain, mean over units, "
            "compared with shuffled colours."
        ),
    ),
    Table(
        "color_planes",
        "Mean response to a colour bin on three principal components.",
        ("{dataset}/color_planes.csv",),
        (
            REGION,
            SESSION,
            TASK,
            WINDOW,
            Column("location", "text", "the item"),
            Column("bin", "count", "its colour bin"),
            Column("color", "number", "centre of the bin", "rad"),
            *(Column(f"pc{n}", "number", f"component {n}", "spikes/s") for n in (1, 2, 3)),
        ),
        when="colors",
    ),
)

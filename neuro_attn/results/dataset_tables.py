"""Specifications of the tables of a data set."""

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
            Column("n_units", "count", "number of units"),
            Column("n_trials", "count", "trials of the rarest task and class of any session"),
        ),
        title="Populations",
        caption=(
            "The populations that are decoded, with the number of units and the number of trials "
            "of the rarest task and class."
        ),
    ),
    Table(
        "transfer",
        "Accuracy in a region for a pair of tasks in a time bin.",
        ("{dataset}/transfer.csv",),
        (REGION, SESSION, *PAIR, TIME, *ACCURACY, *SIZES),
    ),
    Table(
        "summary",
        "Accuracy in a region for a pair of tasks in a window.",
        ("{dataset}/summary.csv",),
        (REGION, SESSION, *PAIR, WINDOW, *ACCURACY, *RATIO, *SIZES),
        title="Accuracy in the windows",
        caption=(
            "Balanced accuracy in every region and window for every pair of tasks, with its "
            "confidence interval, permutation p-value and p-value corrected over windows and "
            "regions. Rows with session `all` are for all sessions together. The file "
            "transfer.csv in the same folder contains accuracies over time."
        ),
    ),
    Table(
        "onsets",
        "Onset in a region, or difference in onset between two regions.",
        ("{dataset}/onsets.csv",),
        (
            REGION,
            Column("compared_with", "text", "region whose onset is subtracted, empty for onsets"),
            *PAIR,
            Column("onset_s", "number", "onset relative to the task's event, or difference", "s"),
            *CI_S,
        ),
        title="Onsets and their differences",
        caption=(
            "Onsets in s relative to the task's event, and differences between regions, with "
            "confidence intervals. A difference is the onset in the region minus the onset in the "
            "region it is compared with."
        ),
    ),
    Table(
        "confounds",
        "Accuracy of decoding a confound, or the label from the confound, in a window.",
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
            "Decoding of confounds in every window. Each row is for the confound decoded from the "
            "units of the region (numeric confounds are split at the median of each session and "
            "task), or for the label decoded from the confound alone, by the same decoder. A "
            "confound can explain a result only if both are above chance. Confounds are tested "
            "against shuffles within session and task, so a small p-value can reflect drift. The "
            "label is tested against the null of the data set. P-values are corrected over the "
            "windows and regions of one confound."
        ),
    ),
    Table(
        "unit_counts",
        "Accuracy in a region as a function of the number of units.",
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
        "A measure that is not defined in a region.",
        ("{dataset}/geometry_left_out.csv",),
        (REGION, TASK, WINDOW, MEASURE, SESSION, REASON),
        title="Undefined measures of geometry",
        caption="Measures of geometry that are not defined for these data, with reasons.",
    ),
    Table(
        "geometry_over_time",
        "A measure of a region's codes in a time bin.",
        ("{dataset}/geometry_over_time.csv",),
        (REGION, TASK, TIME, MEASURE, VALUE, *CI),
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
            Column("omega_squared", "number", "fraction of the variance over trials explained"),
            *CI,
            FLOOR,
            P_VALUE,
        ),
        when="colors",
        title="Colour information",
        caption=(
            "Fraction of the variance over trials explained by the colours, averaged over units, "
            "compared with shuffled colours."
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
    ),
)

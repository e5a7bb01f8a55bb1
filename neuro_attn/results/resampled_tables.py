"""Specifications of the tables of decoding with trials resampled by unit."""

from neuro_attn.results.columns import Column, Table
from neuro_attn.results.shared_columns import CHANCE, REGION, TASKS, TIME, WINDOW

_ONLY = "Only for data sets with the key `resampled_decoding`. "
_ACCURACY = (
    Column("accuracy", "number", "accuracy, mean over both directions and all iterations"),
    CHANCE,
    Column("resampled_low", "number", "lower percentile of the accuracy over iterations"),
    Column("resampled_high", "number", "upper percentile of the accuracy over iterations"),
    Column(
        "p_value",
        "number",
        "one-sided p-value over iterations: share of those at chance or below, uncorrected",
    ),
    Column("n_units", "count", "number of units of sessions with enough trials"),
    Column("n_sessions", "count", "number of these sessions"),
    Column("iterations", "count", "number of iterations"),
)

RESAMPLED_TABLES = (
    Table(
        "resampled_accuracy",
        "Accuracy across two tasks in a region and window, with trials resampled by unit.",
        ("{dataset}/resampled_accuracy.csv",),
        (REGION, *TASKS, WINDOW, *_ACCURACY),
        section="Decoding",
        title="Accuracy with resampled trials (method of Panichello & Buschman 2021)",
        caption=(
            "The published method, for comparison with our tests. Each iteration draws trials with "
            "replacement for every unit, trains on one task and tests on the other, in both "
            "directions. The p-value is the share of iterations at chance or below. It describes "
            "draws of trials of exactly these units, not other units, sessions or subjects, and "
            "unrelated codes have small p-values more often than at the nominal rate. Verdicts "
            "and the other tables do not use it."
        ),
        when="resampled_decoding",
        details=(
            _ONLY + "The method is that of [Panichello & Buschman "
            "(2021)](methods.md#trials-resampled-by-unit), and is shown beside our tests, which "
            "do not use it. A p-value or percentile describes draws of the trials of exactly "
            "these units. Units and sessions are not resampled, so it permits no conclusion about "
            "others. If both tasks have unrelated codes, p is below 0.05 [too "
            "often](calibration.md#trials-resampled-by-unit). Percentiles are those of "
            "`inference.confidence`, and are no confidence interval of the accuracy. Regions "
            "whose sessions all have too few trials have no rows."
        ),
    ),
    Table(
        "resampled_accuracy_over_time",
        "Accuracy across two tasks in a region and time bin, with trials resampled by unit.",
        ("{dataset}/resampled_accuracy_over_time.csv",),
        (REGION, *TASKS, TIME, *_ACCURACY),
        when="resampled_decoding",
        details=_ONLY + "Columns as in [`resampled_accuracy`](#resampled_accuracycsv).",
    ),
    Table(
        "resampled_first_times",
        "First time at which the accuracy across two tasks has a small p-value, by iterations.",
        ("{dataset}/resampled_first_times.csv",),
        (
            REGION,
            *TASKS,
            Column(
                "first_time_s",
                "number",
                "centre of the first bin after the event with p below `inference.alpha`, missing "
                "if there is none",
                "s",
            ),
        ),
        section="Time",
        title="First time with p < alpha (method of Panichello & Buschman 2021)",
        caption=(
            "First time bin after the event in which the uncorrected p-value over iterations is "
            "below alpha, as published. It is later for weaker codes, and chance alone produces "
            "one in some of many bins. The table of onsets has an estimate with an interval."
        ),
        when="resampled_decoding",
        details=(
            _ONLY + "p is that of "
            "[`resampled_accuracy_over_time`](#resampled_accuracy_over_timecsv), uncorrected over "
            "times. A first time depends on the strength of the code, and has no interval; "
            "[`onsets`](#onsetscsv) has both corrected."
        ),
    ),
)

"""Specifications of the tables of a data set, apart from geometry and shared codes."""

from neuro_attn.results.columns import Column, Table
from neuro_attn.results.shared_columns import (
    ACCURACY,
    CHANCE,
    CI_S,
    N_UNITS,
    OVER_DRAWS,
    PAIR,
    REGION,
    SESSION,
    SIZES,
    TIME,
    TRIALS,
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
            Column("n_trials", "count", "trials of the rarest task and class in any session"),
            Column("limiting_session", "text", "the session with so few trials"),
            Column("limiting_task", "text", "the task of which it has so few"),
            Column("limiting_class", "text", "the class of which it has so few"),
        ),
        section="Quality",
        title="Populations",
        caption=(
            "The populations that are decoded, with the number of units and the number of trials "
            "of the rarest task and class. The session, task and class that have so few limit the "
            "number of training trials of all tasks and classes."
        ),
        details=(
            "`sessions_left_out.csv` lists the sessions that are excluded, and `session_units.csv` "
            "those of each region."
        ),
        label="any",
    ),
    Table(
        "sessions",
        "A session that was read.",
        ("{dataset}/sessions.csv",),
        (
            Column("session", "text", "the session"),
            Column("subject", "text", "the subject; empty if unknown"),
            Column("source", "text", "the file or folder, or what made the data"),
            Column("sha256", "text", "checksum of the data; tables have one each"),
            Column("n_units", "count", "number of units with a region"),
            Column("n_trials", "count", "number of trials of a task and class"),
        ),
        title="Sessions",
        caption=(
            "The sessions that were read, with the file or folder of each and the SHA-256 checksum "
            "of the data. Some may be left out later, as another table lists."
        ),
        details="`sha256` is empty for simulations and for networks that the run trained.",
        label="any",
    ),
    Table(
        "session_units",
        "A session with units in a region that is decoded.",
        ("{dataset}/session_units.csv",),
        (
            REGION,
            Column("session", "text", "the session"),
            Column("n_units", "count", "number of its units in the region"),
        ),
        details="The jobs of a region read the recordings of these sessions only.",
        label="any",
    ),
    Table(
        "sessions_left_out",
        "A session that is left out.",
        ("{dataset}/sessions_left_out.csv",),
        (
            Column("session", "text", "the session"),
            Column("cause", "text", "`unreadable`, `not learned` or `few trials`"),
            Column(
                "reason",
                "text",
                "the message of its error, its report error, or its rarest task and class",
            ),
        ),
        title="Sessions left out",
        caption=(
            "Sessions that no result contains: those that could not be read, if the key "
            "sessions.on_error is leave_out, those with too few trials of a task and class, and "
            "replicate networks (seeds) that did not learn their tasks."
        ),
        details=(
            "A session that cannot be read stops the run, unless `sessions.on_error` is "
            "`leave_out`. Sessions are also excluded if a task and class has fewer trials than "
            "`decoding.folds` or `sessions.min_trials`. A replicate network is excluded if it did "
            "not learn (`learned` in [report_error.csv](#report_errorcsv)), unless no seed of the "
            "network did. Without such sessions, the table has no rows."
        ),
        label="any",
    ),
    Table(
        "transfer",
        "Accuracy in a region for a pair of tasks in a time bin.",
        ("{dataset}/transfer.csv",),
        (REGION, SESSION, *PAIR, TIME, *ACCURACY, *SIZES),
        details=(
            "Decoders are trained and tested at the same time. The accuracy is within-task if "
            "`train_task` and `test_task` are equal, and cross-task otherwise."
        ),
        permuted=True,
    ),
    Table(
        "summary",
        "Accuracy in a region for a pair of tasks in a window.",
        ("{dataset}/summary.csv",),
        (REGION, SESSION, *PAIR, WINDOW, *ACCURACY, *SIZES),
        section="Decoding",
        title="Accuracy in the windows",
        caption=(
            "Balanced accuracy in every region and window for every pair of tasks, with its "
            "confidence interval, permutation p-value and p-value corrected over windows and "
            "regions. Rows with session `all` are for all sessions together. The file "
            "transfer.csv in the same folder contains accuracies over time."
        ),
        details=(
            "Rates are averaged over the window before decoding, so accuracy is usually higher "
            "than in single bins. `overlap.csv` compares codes on a scale that does not depend on "
            "their strength."
        ),
        permuted=True,
    ),
    Table(
        "onsets",
        "Onset and latency in a region, or their differences between two regions.",
        ("{dataset}/onsets.csv",),
        (
            REGION,
            Column("compared_with", "text", "region whose onset is subtracted, empty for onsets"),
            *PAIR,
            Column("onset_s", "number", "onset relative to the task's event, or difference", "s"),
            *CI_S,
            Column(
                "shape",
                "text",
                "most likely shape of the rise: `exponential`, `ramp` or `sigmoid`; empty for "
                "differences",
            ),
            Column(
                "fit_p_value",
                "number",
                "p-value of the fit; if it is small, no shape fits and the onset is unreliable; "
                "missing for differences",
            ),
            Column(
                "latency_s",
                "number",
                "time at which accuracy has risen to half of its maximum, or difference",
                "s",
            ),
            Column(
                "latency_ci_low", "number", "lower end of the confidence interval of latency", "s"
            ),
            Column(
                "latency_ci_high", "number", "upper end of the confidence interval of latency", "s"
            ),
            Column(
                "difference",
                "text",
                "what differs between the regions: `onset`, `onset or shape`, or `none` shown; "
                "empty for onsets",
            ),
        ),
        section="Time",
        title="Onsets and their differences",
        caption=(
            "Onsets and latencies (half of the maximum) in s relative to the task's event, and "
            "differences between regions, with confidence intervals. A difference is the value in "
            "the region minus the value in the region it is compared with. If only latencies "
            "differ, either the onset or the shape of the rise differs."
        ),
        details=(
            "All sessions together. A region has an onset if its accuracy is significant, "
            "corrected by the maximum over all times, in `inference.min_consecutive_bins` "
            "consecutive bins.\n\n"
            "- **Onset.** The start of a rise fitted to the bins up to these "
            "([methods](methods.md#inference)), since a weak signal becomes significant late. "
            "Exponentials, ramps and sigmoids of many durations are fitted. The interval includes "
            "the uncertainty of the shape, so it is wide: a slow start cannot be seen in the "
            "noise.\n"
            "- **Fit.** `fit_p_value` below 0.05: no shape fits the rise (for example because it "
            "has two steps), and the interval cannot be relied on.\n"
            "- **Latency.** `latency_s` assumes no shape and is more exact, but it is no onset. A "
            "slower rise has a longer latency.\n"
            "- **Differences.** Use the interval of the difference, not the overlap of two "
            "intervals: both regions share the resampled trials. `difference` is `onset` if the "
            "onsets differ. It is `onset or shape` if only the latencies do: one region rises "
            "earlier *or* faster, and the data do not determine which. The intervals that decide "
            "on this have half of the error of those in the row (97.5 % instead of 95 %), as two "
            "differences are considered. [Error rates](calibration.md#onsets) were measured.\n\n"
            "Regions without an onset have no rows."
        ),
        permuted=True,
    ),
    Table(
        "confounds",
        "Accuracy of decoding a confound or, without it, the label in a window.",
        ("{dataset}/confounds.csv",),
        (
            REGION,
            SESSION,
            Column(
                "confound",
                "text",
                "a trial column, `trial_number` (position of the trial in its session) or "
                "`mean_rate` (mean over the units of the region); several that are balanced "
                "together are joined by x",
            ),
            Column("decoded", "text", "what is decoded: the `confound` or the `label`"),
            Column("decoded_from", "text", "from the `units`, or from the `confound` alone"),
            Column(
                "control",
                "text",
                "`none`; `regressed out`: the confound, from the rates; `balanced`: equally many "
                "trials of every class and value; `subsampled`: as few trials as with balance, at "
                "random",
            ),
            *PAIR,
            WINDOW,
            *ACCURACY,
            N_UNITS,
            *TRIALS,
            Column(
                "missing_cells",
                "text",
                "with balance, values that are left out because a task and class has too few "
                "trials of them",
            ),
        ),
        when="nuisance_variables",
        section="Quality",
        title="Confounds",
        caption=(
            "Decoding of confounds in every window. First the levels of the confound are decoded "
            "from the units of the region, and the label from the confound alone, by the same "
            "decoder. A confound can explain a result only if both are above chance. Then the "
            "label is decoded from the units: without control, with the confound regressed out, "
            "or with balanced trials. What remains above chance is not due to the confound. Under "
            "a control, labels are shuffled within levels of the confound. P-values are corrected "
            "over the windows and regions of rows that differ in nothing else."
        ),
        details=(
            "Only for data sets with `confounds` or `balance`. A confound can explain a result "
            "only if, for the same tasks, it can be decoded from the units (`decoded` = "
            "`confound`) *and* the label can be decoded from it (`decoded_from` = `confound`). "
            "The accuracy of the label from the units then follows without control and with it.\n\n"
            "- **Levels.** Text and numbers with at most four values keep their values. Other "
            "numbers are divided at the quartiles of each session and task (or at tertiles or the "
            "median, if trials are few), and expanded in cubic splines where the confound decodes "
            "the label or is regressed out. A relation therefore need not be linear. Fewer than 60 "
            "training trials are described by fewer splines or a polynomial, with a degree of "
            "freedom for every 10.\n"
            "- **`regressed out`.** The regression is fitted to the training trials of every fold "
            "and task, and applied to both sides ([methods](methods.md#confounds)). This also "
            "removes the part of the label's code that the confound predicts. A code of the label "
            "itself therefore appears weaker, the more so the closer both are related. The label "
            "cannot be separated from a confound that determines it: such rows are missing.\n"
            "- **`balanced`.** Within each task, training trials are equally many for each class "
            "and value, and test trials of a class for each value. A value with fewer trials of a "
            "class than folds is left out of its session, and named in `missing_cells`. Fewer "
            "trials lower the accuracy, too: compare with `subsampled`. Numbers with many values "
            "are balanced only to their quartiles, so prefer `regressed out` for them. With a "
            "number for `decoding.pseudotrials`, trials of rare values are resampled, and all "
            "trials of frequent values are used.\n"
            "- **Missing values.** Trials without a value are excluded if the confound is decoded "
            "or balanced. They get the mean of the regressors if the confound decodes the label, "
            "and an indicator of their own if it is regressed out.\n"
            "- **`mean_rate`** is computed from the units, so its `confound` rows are high by "
            "construction. Only its `label` rows are informative.\n"
            "- **Null.** `confound` rows are tested against shuffles within session and task, "
            "since most confounds, such as the trial number, allow no other null. A small p-value "
            "can therefore reflect drift. `label` rows are tested against the null of the data "
            "set. With a control, `shuffle` permutes labels within levels of the confound only, "
            "because the label may depend on the confound. Confounds are not tested against "
            "mirrored units, so they are reported too often rather than too rarely.\n"
            "- **Correction.** `p_corrected` is corrected over the windows and regions of rows "
            "that differ in nothing else.\n"
            "- **Missing rows.** Tasks in which a confound does not vary, or has too few trials of "
            "a value, have no rows. Regions are corrected together, so a task that one region "
            "lacks has no rows in any region. A region that lacks all tasks, and a session that "
            "lacks one of the remaining tasks, are excluded. `logs/confounds/{dataset}.log` lists "
            "what is excluded, with reasons."
        ),
        permuted=True,
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
            *OVER_DRAWS,
            CHANCE,
        ),
        details=(
            "All sessions together. Units are drawn at random, and smaller sets are subsets of "
            "larger ones. Numbers of units that a session does not reach have no rows."
        ),
    ),
    Table(
        "trial_counts",
        "Accuracy in a region as a function of the number of training trials.",
        ("{dataset}/trial_counts.csv",),
        (
            REGION,
            *PAIR,
            WINDOW,
            Column(
                "training_size",
                "text",
                "a number in `decoding.trial_counts`; `matched`: as many as all tasks have; or "
                "`all`: as many as the trained task has",
            ),
            Column(
                "n_per_class",
                "number",
                "training trials of a class in a fold, mean over sessions",
            ),
            *OVER_DRAWS,
            CHANCE,
        ),
        details=(
            "All sessions together. All sizes have the same test trials and units, equal numbers "
            "of trials of every class, and smaller training sets are subsets of larger ones. The "
            "same decoders are tested within and across tasks, so pairs with one `train_task` and "
            "`training_size` have equal training sets.\n\n"
            "- **`matched`** is the accuracy in `summary.csv`. The rarest task and class of a "
            "session, which `regions.csv` names, limits the training trials of all tasks.\n"
            "- **`all`** has as many trials as every class of the trained task has (in "
            "pseudopopulations, in every session). The difference from `matched` is the cost of "
            "matching the tasks, and is 0 for the rarest task.\n"
            "- Numbers of trials that a session does not reach have no rows. With a number for "
            "`decoding.pseudotrials`, `matched` has this number of resampled trials, and the other "
            "sizes are not resampled."
        ),
    ),
    Table(
        "costs",
        "Memory and time that we expect a job to need.",
        ("{dataset}/costs.csv",),
        (
            Column("rule", "text", "the rule of the job in the workflow"),
            Column("region", "text", "the region that the job decodes, empty if it uses all"),
            Column("memory_gb", "number", "largest memory without permutations", "GB"),
            Column("memory_gb_per_1000", "number", "memory of 1,000 permutations", "GB"),
            Column("time_s", "number", "time on one core without permutations", "s"),
            Column("time_s_per_1000", "number", "time of 1,000 permutations", "s"),
        ),
        details=(
            "The estimates of `neuro-attn check`. A job uses at most 1,000 permutations, `reduce` "
            "all of them (only with more than 1,000). On a cluster, each job requests them with a "
            "margin ([details](cluster.md#memory-and-time))."
        ),
        label="any",
    ),
)

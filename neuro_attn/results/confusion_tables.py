"""Specifications of the tables of confusion matrices and of the information in them."""

from neuro_attn.results.columns import Column, Table
from neuro_attn.results.shared_columns import PAIR, REGION, WINDOW

CONFUSION_TABLES = (
    Table(
        "confusion",
        "A true and a decoded class in a region for a pair of tasks in a window.",
        ("{dataset}/confusion.csv",),
        (
            REGION,
            *PAIR,
            WINDOW,
            Column("true_class", "text", "class of the test trials"),
            Column("decoded_class", "text", "class that is decoded on them"),
            Column(
                "share",
                "number",
                "fraction of the test trials of `true_class` that are decoded as `decoded_class`, "
                "mean over sessions",
            ),
            Column("n_tests", "count", "number of such tests, over folds, draws and sessions"),
        ),
        details=(
            "All sessions together. The `share`s of a `true_class` sum to 1, and their mean over "
            "the diagonal is the balanced accuracy, whichever `decoding.score` is. Each trial is "
            "tested once a draw, so `n_tests` counts it several times."
        ),
    ),
    Table(
        "information",
        "Information of the decoded on the true classes in a region for a pair of tasks in a "
        "window.",
        ("{dataset}/information.csv",),
        (
            REGION,
            *PAIR,
            WINDOW,
            Column("information", "number", "mutual information of both", "bits"),
            Column("information_permuted", "number", "the same, mean over permuted labels", "bits"),
            Column(
                "information_corrected", "number", "their difference; around 0 by chance", "bits"
            ),
        ),
        section="Decoding",
        title="Information on the classes",
        caption=(
            "Mutual information, in bits, of the true and the decoded classes of test trials in "
            "every region and window, for every pair of tasks, over all sessions. The mean over "
            "permuted labels is its bias, which is subtracted in the last column. Classes that are "
            "confused in a regular way, as by a reversed code, also give information. The file "
            "confusion.csv in the same folder contains the confusion matrices."
        ),
        details=(
            "Classes count as equally probable, so the maximum is the logarithm of their number: 1 "
            "bit for two classes. It is a lower bound on the information in the rates. "
            "Information has no sign: below-chance accuracy across tasks gives as much as accuracy "
            "above chance. [summary.csv](#summarycsv) has the tests."
        ),
    ),
)

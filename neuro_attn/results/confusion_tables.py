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
            "There are no rows for single sessions. The `share`s of a `true_class` sum to 1, and "
            "the mean of the diagonal is the balanced accuracy, whatever `decoding.score` is. "
            "Trials are tested in every draw, so `n_tests` can exceed the number of trials."
        ),
    ),
    Table(
        "information",
        "Mutual information of true and decoded classes in a region for a pair of tasks in a "
        "window.",
        ("{dataset}/information.csv",),
        (
            REGION,
            *PAIR,
            WINDOW,
            Column("information", "number", "mutual information", "bits"),
            Column("information_permuted", "number", "the same, mean over permuted labels", "bits"),
            Column(
                "information_corrected",
                "number",
                "their difference; 0 on average by chance",
                "bits",
            ),
        ),
        section="Decoding",
        title="Information on the classes",
        caption=(
            "Mutual information, in bits, of the true and the decoded classes of test trials in "
            "every region and window, for every pair of tasks, over all sessions. The mean over "
            "permuted labels estimates its bias, and is subtracted in the last column. Classes "
            "that are confused in a regular way, as by a reversed code, also give information. The "
            "file confusion.csv in the same folder contains the confusion matrices."
        ),
        details=(
            "Classes count as equally probable, so the maximum is log2 of their number: 1 bit for "
            "two classes. The information in decoded classes is a lower bound on that in the "
            "rates. It does not distinguish accuracy below chance, as of a reversed code, from "
            "accuracy above it. [summary.csv](#summarycsv) has the tests."
        ),
    ),
)

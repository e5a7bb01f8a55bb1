"""Specifications of the tables of a continuous label, which is predicted instead of classified."""

from neuro_attn.results.columns import Column, Table
from neuro_attn.results.shared_columns import (
    CI,
    P_CORRECTED,
    P_VALUE,
    PAIR,
    REGION,
    SESSION,
    SIZES,
    TIME,
    WINDOW,
)

PREDICTION = (
    Column("score", "text", "what `value` is: `circular_error`, `r2` or `correlation`"),
    Column("unit", "text", "unit of `value`: `degrees` for `circular_error`, otherwise empty"),
    Column("value", "number", "the score; mean over folds, draws and sessions"),
    Column("chance", "number", "value without information: mean over permuted labels"),
    *CI,
    P_VALUE,
    P_CORRECTED,
)
_ONLY = "Only for data sets with a continuous `label`, in place of "
PREDICTION_TABLES = (
    Table(
        "prediction_over_time",
        "Prediction of a continuous label in a region for a pair of tasks in a time bin.",
        ("{dataset}/prediction_over_time.csv",),
        (REGION, SESSION, *PAIR, TIME, *PREDICTION, *SIZES),
        details=(
            f"{_ONLY}[transfer.csv](#transfercsv). Decoders are trained and tested at the same "
            "time, within a task if `train_task` and `test_task` are equal."
        ),
        label="continuous",
        permuted=True,
    ),
    Table(
        "predictions",
        "Prediction of a continuous label in a region for a pair of tasks in a window.",
        ("{dataset}/predictions.csv",),
        (REGION, SESSION, *PAIR, WINDOW, *PREDICTION, *SIZES),
        section="Decoding",
        title="Prediction in the windows",
        caption=(
            "How well the label is predicted on held-out trials in every region and window, for "
            "every pair of tasks: circular error in degrees (smaller is better), or R squared or "
            "correlation (larger is better). Columns contain the value by chance (mean over "
            "permuted labels), the confidence interval, the permutation p-value and the p-value "
            "corrected over windows and regions. Rows with session `all` are for all sessions "
            "together. The file prediction_over_time.csv in the same folder contains values over "
            "time."
        ),
        details=(
            f"{_ONLY}[summary.csv](#summarycsv).\n\n"
            "- **`circular_error`** (`kind: circular`): mean absolute angle between prediction and "
            "truth. Without information it is 90 degrees if angles are uniform, and less if they "
            "cluster, since they can then be guessed: compare with `chance`.\n"
            "- **`r2`** (`kind: linear`): fraction of the variance that is predicted. It is "
            "negative if predictions are worse than the mean, as for a decoder without "
            "information, or if rates differ between two tasks.\n"
            "- **`correlation`** (`kind: linear`, `decoding.score: correlation`): Pearson's "
            "correlation of prediction and truth, which a shift or another scale of predictions "
            "does not change.\n"
            "- **P-values** are one-sided: small if the label is predicted better than by the "
            "null. Labels are permuted as classes are, and across tasks, random units are "
            "mirrored ([methods](methods.md#continuous-labels)). Across tasks, a p-value near 1 "
            "can mean opposite predictions, or rates that are shifted, except for `correlation`."
        ),
        label="continuous",
        permuted=True,
    ),
)

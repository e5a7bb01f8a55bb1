"""Specifications of columns that several tables share."""

from neuro_attn.results.columns import Column

REGION = Column("region", "text", "the population")
SESSION = Column("session", "text", "the session, or `all` for all sessions together")
TASK = Column("task", "text", "the task, or a pair of tasks")
PAIR = (
    Column("train_task", "text", "task on which decoders are trained"),
    Column("test_task", "text", "task on which decoders are tested"),
)
TASKS = (
    Column("first_task", "text", "the first task of the pair"),
    Column("second_task", "text", "the second task of the pair"),
)
LEVEL = Column(
    "level", "text", "what the row is about: `these units`, `the region` or `other subjects`"
)
TIME = Column("time", "number", "bin centre relative to the task's event", "s")
WINDOW = Column("window", "text", "the window")
MEASURE = Column("measure", "text", "name of the measure")
CHANCE = Column("chance", "number", "accuracy of guessing, 1 / number of classes")
CI = (
    Column("ci_low", "number", "lower end of the confidence interval"),
    Column("ci_high", "number", "upper end of the confidence interval"),
)
CI_S = (
    Column("ci_low", "number", "lower end of the confidence interval", "s"),
    Column("ci_high", "number", "upper end of the confidence interval", "s"),
)
P_VALUE = Column("p_value", "number", "one-sided permutation p-value, uncorrected")
P_CORRECTED = Column("p_corrected", "number", "p-value corrected over the family of tests")
ACCURACY = (
    Column(
        "accuracy",
        "number",
        "balanced accuracy, or the score that `decoding.score` names; mean over folds, draws "
        "and sessions",
    ),
    CHANCE,
    *CI,
    P_VALUE,
    P_CORRECTED,
)
MATCHED, ALL_TRIALS = "matched", "all"
"""Training sizes that are no numbers: what all tasks have, and what the trained task has."""
OVER_DRAWS = (
    Column(
        "accuracy",
        "number",
        "balanced accuracy, or the score that `decoding.score` names; mean over draws",
    ),
    Column("sd", "number", "SD over draws, missing for a single draw"),
)
OVERLAP = (
    Column("overlap", "number", "overlap of the two codes, missing if not estimable"),
    *CI,
)
RELATIVE = (
    Column("reference", "text", "the reference tasks of the relative overlap; empty without"),
    Column(
        "relative_overlap",
        "number",
        "overlap divided by that of the reference tasks, missing if not estimable",
    ),
    Column("relative_low", "number", "lower end of its confidence interval"),
    Column("relative_high", "number", "upper end of its confidence interval"),
)
SAMPLE = (
    Column("n_units", "count", "number of units in all sessions"),
    Column("n_sessions", "count", "number of sessions"),
    Column("n_subjects", "count", "number of subjects"),
)
N_UNITS = Column("n_units", "count", "number of units in a draw")
N_CONSTANT = Column("n_constant", "number", "units constant over training trials, mean over folds")
TRIALS = (
    Column("n_train", "count", "number of training trials of a fold"),
    Column("n_test", "count", "number of test trials of all folds"),
    Column("n_sessions", "count", "number of sessions"),
)
SIZES = (N_UNITS, N_CONSTANT, *TRIALS)
VALUE = Column("value", "number", "value of the measure")
REASON = Column("reason", "text", "reason for the omission")
NETWORK = Column("network", "text", "the network")
TRAINED = Column("trained", "truth", "whether the network was trained")
BENCHMARK = Column(
    "benchmark",
    "text",
    "digest of the region's conditions, trials and units, and of the sizes drawn",
)
SCORE = Column("score", "text", "name of the score")
SEED = Column("seed", "count", "number of the replicate network")
POPULATION = Column("population", "text", "population of the network")
DATASET = Column("dataset", "text", "the data set")
MATCHED_TO = Column("matched_to", "text", "for networks, the region whose accuracy is matched")
FEATURE = Column("feature", "text", "feature of the signature")

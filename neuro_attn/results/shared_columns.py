"""Columns that several tables have."""

from neuro_attn.results.columns import Column

REGION = Column("region", "text", "the population")
SESSION = Column("session", "text", "the session, `all` for all together")
TASK = Column("task", "text", "the task, or a pair of tasks")
PAIR = (
    Column("train_task", "text", "task that decoders are trained on"),
    Column("test_task", "text", "task that they are tested on"),
)
TIME = Column("time", "number", "bin centre from the task's event", "s")
WINDOW = Column("window", "text", "the window")
MEASURE = Column("measure", "text", "what is measured")
CHANCE = Column("chance", "number", "1 / number of classes")
CI = (
    Column("ci_low", "number", "lower end of the confidence interval"),
    Column("ci_high", "number", "upper end of the confidence interval"),
)
CI_S = (
    Column("ci_low", "number", "lower end of the confidence interval", "s"),
    Column("ci_high", "number", "upper end of the confidence interval", "s"),
)
P_VALUE = Column("p_value", "number", "one-sided permutation p, uncorrected")
ACCURACY = (
    Column("accuracy", "number", "balanced accuracy, mean over folds, draws and sessions"),
    CHANCE,
    *CI,
    P_VALUE,
    Column("p_corrected", "number", "p corrected over the family of tests"),
)
RATIO = (
    Column("transfer_ratio", "number", "(across - chance) / (within - chance), if defined"),
    Column("ratio_ci_low", "number", "lower end of its confidence interval"),
    Column("ratio_ci_high", "number", "upper end of its confidence interval"),
)
N_UNITS = Column("n_units", "count", "units of a draw")
N_CONSTANT = Column("n_constant", "number", "those constant over training trials, mean over folds")
TRIALS = (
    Column("n_train", "count", "training trials of a fold"),
    Column("n_test", "count", "test trials of all folds"),
    Column("n_sessions", "count", "sessions"),
)
SIZES = (N_UNITS, N_CONSTANT, *TRIALS)
VALUE = Column("value", "number", "the measure")
CEILING = Column("ceiling", "number", "its value between halves of the data")
FLOOR = Column("floor", "number", "its value by chance, or of the untrained network")
REASON = Column("reason", "text", "why it is left out")
NETWORK = Column("network", "text", "the network")
TRAINED = Column("trained", "truth", "whether the network was trained")
SEED = Column("seed", "count", "number of the replicate network")
POPULATION = Column("population", "text", "population of the network")
DATASET = Column("dataset", "text", "the data set")
MATCHED_TO = Column("matched_to", "text", "networks: the region whose accuracy is matched")
FEATURE = Column("feature", "text", "feature of the signature")

"""Every table that a run writes."""

from pathlib import Path

from neuro_attn.errors import InputError
from neuro_attn.results.columns import Column, Table

# --- columns that several tables have ---

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

_TABLES = (
    # --- of a data set ---
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
    ),
    Table(
        "geometry_left_out",
        "A measure that is not defined.",
        ("{dataset}/geometry_left_out.csv",),
        (REGION, TASK, WINDOW, MEASURE, SESSION, REASON),
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
    ),
    # --- of networks ---
    Table(
        "training",
        "A step of the training of a network.",
        ("networks/training.csv", "networks/{network}/seed{n}/training.csv"),
        (
            Column("step", "count", "training step"),
            Column("loss", "number", "mean squared error since the last row"),
            Column("report_error_pro", "number", "mean absolute error, prospective", "degrees"),
            Column("report_error_retro", "number", "mean absolute error, retrospective", "degrees"),
            NETWORK,
            SEED,
        ),
    ),
    Table(
        "reports",
        "Report of a network on a held-out trial.",
        (
            "networks/{network}/seed{n}/report_error.csv",
            "networks/{network}/seed{n}/report_error_untrained.csv",
        ),
        (
            Column("trial_id", "count", "the trial"),
            Column("trial_type", "text", "its task"),
            Column("target_color", "number", "colour of the cued item", "rad"),
            Column("report", "number", "reported colour", "rad"),
            Column("report_error", "number", "report minus target", "degrees"),
            NETWORK,
            TRAINED,
            SEED,
        ),
    ),
    Table(
        "report_error",
        "Mean report error of a replicate network in a task.",
        ("networks/report_error.csv",),
        (
            NETWORK,
            TRAINED,
            SEED,
            TASK,
            Column("report_error", "number", "mean absolute error", "degrees"),
            Column("n_trials", "count", "held-out trials"),
        ),
    ),
    Table(
        "memory_locus",
        "What a network loses without attention to the items.",
        ("networks/memory_locus.csv", "networks/{network}/seed{n}/memory_locus.csv"),
        (
            POPULATION,
            MEASURE,
            Column("intact", "number", "the measure with attention"),
            Column("cut", "number", "the measure with attention to the items blocked"),
            NETWORK,
            TRAINED,
            SEED,
        ),
    ),
    Table(
        "gates",
        "Reports of a network with parts of its attention swapped.",
        ("networks/gates.csv", "networks/{network}/seed{n}/gates.csv"),
        (
            Column("swapped", "text", "parts that are those of the trial with the other cue"),
            TASK,
            Column("follows_twin", "number", "fraction of reports of the other cue's item"),
            Column("error_own", "number", "mean absolute error from the own item", "degrees"),
            Column("error_twin", "number", "mean absolute error from the other item", "degrees"),
            Column("n_trials", "count", "trials"),
            NETWORK,
            TRAINED,
            SEED,
        ),
    ),
    Table(
        "list_recall",
        "Recall of lists of a length by a replicate network.",
        ("networks/list_recall.csv", "networks/list_recall/{family}/seed{n}.csv"),
        (
            Column("family", "text", "the family of networks"),
            SEED,
            Column("length", "count", "items of a list"),
            Column("token_accuracy", "number", "fraction of items recalled in their place"),
            Column("forced_accuracy", "number", "the same, given the items before"),
            Column("chance", "number", "1 / number of items"),
            Column("n_lists", "count", "held-out lists"),
        ),
    ),
    # --- of the comparison ---
    Table(
        "signatures",
        "A feature of a population's signature.",
        ("comparison/signatures.csv",),
        (
            DATASET,
            REGION,
            MATCHED_TO,
            FEATURE,
            Column("value", "number", "the feature"),
            Column("sd", "number", "its SD over resamples"),
        ),
    ),
    Table(
        "signatures_left_out",
        "A feature that a signature lacks.",
        ("comparison/signatures_left_out.csv",),
        (DATASET, REGION, MATCHED_TO, FEATURE, REASON),
    ),
    Table(
        "distances",
        "Distance of a population of a network to a region.",
        ("comparison/distances.csv",),
        (
            NETWORK,
            TRAINED,
            POPULATION,
            REGION,
            Column("distance", "number", "RMS over features", "bootstrap SDs"),
            *CI,
            CEILING,
            FLOOR,
            Column("noise", "number", "noise added to the network", "SDs of each unit"),
            Column("accuracy", "number", "the network's mean within tasks, after matching"),
            Column("region_accuracy", "number", "the region's mean within tasks"),
            Column("n_features", "count", "features compared"),
        ),
    ),
    Table(
        "nearest",
        "The region that a population of a trained network is nearest to.",
        ("comparison/nearest.csv",),
        (
            NETWORK,
            POPULATION,
            Column("region", "text", "the nearest region"),
            Column("distance", "number", "distance to it", "bootstrap SDs"),
            *CI,
            Column("runner_up", "text", "the next region, empty if there is none"),
            Column("runner_up_distance", "number", "distance to the next", "bootstrap SDs"),
            Column("margin", "number", "by how much the region is nearer", "bootstrap SDs"),
            Column("margin_ci_low", "number", "lower end of its confidence interval"),
            Column("margin_ci_high", "number", "upper end of its confidence interval"),
            Column("verdict", "text", "the region, or `undecided`"),
            Column("fraction_nearest", "number", "resamples in which it is the nearest"),
            Column("fraction_of_seeds", "number", "replicate networks to which it is"),
            Column("fraction_of_draws", "number", "draws of splits and units in which it is"),
            Column(
                "untrained_as_near",
                "truth",
                "whether the untrained network is as near",
                optional=True,
            ),
        ),
    ),
    Table(
        "representations",
        "Likeness of a population of a network and a region.",
        ("comparison/representations.csv",),
        (
            NETWORK,
            TRAINED,
            POPULATION,
            REGION,
            MEASURE,
            VALUE,
            *CI,
            CEILING,
            FLOOR,
            Column("n_units", "count", "units of each"),
            Column("n_trials", "count", "trials of a condition"),
            Column("n_conditions", "count", "conditions"),
        ),
    ),
)
TABLES = {table.name: table for table in _TABLES}
"""Every table by its name."""


def columns_of(table: str) -> list[str]:
    """Return the names of the columns of a table."""
    return TABLES[table].names


def table_of(path: str | Path) -> Table:
    """Return which table a file holds, by its name and, where that leaves several, its folders.

    Raises
    ------
    InputError
        If it is none of them, or could be several.
    """
    agreement = {name: table.agreement(Path(path).absolute()) for name, table in TABLES.items()}
    most = max(agreement.values())
    found = [name for name, agree in agreement.items() if agree == most]
    if most == 0 or len(found) > 1:
        which = "is none of" if most == 0 else "could be several of"
        raise InputError(
            str(path),
            f"this file {which} the tables of results: {', '.join(found)}.",
            "Name the table, as in read_csv(path, 'summary').",
        )
    return TABLES[found[0]]

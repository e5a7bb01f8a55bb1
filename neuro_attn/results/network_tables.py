"""The tables of networks."""

from neuro_attn.results.columns import Column, Table
from neuro_attn.results.shared_columns import (
    MEASURE,
    NETWORK,
    POPULATION,
    SEED,
    TASK,
    TRAINED,
)

NETWORK_TABLES = (
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
        title="Report errors",
        caption=(
            "Mean absolute report error of every replicate network in every task on held-out "
            "trials, in degrees; guessing gives 90."
        ),
    ),
    Table(
        "attention_ablation",
        "What a network loses without attention to the items.",
        ("networks/attention_ablation.csv", "networks/{network}/seed{n}/attention_ablation.csv"),
        (
            POPULATION,
            MEASURE,
            Column("intact", "number", "the measure with attention"),
            Column("cut", "number", "the measure with attention to the items blocked"),
            NETWORK,
            TRAINED,
            SEED,
        ),
        when="items_can_be_blocked",
    ),
    Table(
        "qkv_swap",
        "Reports of a network with parts of its attention swapped.",
        ("networks/qkv_swap.csv", "networks/{network}/seed{n}/qkv_swap.csv"),
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
        when="attends_to_steps",
        title="Queries, keys and values swapped",
        caption=(
            "Where selection acts. In every network with attention to steps, queries, keys or "
            "values are replaced by those of the same trial with the other cue. A report "
            "follows the twin if it goes to the item of the other cue. Errors are mean absolute "
            "differences from either item in degrees; guessing gives 90."
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
        when="families",
    ),
)

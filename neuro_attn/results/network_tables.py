"""Specifications of the tables of networks."""

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
            Column("loss", "number", "training loss, averaged over steps since the last row"),
            Column("report_error_pro", "number", "mean absolute error, pro trials", "degrees"),
            Column("report_error_retro", "number", "mean absolute error, retro trials", "degrees"),
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
            Column("report_error", "number", "signed difference, report minus target", "degrees"),
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
            Column("n_trials", "count", "number of held-out trials"),
        ),
        title="Report errors",
        caption=(
            "Mean absolute report error of every replicate network in every task on held-out "
            "trials, in degrees; chance is 90."
        ),
    ),
    Table(
        "attention_ablation",
        "A measure in a network with and without attention to the items.",
        ("networks/attention_ablation.csv", "networks/{network}/seed{n}/attention_ablation.csv"),
        (
            POPULATION,
            MEASURE,
            Column("intact", "number", "measure with intact attention"),
            Column("cut", "number", "measure with attention to the items blocked"),
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
            Column("swapped", "text", "parts replaced by those of the twin (other cue) trial"),
            TASK,
            Column("follows_twin", "number", "fraction of reports closer to the twin's item"),
            Column("error_own", "number", "mean absolute error from the cued item", "degrees"),
            Column("error_twin", "number", "mean absolute error from the twin's item", "degrees"),
            Column("n_trials", "count", "number of trials"),
            NETWORK,
            TRAINED,
            SEED,
        ),
        when="attends_to_steps",
        title="Queries, keys and values swapped",
        caption=(
            "Stage of attention at which selection acts. In every network with attention to "
            "steps, we replace queries, keys or values with those of the same trial with the "
            "other cue (the twin). A report follows the twin if it is closer to the item cued in "
            "the twin. Errors are mean absolute differences from either item in degrees; chance "
            "is 90."
        ),
    ),
    Table(
        "list_recall",
        "Recall of lists of one length by a replicate network.",
        ("networks/list_recall.csv", "networks/list_recall/{family}/seed{n}.csv"),
        (
            Column("family", "text", "the family of networks"),
            SEED,
            Column("length", "count", "number of items of a list"),
            Column("token_accuracy", "number", "fraction of positions with the correct item"),
            Column("forced_accuracy", "number", "the same with teacher forcing"),
            Column("chance", "number", "1 / number of different items"),
            Column("n_lists", "count", "number of held-out lists"),
        ),
        when="families",
    ),
)

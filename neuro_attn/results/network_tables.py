"""Specifications of the tables of networks."""

from neuro_attn.results.columns import Column, Table
from neuro_attn.results.shared_columns import (
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
            Column("loss", "number", "mean squared error, averaged over steps since the last row"),
            Column("report_error_pro", "number", "mean absolute error, pro trials", "degrees"),
            Column("report_error_retro", "number", "mean absolute error, retro trials", "degrees"),
            NETWORK,
            SEED,
        ),
        when="family",
        details=(
            "Only for networks that the run trains. Report errors are those of held-out trials. "
            "They are missing for a task on which the network is not trained."
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
            Column("report_error", "number", "report minus target, -180 to 180", "degrees"),
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
            Column("report_error", "number", "mean absolute error; chance is 90", "degrees"),
            Column("n_trials", "count", "number of held-out trials"),
        ),
        section="Networks",
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
            Column(
                "measure",
                "text",
                "`delay_r2`; for the population `report`, `report_error_pro` and "
                "`report_error_retro` (degrees)",
            ),
            Column("intact", "number", "measure with intact attention"),
            Column("cut", "number", "measure with attention to the items blocked"),
            NETWORK,
            TRAINED,
            SEED,
        ),
        when="items_can_be_blocked",
        details=(
            "Only for networks without attention or with attention to steps of the trial. "
            "Attention to the steps of the items is blocked "
            "([where the memory lies](networks.md#where-the-memory-lies)). `delay_r2` is the "
            "fraction of the variance of the colours of both items that a ridge regression "
            "explains at the end of the delay."
        ),
    ),
    Table(
        "qkv_swap",
        "Reports of a network with parts of its attention swapped.",
        ("networks/qkv_swap.csv", "networks/{network}/seed{n}/qkv_swap.csv"),
        (
            Column(
                "swapped",
                "text",
                "what is taken from the twin: `nothing`, `queries`, `keys`, `values` or "
                "`everything`",
            ),
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
        section="Networks",
        title="Queries, keys and values swapped",
        caption=(
            "Stage of attention at which selection acts. In every network with attention to "
            "steps, we replace queries, keys or values with those of the same trial with the "
            "other cue (the twin). A report follows the twin if it is closer to the item cued in "
            "the twin. Errors are mean absolute differences from either item in degrees; chance "
            "is 90."
        ),
        details=(
            "Only for networks with attention to steps of the trial. The twin of a trial is the "
            "same trial with the other cue "
            "([queries, keys or values](networks.md#queries-keys-or-values))."
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
        details=(
            "Only with `list_recall` "
            "([the bottleneck of a fixed context](networks.md#the-bottleneck-of-a-fixed-context)). "
            "The lists are held out. With teacher forcing, the decoder receives the correct items "
            "before each position."
        ),
    ),
)

"""Specifications of the tables of networks."""

from neuro_attn.results.columns import Column, Table
from neuro_attn.results.shared_columns import (
    NETWORK,
    POPULATION,
    SEED,
    TASK,
    TIME,
    TRAINED,
)

NETWORK_TABLES = (
    Table(
        "training",
        "A step of the training of a network, in a task.",
        ("networks/training.csv", "networks/{network}/seed{n}/training.csv"),
        (
            Column("step", "count", "training step"),
            Column("loss", "number", "mean squared error, averaged over steps since the last row"),
            TASK,
            Column("report_error", "number", "mean absolute error; chance is 90", "degrees"),
            NETWORK,
            SEED,
        ),
        when="family",
        details=(
            "Only for networks that the run trains. Report errors are those of held-out trials. "
            "The loss is that of all tasks. A training stops at a step whose loss is not finite; "
            "this step is then in the last rows, without loss and errors."
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
            Column("probed", "truth", "whether there are reports; without, no error is known"),
            Column(
                "learned",
                "truth",
                "whether the replicate network has learned all its tasks; missing if not probed",
                optional=True,
            ),
            Column("learned_below", "number", "error below which a task is learned", "degrees"),
            Column("stopped_at", "number", "training step whose loss was not finite, if any"),
        ),
        section="Networks",
        title="Report errors",
        caption=(
            "Mean absolute report error of every replicate network in every task on held-out "
            "trials, in degrees; chance is 90. A replicate network has learned if its error is "
            "below the stated bound in all its tasks and its training was not stopped by a loss "
            "that is not finite. Those that have not learned are left out of all analyses."
        ),
        details=(
            "`learned_below` is a key of the network. Replicate networks that have not learned are "
            "left out of decoding, signatures and the comparison, unless no seed of the network "
            "has learned: then all are decoded and none is compared. The floor, the untrained "
            "network, has the same seeds. Imported networks without reports are not probed: they "
            "are analysed, and whether they have learned is unknown."
        ),
    ),
    Table(
        "probe",
        "Report error of a replicate network that is asked at a time.",
        ("networks/probe.csv", "networks/{network}/seed{n}/probe.csv"),
        (
            NETWORK,
            SEED,
            TASK,
            TIME,
            Column("report_error", "number", "mean absolute error; chance is 90", "degrees"),
            Column("n_trials", "count", "number of held-out trials"),
            Column("items_shown", "number", "fraction of trials with items on the screen"),
            Column(
                "answer_known", "number", "fraction of trials in which cue and items were shown"
            ),
            Column("learned_below", "number", "error below which a network answers", "degrees"),
            Column("answers", "truth", "whether the error is below it"),
            Column("populations", "text", "populations that exist only when a report is asked"),
        ),
        when="family",
        details=(
            "Only for networks that the run trains: files of imported networks contain reports at "
            "the end of trials, if any, so it is unknown when they could answer. A network answers "
            "at a time if its error is below the bound. `populations` exist only when a report is "
            "asked, and are recorded as if the trial ended at each time. They are left out of "
            "signatures and the comparison in windows in which the mean error over seeds reaches "
            "the bound at any time of any task (`comparison/signatures_left_out.csv`). The other "
            "populations are active while the network reads the trial, whatever it is asked."
        ),
    ),
    Table(
        "behaviour",
        "Behaviour of a replicate network with noise in its states, in a task.",
        ("networks/behaviour.csv", "networks/{network}/seed{n}/behaviour.csv"),
        (
            TASK,
            Column("state_noise", "number", "SD of the noise, the same in all tasks"),
            Column("target_error", "number", "error to match; missing without `match`", "degrees"),
            Column("report_error", "number", "mean absolute error on these trials", "degrees"),
            Column(
                "recorded_error", "number", "mean absolute error on the recorded trials", "degrees"
            ),
            Column("target", "number", "fraction of reports of the target"),
            Column("swap", "number", "fraction of reports of the other item"),
            Column("guess", "number", "fraction of guesses (random reports)"),
            Column("sd", "number", "circular SD of reports around an item", "degrees"),
            Column("n_trials", "count", "number of held-out trials"),
            NETWORK,
            SEED,
        ),
        when="is_noisy",
        section="Networks",
        title="Behaviour with noise",
        caption=(
            "Reports of networks with noise in their states. With `match`, the noise is that with "
            "which the mean absolute error, averaged over tasks, is nearest to that of the "
            "animals. Fractions of reports of the target, of the other item (swaps) and of random "
            "ones (guesses), and the SD of the first two, are those of a mixture model."
        ),
        details=(
            "Only for networks with `state_noise` or `match`. The trials are held out, and none of "
            "them is recorded; `recorded_error` is that of the recorded trials, which did not "
            "determine the noise. Fractions of the mixture model sum to 1."
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
                "`delay_r2`; for the population `report`, `report_error_` with the name of each "
                "task (degrees)",
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
        "attention_use",
        "Use of an attention (a head or a layer) of a replicate network in a task.",
        ("networks/attention_use.csv", "networks/{network}/seed{n}/attention_use.csv"),
        (
            Column("attention", "text", "the attention: a head or a layer"),
            TASK,
            Column("entropy", "number", "entropy of the weights, fraction of the uniform one"),
            Column("items", "number", "weight on the steps of the items"),
            Column("cue", "number", "weight on the steps of the cue"),
            Column("elsewhere", "number", "weight on all other steps"),
            Column("items_uniform", "number", "weight on the items if weights were uniform"),
            Column("report_error", "number", "mean absolute report error, intact", "degrees"),
            Column("error_uniform", "number", "the same with uniform weights", "degrees"),
            Column("error_zero", "number", "the same with a context of zero", "degrees"),
            Column("error_blocked", "number", "the same with the items blocked", "degrees"),
            Column("needs_weights", "truth", "whether the task fails with uniform weights"),
            Column("needs_context", "truth", "whether the task fails with a context of zero"),
            NETWORK,
            TRAINED,
            SEED,
        ),
        when="attends_to_steps",
        section="Networks",
        title="Use of attention",
        caption=(
            "Where networks attend at the start of the report, and their report error without "
            "attention: with uniform weights, with a context of zero, and with attention to the "
            "items blocked (degrees; chance is 90). Errors are those of the whole network, with "
            "all heads and layers altered. A network needs its weights or its context in a task "
            "if it fails the task without them."
        ),
        details=(
            "Only for networks with attention to steps of the trial. A task fails if the report "
            "error is not below `learned_below` of the network. Uniform weights of hard attention "
            "select the first step. The backward states of `bahdanau` are attended to, but they "
            "are no recorded population."
        ),
    ),
    Table(
        "lesions",
        "Reports of a replicate network without a unit, a population or a head.",
        ("networks/lesions.csv", "networks/{network}/seed{n}/lesions.csv"),
        (
            Column("lesion", "text", "what is silenced: `nothing`, `unit`, `population` or `head`"),
            Column("population", "text", "population or attention that it is in; empty if none"),
            Column("number", "number", "number of the unit or head"),
            Column(
                "period",
                "text",
                "when it is silenced: `trial`, `delay before the cue` or `delay before the report`",
            ),
            TASK,
            Column("report_error", "number", "mean absolute report error", "degrees"),
            Column(
                "error_nearest", "number", "mean absolute error from the nearest item", "degrees"
            ),
            Column("follows_other", "number", "fraction of reports nearer to another item"),
            NETWORK,
            TRAINED,
            SEED,
        ),
        when="lesions",
        details=(
            "Only with `lesions: true` of a network that the run trains. States are silenced at "
            "all steps, those of populations also in delays alone "
            "([lesions](networks.md#lesions)). If a lesion raises `follows_other` and "
            "`error_nearest` stays small, selection is lost and memory is spared. If "
            "`error_nearest` rises, memory is lost."
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
)

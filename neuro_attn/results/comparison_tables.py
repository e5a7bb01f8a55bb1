"""The tables that compare networks with regions."""

from neuro_attn.results.columns import Column, Table
from neuro_attn.results.shared_columns import (
    CEILING,
    CI,
    DATASET,
    FEATURE,
    FLOOR,
    MATCHED_TO,
    MEASURE,
    NETWORK,
    POPULATION,
    REASON,
    REGION,
    TRAINED,
    VALUE,
)

COMPARISON_TABLES = (
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
        title="What signatures lack, and why",
        caption=(
            "Features that signatures lack, and why. The distances of a population leave out "
            "what the population or a region lacks."
        ),
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
        title="Distances",
        caption="Distance of every population of every network to every region.",
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
        title="Nearest regions",
        caption=(
            "The region nearest to every trained population, the runner-up, the difference "
            "between their distances, and how often the region stays nearest. The verdict is "
            "undecided where the confidence interval of the difference contains 0."
        ),
    ),
    Table(
        "representations",
        "Similarity of a population of a network and a region.",
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
        title="Representations",
        caption=(
            "Similarity of the representations of networks and regions, with equal numbers of "
            "units and trials."
        ),
    ),
)

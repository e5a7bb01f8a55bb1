"""Specifications of the tables that compare networks with regions."""

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
            Column("value", "number", "value of the feature"),
            Column("sd", "number", "its SD over bootstrap replicates"),
        ),
    ),
    Table(
        "signatures_left_out",
        "A feature that is missing in a signature.",
        ("comparison/signatures_left_out.csv",),
        (DATASET, REGION, MATCHED_TO, FEATURE, REASON),
        title="Features missing in signatures",
        caption=(
            "Features missing in signatures, with reasons. Distances of a population are computed "
            "without features that the population or a region lacks."
        ),
    ),
    Table(
        "distances",
        "Distance between a network population and a region.",
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
            Column("noise", "number", "SD of the noise added to the network", "SDs of each unit"),
            Column("accuracy", "number", "mean within-task accuracy of the network, matched"),
            Column("region_accuracy", "number", "mean within-task accuracy of the region"),
            Column("n_features", "count", "number of features compared"),
        ),
        title="Distances",
        caption="Distance between every population of every network and every region.",
    ),
    Table(
        "nearest",
        "The region nearest to a population of a trained network.",
        ("comparison/nearest.csv",),
        (
            NETWORK,
            POPULATION,
            Column("region", "text", "the nearest region"),
            Column("distance", "number", "distance to it", "bootstrap SDs"),
            *CI,
            Column("runner_up", "text", "the second nearest region, empty if there is none"),
            Column("runner_up_distance", "number", "distance to it", "bootstrap SDs"),
            Column("margin", "number", "difference in distance to another region", "bootstrap SDs"),
            Column("margin_ci_low", "number", "lower end of its confidence interval"),
            Column("margin_ci_high", "number", "upper end of its confidence interval"),
            Column("verdict", "text", "the nearest region, or `undecided`"),
            Column("fraction_nearest", "number", "fraction of bootstrap replicates that agree"),
            Column("fraction_of_seeds", "number", "fraction of replicate networks that agree"),
            Column("fraction_of_draws", "number", "fraction of draws that agree"),
            Column(
                "untrained_as_near",
                "truth",
                "whether the untrained network is as near to the region",
                optional=True,
            ),
        ),
        title="Nearest regions",
        caption=(
            "The region nearest to every trained population, the runner-up, the difference "
            "between their distances, and the fraction of resamples in which the region remains "
            "the nearest. The verdict is undecided if the confidence interval of the difference "
            "contains 0."
        ),
    ),
    Table(
        "representations",
        "Similarity between a network population and a region.",
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
            Column("n_units", "count", "number of units of each population"),
            Column("n_trials", "count", "number of trials per condition"),
            Column("n_conditions", "count", "number of conditions"),
        ),
        title="Representations",
        caption=(
            "Similarity of the representations of networks and regions, with equal numbers of "
            "units and trials."
        ),
    ),
)

"""Specifications of the tables that compare networks with regions."""

from neuro_attn.results.columns import Column, Table
from neuro_attn.results.shared_columns import (
    CI,
    DATASET,
    FEATURE,
    MATCHED_TO,
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
        details=(
            "`signatures/{dataset}.nc` contains the same with "
            "[replicates, draws and sessions](#signaturesdatasetnc)."
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
        details=(
            "`feature` is `all` for a region without a code. For networks, `matched_to` lists all "
            "regions for which the feature is missing."
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
            Column("ceiling", "number", "distance between halves of the region's units"),
            Column("floor", "number", "distance of the untrained network"),
            Column("noise", "number", "SD of the noise added to the network", "SDs of each unit"),
            Column("accuracy", "number", "mean within-task accuracy of the network, matched"),
            Column("region_accuracy", "number", "mean within-task accuracy of the region"),
            Column("n_features", "count", "number of features compared"),
        ),
        title="Distances",
        caption="Distance between every population of every network and every region.",
        details=(
            "Smaller is more similar. No network can be expected to be much closer than the "
            "ceiling, the distance between random halves of the region's own units (halves have "
            "fewer units than the network has)."
        ),
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
            Column("margin_ci_low", "number", "lower end of its interval", "bootstrap SDs"),
            Column("margin_ci_high", "number", "upper end of its interval", "bootstrap SDs"),
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
        details=(
            "- **Margin.** The difference in distance between the nearest region and the region "
            "with the smallest lower confidence limit of that difference.\n"
            "- **Verdict.** The nearest region if the intervals of the differences to all other "
            "regions are above 0, and `undecided` otherwise. If only one region has a code, it is "
            "the verdict, and `runner_up` and the margin are empty.\n"
            "- **Fractions.** How often the region is the nearest: in bootstrap replicates, in "
            "replicate networks, and in draws of splits and units. With one replicate network the "
            "fraction is 0 or 1 and carries little information.\n"
            "- **`untrained_as_near`** is true if the distance of the untrained population does "
            "not exceed the upper confidence limit of the trained one's distance. Training then "
            "does not explain the similarity."
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
            Column("measure", "text", "`debiased_cka`, `crossnobis_correlation` or `procrustes`"),
            VALUE,
            *CI,
            Column("ceiling", "number", "value between halves of the region's units"),
            Column("floor", "number", "value of the untrained network"),
            Column("n_units", "count", "number of units of each population"),
            Column("n_trials", "count", "number of trials per condition"),
            Column("n_conditions", "count", "number of conditions"),
        ),
        title="Representations",
        caption=(
            "Similarity of the representations of networks and regions, with equal numbers of "
            "units and trials."
        ),
        details=(
            "Larger is more similar. All pairs are compared with the units and trials of the "
            "smallest population.\n\n"
            "- `debiased_cka`: 1 for the same geometry, 0 for none in common.\n"
            "- `crossnobis_correlation`: correlation of the dissimilarities of all pairs of "
            "conditions.\n"
            "- `procrustes`: biased upwards by noise, so compare it with its ceiling and floor.\n\n"
            "The ceiling is the largest value that can be expected. A measure has no row if it is "
            "undefined in a draw, because the responses of a population do not exceed noise there."
        ),
    ),
)

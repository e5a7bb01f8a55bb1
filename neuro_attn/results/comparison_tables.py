"""Specifications of the tables that compare networks with regions."""

from neuro_attn.results.columns import Column, Table
from neuro_attn.results.shared_columns import (
    BENCHMARK,
    CI,
    DATASET,
    FEATURE,
    MATCHED_TO,
    NETWORK,
    POPULATION,
    REASON,
    REGION,
    SCORE,
    SEED,
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
        section="Quality",
        title="Features missing in signatures",
        caption=(
            "Features missing in signatures, with reasons. Distances of a population are computed "
            "without features that the population or a region lacks. Populations that exist only "
            "when a report is asked are left out in windows in which the network cannot answer."
        ),
        details=(
            "`feature` is `all` for a region without a code, for a network of which no seed has "
            "learned, and for a population that is asked for reports which the network cannot give "
            "([probe](#probecsv)); it is `window ...` if there are other windows in which it can. "
            "For networks, `matched_to` lists all regions for which the feature is missing."
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
            Column("d_prime", "number", "mean d' within tasks of the network, matched"),
            Column("region_d_prime", "number", "mean d' within tasks of the region"),
            Column("n_features", "count", "number of features compared"),
        ),
        section="Networks",
        title="Distances",
        caption="Distance between every population of every network and every region.",
        details=(
            "Smaller is more similar. No network can be expected to be much closer than the "
            "ceiling, the distance between random halves of the region's own units (halves have "
            "fewer units than the network has)."
        ),
    ),
    Table(
        "fit",
        "Test of whether a network population fits a region.",
        ("comparison/fit.csv",),
        (
            NETWORK,
            TRAINED,
            POPULATION,
            REGION,
            Column("n_overlaps", "count", "number of overlaps compared: pairs of tasks x windows"),
            Column("overlap", "number", "overlap of the network's codes across tasks"),
            Column("region_overlap", "number", "overlap of the region's codes across tasks"),
            Column("statistic", "number", "squared difference in units of its covariance"),
            Column("p_value", "number", "p-value of equal overlaps"),
            Column("p_unrelated", "number", "the same if the network's overlap were exactly 0"),
            Column("p_shared", "number", "the same if the network's overlap were exactly 1"),
            Column("verdict", "text", "`compatible`, `incompatible` or `uninformative`"),
        ),
        section="Networks",
        title="Fit of networks to regions",
        caption=(
            "Fit of every population of every network to every region: do the codes of two tasks "
            "overlap equally, in all windows? Compatible means that equality is not rejected, "
            "although an overlap of 0 or of 1 would be. Uninformative means that these would not "
            "be rejected either."
        ),
        details=(
            "The overlap of the codes of two tasks is 1 for one code, 0 for unrelated codes and "
            "\N{MINUS SIGN}1 for a reversed code, whatever their strength. It is compared in every "
            "window and pair of tasks in which both the network and the region have a code in both "
            "tasks; `overlap` and `region_overlap` are over all of these. All units and trials "
            "count, without the noise that matches networks to regions.\n\n"
            "- `incompatible`: p is at most 1 - `inference.confidence`.\n"
            "- `uninformative`: not incompatible, but neither an overlap of 0 nor one of 1 would "
            "be, or there is no overlap to compare.\n"
            "- `compatible`: not incompatible, although at least one of these would be."
        ),
    ),
    Table(
        "nearest",
        "The region that a population of a trained network resembles.",
        ("comparison/nearest.csv",),
        (
            NETWORK,
            POPULATION,
            Column("verdict", "text", "the only region that fits, `undecided` or `none`"),
            Column("possible", "text", "regions that are not incompatible"),
            Column("region", "text", "the nearest of these, empty if there is none"),
            Column("distance", "number", "distance to it", "bootstrap SDs"),
            *CI,
            Column("runner_up", "text", "the second nearest region, empty if there is none"),
            Column("runner_up_distance", "number", "distance to it", "bootstrap SDs"),
            Column("margin", "number", "difference in distance to another region", "bootstrap SDs"),
            Column("margin_ci_low", "number", "lower end of its interval", "bootstrap SDs"),
            Column("margin_ci_high", "number", "upper end of its interval", "bootstrap SDs"),
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
        section="Networks",
        title="Regions that networks resemble",
        caption=(
            "The region that every trained population resembles. A region is named if it is "
            "compatible and all others are incompatible. The verdict is none if all are "
            "incompatible. Also the nearest of the possible regions, the runner-up, the difference "
            "between their distances, and the fraction of resamples in which the region remains "
            "the nearest."
        ),
        details=(
            "- **Verdict.** A region that is compatible while every other region with a code is "
            "incompatible ([fit](#fitcsv)); `none` if all are incompatible; otherwise `undecided`, "
            "and `possible` lists what remains. All further columns concern these regions.\n"
            "- **Margin.** The difference in distance between the nearest region and the region "
            "with the smallest lower confidence limit of that difference. If only one region is "
            "possible, `runner_up` and the margin are empty.\n"
            "- **Fractions.** How often the region is the nearest: in bootstrap replicates, in "
            "replicate networks, and in draws of splits and units. With one replicate network the "
            "fraction is 0 or 1 and carries little information.\n"
            "- **`untrained_as_near`** is true if the distance of the untrained population does "
            "not exceed the upper confidence limit of the trained one's distance. Training then "
            "does not explain the similarity."
        ),
    ),
    Table(
        "model_scores",
        "Score of a network population, of one replicate network, against a region.",
        ("comparison/model_scores.csv",),
        (
            NETWORK,
            TRAINED,
            POPULATION,
            REGION,
            BENCHMARK,
            SCORE,
            SEED,
            VALUE,
            Column(
                "ceiling",
                "number",
                "limit set by noise, or score of two halves of the region",
            ),
            Column("floor", "number", "value of the untrained network of the same seed"),
            Column("n_units", "count", "number of units of each population"),
            Column("n_trials", "count", "number of trials per condition"),
            Column("n_conditions", "count", "number of conditions: kinds of trials x windows"),
            Column("n_bins", "count", "number of time bins that all data sets have"),
        ),
        section="Networks",
        title="Scores of replicate networks",
        caption=(
            "Scores of every replicate network against every region, with equal numbers of units "
            "and trials. Larger is more similar. The ceiling is the largest expected value for "
            "predictivity; for other scores it is that of two halves of the region's units."
        ),
        details=(
            "All populations are scored with the units and trials of the smallest population, in "
            "the same conditions: task x class (x colour bin of the cued item) in every window, or "
            "in every time bin that all data sets have. Equations are in [methods](methods.md#"
            "comparison).\n\n"
            "- `linear_predictivity`: correlation of the region's responses with predictions by "
            "ridge regression from the network, over time bins, for held-out kinds of trials. "
            "`reverse_predictivity`: the same with region and network exchanged. Both are 0 on "
            "average for unrelated codes. Their ceiling is from two halves of the trials of the "
            "predicted side; a score divided by it is corrected for noise.\n"
            "- `debiased_cka`: 1 for the same geometry, 0 on average for unrelated ones.\n"
            "- `crossnobis_correlation`: correlation of the cross-validated dissimilarities of all "
            "pairs of conditions.\n"
            "- `procrustes`: biased upwards by noise, so compare it with its ceiling and floor.\n"
            "- `dynamical_similarity`: cosine of linear dynamics up to a rotation; unrelated "
            "dynamics are not at 0, so compare it with its ceiling and floor.\n\n"
            "All other ceilings are scores of two halves of the region's own units. Each half has "
            "half as many units as a network, so a network can exceed these ceilings. A score has "
            "no row where it is undefined, because responses do not exceed noise, or where data "
            "sets have no common time bins (`n_bins` is 0)."
        ),
    ),
    Table(
        "leaderboard",
        "Score of a network population against a region, over seeds.",
        ("comparison/leaderboard.csv",),
        (
            Column("rank", "count", "rank among all populations, 1 for the largest value"),
            Column("brain", "text", "data set of the region"),
            BENCHMARK,
            REGION,
            SCORE,
            NETWORK,
            POPULATION,
            VALUE,
            *CI,
            Column("ceiling", "number", "ceiling of the score, mean over seeds"),
            Column("of_ceiling", "number", "value divided by the ceiling"),
            Column("floor", "number", "mean of the untrained networks of the same seeds"),
            Column(
                "p_value", "number", "one-sided p-value; null: training does not raise the score"
            ),
            Column("n_seeds", "count", "number of replicate networks"),
            Column("n_units", "count", "number of units of each population"),
            Column("n_trials", "count", "number of trials per condition"),
            Column("verdict", "text", "verdict on the fit; empty without one"),
            Column("report_error", "number", "mean absolute report error", "degrees"),
        ),
        section="Networks",
        title="Leaderboard",
        caption=(
            "All populations of trained networks by region and score: mean over seeds with its "
            "t interval, ceiling, untrained networks, a one-sided paired t-test of training, and "
            "the verdict on the fit of codes."
        ),
        details=(
            "Scores are those of [model_scores.csv](#model_scorescsv), averaged over seeds that "
            "learned. The interval and `p_value` generalise to other seeds of the network, not to "
            "other trials or units of the region. `p_value` is missing with fewer than three pairs "
            "of seeds. Ranks are within a `benchmark`: a region with the same conditions, trials "
            "and units, and equal numbers of units and trials drawn. `neuro-attn leaderboard "
            "FOLDER FILE` joins the leaderboards of several runs, and files from elsewhere with "
            "these columns ([leaderboard](networks.md#leaderboard))."
        ),
    ),
)

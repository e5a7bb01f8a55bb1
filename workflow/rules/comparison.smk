CONFIDENCE = (
    DATASETS[CONFIGURATION.comparison.dataset].inference.confidence
    if CONFIGURATION.comparison
    else None
)
SETTINGS_OF_COMPARED = {
    name: without_permutations(
        settings_without(DATASETS[name], configuration.LATER_KEYS)
    )
    for name in COMPARED
}


rule match_region_signatures:
    input:
        unpack(signatures_of_brain),
        recordings=recordings_of_region,
        regions=[f"results/{name}/regions.csv" for name in COMPARED],
        costs=ancient("results/{dataset}/costs.csv"),
    output:
        SIGNATURES_OF_REGION,
    log:
        "results/logs/match_signatures/{dataset}/{region}.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **as_estimated("match_region_signatures"),
    params:
        settings=SETTINGS_OF_COMPARED,
        confidence=CONFIDENCE,
        seed=CONFIGURATION.seed,
        sources=sources_by_dataset("signatures.py", decoder_of, score_of, null_of),
    script:
        "../scripts/signatures.py"


rule match_signatures:
    input:
        unpack(signatures_of_brain),
        recordings=recordings_of,
        regions=[f"results/{name}/regions.csv" for name in COMPARED],
        costs=ancient("results/{dataset}/costs.csv"),
    output:
        SIGNATURES,
    log:
        "results/logs/match_signatures/{dataset}.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **as_estimated("match_signatures"),
    params:
        settings=SETTINGS_OF_COMPARED,
        confidence=CONFIDENCE,
        seed=CONFIGURATION.seed,
        sources=sources_by_dataset("signatures.py", decoder_of, score_of, null_of),
    script:
        "../scripts/signatures.py"


rule compare:
    input:
        unpack(signatures_of_compared),
    output:
        distances="results/comparison/distances.csv",
        fit="results/comparison/fit.csv",
        nearest="results/comparison/nearest.csv",
        signatures="results/comparison/signatures.csv",
        left_out="results/comparison/signatures_left_out.csv",
    log:
        "results/logs/compare.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **fixed(),
    params:
        networks=NETWORK_DATASETS,
        confidence=CONFIDENCE,
        sources=sources_of("compare.py"),
    script:
        "../scripts/compare.py"


rule score_networks:
    input:
        recordings=recordings_of_compared,
        regions=[f"results/{name}/regions.csv" for name in COMPARED],
        fit="results/comparison/fit.csv",
        errors="results/networks/report_error.csv",
        costs=ancient([f"results/{name}/costs.csv" for name in COMPARED]),
    output:
        scores="results/comparison/model_scores.csv",
        leaderboard="results/comparison/leaderboard.csv",
    log:
        "results/logs/score_networks.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **of_all_compared(),
    params:
        settings=SETTINGS_OF_COMPARED,
        brain=CONFIGURATION.comparison.dataset if CONFIGURATION.comparison else None,
        networks=NETWORK_DATASETS,
        confidence=CONFIDENCE,
        seed=CONFIGURATION.seed,
        sources=sources_of("score_networks.py"),
    script:
        "../scripts/score_networks.py"

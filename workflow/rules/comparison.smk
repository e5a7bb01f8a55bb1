rule compare:
    input:
        brain=decodings_of_brain,
        networks=decodings_of_networks,
    output:
        distances="results/comparison/distances.csv",
        nearest="results/comparison/nearest.csv",
        signatures="results/comparison/signatures.csv",
    log:
        "results/logs/compare.log",
    benchmark:
        "results/benchmarks/compare.tsv"
    conda:
        "../envs/neuro-attn.yaml"
    params:
        networks=NETWORK_DATASETS,
        confidence=(
            DATASETS[CONFIGURATION.comparison.dataset].inference.confidence
            if CONFIGURATION.comparison
            else None
        ),
        sources=sources_of("compare.py"),
    script:
        "../scripts/compare.py"


rule compare_representations:
    input:
        recordings=recordings_of_compared,
        regions=[f"results/{name}/regions.csv" for name in COMPARED],
    output:
        "results/comparison/representations.csv",
    log:
        "results/logs/compare_representations.log",
    benchmark:
        "results/benchmarks/compare_representations.tsv"
    conda:
        "../envs/neuro-attn.yaml"
    params:
        settings={
            name: DATASETS[name].model_dump(mode="json", exclude={"confounds"})
            for name in COMPARED
        },
        brain=CONFIGURATION.comparison.dataset if CONFIGURATION.comparison else None,
        networks=NETWORK_DATASETS,
        seed=CONFIGURATION.seed,
        sources=sources_of("compare_representations.py"),
    script:
        "../scripts/compare_representations.py"

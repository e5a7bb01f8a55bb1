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
        networks={
            name: [dataset.network, dataset.trained]
            for name, dataset in DATASETS.items()
            if dataset.source == "network"
        },
        confidence=(
            DATASETS[CONFIGURATION.comparison.dataset].inference.confidence
            if CONFIGURATION.comparison
            else None
        ),
        sources=sources_of("compare.py"),
    script:
        "../scripts/compare.py"

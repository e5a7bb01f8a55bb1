def decodings_of_networks(wildcards):
    return [
        path
        for name, dataset in DATASETS.items()
        if dataset.source == "network"
        for path in decodings_of_dataset(name)
    ]


def decodings_of_brain(wildcards):
    return decodings_of_dataset(CONFIGURATION.comparison.dataset)


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
    params:
        networks={
            name: [dataset.network, dataset.trained]
            for name, dataset in DATASETS.items()
            if dataset.source == "network"
        },
        sources=sources_of("compare.py"),
    script:
        "../scripts/compare.py"


def results_of_comparison(wildcards):
    if CONFIGURATION.comparison is None:
        return []
    return [
        f"results/comparison/{table}.csv"
        for table in ("distances", "nearest", "signatures")
    ]

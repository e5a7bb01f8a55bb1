# Settings on which recordings do not depend.
NOT_READ = {
    **dict.fromkeys(["inference", *configuration.LATER_KEYS], True),
    "sessions": {"min_trials"},
}

for name, dataset in CONFIGURATION.datasets.items():

    rule:
        name:
            f"recordings_{name}"
        input:
            [file for part in PARTS[name] for file in part.files],
        output:
            expand(
                "results/{dataset}/recordings/{session}.nc",
                dataset=name,
                session=map(as_filename, SESSIONS[name]),
            ),
        log:
            f"results/logs/recordings/{name}.log",
        benchmark:
            f"results/benchmarks/recordings/{name}.tsv"
        conda:
            "../envs/neuro-attn.yaml"
        resources:
            **by_input(products.recordings_bytes(dataset)),
        params:
            name=name,
            settings=dataset.model_dump(mode="json", exclude=NOT_READ),
            folder=FOLDER if sources.SOURCES[dataset.source].reads_files else "",
            seed=(
                0
                if sources.SOURCES[dataset.source].reads_files
                else CONFIGURATION.seed
            ),
            sources=sources_of("recordings.py", *sources.READERS[dataset.source]),
        script:
            "../scripts/recordings.py"


rule truth:
    output:
        "results/{dataset}/truth.nc",
    log:
        "results/logs/truth/{dataset}.log",
    benchmark:
        "results/benchmarks/truth/{dataset}.tsv"
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **fixed(),
    params:
        simulation=lambda wildcards: DATASETS[wildcards.dataset].simulation.model_dump(
            mode="json"
        ),
        seed=CONFIGURATION.seed,
        sources=sources_of("truth.py"),
    script:
        "../scripts/truth.py"


checkpoint regions:
    input:
        recordings=recordings_of,
    output:
        table="results/{dataset}/regions.csv",
        costs="results/{dataset}/costs.csv",
    log:
        "results/logs/regions/{dataset}.log",
    benchmark:
        "results/benchmarks/regions/{dataset}.tsv"
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **by_input(),
    params:
        settings=settings_of,
        seed=CONFIGURATION.seed,
        sources=sources_of("regions.py"),
    script:
        "../scripts/regions.py"

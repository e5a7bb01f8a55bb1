rule measure_behaviour:
    input:
        recordings=recordings_of,
        # Sessions that cannot be analysed together stop the run there.
        checked=ancient("results/{dataset}/regions.csv"),
    output:
        behaviour_measures="results/{dataset}/behaviour_measures.csv",
        behaviour_errors="results/{dataset}/behaviour_errors.csv",
    log:
        "results/logs/behaviour/{dataset}.log",
    benchmark:
        "results/benchmarks/behaviour/{dataset}.tsv"
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **by_number_of_files(),
    params:
        settings=settings_with_behaviour,
        seed=CONFIGURATION.seed,
        sources=sources_of("measure_behaviour.py"),
    script:
        "../scripts/measure_behaviour.py"

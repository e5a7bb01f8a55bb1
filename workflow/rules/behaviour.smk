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


rule measure_single_units:
    input:
        recordings=recordings_of,
        session_units="results/{dataset}/session_units.csv",
        costs=ancient("results/{dataset}/costs.csv"),
    output:
        single_units="results/{dataset}/single_units.csv",
        single_unit_counts="results/{dataset}/single_unit_counts.csv",
        single_unit_correlations="results/{dataset}/single_unit_correlations.csv",
    log:
        "results/logs/single_units/{dataset}.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **as_estimated("measure_geometry"),
    params:
        settings=settings_with_single_units,
        seed=CONFIGURATION.seed,
        sources=sources_of("measure_single_units.py"),
    script:
        "../scripts/measure_single_units.py"

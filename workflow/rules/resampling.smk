rule decode_resampled:
    input:
        recordings=recordings_of_region,
        costs=ancient("results/{dataset}/costs.csv"),
    output:
        RESAMPLED_OF_REGION,
    log:
        "results/logs/resampled/{dataset}/{region}.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        # costs.csv does not depend on the key of this rule, so it has no row for it.
        **by_input(),
    params:
        settings=settings_of_resampled,
        seed=CONFIGURATION.seed,
        sources=sources_by_dataset("decode_resampled.py", decoder_of),
    script:
        "../scripts/decode_resampled.py"


rule tabulate_resampled:
    input:
        resampled_of_regions,
    output:
        resampled_accuracy="results/{dataset}/resampled_accuracy.csv",
        resampled_accuracy_over_time="results/{dataset}/resampled_accuracy_over_time.csv",
        resampled_first_times="results/{dataset}/resampled_first_times.csv",
    log:
        "results/logs/resampled/{dataset}.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **fixed(),
    params:
        settings=settings_with_resampled,
        seed=CONFIGURATION.seed,
        sources=sources_of("tabulate_resampled.py"),
    script:
        "../scripts/tabulate_resampled.py"

rule decode:
    input:
        recordings=recordings_of_region,
        costs=ancient("results/{dataset}/costs.csv"),
    output:
        "results/{dataset}/decoding/{region}.nc",
    log:
        "results/logs/decode/{dataset}/{region}.log",
    benchmark:
        "results/benchmarks/decode/{dataset}/{region}.tsv"
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **as_estimated("decode"),
    params:
        settings=settings_of,
        n_units=units_of_draw,
        seed=CONFIGURATION.seed,
        sources=sources_by_dataset("decode.py", decoder_of, score_of, null_of),
    script:
        "../scripts/decode.py"


rule decode_confounds:
    input:
        recordings=recordings_of,
        regions="results/{dataset}/regions.csv",
        costs=ancient("results/{dataset}/costs.csv"),
    output:
        "results/{dataset}/confounds.csv",
    log:
        "results/logs/confounds/{dataset}.log",
    benchmark:
        "results/benchmarks/confounds/{dataset}.tsv"
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **as_confounds(),
    params:
        settings=lambda wildcards: settings_without(DATASETS[wildcards.dataset], []),
        seed=CONFIGURATION.seed,
        sources=sources_by_dataset(
            "decode_confounds.py",
            decoder_of,
            score_of,
            null_of,
            always=[NULL_MODELS["shuffle"].module],
        ),
    script:
        "../scripts/decode_confounds.py"

from neuro_attn.configuration.null_models import NULL_MODELS


rule decode:
    input:
        recordings=recordings_of_region,
        costs=ancient("results/{dataset}/costs.csv"),
    output:
        "results/{dataset}/decoding/{region}.nc",
    log:
        "results/logs/decode/{dataset}/{region}.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **as_estimated("decode"),
    params:
        settings=settings_of_first_block,
        n_units=units_of_draw,
        seed=CONFIGURATION.seed,
        sources=sources_by_dataset("decode.py", decoder_of, score_of, null_of),
    script:
        "../scripts/decode.py"


rule decode_nulls:
    input:
        recordings=recordings_of_region,
        costs=ancient("results/{dataset}/costs.csv"),
    output:
        "results/{dataset}/nulls/{region}/{block}.nc",
    log:
        "results/logs/nulls/{dataset}/{region}/{block}.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **as_estimated("decode"),
    params:
        settings=settings_of_first_block,
        n_units=units_of_draw,
        label_sets=lambda wildcards: [
            getattr(blocks_of(wildcards.dataset)[int(wildcards.block)], end)
            for end in ("start", "stop")
        ],
        seed=CONFIGURATION.seed,
        sources=sources_by_dataset("decode_nulls.py", decoder_of, score_of, null_of),
    script:
        "../scripts/decode_nulls.py"


rule share_confounds:
    input:
        recordings=recordings_of,
        regions="results/{dataset}/regions.csv",
        costs=ancient("results/{dataset}/costs.csv"),
    output:
        "results/{dataset}/parts/confounds.json",
    log:
        "results/logs/confounds/{dataset}/shared.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **as_estimated("decode_confounds"),
    params:
        settings=settings_with_confounds,
        seed=CONFIGURATION.seed,
        sources=sources_of("share_confounds.py"),
    script:
        "../scripts/share_confounds.py"


rule decode_region_confounds:
    input:
        recordings=recordings_of_region,
        shared="results/{dataset}/parts/confounds.json",
        costs=ancient("results/{dataset}/costs.csv"),
    output:
        CONFOUNDS_OF_REGION,
    log:
        "results/logs/confounds/{dataset}/region_{region}.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **as_confounds("decode_region_confounds"),
    params:
        settings=settings_with_confounds,
        n_units=units_of_draw,
        seed=CONFIGURATION.seed,
        sources=sources_by_dataset(
            "decode_region_confounds.py",
            decoder_of,
            score_of,
            null_of,
            always=[NULL_MODELS["shuffle"].module],
        ),
    script:
        "../scripts/decode_region_confounds.py"


rule decode_confounds:
    input:
        unpack(confounds_of_regions),
        regions="results/{dataset}/regions.csv",
        costs=ancient("results/{dataset}/costs.csv"),
    output:
        "results/{dataset}/confounds.csv",
    log:
        "results/logs/confounds/{dataset}.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **as_confounds("decode_confounds"),
    params:
        settings=settings_with_confounds,
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

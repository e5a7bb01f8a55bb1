rule reduce:
    input:
        decoding="results/{dataset}/decoding/{region}.nc",
        nulls=nulls_of_region,
        costs=ancient("results/{dataset}/costs.csv"),
    output:
        "results/{dataset}/reduced/{region}.nc",
    log:
        "results/logs/reduce/{dataset}/{region}.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **as_estimated("reduce", in_all_blocks),
    params:
        settings=settings_of,
        sources=sources_of("reduce.py"),
    script:
        "../scripts/reduce.py"


rule infer:
    input:
        unpack(results_of_regions),
        costs=ancient("results/{dataset}/costs.csv"),
    output:
        transfer="results/{dataset}/transfer.csv",
        summary="results/{dataset}/summary.csv",
        onsets="results/{dataset}/onsets.csv",
        unit_counts="results/{dataset}/unit_counts.csv",
        trial_counts="results/{dataset}/trial_counts.csv",
        confusion="results/{dataset}/confusion.csv",
        information="results/{dataset}/information.csv",
        cross_temporal="results/{dataset}/cross_temporal.nc",
    log:
        "results/logs/infer/{dataset}.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **as_estimated("infer", in_all_blocks),
    params:
        settings=settings_of,
        compared=lambda wildcards: DATASETS[wildcards.dataset].compared_regions,
        seed=CONFIGURATION.seed,
        sources=sources_of("infer.py"),
    script:
        "../scripts/infer.py"


rule infer_predictions:
    input:
        unpack(results_of_regions),
        costs=ancient("results/{dataset}/costs.csv"),
    output:
        over_time="results/{dataset}/prediction_over_time.csv",
        windows="results/{dataset}/predictions.csv",
        cross_temporal="results/{dataset}/prediction_cross_temporal.nc",
    log:
        "results/logs/infer_predictions/{dataset}.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **as_estimated("infer", in_all_blocks),
    params:
        settings=settings_of,
        sources=sources_of("infer_predictions.py"),
    script:
        "../scripts/infer_predictions.py"


rule compare_region_codes:
    input:
        recordings=recordings_of_region,
        costs=ancient("results/{dataset}/costs.csv"),
    output:
        CODES_OF_REGION,
    log:
        "results/logs/codes/{dataset}/{region}.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **as_estimated("compare_region_codes"),
    params:
        settings=settings_with_reference,
        seed=CONFIGURATION.seed,
        sources=sources_of("compare_region_codes.py"),
    script:
        "../scripts/compare_region_codes.py"


rule compare_tests:
    input:
        "results/{dataset}/summary.csv",
    output:
        "results/{dataset}/accuracy_differences.csv",
    log:
        "results/logs/tests/{dataset}.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **fixed(),
    params:
        settings=settings_of,
        seed=CONFIGURATION.seed,
        sources=sources_of("compare_tests.py"),
    script:
        "../scripts/compare_tests.py"


rule compare_codes:
    input:
        unpack(codes_of_regions),
        regions="results/{dataset}/regions.csv",
        costs=ancient("results/{dataset}/costs.csv"),
    output:
        overlap="results/{dataset}/overlap.csv",
        overlap_differences="results/{dataset}/overlap_differences.csv",
        overlap_sessions="results/{dataset}/overlap_sessions.csv",
        verdicts="results/{dataset}/verdicts.csv",
    log:
        "results/logs/codes/{dataset}.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **as_estimated("compare_codes"),
    params:
        settings=settings_with_reference,
        seed=CONFIGURATION.seed,
        sources=sources_of("compare_codes.py"),
    script:
        "../scripts/compare_codes.py"


rule measure_region_geometry:
    input:
        recordings=recordings_of_region,
        costs=ancient("results/{dataset}/costs.csv"),
    output:
        GEOMETRY_OF_REGION,
    log:
        "results/logs/geometry/{dataset}/{region}.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **as_estimated("measure_region_geometry"),
    params:
        settings=settings_of_first_block,
        seed=CONFIGURATION.seed,
        sources=sources_by_dataset("measure_region_geometry.py", decoder_of),
    script:
        "../scripts/measure_region_geometry.py"


rule measure_geometry:
    input:
        unpack(geometry_of_regions),
        regions="results/{dataset}/regions.csv",
        costs=ancient("results/{dataset}/costs.csv"),
    output:
        geometry="results/{dataset}/geometry.csv",
        left_out="results/{dataset}/geometry_left_out.csv",
        over_time="results/{dataset}/geometry_over_time.csv",
        color_information="results/{dataset}/color_information.csv",
        color_planes="results/{dataset}/color_planes.csv",
    log:
        "results/logs/geometry/{dataset}.log",
    conda:
        "../envs/neuro-attn.yaml"
    resources:
        **as_estimated("measure_geometry"),
    params:
        settings=settings_of_first_block,
        seed=CONFIGURATION.seed,
        sources=sources_by_dataset("measure_geometry.py", decoder_of),
    script:
        "../scripts/measure_geometry.py"
